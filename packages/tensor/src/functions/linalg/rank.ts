import { checkOptions, number } from "../../check.ts";
import { epsilonOf } from "../../primitives/linalg/masks.ts";
import type { Tensor } from "../../tensor.ts";
import { mul } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { greater } from "../comparison.ts";
import { sum } from "../reduction.ts";
import { slice, stopGradient } from "../shaping.ts";
import { checkMatrix } from "./check.ts";
import { svdvals } from "./svd.ts";

/** How many of the descending values of the last axis are above `rcond` times the first. */
export function countAbove(values: Tensor, rcond: number): Tensor {
  const first = slice(values, [], [...values.shape.slice(0, -1), Math.min(1, values.shape.at(-1) as number)]);
  return sum(astype(greater(values, mul(first, rcond)), "i32"), -1);
}

/**
 * Rank (i32 `[...]`) of `a` `[..., m, n]`: the number of singular values above `rtol`·s₀.
 *
 * `rtol` is max(m, n)·ε of the dtype unless given. An integer, hence without derivative.
 *
 * @throws {@link ShapeError} below rank 2, {@link DTypeError} unless `a` is f32 or f64, {@link ArgumentError} for a negative rtol
 * @example
 * ```ts
 * matrixRank(tensor([[1, 2], [2, 4]])); // 1
 * ```
 */
export function matrixRank(a: Tensor, options: { readonly rtol?: number } = {}): Tensor {
  checkMatrix("matrixRank", a, "a");
  checkOptions("matrixRank", options, { rtol: number("[0, ∞)") });
  const rtol = options.rtol ?? Math.max(...a.shape.slice(-2)) * epsilonOf(a.dtype);
  return countAbove(svdvals(stopGradient(a)), rtol);
}
