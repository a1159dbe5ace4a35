import type { Tensor } from "@gradus/tensor";
import { add, cast, check, div, mul, notEqual, ShapeError, searchsorted, sort, sub, sum, where } from "@gradus/tensor";
import { checkFloat, sameShape } from "../settings.ts";

/**
 * Area under the receiver operating characteristic: how likely a positive example scores higher than a negative one, ties counting half. From ranks
 * (Mann & Whitney 1947), in O(n log n), exact for up to 90 million examples.
 *
 * @param scores - `[n]`, a float dtype
 * @param labels - non-zero for positive examples, `[n]`
 * @returns a scalar in `[0, 1]`, f32; NaN unless there are examples of both kinds
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} for other shapes, {@link @gradus/tensor!index.DTypeError | DTypeError} for scores that are no floats
 * @example
 * ```ts
 * await auc(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1])).item(); // 0.75
 * ```
 */
export function auc(scores: Tensor, labels: Tensor): Tensor {
  check.tensor("auc", scores, "scores");
  check.tensor("auc", labels, "labels");
  checkFloat("auc", scores, "scores");
  if (scores.rank !== 1) throw new ShapeError(`auc: scores: expected [n], got [${scores.shape}]`);
  if (!sameShape(scores.shape, labels.shape))
    throw new ShapeError(`auc: labels: [${labels.shape}] is not the scores' shape [${scores.shape}]`);
  const sorted = sort(scores);
  const place = (side: "left" | "right"): Tensor => cast(searchsorted(sorted, scores, { side }), "f64");
  // ranks from 1, those of equal scores the mean of their places
  const ranks = div(add(add(place("left"), place("right")), 1), 2);
  const positive = notEqual(labels, 0);
  const hits = sum(cast(positive, "f64"));
  const misses = sub(scores.size, hits);
  const above = sub(sum(where(positive, ranks, 0)), div(mul(hits, add(hits, 1)), 2));
  const value = cast(div(above, mul(hits, misses)), "f32");
  return where(sum(cast(notEqual(scores, scores), "i32")).equal(0), value, Number.NaN);
}
