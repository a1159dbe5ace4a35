import { checkOptions, checkTensor, flag, number, tensor as tensorOption } from "../../check.ts";
import { ShapeError } from "../../errors.ts";
import { checkAxes, sameShape, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { clip, div, mul, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { sqrt } from "../elementary.ts";
import { diagonal } from "../linalg/diagonal.ts";
import { matmul } from "../matmul.ts";
import { real } from "../operands.ts";
import { type Axes, max, mean, min, type ReduceOptions, sum } from "../reduction.ts";
import { concat, expandDims, reshape, transpose } from "../shaping.ts";
import { inName } from "./nan.ts";

/** Largest less smallest element over `axes` (default all). Throws ShapeError for a bad or empty axis. */
export const ptp = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  inName("ptp", () => sub(max(x, axes, options), min(x, axes, options)));

/** How many elements over `axes` (default all) are not 0: i32. Throws ShapeError for a bad axis. */
export const countNonzero = (x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor =>
  inName("countNonzero", () => sum(astype(astype(x, "bool"), "i32"), axes, options));

/** Options of {@link average}. */
export interface AverageOptions extends ReduceOptions {
  /** In the shape of x, or [n] for the one axis that is averaged; default all 1. */
  readonly weights?: Tensor;
}

/**
 * Mean over `axes` (default all), each element counted as often as its weight says; integers become f32.
 *
 * @throws {@link ShapeError} for a bad axis or weights of another shape, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * average(tensor([1, 2]), 0, { weights: tensor([3, 1]) }); // 1.25
 * ```
 */
export function average(x: Tensor, axes?: Axes, options: AverageOptions = {}): Tensor {
  checkTensor("average", x);
  checkOptions("average", options, { keepDims: flag, weights: tensorOption });
  const { weights, keepDims = false } = options;
  const list = checkAxes("average", axes, x.rank);
  if (weights === undefined) return mean(x, list, { keepDims });
  const along = list.length === 1 ? x.shape.map((n, i) => (i === list[0] ? n : 1)) : [];
  const one = weights.rank === 1 && weights.size === along[list[0] as number];
  if (!one && !sameShape(weights.shape, x.shape))
    throw new ShapeError(`average: weights: ${show(weights.shape)} is neither x ${show(x.shape)} nor one axis of it`);
  const w = real("average", one ? reshape(weights, along) : weights);
  return div(sum(mul(x, w), list, { keepDims }), sum(w, list, { keepDims }));
}

/** Options of {@link cov}. */
export interface CovOptions {
  /** Each row of x is a variable (the default), or each column. */
  readonly rows?: boolean;
  /** What is taken off the number of observations; default 1. */
  readonly correction?: number;
  /** How often each observation was made, [n]; default 1. */
  readonly counts?: Tensor;
  /** Importance of each observation, [n]; default 1. */
  readonly weights?: Tensor;
}

/** Variables as rows. */
function variables(op: string, x: Tensor, rows: boolean, argument: string): Tensor {
  checkTensor(op, x, argument);
  const t = real(op, x, argument);
  if (t.rank > 2) throw new ShapeError(`${op}: ${argument}: expected one or two axes, got ${show(x.shape)}`);
  return t.rank < 2 ? reshape(t, [1, t.size]) : rows ? t : transpose(t);
}

/** Covariance of variables over observations, also beside the ones in y. */
function covariance(op: string, x: Tensor, y: Tensor | null, options: CovOptions): Tensor {
  checkOptions(op, options, { rows: flag, correction: number(), counts: tensorOption, weights: tensorOption });
  const { rows = true, correction = 1, counts, weights } = options;
  const first = variables(op, x, rows, "x");
  const second = y === null ? null : variables(op, y, rows, "y");
  const n = first.shape[1] as number;
  if (second && second.shape[1] !== n) throw new ShapeError(`${op}: y: ${second.shape[1]} observations, but ${n} of x`);
  for (const [name, w] of Object.entries({ counts, weights }))
    if (w && (w.rank !== 1 || w.size !== n))
      throw new ShapeError(`${op}: ${name}: expected [${n}], one per observation, got ${show(w.shape)}`);
  const t = second ? concat([first, second]) : first;
  const scalar = t.shape[0] === 1;
  const finish = (c: Tensor): Tensor => (scalar ? reshape(c, []) : c);
  if (!counts && !weights) {
    const d = sub(t, mean(t, 1, { keepDims: true }));
    return finish(div(matmul(d, transpose(d)), n - correction));
  }
  const w = counts && weights ? mul(astype(counts, t.dtype), weights) : astype((counts ?? weights) as Tensor, t.dtype);
  const total = sum(w);
  const d = sub(t, expandDims(div(sum(mul(t, w), 1), total), 1));
  const lost = weights ? div(sum(mul(w, weights)), total) : 1;
  return finish(div(matmul(mul(d, w), transpose(d)), sub(total, mul(lost, correction))));
}

/**
 * The covariance matrix of k variables with n observations each, the rows of x [k, n] and of y: [k, k], a scalar for one variable.
 *
 * @throws {@link ShapeError} for more than two axes or another number of observations, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * cov(tensor([[1, 2, 3], [3, 2, 1]])); // [[1, −1], [−1, 1]]
 * ```
 */
export const cov = (x: Tensor, y: Tensor | null = null, options: CovOptions = {}): Tensor =>
  covariance("cov", x, y, options);

/** The correlation coefficients of the variables: {@link cov} divided by both deviations, in [−1, 1]; NaN for a constant. Throws as {@link cov}. */
export function corrcoef(x: Tensor, y: Tensor | null = null, options: { readonly rows?: boolean } = {}): Tensor {
  checkOptions("corrcoef", options, { rows: flag });
  const c = covariance("corrcoef", x, y, options);
  if (c.rank === 0) return div(c, c);
  const s = sqrt(diagonal(c));
  return clip(div(div(c, expandDims(s, 1)), s), -1, 1);
}
