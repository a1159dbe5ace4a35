import type { Tensor } from "@gradus/tensor";
import {
  add,
  argmax,
  cast,
  check,
  equal,
  expandDims,
  greater,
  iota,
  less,
  logicalAnd,
  logicalOr,
  mean,
  notEqual,
  ShapeError,
  sum,
  takeAlongAxis,
} from "@gradus/tensor";
import { checkLabels } from "../losses/reduce.ts";

function checkLogits(op: string, logits: Tensor, labels: Tensor): void {
  check.tensor(op, logits, "logits");
  if (logits.shape.at(-1) === 0) throw new ShapeError(`${op}: logits: expected [..., classes], got [${logits.shape}]`);
  checkLabels(op, labels, logits, "logits");
}

/**
 * Share of examples whose largest logit is at the label.
 *
 * @param logits - `[..., classes]`
 * @param labels - class indices, `[...]` of an integer dtype
 * @returns a scalar in `[0, 1]`, f32
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when labels are not `[...]`, {@link @gradus/tensor!index.DTypeError | DTypeError} when they are no integers
 * @example
 * ```ts
 * await accuracy(model.call(images), labels).item(); // 0.991
 * ```
 */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  checkLogits("accuracy", logits, labels);
  return mean(cast(equal(argmax(logits, -1), cast(labels, "i32")), "f32"));
}

/**
 * Share of examples whose label is among the `k` largest logits; of equal logits the first class comes first, so that `k = 1` is {@link accuracy}.
 *
 * @param logits - `[..., classes]`
 * @param labels - class indices, `[...]` of an integer dtype
 * @returns a scalar in `[0, 1]`, f32
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError}, {@link @gradus/tensor!index.DTypeError | DTypeError} as {@link accuracy} does; {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `k` is no positive integer
 * @example
 * ```ts
 * await topKAccuracy(model.call(images), labels, 5).item();
 * ```
 */
export function topKAccuracy(logits: Tensor, labels: Tensor, k: number): Tensor {
  checkLogits("topKAccuracy", logits, labels);
  check.integer("[1, ∞)")("topKAccuracy", k, "k");
  const classes = logits.shape.at(-1) as number;
  const at = expandDims(cast(labels, "i32"), -1);
  const own = takeAlongAxis(logits, at);
  const index = iota([classes], { dtype: "i32" });
  // NaN is above all, as for argmax
  const unknown = notEqual(logits, logits);
  const above = logicalOr(greater(logits, own), logicalAnd(unknown, equal(own, own)));
  const alike = logicalOr(equal(logits, own), logicalAnd(unknown, notEqual(own, own)));
  const rank = sum(cast(logicalOr(above, logicalAnd(alike, less(index, at))), "i32"), -1);
  const there = sum(cast(equal(index, at), "i32"), -1);
  return mean(cast(less(add(rank, cast(equal(there, 0), "i32").mul(classes)), Math.min(k, classes)), "f32"));
}
