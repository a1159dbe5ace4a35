import { checkOptions, checkTensor, flag, integer, number } from "../check.ts";
import { ShapeError } from "../errors.ts";
import type { ReduceOp } from "../ir/ir.ts";
import { reduce } from "../primitives/reduction.ts";
import { checkAxes, show } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { div, mul, sub } from "./arithmetic.ts";
import { astype } from "./casting.ts";
import { abs, sqrt } from "./elementary.ts";
import { full } from "./fill.ts";
import { real } from "./operands.ts";
import { reshape } from "./shaping.ts";

/** An axis, several, or undefined for all; negative axes count from the end. */
export type Axes = number | readonly number[] | undefined;

/** Options of reductions. */
export interface ReduceOptions {
  /** Leave reduced axes with size 1; default false. */
  readonly keepDims?: boolean;
}

function fold(name: string, op: ReduceOp, x: Tensor, axes: Axes, options: ReduceOptions, empty: boolean): Tensor {
  checkOptions(name, options, { keepDims: flag });
  const list = checkAxes(name, axes, x.rank, /^arg/.test(name) ? "axis" : "axes");
  if (!empty && list.some((a) => x.shape[a] === 0))
    throw new ShapeError(`${name}: x: nothing to choose from along an empty axis of ${show(x.shape)}`);
  const y = list.length === 0 && op !== "argmax" && op !== "argmin" ? x : apply(reduce, [x], { op, axes: list });
  return options.keepDims
    ? reshape(
        y,
        x.shape.map((n, i) => (list.includes(i) ? 1 : n)),
      )
    : y;
}

const numeric = (name: string, x: Tensor): Tensor => {
  checkTensor(name, x);
  return x.dtype === "bool" ? astype(x, "i32") : x;
};

/**
 * Sum over `axes` (default all); 0 over none. bool counts as i32; integers wrap.
 *
 * ```ts
 * sum(tensor([[1, 2], [3, 4]]), 0); // [4, 6]
 * ```
 * Throws ShapeError for an axis out of range or named twice.
 */
export const sum = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  fold("sum", "sum", numeric("sum", x), axes, options, true);

/** Product over `axes` (default all); 1 over none. Its derivative is right at zeros too. Throws ShapeError for a bad axis. */
export const prod = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  fold("prod", "prod", numeric("prod", x), axes, options, true);

/** Largest element over `axes` (default all); NaN wins; ties share the derivative. Throws ShapeError for a bad or empty axis. */
export function max(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  checkTensor("max", x);
  return fold("max", "max", x, axes, options, false);
}

/** Smallest element over `axes` (default all); NaN wins; ties share the derivative. Throws ShapeError for a bad or empty axis. */
export function min(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  checkTensor("min", x);
  return fold("min", "min", x, axes, options, false);
}

/** Position (i32) of the first largest element along `axis`, or in row-major order of all. Throws ShapeError for a bad or empty axis. */
export function argmax(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  checkTensor("argmax", x);
  if (axis !== undefined) integer()("argmax", axis, "axis");
  return fold("argmax", "argmax", x, axis, options, false);
}

/** Position (i32) of the first smallest element along `axis`, or in row-major order of all. Throws ShapeError for a bad or empty axis. */
export function argmin(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  checkTensor("argmin", x);
  if (axis !== undefined) integer()("argmin", axis, "axis");
  return fold("argmin", "argmin", x, axis, options, false);
}

// max and min choose from something; of nothing, "any" is false and "all" is true.
function judged(name: string, op: "max" | "min", x: Tensor, axes: Axes, options: ReduceOptions): Tensor {
  checkTensor(name, x);
  const y = fold(name, op, astype(x, "bool"), axes, options, true);
  return checkAxes(name, axes, x.rank).some((a) => x.shape[a] === 0)
    ? full(y.shape, op === "min", { dtype: "bool" })
    : y;
}

/** True where any element over `axes` (default all) is non-zero; false over none. Throws ShapeError for a bad axis. */
export const any = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  judged("any", "max", x, axes, options);

/** True where every element over `axes` (default all) is non-zero; true over none. Throws ShapeError for a bad axis. */
export const all = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  judged("all", "min", x, axes, options);

const count = (x: Tensor, axes: Axes, op: string): number =>
  checkAxes(op, axes, x.rank).reduce((n, a) => n * (x.shape[a] as number), 1);

const added = (name: string, x: Tensor, axes: Axes, options: ReduceOptions): Tensor =>
  fold(name, "sum", x, axes, options, true);

const average = (name: string, x: Tensor, axes: Axes, options: ReduceOptions): Tensor =>
  div(added(name, real(name, x), axes, options), count(x, axes, name));

/** Arithmetic mean over `axes` (default all); integers become f32; NaN over none. Throws ShapeError for a bad axis. */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  checkTensor("mean", x);
  return average("mean", x, axes, options);
}

/** Mean squared deviation over `axes`, divided by n − `correction` (default 0, the biased one). Throws ShapeError for a bad axis. */
export function variance(
  x: Tensor,
  axes?: Axes,
  options: ReduceOptions & { readonly correction?: number } = {},
): Tensor {
  return spread("variance", x, axes, options);
}

function spread(
  name: string,
  x: Tensor,
  axes: Axes,
  options: ReduceOptions & { readonly correction?: number },
): Tensor {
  checkTensor(name, x);
  checkOptions(name, options, { keepDims: flag, correction: number() });
  const { correction = 0, keepDims = false } = options;
  const d = sub(x, average(name, x, axes, { keepDims: true }));
  return div(added(name, mul(d, d), axes, { keepDims }), count(x, axes, name) - correction);
}

/** Square root of {@link variance}. Its derivative is infinite where the deviation is 0. */
export const std = (x: Tensor, axes?: Axes, options: ReduceOptions & { readonly correction?: number } = {}): Tensor =>
  sqrt(spread("std", x, axes, options));

/** Euclidean norm over `axes` (default all). Its derivative is NaN at 0. */
export function norm(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  checkTensor("norm", x);
  const y = real("norm", x);
  return sqrt(added("norm", mul(y, y), axes, options));
}

/** Sum of absolute values over `axes` (default all). */
export function norm1(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  checkTensor("norm1", x);
  return added("norm1", abs(x), axes, options);
}
