import { checkTensor } from "../check.ts";
import { promote } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { scatter, take } from "../primitives/indexing.ts";
import { checkAxis, show, sizeOf } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { asTensor, checkIntegers, type TensorLike } from "./operands.ts";
import { broadcastTo, moveaxis, reshape } from "./shaping.ts";

function checkIndices(op: string, indices: Tensor): Tensor {
  checkTensor(op, indices, "indices");
  checkIntegers(op, indices, "indices");
  return astype(indices, "i32");
}

/**
 * Slices of `x` along `axis` (default 0) at integer `indices` of any shape, which takes the place of that axis. Indices outside the axis are
 * moved to its nearest end.
 *
 * ```ts
 * gather(tensor([10, 20, 30]), tensor([2, 0], { dtype: "i32" })); // [30, 10]
 * ```
 * Throws DTypeError for indices that are no integers, ShapeError for a bad or empty axis.
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  checkTensor("gather", x);
  const rows = checkIndices("gather", indices);
  const along = checkAxis("gather", axis, x.rank);
  const n = x.shape[along] as number;
  if (n === 0 && indices.size > 0)
    throw new ShapeError(`gather: x: axis ${along} of ${show(x.shape)} is empty, so nothing can be taken`);
  const [before, after] = [x.shape.slice(0, along), x.shape.slice(along + 1)];
  const flat = reshape(x, [sizeOf(before), n, sizeOf(after)]);
  return reshape(apply(take, [flat, reshape(rows, [1, indices.size])], null), [...before, ...indices.shape, ...after]);
}

/**
 * Elements of `x` along `axis` (default the last) at integer `indices` of the same rank: out[…, j, …] = x[…, indices[…, j, …], …]. Other axes of
 * `indices` broadcast to those of `x`; indices outside are moved to the nearest end.
 *
 * ```ts
 * takeAlongAxis(logits, expandDims(labels, -1)); // the logit of each label, [n, 1]
 * ```
 * Throws DTypeError for indices that are no integers, ShapeError when shapes do not fit.
 */
export function takeAlongAxis(x: Tensor, indices: Tensor, axis = -1): Tensor {
  checkTensor("takeAlongAxis", x);
  const picks = checkIndices("takeAlongAxis", indices);
  const along = checkAxis("takeAlongAxis", axis, x.rank);
  if (indices.rank !== x.rank || indices.shape.some((n, i) => i !== along && n !== 1 && n !== x.shape[i]))
    throw new ShapeError(
      `takeAlongAxis: indices: ${show(indices.shape)} does not fit x ${show(x.shape)} outside axis ${along}`,
    );
  const [n, m] = [x.shape[along] as number, indices.shape[along] as number];
  if (n === 0 && m > 0)
    throw new ShapeError(`takeAlongAxis: x: axis ${along} of ${show(x.shape)} is empty, so nothing can be taken`);
  const outside = x.shape.filter((_, i) => i !== along);
  const rows = reshape(moveaxis(x, along, -1), [sizeOf(outside), n, 1]);
  const full = broadcastTo(
    picks,
    x.shape.map((k, i) => (i === along ? m : k)),
  );
  const taken = apply(take, [rows, reshape(moveaxis(full, along, -1), [sizeOf(outside), m])], null);
  return moveaxis(reshape(taken, [...outside, m]), -1, along);
}

function scattered(
  op: string,
  mode: "add" | "set" | "max" | "min",
  x: Tensor,
  indices: Tensor,
  updates: TensorLike,
  axis: number,
): Tensor {
  checkTensor(op, x);
  const rows = checkIndices(op, indices);
  const along = checkAxis(op, axis, x.rank);
  const news = asTensor(op, updates, x.dtype, "updates");
  if (promote(x.dtype, news.dtype) !== x.dtype)
    throw new DTypeError(`${op}: updates: ${news.dtype} does not fit into ${x.dtype}; cast it first`);
  const [before, after] = [x.shape.slice(0, along), x.shape.slice(along + 1)];
  const shape = [...before, ...indices.shape, ...after];
  if (news.rank > shape.length || news.shape.some((n, i) => n !== 1 && n !== shape[shape.length - news.rank + i]))
    throw new ShapeError(
      `${op}: updates: ${show(news.shape)} does not broadcast to ${show(shape)}: x is ${show(x.shape)}, indices are ${show(indices.shape)}, axis is ${along}`,
    );
  const [outer, n, inner] = [sizeOf(before), x.shape[along] as number, sizeOf(after)];
  const flat = reshape(broadcastTo(astype(news, x.dtype), shape), [outer, indices.size, inner]);
  return reshape(
    apply(scatter, [reshape(x, [outer, n, inner]), reshape(rows, [1, indices.size]), flat], { mode }),
    x.shape,
  );
}

/**
 * `x` with `updates` added to its slices at integer `indices` along `axis` (default 0); repeated indices add up, indices outside are skipped.
 * `updates` broadcasts to the shape of `x` in which that of `indices` takes the place of the axis.
 *
 * ```ts
 * scatterAdd(zeros([3]), tensor([0, 2, 2], { dtype: "i32" }), 1); // [1, 0, 2]
 * ```
 * Throws DTypeError for indices that are no integers or updates that do not fit, ShapeError when shapes do not fit.
 */
export const scatterAdd = (x: Tensor, indices: Tensor, updates: TensorLike, axis = 0): Tensor =>
  scattered("scatterAdd", "add", x, indices, updates, axis);

/** As {@link scatterAdd}, but updates replace; of repeated indices the last one stays. */
export const scatterSet = (x: Tensor, indices: Tensor, updates: TensorLike, axis = 0): Tensor =>
  scattered("scatterSet", "set", x, indices, updates, axis);

/** As {@link scatterAdd}, but the larger stays; equals share the derivative. */
export const scatterMax = (x: Tensor, indices: Tensor, updates: TensorLike, axis = 0): Tensor =>
  scattered("scatterMax", "max", x, indices, updates, axis);

/** As {@link scatterAdd}, but the smaller stays; equals share the derivative. */
export const scatterMin = (x: Tensor, indices: Tensor, updates: TensorLike, axis = 0): Tensor =>
  scattered("scatterMin", "min", x, indices, updates, axis);
