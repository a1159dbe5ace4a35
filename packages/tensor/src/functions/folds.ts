import { callable, checkOptions, checkTensor, flag } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkAxes, checkAxis, sameShape, show } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { associativeScan } from "../transforms/associative-scan.ts";
import { vmap } from "../transforms/vmap.ts";
import type { CumulativeOptions } from "./cumulative.ts";
import { takeAlongAxis } from "./indexing.ts";
import { asTensor, real, type TensorLike } from "./operands.ts";
import type { Axes } from "./reduction.ts";
import { broadcastTo, concat, moveaxis, reshape, slice } from "./shaping.ts";
import { argsort, type SortOptions } from "./sorting/sort.ts";
import { logaddexp } from "./special/logsum.ts";
import { lastRows } from "./statistics/order.ts";

/** Running log Σ eˣ along `axis` (default the last), without overflow. Throws ShapeError for a bad axis, ArgumentError for a bad option. */
export function cumlogsumexp(x: Tensor, axis = -1, options: CumulativeOptions = {}): Tensor {
  checkTensor("cumlogsumexp", x);
  checkOptions("cumlogsumexp", options, { reverse: flag });
  const along = checkAxis("cumlogsumexp", axis, x.rank);
  const t = real("cumlogsumexp", x);
  return t.size === 0 ? t : associativeScan(logaddexp, t, { axis: along, reverse: options.reverse ?? false });
}

/**
 * All elements over `axes` (default all) combined by an associative and commutative `f` of two tensors, elementwise, from the neutral element `init`: halves with
 * halves, in about log₂ n calls.
 *
 * @throws {@link ArgumentError} unless f is a function that gives a tensor, {@link ShapeError} for a bad axis or when f changes the shape
 * @example
 * ```ts
 * reduce(x, 1, mul, 0); // prod(x, 0)
 * ```
 */
export function reduce(x: Tensor, init: TensorLike, f: (a: Tensor, b: Tensor) => Tensor, axes?: Axes): Tensor {
  checkTensor("reduce", x);
  const start = asTensor("reduce", init, x.dtype, "init");
  callable("reduce", f, "f");
  if (start.rank !== 0) throw new ShapeError(`reduce: init: expected a scalar, got ${show(start.shape)}`);
  let rows = moveaxis(lastRows(x, checkAxes("reduce", axes, x.rank)), -1, 0);
  const shape = rows.shape.slice(1);
  const combine = (a: Tensor, b: Tensor): Tensor => {
    const y = f(a, b);
    if (!(y instanceof Tensor)) throw new ArgumentError("reduce: f: gives no tensor");
    if (!sameShape(y.shape, a.shape)) throw new ShapeError(`reduce: f: gives ${show(y.shape)} for ${show(a.shape)}`);
    return y;
  };
  for (let n = rows.shape[0] as number; n > 1; n = rows.shape[0] as number) {
    const half = n >> 1;
    const y = combine(slice(rows, [0], [half]), slice(rows, [half], [2 * half]));
    rows = n % 2 === 0 ? y : concat([y, slice(rows, [n - 1], [n])]);
  }
  const one = broadcastTo(start, shape);
  return rows.shape[0] === 0 ? one : combine(one, reshape(rows, shape));
}

/**
 * `keys` in ascending order along `axis` (default the last) and `values`, of the same shape, in the order of their keys. Stable.
 *
 * @throws {@link ShapeError} for a bad axis or values of another shape, {@link ArgumentError} for a bad option
 */
export function sortKeyVal(
  keys: Tensor,
  values: Tensor,
  axis = -1,
  options: SortOptions = {},
): [keys: Tensor, values: Tensor] {
  checkTensor("sortKeyVal", keys, "keys");
  checkTensor("sortKeyVal", values, "values");
  checkOptions("sortKeyVal", options, { descending: flag });
  const along = checkAxis("sortKeyVal", axis, keys.rank);
  if (!sameShape(keys.shape, values.shape))
    throw new ShapeError(`sortKeyVal: values: expected ${show(keys.shape)} as keys, got ${show(values.shape)}`);
  const order = argsort(keys, along, options);
  return [takeAlongAxis(keys, order, along), takeAlongAxis(values, order, along)];
}

/**
 * `f` of every vector along `axis`, written for one vector; the axes of its result take the place of the axis.
 *
 * @throws {@link ArgumentError} unless f is a function that gives a tensor, {@link ShapeError} for a bad axis
 * @example
 * ```ts
 * applyAlongAxis((v) => polyval(v, 2), 0, coefficients);
 * ```
 */
export function applyAlongAxis(f: (vector: Tensor) => Tensor, axis: number, x: Tensor): Tensor {
  callable("applyAlongAxis", f, "f");
  checkTensor("applyAlongAxis", x);
  const along = checkAxis("applyAlongAxis", axis, x.rank);
  const rows = moveaxis(x, along, -1);
  const lead = rows.shape.slice(0, -1);
  const n = rows.shape.at(-1) as number;
  const y = lead.length === 0 ? f(x) : vmap(f)(reshape(rows, [x.size / Math.max(1, n), n]));
  if (!(y instanceof Tensor)) throw new ArgumentError("applyAlongAxis: f: gives no tensor");
  if (lead.length === 0) return y;
  const inner = y.shape.slice(1);
  let out = reshape(y, [...lead, ...inner]);
  inner.forEach((_, i) => {
    out = moveaxis(out, lead.length + i, along + i);
  });
  return out;
}
