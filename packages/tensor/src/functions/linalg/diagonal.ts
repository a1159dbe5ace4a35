import { checkOptions, checkTensor, integer } from "../../check.ts";
import { ShapeError } from "../../errors.ts";
import { diagonalOf } from "../../primitives/linalg/diagonal.ts";
import { checkAxis, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { add } from "../arithmetic.ts";
import { equal } from "../comparison.ts";
import { zerosLike } from "../fill.ts";
import { iota } from "../iota.ts";
import { sum } from "../reduction.ts";
import { where } from "../selection.ts";
import { expandDims, flatten, pad, permute } from "../shaping.ts";

/** Options of {@link diagonal} and {@link trace}. */
export interface DiagonalOptions {
  /** Which diagonal: above the main one if positive, below if negative; default 0. */
  readonly offset?: number;
  /** Axis of the rows; default −2. */
  readonly axis1?: number;
  /** Axis of the columns; default −1. */
  readonly axis2?: number;
}

const int32 = integer("[-2147483648, 2147483647]");

function taken(op: string, x: Tensor, options: DiagonalOptions): Tensor {
  checkTensor(op, x);
  checkOptions(op, options, { offset: int32, axis1: integer(), axis2: integer() });
  if (x.rank < 2) throw new ShapeError(`${op}: x: expected rank 2 or more, got ${show(x.shape)}`);
  const { offset = 0, axis1 = -2, axis2 = -1 } = options;
  const [p, q] = [checkAxis(op, axis1, x.rank, "axis1"), checkAxis(op, axis2, x.rank, "axis2")];
  if (p === q) throw new ShapeError(`${op}: axis2: axis ${q} is axis1 already`);
  return diagonalOf(permute(x, [...x.shape.map((_, i) => i).filter((i) => i !== p && i !== q), p, q]), offset);
}

/**
 * Elements (i, i + offset) of two axes of `x` (default the last two), as a new last axis: [..., length]. Any dtype.
 *
 * @throws {@link ShapeError} below rank 2 or for a bad axis, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * diagonal(tensor([[1, 2], [3, 4]])); // [1, 4]
 * ```
 */
export const diagonal = (x: Tensor, options: DiagonalOptions = {}): Tensor => taken("diagonal", x, options);

/**
 * Sum [...] of a {@link diagonal}: of the main one of the last two axes unless told otherwise.
 *
 * @throws {@link ShapeError} below rank 2 or for a bad axis, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * trace(tensor([[1, 2], [3, 4]])); // 5
 * ```
 */
export const trace = (x: Tensor, options: DiagonalOptions = {}): Tensor => sum(taken("trace", x, options), -1);

/** A square matrix of zeros with the vector `v` on the k-th diagonal. */
function placed(v: Tensor, k: number): Tensor {
  const n = (v.shape[0] as number) + Math.abs(k);
  const long = expandDims(pad(v, [[0, Math.abs(k)]]), k < 0 ? 0 : 1);
  const row = iota([n, n], { axis: 0, dtype: "i32" });
  return where(equal(add(row, k), iota([n, n], { axis: 1, dtype: "i32" })), long, zerosLike(long));
}

/**
 * The k-th diagonal of a matrix [m, n] as a vector, or of a vector [n] the square matrix [n + |k|, n + |k|] that has it there. Any dtype.
 *
 * @throws {@link ShapeError} unless `x` has rank 1 or 2 (use {@link diagonal} for more), {@link ArgumentError} for a k that is no integer
 * @example
 * ```ts
 * diag(tensor([1, 2]));           // [[1, 0], [0, 2]]
 * diag(tensor([[1, 2], [3, 4]])); // [1, 4]
 * ```
 */
export function diag(x: Tensor, k = 0): Tensor {
  checkTensor("diag", x);
  int32("diag", k, "k");
  if (x.rank === 1) return placed(x, k);
  if (x.rank !== 2) throw new ShapeError(`diag: x: expected rank 1 or 2, got ${show(x.shape)}; use diagonal`);
  return diagonalOf(x, k);
}

/**
 * A square matrix with the elements of `x`, of any shape, in row-major order on its k-th diagonal and zeros elsewhere.
 *
 * @throws {@link ArgumentError} for a k that is no integer
 * @example
 * ```ts
 * diagflat(tensor([[1, 2]])); // [[1, 0], [0, 2]]
 * ```
 */
export function diagflat(x: Tensor, k = 0): Tensor {
  checkTensor("diagflat", x);
  int32("diagflat", k, "k");
  return placed(x.rank === 0 ? expandDims(x, 0) : flatten(x), k);
}
