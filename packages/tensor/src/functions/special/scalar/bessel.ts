import { chebyshev } from "./series.ts";
import { besselI0, besselI0Tail, besselI1, besselI1Tail } from "./tables.ts";

const i0e = (a: number): number =>
  a === 0 ? 1 : a <= 8 ? chebyshev(besselI0, a / 4 - 1) : chebyshev(besselI0Tail, 16 / a - 1) / Math.sqrt(a);
const i1e = (a: number): number =>
  a <= 8 ? a * chebyshev(besselI1, a / 4 - 1) : chebyshev(besselI1Tail, 16 / a - 1) / Math.sqrt(a);

/** Iₙ₊₁ + 2(n/x) Iₙ = Iₙ₋₁ run downwards from far out, where it is stable; the scale is that of I₀. */
function downwards(n: number, a: number): number {
  if (a === 0) return 0;
  let [above, here, wanted] = [0, 1e-280, 0];
  for (let m = 2 * n + 20 + 2 * Math.ceil(Math.sqrt(40 * (n + a))); m > 0; m--) {
    [above, here] = [here, above + (2 * m * here) / a];
    if (m - 1 === n) wanted = here;
    if (here > 1e250) [above, here, wanted] = [above * 1e-250, here * 1e-250, wanted * 1e-250];
  }
  return (wanted / here) * i0e(a);
}

/** Hankel's asymptotic series in 1/x. */
function farOut(n: number, a: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; k < 60; k++) {
    const next = (-term * (4 * n * n - (2 * k - 1) ** 2)) / (8 * k * a);
    if (Math.abs(next) > Math.abs(term) && k > n) break;
    term = next;
    sum += term;
    if (Math.abs(term) < 1e-17 * Math.abs(sum)) break;
  }
  return sum / Math.sqrt(2 * Math.PI * a);
}

/** e^{−|x|} Iₙ(x), n ≥ 0. */
export function scaledBesselI(n: number): (x: number) => number {
  return (x) => {
    const a = Math.abs(x);
    if (Number.isNaN(x)) return x;
    const size =
      n === 0 ? i0e(a) : n === 1 ? i1e(a) : a === Infinity ? 0 : a > 50 + 2 * n * n ? farOut(n, a) : downwards(n, a);
    return x < 0 && n % 2 === 1 ? -size : size;
  };
}

/** Iₙ(x), n ≥ 0. */
export function besselI(n: number): (x: number) => number {
  const scaled = scaledBesselI(n);
  return (x) => {
    const a = Math.abs(x);
    if (a === Infinity) return n % 2 === 1 ? x : a;
    // half the exponential at a time: the product may be finite where the exponential is not
    const e = Math.exp(a / 2);
    return scaled(x) * e * e;
  };
}
