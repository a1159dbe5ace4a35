import { checkOptions, checkTensor, flag, integer } from "../check.ts";
import { type DType, dtypes, isFloat } from "../dtype.ts";
import { ShapeError, TraceError } from "../errors.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { div, maximum, sub } from "./arithmetic.ts";
import { astype } from "./casting.ts";
import { equal, isFinite, less, lessEqual, logicalAnd } from "./comparison.ts";
import { recurrence } from "./cumulative.ts";
import { exp } from "./elementary.ts";
import { full, zeros } from "./fill.ts";
import { gather, scatterAdd, scatterMax, scatterMin, scatterSet } from "./indexing.ts";
import { checkIntegers, real } from "./operands.ts";
import { max } from "./reduction.ts";
import { where } from "./selection.ts";
import { concat, reshape, slice, stopGradient } from "./shaping.ts";
import { argsort } from "./sorting/sort.ts";

/** Options of segment functions. */
export interface SegmentOptions {
  /** Number of segments n. With it the call is synchronous and works in jit, vmap and scan; without it n is the largest id + 1, which is read first. */
  readonly numSegments?: number;
  /** The ids ascend: {@link segmentProd} then need not sort, to the others it makes no difference. Default false. */
  readonly sorted?: boolean;
}

/** @inline */
type Sized = SegmentOptions & { readonly numSegments: number };
type Reduce = (data: Tensor, ids: Tensor, n: number, sorted: boolean) => Tensor;

/** A mask or scale [m] against data [m, …]. */
const column = (t: Tensor, like: Tensor): Tensor => reshape(t, [t.size, ...like.shape.slice(1).map(() => 1)]);
const rest = (data: Tensor): readonly number[] => data.shape.slice(1);

function checked(op: string, data: Tensor, ids: Tensor, options: SegmentOptions): [data: Tensor, ids: Tensor] {
  checkTensor(op, data, "data");
  checkTensor(op, ids, "ids");
  checkIntegers(op, ids, "ids");
  checkOptions(op, options, { numSegments: integer("[0, 2147483647]"), sorted: flag });
  if (data.rank === 0 || ids.rank !== 1 || ids.size !== data.shape[0])
    throw new ShapeError(`${op}: ids: expected one for each row of data ${show(data.shape)}, got ${show(ids.shape)}`);
  return [data.dtype === "bool" ? astype(data, "i32") : data, astype(ids, "i32")];
}

/** Both forms of a segment function: with the number of segments, or with it read from the ids. */
function segmented(
  op: string,
  reduce: Reduce,
  data: Tensor,
  ids: Tensor,
  options: SegmentOptions,
): Tensor | Promise<Tensor> {
  const [x, segments] = checked(op, data, ids, options);
  const { numSegments, sorted = false } = options;
  if (numSegments !== undefined) return reduce(x, segments, numSegments, sorted);
  if (segments.abstract)
    throw new TraceError(`${op}: ids: are traced, so the number of segments is unknown; set numSegments`);
  const count = segments.size === 0 ? Promise.resolve([-1]) : max(segments).data();
  return count.then(([last]) => reduce(x, segments, Math.max(0, (last as number) + 1), sorted));
}

const sums: Reduce = (data, ids, n) => scatterAdd(zeros([n, ...rest(data)], { dtype: data.dtype }), ids, data);

const means: Reduce = (data, ids, n) => {
  const x = real("segmentMean", data);
  const count = scatterAdd(zeros([n], { dtype: x.dtype }), ids, 1);
  return div(sums(x, ids, n, false), column(maximum(count, 1), x));
};

/** The value that every other of the dtype exceeds, or (highest) that exceeds every other. */
function extreme(dtype: DType, highest: boolean): number {
  if (isFloat(dtype)) return highest ? Infinity : -Infinity;
  const { kind, bytes } = dtypes[dtype];
  const half = 2 ** (8 * bytes - 1);
  return kind === "uint" ? (highest ? 2 * half - 1 : 0) : highest ? half - 1 : -half;
}

const maxima: Reduce = (data, ids, n) =>
  scatterMax(full([n, ...rest(data)], extreme(data.dtype, false), { dtype: data.dtype }), ids, data);
const minima: Reduce = (data, ids, n) =>
  scatterMin(full([n, ...rest(data)], extreme(data.dtype, true), { dtype: data.dtype }), ids, data);

/** The running product that starts afresh with each segment; its value at a segment's last row is the product. Right at zeros, too. */
const products: Reduce = (data, ids, n, sorted) => {
  const one = full([n, ...rest(data)], 1, { dtype: data.dtype });
  const m = ids.size;
  if (m === 0) return one;
  const order = sorted ? null : argsort(ids);
  const [x, s] = order === null ? [data, ids] : [gather(data, order), gather(ids, order)];
  const same = equal(slice(s, [1], [m]), slice(s, [0], [m - 1]));
  const edge = full([1], false, { dtype: "bool" });
  const continues = column(concat([edge, same]), x);
  const running = recurrence(where(continues, x, 0), where(continues, 0, x), 0);
  // only the last row of each segment may be written
  const target = where(concat([same, edge]), n, s);
  return scatterSet(one, target, running);
};

const softmaxes: Reduce = (data, ids, n) => {
  const x = real("segmentSoftmax", data);
  if (n === 0 || x.size === 0) return zeros(x.shape, { dtype: x.dtype });
  const known = column(logicalAnd(lessEqual(0, ids), less(ids, n)), x);
  const top = gather(stopGradient(maxima(x, ids, n, false)), ids);
  // what is dropped must not overflow, nor divide by the sum of nothing
  const e = exp(sub(where(known, x, 0), where(logicalAnd(known, isFinite(top)), top, 0)));
  const total = gather(sums(e, ids, n, false), ids);
  return where(known, div(e, where(known, total, 1)), 0);
};

/**
 * Sums of the rows of `data` [m, …] that share a segment id: [n, …]. `ids` are integers [m] in any order; rows whose id is outside `[0, n)` are dropped, and a
 * segment without rows is 0. A promise unless `numSegments` is given.
 *
 * @param data - [m, …], any dtype (bool counts as i32)
 * @param ids - integers [m]
 * @throws {@link ShapeError} unless there is one id per row, {@link DTypeError} for ids that are no integers, {@link ArgumentError} for a bad option,
 * {@link TraceError} for traced ids without numSegments
 * @example
 * ```ts
 * segmentSum(tensor([1, 2, 3]), tensor([0, 2, 2], { dtype: "i32" }), { numSegments: 3 }); // [1, 0, 5]
 * ```
 */
export function segmentSum(data: Tensor, ids: Tensor, options: Sized): Tensor;
export function segmentSum(data: Tensor, ids: Tensor, options?: SegmentOptions): Promise<Tensor>;
export function segmentSum(data: Tensor, ids: Tensor, options: SegmentOptions = {}): Tensor | Promise<Tensor> {
  return segmented("segmentSum", sums, data, ids, options);
}

/**
 * Means of the rows of each segment, floats; 0 for a segment without rows. Arguments, result and errors as in {@link segmentSum}.
 *
 * @example
 * ```ts
 * segmentMean(tensor([1, 2, 3]), tensor([0, 2, 2], { dtype: "i32" }), { numSegments: 3 }); // [1, 0, 2.5]
 * ```
 */
export function segmentMean(data: Tensor, ids: Tensor, options: Sized): Tensor;
export function segmentMean(data: Tensor, ids: Tensor, options?: SegmentOptions): Promise<Tensor>;
export function segmentMean(data: Tensor, ids: Tensor, options: SegmentOptions = {}): Tensor | Promise<Tensor> {
  return segmented("segmentMean", means, data, ids, options);
}

/**
 * Largest elements of each segment; −∞, or the least integer, for a segment without rows. Equals share the derivative, NaN wins. Arguments, result and errors
 * as in {@link segmentSum}.
 */
export function segmentMax(data: Tensor, ids: Tensor, options: Sized): Tensor;
export function segmentMax(data: Tensor, ids: Tensor, options?: SegmentOptions): Promise<Tensor>;
export function segmentMax(data: Tensor, ids: Tensor, options: SegmentOptions = {}): Tensor | Promise<Tensor> {
  return segmented("segmentMax", maxima, data, ids, options);
}

/**
 * Least elements of each segment; ∞, or the largest integer, for a segment without rows. Equals share the derivative, NaN wins. Arguments, result and errors
 * as in {@link segmentSum}.
 */
export function segmentMin(data: Tensor, ids: Tensor, options: Sized): Tensor;
export function segmentMin(data: Tensor, ids: Tensor, options?: SegmentOptions): Promise<Tensor>;
export function segmentMin(data: Tensor, ids: Tensor, options: SegmentOptions = {}): Tensor | Promise<Tensor> {
  return segmented("segmentMin", minima, data, ids, options);
}

/** Products of each segment; 1 for a segment without rows. The derivative is right at zeros. Arguments, result and errors as in {@link segmentSum}. */
export function segmentProd(data: Tensor, ids: Tensor, options: Sized): Tensor;
export function segmentProd(data: Tensor, ids: Tensor, options?: SegmentOptions): Promise<Tensor>;
export function segmentProd(data: Tensor, ids: Tensor, options: SegmentOptions = {}): Tensor | Promise<Tensor> {
  return segmented("segmentProd", products, data, ids, options);
}

/**
 * eˣ / Σ eˣ within each segment, for each element of `data` `[m, …]`: floats `[m, …]`, 0 for rows whose id is outside `[0, n)`. Safe for large elements.
 * Arguments and errors as in {@link segmentSum}.
 *
 * @example
 * ```ts
 * segmentSoftmax(tensor([0, 0, 7]), tensor([0, 0, 1], { dtype: "i32" }), { numSegments: 2 }); // [0.5, 0.5, 1]
 * ```
 */
export function segmentSoftmax(data: Tensor, ids: Tensor, options: Sized): Tensor;
export function segmentSoftmax(data: Tensor, ids: Tensor, options?: SegmentOptions): Promise<Tensor>;
export function segmentSoftmax(data: Tensor, ids: Tensor, options: SegmentOptions = {}): Tensor | Promise<Tensor> {
  return segmented("segmentSoftmax", softmaxes, data, ids, options);
}
