import { halfBits, halfOf, rounded } from "./plain.ts";
import { integral } from "./scalars.ts";
import type { Definition } from "./structure.ts";

/** log Γ: Stirling's series far out, reached by Γ(x) = Γ(x + 1)/x; reflected left of 0. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x);
  let [shift, y] = [0, x];
  for (; y < 20; y++) shift += Math.log(y);
  const s = 1 / (y * y);
  const series = (1 / y) * (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188))));
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
/** Γ, with its sign. */
const gamma = (x: number): number => (x < 0 && Math.floor(x) % 2 !== 0 ? -1 : 1) * Math.exp(logGamma(x));

/** Σ (q + k)^−s by Euler and Maclaurin. */
function zeta(s: number, q: number): number {
  let sum = 0;
  let x = q;
  for (; x < q + 25 || x < 25; x++) sum += x ** -s;
  const bernoulli = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160];
  let rising = s;
  let tail = x ** (1 - s) / (s - 1) + x ** -s / 2;
  bernoulli.forEach((b, i) => {
    tail += b * rising * x ** (-s - 2 * i - 1);
    rising *= (s + 2 * i + 1) * (s + 2 * i + 2);
  });
  return sum + tail;
}
function digamma(x: number): number {
  let [sum, y] = [0, x];
  for (; y < 25; y++) sum -= 1 / y;
  const s = 1 / (y * y);
  return sum + Math.log(y) - 0.5 / y - s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))));
}
const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

/** e^{x²} erfc x = 2/√π ∫ e^{−2xt − t²} dt from 0 on. */
const scaledErfc = (x: number): number =>
  x < 0
    ? 2 * Math.exp(x * x) - scaledErfc(-x)
    : (2 / Math.sqrt(Math.PI)) * integral((t) => Math.exp(-2 * x * t - t * t), 0, 7, 0.05);
const erfc = (x: number): number => (x < 0 ? 2 - erfc(-x) : Math.exp(-x * x) * scaledErfc(x));
const ndtr = (x: number): number => erfc(-x / Math.SQRT2) / 2;

/** Where an increasing function takes the value `y`, by halving. */
function inverse(f: (x: number) => number, y: number): number {
  let [low, high] = [-40, 40];
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < y) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(a, x) = Σ x^{a+k} e^{−x} / Γ(a + k + 1). */
function gammainc(a: number, x: number): number {
  let term = Math.exp(a * Math.log(x) - x - logGamma(a + 1));
  let sum = 0;
  for (let k = 1; k < 2000; k++) {
    sum += term;
    term *= x / (a + k);
  }
  return sum;
}
/** x^a (1 − x)^b / (a B(a, b)) · Σ (a + b)ₖ/(a + 1)ₖ xᵏ. */
function betainc(a: number, b: number, x: number): number {
  if (x > 0.6) return 1 - betainc(b, a, 1 - x);
  let term = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a + 1) - logGamma(b));
  let sum = 0;
  for (let k = 0; k < 2000; k++) {
    sum += term;
    term *= (x * (a + b + k)) / (a + 1 + k);
  }
  return sum;
}
/** Iₙ(x) = Σ (x/2)^{2k+n} / (k! (n + k)!). */
function bessel(n: number, x: number): number {
  let term = (x / 2) ** n / factorial(n);
  let sum = 0;
  for (let k = 1; k < 200; k++) {
    sum += term;
    term *= (x * x) / 4 / (k * (n + k));
  }
  return sum;
}
/** The n-th derivative of sin(πx)/(πx) = ∫ cos(πxt) dt from 0 to 1. */
const sincDerivative = (n: number, x: number): number =>
  integral((t) => (Math.PI * t) ** n * Math.cos(Math.PI * x * t + (n * Math.PI) / 2), 0, 1, 0.02);
/** The nearest float with 8 bits of exponent (ties to even), of a number that f32 holds; with 5 and 10 bits that is f16. */
function fewerBits(exponent: number, mantissa: number, x: number): number {
  if (exponent === 5 && mantissa === 10) return halfOf(halfBits(x));
  if (exponent !== 8 || !Number.isFinite(x)) return x;
  const bits = Uint32Array.from(new Uint32Array(Float32Array.of(x).buffer));
  const unit = 2 ** (23 - mantissa);
  const [kept, rest] = [Math.floor((bits[0] as number) / unit), (bits[0] as number) % unit];
  const up = rest > unit / 2 || (rest === unit / 2 && kept % 2 === 1);
  return new Float32Array(Uint32Array.of((kept + (up ? 1 : 0)) * unit).buffer)[0] as number;
}
const divisor = (a: number, b: number): number => (b === 0 ? Math.abs(a) : divisor(b, a % b));

interface Order {
  readonly n: number;
  readonly exponent: number;
  readonly mantissa: number;
}
const functions: Readonly<Record<string, (attributes: Order) => (a: number, b: number, c: number) => number>> = {
  lgamma: () => logGamma,
  gamma: () => gamma,
  betaln: () => (a, b) => logGamma(a) + logGamma(b) - logGamma(a + b),
  beta: () => (a, b) => (gamma(a) * gamma(b)) / gamma(a + b),
  // ψₙ(x) = (−1)^{n+1} n! ζ(n + 1, x)
  polygamma:
    ({ n }) =>
    (x) =>
      n === 0 ? digamma(x) : (n % 2 === 0 ? -1 : 1) * factorial(n) * zeta(n + 1, x),
  zeta: () => zeta,
  gammainc: () => gammainc,
  gammaincc: () => (a, x) => 1 - gammainc(a, x),
  betainc: () => betainc,
  besselI:
    ({ n }) =>
    (x) =>
      bessel(n, x),
  scaledBesselI:
    ({ n }) =>
    (x) =>
      Math.exp(-Math.abs(x)) * bessel(n, x),
  // Jₙ(x) = 1/π ∫ cos(nt − x sin t) dt from 0 to π
  besselJ:
    ({ n }) =>
    (x) =>
      integral((t) => Math.cos(n * t - x * Math.sin(t)), 0, Math.PI) / Math.PI,
  // Eₙ(x) = ∫ e^{−x/u} u^{n−2} du from 0 to 1
  expn:
    ({ n }) =>
    (x) =>
      integral((u) => Math.exp(-x / u) * u ** (n - 2), 0, 1, 0.005),
  poch: () => (x, m) => gamma(x + m) / gamma(x),
  comb: () => (n, k) => gamma(n + 1) / (gamma(k + 1) * gamma(n - k + 1)),
  gammasgn: () => (x) => Math.sign(gamma(x)),
  erfc: () => erfc,
  erfcx: () => scaledErfc,
  ndtr: () => ndtr,
  logNdtr: () => (x) => Math.log(ndtr(x)),
  ndtri: () => (p) => inverse(ndtr, p),
  sinc: () => (x) => sincDerivative(0, x),
  "derivative of sinc":
    ({ n }) =>
    (x) =>
      sincDerivative(n, x),
  logaddexp: () => (a, b) => Math.log(Math.exp(a) + Math.exp(b)),
  log2: () => (x) => Math.log(x) / Math.LN2,
  log10: () => (x) => Math.log(x) / Math.LN10,
  cbrt: () => (x) => Math.sign(x) * Math.abs(x) ** (1 / 3),
  hypot: () => (a, b) => Math.sqrt(a * a + b * b),
  // principal values and logarithms are subtracted: what remains has a series
  expi: () => (x) => 0.5772156649015329 + Math.log(Math.abs(x)) + integral((t) => Math.expm1(t) / t, 0, x, 0.05),
  dawsn: () => (x) => integral((t) => Math.exp(t * t - x * x), 0, x, 0.05),
  spence: () => (x) => -integral((t) => (t === 0 ? 1 : Math.log1p(t) / t), 0, x - 1, 0.01),
  reducePrecision:
    ({ exponent, mantissa }) =>
    (x) =>
      fewerBits(exponent, mantissa, x),
  gcd: () => divisor,
  lcm: () => (a, b) => (a === 0 || b === 0 ? 0 : Math.abs(a * b) / divisor(Math.abs(a), Math.abs(b))),
  signbit: () => (x) => Number(x < 0 || Object.is(x, -0)),
  ldexp: () => (m, e) => m * 2 ** e,
  // the exponent e of m·2^e with ½ ≤ |m| < 1
  frexp: () => (x) => (x === 0 ? 0 : Math.floor(Math.log2(Math.abs(x))) + 1),
};

/** The next number of a float dtype from `a` towards `b`: half a step away rounds to it, found by halving the step. */
function neighbour(dtype: "f64" | "f32" | "f16", a: number, b: number): number {
  if (a === b || Number.isNaN(a) || Number.isNaN(b)) return a === b ? b : Number.NaN;
  const up = b > a ? 1 : -1;
  let step = Math.max(Math.abs(a), 1e-3);
  let next = rounded(dtype, a + up * step);
  for (; step > 0; step /= 2) {
    const nearer = rounded(dtype, a + up * step);
    if (nearer === a) break;
    next = nearer;
  }
  return next;
}

/** Functions of real numbers by series and integrals, good to about 1e-13 at moderate arguments. */
export const special: Readonly<Record<string, Definition>> = {
  ...Object.fromEntries(
    Object.entries(functions).map(([name, f]): [string, Definition] => [
      name,
      (inputs, attributes, outs) => {
        const g = f(attributes);
        const [a, b, c] = inputs;
        return outs.map(({ shape, dtype }) => ({
          shape,
          dtype,
          data: (a?.data ?? []).map((x, i) => {
            const y = g(x, b?.data[i] as number, c?.data[i] as number);
            return dtype === "f32" || dtype === "f64" || dtype === "f16" ? rounded(dtype, y) : y;
          }),
        }));
      },
    ]),
  ),
  nextafter: ([a, b], dtype, outs) =>
    outs.map((out) => ({ ...out, data: (a?.data ?? []).map((x, i) => neighbour(dtype, x, b?.data[i] as number)) })),
};
