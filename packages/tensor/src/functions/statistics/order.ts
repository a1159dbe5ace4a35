import { checkOptions, checkTensor, flag, number, oneOf } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { checkAxes, show, sizeOf } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import { add, clip, div, mul, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { equal } from "../comparison.ts";
import { ceil, floor, isNaN as isnan, round } from "../elementary.ts";
import { takeAlongAxis } from "../indexing.ts";
import { asTensor, real, type TensorLike } from "../operands.ts";
import { type Axes, type ReduceOptions, sum } from "../reduction.ts";
import { where } from "../selection.ts";
import { moveaxis, permute, reshape, slice } from "../shaping.ts";
import { sort } from "../sorting/sort.ts";

/**
 * Which element, or what between two of them, is the quantile: those of NumPy that are continuous in q by their names (Hyndman & Fan 1996, types 4 to 9), and
 * the neighbours of the linear one.
 */
export type QuantileMethod =
  | "linear"
  | "lower"
  | "higher"
  | "midpoint"
  | "nearest"
  | "interpolatedInvertedCdf"
  | "hazen"
  | "weibull"
  | "medianUnbiased"
  | "normalUnbiased";

/** Options of {@link quantile}. */
export interface QuantileOptions extends ReduceOptions {
  /** Default "linear". */
  readonly method?: QuantileMethod;
}

/** The two parameters of the place n·q + α + q·(1 − α − β) − 1 of a quantile among n elements. */
const plotting: Readonly<Record<QuantileMethod, readonly [alpha: number, beta: number]>> = {
  linear: [1, 1],
  lower: [1, 1],
  higher: [1, 1],
  midpoint: [1, 1],
  nearest: [1, 1],
  interpolatedInvertedCdf: [0, 1],
  hazen: [0.5, 0.5],
  weibull: [0, 0],
  medianUnbiased: [1 / 3, 1 / 3],
  normalUnbiased: [3 / 8, 3 / 8],
};
const ends: Partial<Record<QuantileMethod, (x: Tensor) => readonly [Tensor, Tensor]>> = {
  lower: (p) => [floor(p), floor(p)],
  higher: (p) => [ceil(p), ceil(p)],
  nearest: (p) => [round(p), round(p)],
};

/** The axes last and merged into one: [rest…, n]. */
export function lastRows(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const rest = kept.map((i) => x.shape[i] as number);
  return reshape(permute(x, [...kept, ...axes]), [...rest, sizeOf(axes.map((a) => x.shape[a] as number))]);
}

function quantiles(
  op: string,
  x: Tensor,
  q: TensorLike,
  whole: number,
  axes: Axes,
  options: QuantileOptions,
  skip: boolean,
): Tensor {
  checkTensor(op, x);
  if (typeof q === "number") number(`[0, ${whole}]`)(op, q, "q");
  else if (!(q instanceof Tensor)) throw new ArgumentError(`${op}: q: expected a number or a tensor`);
  checkOptions(op, options, { keepDims: flag, method: oneOf(...Object.keys(plotting)) });
  const { method = "linear", keepDims = false } = options;
  const list = checkAxes(op, axes, x.rank);
  const share = asTensor(op, q, "f64", "q");
  if (list.some((a) => x.shape[a] === 0))
    throw new ShapeError(`${op}: x: nothing to choose from along an empty axis of ${show(x.shape)}`);
  const rows = sort(lastRows(real(op, x), list));
  const [n, lead] = [rows.shape.at(-1) as number, rows.shape.slice(0, -1)];
  // places in f64, [1…, q] or, where NaN does not count, [lead…, q]
  const part = reshape(div(astype(share, "f64"), whole), [...lead.map(() => 1), share.size]);
  const count: TensorLike = skip
    ? sub(n, sum(astype(isnan(rows), "f64"), lead.length, { keepDims: true }))
    : asTensor(op, n, "f64");
  const [alpha, beta] = plotting[method];
  const place = clip(clip(add(mul(part, add(count, 1 - alpha - beta)), alpha - 1), null, sub(count, 1)), 0, null);
  const [low, high] = ends[method]?.(place) ?? [floor(place), ceil(place)];
  const [a, b] = [low, high].map((t) => takeAlongAxis(rows, astype(t, "i32"))) as [Tensor, Tensor];
  const weight = method === "midpoint" ? 0.5 : astype(sub(place, floor(place)), rows.dtype);
  // equals first, as ∞ − ∞ is NaN
  let y = where(equal(a, b), a, add(a, mul(sub(b, a), ends[method] ? 0 : weight)));
  const last = slice(rows, [...lead.map(() => 0), n - 1], rows.shape);
  if (!skip) y = where(isnan(last), Number.NaN, y);
  const shape = keepDims ? x.shape.map((m, i) => (list.includes(i) ? 1 : m)) : lead;
  return reshape(moveaxis(y, -1, 0), [...share.shape, ...shape]);
}

/**
 * The value below which a share `q` in `[0, 1]` of the elements over `axes` (default all) lies, between neighbours as `method` says; NaN if any element is.
 * Integers become f32. The result is [...q.shape, ...rest].
 *
 * @throws {@link ArgumentError} for a number q outside `[0, 1]` or a bad option, {@link ShapeError} for a bad or empty axis
 * @example
 * ```ts
 * quantile(tensor([1, 2, 4, 8]), 0.5); // 3
 * quantile(x, tensor([0.1, 0.9]), 0);  // both at once, along the rows
 * ```
 */
export const quantile = (x: Tensor, q: TensorLike, axes?: Axes, options: QuantileOptions = {}): Tensor =>
  quantiles("quantile", x, q, 1, axes, options, false);

/** As {@link quantile}, of the elements that are not NaN; NaN where there are none. */
export const nanquantile = (x: Tensor, q: TensorLike, axes?: Axes, options: QuantileOptions = {}): Tensor =>
  quantiles("nanquantile", x, q, 1, axes, options, true);

/** As {@link quantile}, with q in percent, `[0, 100]`. `percentile(x, 95)` exceeds 95 % of the elements. */
export const percentile = (x: Tensor, q: TensorLike, axes?: Axes, options: QuantileOptions = {}): Tensor =>
  quantiles("percentile", x, q, 100, axes, options, false);

/** As {@link percentile}, of the elements that are not NaN. */
export const nanpercentile = (x: Tensor, q: TensorLike, axes?: Axes, options: QuantileOptions = {}): Tensor =>
  quantiles("nanpercentile", x, q, 100, axes, options, true);

/**
 * The middle of the sorted elements over `axes` (default all), the mean of two for an even number; NaN if any element is.
 *
 * @throws {@link ShapeError} for a bad or empty axis, {@link ArgumentError} for an unknown option
 */
export const median = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  middle("median", x, axes, options, false);

/** As {@link median}, of the elements that are not NaN. */
export const nanmedian = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  middle("nanmedian", x, axes, options, true);

function middle(op: string, x: Tensor, axes: Axes, options: ReduceOptions, skip: boolean): Tensor {
  checkOptions(op, options, { keepDims: flag });
  return quantiles(op, x, 0.5, 1, axes, options, skip);
}
