import { checkOptions, checkTensor, flag, number } from "../../check.ts";
import { isFloat } from "../../dtype.ts";
import type { Tensor } from "../../tensor.ts";
import { div, mul, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { logicalNot } from "../comparison.ts";
import { cumprod, cumsum } from "../cumulative.ts";
import { isNaN as isnan, sqrt } from "../elementary.ts";
import { real } from "../operands.ts";
import { type Axes, all, argmax, argmin, max, min, prod, type ReduceOptions, sum } from "../reduction.ts";
import { where } from "../selection.ts";

// Reductions of the elements that are not NaN: NaN is replaced by what does not change the result. Its derivative is 0.

/** @inline */
type Reduce = (x: Tensor, axes?: Axes, options?: ReduceOptions) => Tensor;
/** @inline */
type ReduceOne = (x: Tensor, axis?: number, options?: ReduceOptions) => Tensor;

const filled = (op: string, x: Tensor, fill: number): Tensor => {
  checkTensor(op, x);
  return isFloat(x.dtype) ? where(isnan(x), fill, x) : x;
};

/** The fold under the name of its wrapper; `empty` is the value where all are NaN. */
function skipping(op: string, fold: Reduce, fill: number, keepNaN: boolean): Reduce {
  return (x, axes, options = {}) => {
    const y = inName(op, () => fold(filled(op, x, fill), axes, options));
    return keepNaN && isFloat(x.dtype) ? where(all(isnan(x), axes, options), Number.NaN, y) : y;
  };
}

/** What `f` throws in the name of `op`. */
export function inName<R>(op: string, f: () => R): R {
  try {
    return f();
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replace(/^\w+: /, `${op}: `);
    throw error;
  }
}

/** Sum of the elements that are not NaN; otherwise as sum. `nansum(tensor([1, NaN]))` is 1. Throws ShapeError for a bad axis. */
export const nansum: Reduce = skipping("nansum", sum, 0, false);
/** Product of the elements that are not NaN; otherwise as prod. Throws ShapeError for a bad axis. */
export const nanprod: Reduce = skipping("nanprod", prod, 1, false);
/** Largest element that is not NaN, NaN where all are; otherwise as max. Throws ShapeError for a bad or empty axis. */
export const nanmax: Reduce = skipping("nanmax", max, -Infinity, true);
/** Smallest element that is not NaN, NaN where all are; otherwise as min. Throws ShapeError for a bad or empty axis. */
export const nanmin: Reduce = skipping("nanmin", min, Infinity, true);

/** Position (i32) of the first largest element that is not NaN, −1 where all are; otherwise as argmax. */
export const nanargmax: ReduceOne = place("nanargmax", argmax, -Infinity);
/** Position (i32) of the first smallest element that is not NaN, −1 where all are; otherwise as argmin. */
export const nanargmin: ReduceOne = place("nanargmin", argmin, Infinity);

function place(op: string, arg: ReduceOne, fill: number): ReduceOne {
  return (x, axis, options = {}) => {
    const y = inName(op, () => arg(filled(op, x, fill), axis, options));
    return isFloat(x.dtype) ? where(all(isnan(x), axis, options), -1, y) : y;
  };
}

/** Running sum along `axis` in which NaN counts as 0. Throws ShapeError for a bad axis. */
export const nancumsum: typeof cumsum = (x, axis, options) =>
  inName("nancumsum", () => cumsum(filled("nancumsum", x, 0), axis, options));
/** Running product along `axis` in which NaN counts as 1. Throws ShapeError for a bad axis. */
export const nancumprod: typeof cumprod = (x, axis, options) =>
  inName("nancumprod", () => cumprod(filled("nancumprod", x, 1), axis, options));

const present = (x: Tensor, axes: Axes, options: ReduceOptions): Tensor =>
  sum(astype(logicalNot(isnan(x)), x.dtype), axes, options);

/** Mean of the elements that are not NaN, NaN where there are none; integers become f32. Throws ShapeError for a bad axis. */
export const nanmean: Reduce = (x, axes, options = {}) => {
  checkTensor("nanmean", x);
  const t = real("nanmean", x);
  return inName("nanmean", () => div(sum(filled("nanmean", t, 0), axes, options), present(t, axes, options)));
};

function spread(op: string, x: Tensor, axes: Axes, options: ReduceOptions & { readonly correction?: number }): Tensor {
  checkTensor(op, x);
  checkOptions(op, options, { keepDims: flag, correction: number() });
  const { correction = 0, keepDims = false } = options;
  const t = real(op, x);
  return inName(op, () => {
    const mean = nanmean(t, axes, { keepDims: true });
    const d = where(isnan(t), 0, sub(t, mean));
    const n = present(t, axes, { keepDims });
    return div(sum(mul(d, d), axes, { keepDims }), sub(n, correction));
  });
}

/** Variance of the elements that are not NaN, divided by their number less `correction` (default 0). Throws ShapeError for a bad axis. */
export const nanvar = (
  x: Tensor,
  axes?: Axes,
  options: ReduceOptions & { readonly correction?: number } = {},
): Tensor => spread("nanvar", x, axes, options);

/** Square root of {@link nanvar}. */
export const nanstd = (
  x: Tensor,
  axes?: Axes,
  options: ReduceOptions & { readonly correction?: number } = {},
): Tensor => sqrt(spread("nanstd", x, axes, options));
