import { cosPi, digamma, gamma, sinPi } from "./gamma.ts";
import { bernoulliEven } from "./series.ts";

/** Hurwitz's ζ(s, q) = Σ (k + q)^{−s} for s > 1 and q > 0, by the Euler-Maclaurin formula; ∞ at poles, NaN elsewhere. */
export function hurwitzZeta(s: number, q: number): number {
  if (Number.isNaN(s) || Number.isNaN(q) || s < 1) return Number.NaN;
  if (s === 1) return Infinity;
  if (q <= 0) return Number.isInteger(q) ? Infinity : Number.NaN;
  if (s === Infinity) return q > 1 ? 0 : q === 1 ? 1 : Infinity;
  if (q === Infinity) return 0;
  let [sum, a] = [0, q];
  for (; a < 10 + s / 2; a++) {
    const term = a ** -s;
    sum += term;
    if (term < 1e-18 * sum) return sum;
  }
  const power = a ** -s;
  let total = sum + (power * a) / (s - 1) + power / 2;
  // B₂ₖ/(2k)! · s(s + 1)…(s + 2k − 2) · a^{−s−2k+1}
  let factor = (power * s) / (2 * a);
  for (let k = 0; k < bernoulliEven.length; k++) {
    const term = (bernoulliEven[k] as number) * factor;
    total += term;
    if (Math.abs(term) < 1e-17 * total) break;
    factor *= ((s + 2 * k + 1) * (s + 2 * k + 2)) / ((2 * k + 3) * (2 * k + 4) * a * a);
  }
  return total;
}

/** Coefficients of the n-th derivative of cot as a polynomial in cot: P₀ = c, Pₖ₊₁ = −(1 + c²) Pₖ′. */
function cotangents(n: number): number[] {
  let p = [0, 1];
  for (let i = 0; i < n; i++) {
    const next = new Array<number>(p.length + 1).fill(0);
    for (let k = 1; k < p.length; k++) {
      const slope = k * (p[k] as number);
      next[k - 1] = (next[k - 1] as number) - slope;
      next[k + 1] = (next[k + 1] as number) - slope;
    }
    p = next;
  }
  return p;
}

/** The n-th derivative of digamma: at poles ∞ for odd n, NaN for even. */
export function polygamma(n: number): (x: number) => number {
  if (n === 0) return digamma;
  const sign = n % 2 === 0 ? -1 : 1;
  const scale = sign * gamma(n + 1);
  const cot = cotangents(n);
  const right = (x: number): number => scale * hurwitzZeta(n + 1, x);
  return (x) => {
    if (x > 0) return right(x);
    if (Number.isNaN(x) || x === -Infinity) return Number.NaN;
    if (Number.isInteger(x)) return sign > 0 ? Infinity : Number.NaN;
    const c = cosPi(x) / sinPi(x);
    let d = 0;
    for (let k = cot.length - 1; k >= 0; k--) d = d * c + (cot[k] as number);
    return -(Math.PI ** (n + 1)) * d - sign * right(1 - x);
  };
}
