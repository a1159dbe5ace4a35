import { bernoulliEven, polynomial } from "./series.ts";
import { digammaRoot, digammaTaylor, zetaTails } from "./tables.ts";

const EULER = 0.5772156649015329;
const HALF_LOG_2PI = 0.9189385332046728;
/** From here on Stirling's series has full precision. */
const LARGE = 10;
const stirling = bernoulliEven.map((b, i) => b / ((2 * i + 2) * (2 * i + 1)));
const stirlingDigamma = bernoulliEven.map((b, i) => b / (2 * i + 2));
const nearTwo = [1 - EULER, ...zetaTails.map((z, i) => ((i % 2 === 0 ? 1 : -1) * z) / (i + 2))];

/** sin πx, exact at multiples of ½. */
export function sinPi(x: number): number {
  const r = x - 2 * Math.round(x / 2);
  if (Math.abs(r) <= 0.25) return Math.sin(Math.PI * r);
  if (Math.abs(r) >= 0.75) return Math.sign(r) * Math.sin(Math.PI * (1 - Math.abs(r)));
  return Math.sign(r) * Math.cos(Math.PI * (0.5 - Math.abs(r)));
}

/** cos πx, exact at multiples of ½. */
export const cosPi = (x: number): number => {
  const r = Math.abs(x - 2 * Math.round(x / 2));
  return r <= 0.25 ? Math.cos(Math.PI * r) : r >= 0.75 ? -Math.cos(Math.PI * (1 - r)) : Math.sin(Math.PI * (0.5 - r));
};

const isPole = (x: number): boolean => x <= 0 && Number.isInteger(x);

/** log Γ(x) − ((x − ½) log x − x + ½ log 2π) for x ≥ 10. */
export const stirlingRest = (x: number): number => polynomial(stirling, 1 / (x * x)) / x;

/** log Γ(2 + t) for |t| ≤ ½: t(1 − γ) + Σ (−1)ᵏ (ζ(k) − 1) tᵏ/k. */
const logGamma2 = (t: number): number => t * polynomial(nearTwo, t);

/** log Γ(1 + t), accurate near t = 0. */
export const logGamma1p = (t: number): number => (Math.abs(t) <= 0.5 ? logGamma2(t) - Math.log1p(t) : logGamma(1 + t));

/** log |Γ(x)|. */
export function logGamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) === Infinity) return Infinity;
  if (isPole(x)) return Infinity;
  if (x < 0) return Math.log(Math.PI / Math.abs(x * sinPi(x))) - logGamma(-x);
  if (x < 0.5) return logGamma1p(x) - Math.log(x);
  if (x < 1.5) return logGamma1p(x - 1);
  if (x >= LARGE) return (x - 0.5) * (Math.log(x) - 1) + (HALF_LOG_2PI - 0.5) + stirlingRest(x);
  let [product, y] = [1, x];
  while (y > 2.5) product *= --y;
  return Math.log(product) + logGamma2(y - 2);
}

/** Γ(x); NaN at the negative integers. */
export function gamma(x: number): number {
  if (Number.isNaN(x) || x === Infinity) return x;
  if (x === 0) return 1 / x;
  if (isPole(x) || x === -Infinity) return Number.NaN;
  if (x > 171.7) return Infinity;
  if (x < -190) return sinPi(x) * 0;
  if (x < -160) {
    // Γ(1 − x) overflows before its quotient vanishes
    const half = gamma((1 - x) / 2) * gamma(1 - x / 2);
    return ((Math.PI / (sinPi(x) * half)) * Math.sqrt(Math.PI)) / 2 ** -x;
  }
  if (x < 0) return Math.PI / (sinPi(x) * gamma(1 - x));
  if (x >= LARGE && !(Number.isInteger(x) && x < 30)) {
    const root = x ** (x / 2 - 0.25);
    return Math.sqrt(2 * Math.PI) * root * Math.exp(-x) * root * Math.exp(stirlingRest(x));
  }
  if (Number.isInteger(x)) {
    let product = 1;
    for (let k = 2; k < x; k++) product *= k;
    return product;
  }
  let [product, y] = [1, x];
  while (y > 2.5) product *= --y;
  if (y < 0.5) return (product * Math.exp(logGamma1p(y))) / y;
  if (y < 1.5) return product * Math.exp(logGamma1p(y - 1));
  return product * Math.exp(logGamma2(y - 2));
}

/** Γ′(x)/Γ(x); NaN at the poles. */
export function digamma(x: number): number {
  if (Number.isNaN(x) || isPole(x) || x === -Infinity) return Number.NaN;
  if (x === Infinity) return x;
  if (x < 0) return digamma(1 - x) - (Math.PI * cosPi(x)) / sinPi(x);
  const t = x - digammaRoot[0] - digammaRoot[1];
  if (Math.abs(t) < 0.35) return t * polynomial(digammaTaylor, t);
  let [sum, y] = [0, x];
  for (; y < LARGE; y++) sum += 1 / y;
  return Math.log(y) - 0.5 / y - polynomial(stirlingDigamma, 1 / (y * y)) / (y * y) - sum;
}

/** log |B(a, b)|, without cancellation of large logarithms. */
export function logBeta(a: number, b: number): number {
  const [p, q] = a < b ? [a, b] : [b, a];
  if (!(p > 0) || q === Infinity)
    return q === Infinity && p > 0 ? -Infinity : logGamma(p) + logGamma(q) - logGamma(p + q);
  const share = p / (p + q);
  if (p >= LARGE)
    return (
      HALF_LOG_2PI -
      Math.log(q) / 2 +
      (stirlingRest(p) + stirlingRest(q) - stirlingRest(p + q)) +
      (p - 0.5) * Math.log(share) +
      q * Math.log1p(-share)
    );
  if (q >= LARGE)
    return (
      logGamma(p) + (stirlingRest(q) - stirlingRest(p + q)) + p - p * Math.log(p + q) + (q - 0.5) * Math.log1p(-share)
    );
  return p < 1e-280 ? -Math.log(p) : Math.log((gamma(p) / gamma(p + q)) * gamma(q));
}

/** B(a, b) = Γ(a)Γ(b)/Γ(a + b). */
export function beta(a: number, b: number): number {
  const [p, q] = a < b ? [a, b] : [b, a];
  if (p > 0 && p < 1e-280) return 1 / p + (q < 1e-280 ? 1 / q : 0);
  if (p > 0 && q > LARGE) return Math.exp(logBeta(p, q));
  return gamma(p) * (gamma(q) / gamma(p + q));
}
