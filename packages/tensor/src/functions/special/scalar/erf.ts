import { erf } from "../../../ir/scalar-math.ts";
import { chebyshev, expSquare } from "./series.ts";
import { erfcxTable } from "./tables.ts";

/** e^{x²} erfc x. */
export function erfcx(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < 0) return x < -27 ? Infinity : 2 * expSquare(x, 1, 1) - erfcx(-x);
  if (x > 1e8) return 1 / (x * Math.sqrt(Math.PI));
  return chebyshev(erfcxTable, (2 - x) / (2 + x)) / (1 + 2 * x);
}

/** 1 − erf x, accurate where it is small. */
export function erfc(x: number): number {
  return x < 0.5 || Number.isNaN(x) ? 1 - erf(x) : expSquare(x, -1, 1) * erfcx(x);
}

/** The normal distribution function ½ erfc(−x/√2). */
export function ndtr(x: number): number {
  if (x < -0.7) return 0.5 * expSquare(x, -1, 2) * erfcx(-x * Math.SQRT1_2);
  return x > 0.7 ? 1 - ndtr(-x) : 0.5 + 0.5 * erf(x * Math.SQRT1_2);
}

/** log ndtr(x), finite far to the left. */
export function logNdtr(x: number): number {
  if (x > 0.7) return Math.log1p(-ndtr(-x));
  if (x > -0.7 || Number.isNaN(x)) return Math.log(ndtr(x));
  return -(x * x) / 2 + Math.log(erfcx(-x * Math.SQRT1_2) / 2);
}

/** The inverse of ndtr, by Newton's method on the logarithm in the tails and on erf between. */
export function ndtri(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : Number.NaN;
  if (p > 0.5) return p > 0.85 ? -ndtri(1 - p) : -middle(0.5 - p);
  if (p >= 0.15) return -middle(0.5 - p);
  const target = Math.log(p);
  let x = -start(p);
  for (let i = 0; i < 4; i++) {
    const slope = Math.sqrt(2 / Math.PI) / erfcx(-x * Math.SQRT1_2);
    x -= (logNdtr(x) - target) / slope;
  }
  return x;
}

/** x with ½ erf(x/√2) = q. */
function middle(q: number): number {
  let x = q * Math.sqrt(2 * Math.PI);
  for (let i = 0; i < 6; i++)
    x -= ((0.5 * erf(x * Math.SQRT1_2) - q) * Math.sqrt(2 * Math.PI)) / Math.exp(-(x * x) / 2);
  return x;
}

/** Abramowitz and Stegun 26.2.22: within 0.003. */
function start(p: number): number {
  const t = Math.sqrt(-2 * Math.log(p));
  return t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t));
}
