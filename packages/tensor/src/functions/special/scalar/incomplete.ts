import { beta, gamma, logBeta, logGamma, logGamma1p, stirlingRest } from "./gamma.ts";
import { logMinus } from "./series.ts";

const TINY = 1e-300;
const MOST = 100000;

/** x^a e^{−x} / Γ(a + 1). */
function gammaFactor(a: number, x: number): number {
  const near = a >= 10 && Math.abs(x - a) < 0.6 * a;
  const direct = near ? 0 : (x ** a * Math.exp(-x)) / gamma(a + 1);
  if (direct > TINY && direct < Infinity) return direct;
  if (a < 10) return Math.exp(a * Math.log(x) - x - logGamma(a + 1));
  return Math.exp(a * logMinus(x / a, (x - a) / a) - stirlingRest(a)) / Math.sqrt(2 * Math.PI * a);
}

/** P(a, x) below x = a + 1: factor · Σ xᵏ/((a + 1)…(a + k)). */
function lowerSeries(a: number, x: number): number {
  let [term, sum] = [1, 1];
  for (let k = 1; k < MOST && term > 1e-17 * sum; k++) {
    term *= x / (a + k);
    sum += term;
  }
  return gammaFactor(a, x) * sum;
}

/** Q(a, x) from x = a + 1 on: Legendre's continued fraction by Lentz's method. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < MOST; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b || TINY);
    c = b + an / c || TINY;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return gammaFactor(a, x) * a * h;
}

/** Q(a, x) for small a and x without the cancellation of 1 − P. */
function upperSmall(a: number, x: number): number {
  const u = -Math.expm1(a * Math.log(x) - logGamma1p(a));
  let [sum, power] = [0, 1];
  for (let k = 1; k < 60; k++) {
    power *= -x / k;
    sum += power / (a + k);
    if (Math.abs(power) < 1e-18) break;
  }
  return u - (1 - u) * a * sum;
}

/** The regularised lower incomplete gamma function P(a, x), or the upper one Q(a, x) = 1 − P. */
export function incompleteGamma(upper: boolean): (a: number, x: number) => number {
  return (a, x) => {
    if (Number.isNaN(a) || Number.isNaN(x) || a < 0 || x < 0 || (a === 0 && x === 0)) return Number.NaN;
    if (a === Infinity) return x === Infinity ? Number.NaN : Number(upper);
    if (a === 0 || x === Infinity) return Number(!upper);
    if (x === 0) return Number(upper);
    if (a < 1 && x < 1.1) {
      if (upper) return upperSmall(a, x);
      return x < a / 2 || x < 0.3 ? lowerSeries(a, x) : 1 - upperSmall(a, x);
    }
    if (x < a + 1) return upper ? 1 - lowerSeries(a, x) : lowerSeries(a, x);
    return upper ? upperFraction(a, x) : 1 - upperFraction(a, x);
  };
}

/** x^a y^b / B(a, b) with y = 1 − x. */
function betaFactor(a: number, b: number, x: number, y: number): number {
  const shift = x * b - a * y;
  const large = a >= 10 && b >= 10;
  const logX = x > 0.5 ? Math.log1p(-y) : Math.log(x);
  const logY = y > 0.5 ? Math.log1p(-x) : Math.log(y);
  if (!large || Math.abs(shift) > 0.6 * Math.min(a, b)) {
    const powers = (x > 0.5 ? Math.exp(a * logX) : x ** a) * (y > 0.5 ? Math.exp(b * logY) : y ** b);
    const direct = powers / beta(a, b);
    if (powers > TINY && direct < Infinity) return direct;
  }
  if (!large) return Math.exp(a * logX + b * logY - logBeta(a, b));
  const exponent =
    a * logMinus((x / a) * (a + b), shift / a) +
    b * logMinus((y / b) * (a + b), -shift / b) +
    (stirlingRest(a + b) - stirlingRest(a) - stirlingRest(b));
  return Math.sqrt((a / (2 * Math.PI)) * (b / (a + b))) * Math.exp(exponent);
}

/** The continued fraction of I_x(a, b) below its mean, by Lentz's method (DLMF 8.17.22). */
function betaFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || TINY);
  let h = d;
  for (let m = 1; m < MOST; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || TINY);
    c = 1 + even / c || TINY;
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || TINY);
    c = 1 + odd / c || TINY;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return h;
}

/** The regularised incomplete beta function I_x(a, b). */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (!(a > 0 && b > 0 && x >= 0 && x <= 1)) return Number.NaN;
  if (x === 0 || x === 1) return x;
  const y = 1 - x;
  if (x > (a + 1) / (a + b + 2)) return 1 - (betaFactor(b, a, y, x) / b) * betaFraction(b, a, y);
  return (betaFactor(a, b, x, y) / a) * betaFraction(a, b, x);
}
