import { sinPi } from "./gamma.ts";
import { bernoulliEven } from "./series.ts";

const EULER = 0.5772156649015329;
type Pair = readonly [number, number];

/** Σ (−x)ᵏ/(k·k!): the entire part of E₁. */
function entire(x: number): number {
  let [sum, term] = [0, 1];
  for (let k = 1; k < 500; k++) {
    term *= -x / k;
    sum += term / k;
    if (Math.abs(term) < 1e-17 * Math.abs(sum)) break;
  }
  return sum;
}

/** E₁ for x > 1 and Eₙ: the continued fraction by Lentz's method (DLMF 8.19.17). */
function upper(n: number, x: number): number {
  let b = x + n;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 10000; i++) {
    const a = -i * (n - 1 + i);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    h *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return h * Math.exp(-x);
}

/** The exponential integral Eₙ(x) = ∫₁^∞ e^{−xt}/tⁿ dt for x ≥ 0. */
export function expn(n: number): (x: number) => number {
  return (x) => {
    if (Number.isNaN(x) || x < 0) return Number.NaN;
    if (x === 0) return n > 1 ? 1 / (n - 1) : Infinity;
    if (x === Infinity) return 0;
    if (n === 0) return Math.exp(-x) / x;
    if (x > 1) return upper(n, x);
    if (n === 1) return -Math.log(x) - EULER - entire(x);
    // DLMF 8.19.8: the term that would divide by 0 holds the logarithm
    let psi = -EULER;
    for (let k = 1; k < n; k++) psi += 1 / k;
    let [sum, term] = [n === 1 ? 0 : 1 / (n - 1), 1];
    for (let k = 1; k < 500; k++) {
      term *= -x / k;
      const next = k === n - 1 ? term * (psi - Math.log(x)) : -term / (k - n + 1);
      sum += next;
      if (k > n && Math.abs(next) < 1e-17 * Math.abs(sum)) break;
    }
    return sum;
  };
}
const e1 = expn(1);
/** The zero of Ei in two parts, and Ei′ there. */
const ROOT = [0.3725074107813666, 1.3140183414386028e-17] as const;

/** Ei(x), the principal value of ∫ eᵗ/t from −∞. */
export function expi(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < 0) return -e1(-x);
  if (x === 0) return -Infinity;
  if (x > 40) return x > 720 ? Infinity : expiLarge(x);
  if (Math.abs(x - ROOT[0]) < 0.1) return expiNear(x - ROOT[0] - ROOT[1]);
  return EULER + Math.log(x) + entire(-x);
}

/** ∫ from the root on, by the Taylor series of eᵗ/t there. */
function expiNear(t: number): number {
  const r = ROOT[0];
  // c[k] of eᵗ/t around r: r·c[k] + c[k − 1] = eʳ/k!
  let [c, e] = [Math.exp(r) / r, Math.exp(r)];
  let [sum, power] = [c * t, t];
  for (let k = 1; k < 60; k++) {
    e /= k;
    c = (e - c) / r;
    power *= t;
    sum += (c * power) / (k + 1);
  }
  return sum;
}

function expiLarge(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; k < x; k++) {
    term *= k / x;
    sum += term;
    if (term < 1e-17) break;
  }
  return Math.exp(x / 2) * (sum / x) * Math.exp(x / 2);
}

/** 1/(b + a(1)/(b + step + a(2)/(b + 2·step + …))) of a complex b by Lentz's method. */
function fraction(b: Pair, step: number, a: (i: number) => number): Pair {
  const im = b[1];
  let re = b[0];
  let c: Pair = [1e300, 0];
  let d = inverse(b);
  let h = d;
  for (let i = 1; i < 10000; i++) {
    re += step;
    d = inverse([a(i) * d[0] + re, a(i) * d[1] + im]);
    const q = inverse(c);
    c = [re + a(i) * q[0], im + a(i) * q[1]];
    const factor = times(c, d);
    h = times(h, factor);
    if (Math.abs(factor[0] - 1) + Math.abs(factor[1]) < 1e-16) break;
  }
  return h;
}

/** f and g with Ci = f·sin − g·cos, Si = π/2 − f·cos − g·sin, from e^{ix} E₁(ix) = g − if for x > 2. */
function auxiliary(x: number): Pair {
  // E₁(z) = e^{−z}/(z + 1 − 1/(z + 3 − 4/(…)))
  const [g, h] = fraction([1, x], 2, (i) => -i * i);
  return [-h, g];
}
const inverse = ([x, y]: Pair): Pair => {
  const n = Math.hypot(x, y);
  return [x / n / n, -y / n / n];
};
const times = ([a, b]: Pair, [c, d]: Pair): Pair => [a * c - b * d, a * d + b * c];

/** ∫₀ˣ sin t/t dt. */
export function sinIntegral(x: number): number {
  if (x < 0) return -sinIntegral(-x);
  if (x === Infinity) return Math.PI / 2;
  if (x > 4) {
    const [f, g] = auxiliary(x);
    return Math.PI / 2 - f * Math.cos(x) - g * Math.sin(x);
  }
  let [sum, term] = [x, x];
  for (let k = 3; k < 99; k += 2) {
    term *= (-x * x) / (k * (k - 1));
    sum += term / k;
  }
  return sum;
}

/** γ + log x + ∫₀ˣ (cos t − 1)/t dt; NaN below 0. */
export function cosIntegral(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return 0;
  if (x > 4) {
    const [f, g] = auxiliary(x);
    return f * Math.sin(x) - g * Math.cos(x);
  }
  let [sum, term] = [0, 1];
  for (let k = 2; k < 99; k += 2) {
    term *= (-x * x) / (k * (k - 1));
    sum += term / k;
  }
  return EULER + Math.log(x) + sum;
}

/** Fresnel's ∫₀ˣ sin(πt²/2) dt, or with cos. */
export function fresnel(cosine: boolean): (x: number) => number {
  const f = (x: number): number => {
    if (x < 0) return -f(-x);
    if (Number.isNaN(x)) return x;
    const t = (Math.PI * x * x) / 2;
    if (x > 1.6) {
      if (x > 1e8) return 0.5;
      // erfc(z) = e^{−z²} 2z/(√π (2z² + 1 − 1·2/(2z² + 5 − 3·4/(2z² + 9 − …)))) at z = √π(1 − i)x/2
      const h = fraction([1, -2 * t], 4, (k) => -(2 * k - 1) * (2 * k));
      const phase: Pair = [sinPi((x * x) / 2 + 0.5), sinPi((x * x) / 2)];
      const w = times(times([x, -x], h), phase);
      const y = times([0.5, 0.5], [1 - w[0], -w[1]]);
      return cosine ? y[0] : y[1];
    }
    let term = cosine ? x : x * t;
    let sum = cosine ? x : (x * t) / 3;
    for (let k = cosine ? 2 : 3; k < 90; k += 2) {
      term *= (-t * t) / (k * (k - 1));
      sum += term / (2 * k + 1);
    }
    return sum;
  };
  return f;
}

/** Dawson's integral e^{−x²} ∫₀ˣ e^{t²} dt: by its series, or by Rybicki's sum of equally spaced Gaussians, whose error is e^{−(π/2h)²}. */
export function dawsn(x: number): number {
  const a = Math.abs(x);
  if (!(a <= 1e8)) return 0.5 / x;
  if (a < 1) {
    let [sum, term] = [x, x];
    for (let k = 1; k < 40; k++) {
      term *= (-2 * x * x) / (2 * k + 1);
      sum += term;
    }
    return sum;
  }
  if (a > 12) {
    let [sum, term] = [1, 1];
    for (let k = 1; k < 40; k++) {
      term *= (2 * k - 1) / (2 * x * x);
      if (term < 1e-17) break;
      sum += term;
    }
    return sum / (2 * x);
  }
  const h = 0.25;
  const middle = 2 * Math.round(a / (2 * h));
  let sum = 0;
  for (let n = middle - 27; n <= middle + 27; n += 2) sum += Math.exp(-((a - n * h) ** 2)) / n;
  return (Math.sign(x) * sum) / Math.sqrt(Math.PI);
}

/** Li₂(w) for w in [−1, ½], by Bernoulli numbers in u = −log(1 − w). */
function dilogarithm(w: number): number {
  const u = -Math.log1p(-w);
  let sum = u - (u * u) / 4;
  let power = u;
  bernoulliEven.forEach((b, i) => {
    power *= (u * u) / ((2 * i + 2) * (2 * i + 3));
    sum += b * power;
  });
  return sum;
}

/** Spence's function ∫₁ᶻ log t/(1 − t) dt = Li₂(1 − z); NaN below 0. */
export function spence(z: number): number {
  if (!(z >= 0)) return Number.NaN;
  const sixth = (Math.PI * Math.PI) / 6;
  if (z === 0) return sixth;
  if (z < 0.5) return sixth - Math.log(z) * Math.log1p(-z) - dilogarithm(z);
  if (z <= 2) return dilogarithm(1 - z);
  const l = Math.log(z - 1);
  return -sixth - (l * l) / 2 - dilogarithm(1 / (1 - z));
}

/** Jₙ(x), n ≥ 0: Hankel's expansion where it is exact to rounding, else Miller's backward recurrence. */
export function besselJ(n: number): (x: number) => number {
  return (x) => {
    if (x < 0) return n % 2 === 0 ? besselJ(n)(-x) : -besselJ(n)(-x);
    if (Number.isNaN(x)) return x;
    if (x === Infinity) return 0;
    if (x === 0) return Number(n === 0);
    if (x > 25 + (n * n) / 2) {
      let [p, q, term] = [1, 0, 1];
      for (let k = 1; k < 80; k++) {
        const next = (term * (4 * n * n - (2 * k - 1) ** 2)) / (k * 8 * x);
        if (Math.abs(next) > Math.abs(term) && k > n) break;
        term = next;
        if (k % 2 === 1) q += (k % 4 === 1 ? 1 : -1) * term;
        else p += (k % 4 === 0 ? 1 : -1) * term;
        if (Math.abs(term) < 1e-18) break;
      }
      // cos and sin of x − (n/2 + ¼)π
      const [c, s] = [sinPi(n / 2 + 0.75), sinPi(n / 2 + 0.25)];
      const [cosine, sine] = [Math.cos(x) * c + Math.sin(x) * s, Math.sin(x) * c - Math.cos(x) * s];
      return Math.sqrt(2 / (Math.PI * x)) * (p * cosine - q * sine);
    }
    if (x * x < 4 * (n + 1) * 0.01) {
      // (x/2)ⁿ/n! Σ (−x²/4)ᵏ/(k!(n + 1)…(n + k))
      let [sum, term] = [1, 1];
      for (let k = 1; k < 30; k++) {
        term *= (-x * x) / (4 * k * (n + k));
        sum += term;
      }
      for (let k = 1; k <= n; k++) sum *= x / (2 * k);
      return sum;
    }
    const top = 2 * Math.ceil((Math.max(n, x) + 15 + 12 * Math.sqrt(Math.max(n, x) / 2 + 1)) / 2);
    let [above, here, sum, value] = [0, 1e-30, 0, 0];
    for (let k = top; k > 0; k--) {
      [above, here] = [here, ((2 * k) / x) * here - above];
      if (Math.abs(here) > 1e250) {
        above *= 1e-250;
        here *= 1e-250;
        sum *= 1e-250;
        value *= 1e-250;
      }
      if ((k - 1) % 2 === 0) sum += k === 1 ? here : 2 * here;
      if (k - 1 === n) value = here;
    }
    return value / sum;
  };
}

/** The sign of Γ(x); NaN at the negative integers. */
export function gammasgn(x: number): number {
  if (Number.isNaN(x) || x === -Infinity) return Number.NaN;
  if (x > 0) return 1;
  if (x === 0) return Object.is(x, -0) ? -1 : 1;
  return Number.isInteger(x) ? Number.NaN : Math.floor(x) % 2 === 0 ? 1 : -1;
}
