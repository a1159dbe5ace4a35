import { checkOptions, flag, floatDType, integer, number } from "../../check.ts";
import type { Tensor } from "../../tensor.ts";
import { add, div, mul, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { abs, cos, exp, sqrt } from "../elementary.ts";
import { type DTypeOption, ones, scalar } from "../fill.ts";
import { iota } from "../iota.ts";
import { i0e } from "../special/bessel.ts";

/** Options of window functions. */
export interface WindowFunctionOptions extends DTypeOption {
  /** The first n of n + 1 elements, for spectra, rather than n symmetric ones; default false. */
  readonly periodic?: boolean;
}

/** `f` of positions 0 to 1 along the window, in f64, then cast. */
function windowed(op: string, n: number, options: WindowFunctionOptions, f: (t: Tensor) => Tensor): Tensor {
  integer("[1, ∞)")(op, n, "n");
  checkOptions(op, options, { periodic: flag, dtype: floatDType });
  const { periodic = false, dtype = "f32" } = options;
  if (n === 1) return ones([1], { dtype });
  return astype(f(div(iota([n], { dtype: "f64" }), periodic ? n : n - 1)), dtype);
}

/** Σₖ (−1)ᵏ aₖ cos 2πkt. */
const cosines =
  (...a: readonly number[]) =>
  (t: Tensor): Tensor =>
    a.map((c, k) => mul(cos(mul(t, 2 * Math.PI * k)), k % 2 === 0 ? c : -c)).reduce((x, y) => add(x, y));

/**
 * The Hann window of n elements, sin² from 0 to 0; f32 unless told.
 *
 * @throws {@link ArgumentError} for n that is no positive integer or a bad option, {@link DTypeError} for a dtype that is no float
 * @example
 * ```ts
 * hann(5); // [0, 0.5, 1, 0.5, 0]
 * ```
 */
export const hann = (n: number, options: WindowFunctionOptions = {}): Tensor =>
  windowed("hann", n, options, cosines(0.5, 0.5));

/** The Hamming window 0.54 − 0.46 cos. Options and errors as of {@link hann}. */
export const hamming = (n: number, options: WindowFunctionOptions = {}): Tensor =>
  windowed("hamming", n, options, cosines(0.54, 0.46));

/** The Blackman window 0.42 − 0.5 cos + 0.08 cos of twice the angle. Options and errors as of {@link hann}. */
export const blackman = (n: number, options: WindowFunctionOptions = {}): Tensor =>
  windowed("blackman", n, options, cosines(0.42, 0.5, 0.08));

/** The Bartlett window, a triangle from 0 to 0. Options and errors as of {@link hann}. */
export const bartlett = (n: number, options: WindowFunctionOptions = {}): Tensor =>
  windowed("bartlett", n, options, (t) => sub(1, abs(sub(mul(t, 2), 1))));

/**
 * The Kaiser window I₀(β√(1 − s²)) / I₀(β), s from −1 to 1. Options and errors as of {@link hann}; {@link ArgumentError} for a negative `beta`, too.
 */
export function kaiser(n: number, beta: number, options: WindowFunctionOptions = {}): Tensor {
  number("[0, ∞)")("kaiser", beta, "beta");
  return windowed("kaiser", n, options, (t) => {
    const z = mul(sqrt(mul(mul(t, sub(1, t)), 4)), beta);
    return mul(div(i0e(z), i0e(scalar(beta, { dtype: "f64" }))), exp(sub(z, beta)));
  });
}
