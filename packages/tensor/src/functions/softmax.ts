import { checkOptions, checkTensor, flag } from "../check.ts";
import { checkAxes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { add, div, mul, sub } from "./arithmetic.ts";
import { isFinite } from "./comparison.ts";
import { exp, log } from "./elementary.ts";
import { full } from "./fill.ts";
import { real } from "./operands.ts";
import { type Axes, max, type ReduceOptions, sum } from "./reduction.ts";
import { where } from "./selection.ts";
import { reshape, stopGradient } from "./shaping.ts";

// Every function here does not change when a constant is taken from x and put back, so the largest element carries no derivative.

/** The largest element along `axes`, kept as axes of size 1, and 0 where it is infinite: what can be subtracted without making NaN. */
function shift(x: Tensor, axes: readonly number[]): Tensor {
  const m = stopGradient(max(x, axes, { keepDims: true }));
  return where(isFinite(m), m, 0);
}

function prepare(op: string, x: Tensor, axes: Axes): [x: Tensor, axes: number[], empty: boolean] {
  checkTensor(op, x);
  const list = checkAxes(op, axes, x.rank);
  return [real(op, x), list, list.some((a) => x.shape[a] === 0)];
}

/**
 * eˣ / Σ eˣ over `axes` (default the last): non-negative, sums to 1. Safe for large x; −∞ gives 0.
 *
 * ```ts
 * softmax(tensor([0, 0])); // [0.5, 0.5]
 * ```
 * Throws ShapeError for an axis out of range.
 */
export function softmax(x: Tensor, axes: Axes = -1): Tensor {
  const [t, list, empty] = prepare("softmax", x, axes);
  if (empty) return t;
  const e = exp(sub(t, shift(t, list)));
  // One division per row instead of one per element, here and in the derivative.
  return mul(e, div(1, sum(e, list, { keepDims: true })));
}

/** log(softmax(x)) over `axes` (default the last), without cancellation. `logSoftmax(tensor([0, 0]))` is [-0.693, -0.693]. Throws ShapeError for a bad axis. */
export function logSoftmax(x: Tensor, axes: Axes = -1): Tensor {
  const [t, list, empty] = prepare("logSoftmax", x, axes);
  if (empty) return t;
  const d = sub(t, shift(t, list));
  return sub(d, log(sum(exp(d), list, { keepDims: true })));
}

/**
 * log Σ eˣ over `axes` (default all) without overflow; −∞ over nothing, +∞ if any element is.
 *
 * ```ts
 * logsumexp(tensor([1000, 1000])); // 1000.693
 * ```
 * Throws ShapeError for an axis out of range, ArgumentError for an unknown option.
 */
export function logsumexp(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const [t, list, empty] = prepare("logsumexp", x, axes);
  checkOptions("logsumexp", options, { keepDims: flag });
  const shape = options.keepDims
    ? t.shape.map((n, i) => (list.includes(i) ? 1 : n))
    : t.shape.filter((_, i) => !list.includes(i));
  if (empty) return full(shape, -Infinity, { dtype: t.dtype });
  const m = shift(t, list);
  return reshape(add(log(sum(exp(sub(t, m)), list, { keepDims: true })), m), shape);
}
