import type { DType } from "../../dtype.ts";
import { div, mul } from "../../functions/arithmetic.ts";
import { equal, lessEqual } from "../../functions/comparison.ts";
import { tril, triu } from "../../functions/creation.ts";
import { abs } from "../../functions/elementary.ts";
import { full, ones } from "../../functions/fill.ts";
import { iota } from "../../functions/iota.ts";
import { max } from "../../functions/reduction.ts";
import { where } from "../../functions/selection.ts";
import { stopGradient } from "../../functions/shaping.ts";
import type { Tensor } from "../../tensor.ts";

/** Spacing of the numbers around 1. */
export const epsilonOf = (dtype: DType): number => (dtype === "f64" ? 2 ** -52 : 2 ** -23);

/** The triangle of `x` that a triangular solve reads; without the diagonal where that is ones. */
export const triangleOf = (x: Tensor, { lower, unit }: { readonly lower: boolean; readonly unit: boolean }): Tensor =>
  lower ? tril(x, unit ? -1 : 0) : triu(x, unit ? 1 : 0);

/** True on the diagonal of an m×n matrix. */
export const onDiagonal = (m: number, n: number): Tensor =>
  equal(iota([m, n], { axis: 0, dtype: "i32" }), iota([m, n], { axis: 1, dtype: "i32" }));

/** Ones with a diagonal of halves, in the shape of the last two axes of `x`. */
export function halfDiagonal(x: Tensor): Tensor {
  const [m, n] = x.shape.slice(-2) as [number, number];
  return where(onDiagonal(m, n), full([m, n], 0.5, { dtype: x.dtype }), ones([m, n], { dtype: x.dtype }));
}

/** 1/gap, and 0 where |gap| is not above what rounding makes of `size` terms as large as `scale`. */
export function safeReciprocal(gap: Tensor, scale: Tensor, size: number): Tensor {
  const floor = mul(scale, epsilonOf(gap.dtype) * size);
  const none = stopGradient(lessEqual(abs(gap), floor));
  return where(none, 0, div(1, where(none, 1, gap)));
}

/** The largest |element| of the last axis, kept with size 1, as a constant. */
export const largest = (x: Tensor): Tensor =>
  x.shape.at(-1) === 0 ? x : stopGradient(max(abs(x), -1, { keepDims: true }));
