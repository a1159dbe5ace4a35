import { integer } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { solveSquare } from "../../primitives/linalg/solve.ts";
import { said } from "../../said.ts";
import { checkAxis, show, sizeOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { eye } from "../creation.ts";
import { broadcastTo, expandDims, permute, reshape, squeeze } from "../shaping.ts";
import { checkReal, checkSquare, pair } from "./check.ts";

/**
 * X with A·X = B for `a` [..., n, n] and `b` [..., n, k]; leading axes broadcast. A vector `b` [n] gives [..., n].
 *
 * LU with partial pivoting; derivatives of any order in both modes use the same factors (Giles 2008). A singular matrix gives infinities or NaN.
 *
 * @throws {@link ShapeError} unless `a` is square and fits `b`, {@link DTypeError} unless both are f32 or f64
 * @example
 * ```ts
 * solve(tensor([[2, 0], [1, 4]]), tensor([2, 9])); // [1, 2]
 * ```
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  checkSquare("solve", a, "a");
  checkReal("solve", b, "b");
  if (b.rank === 0) throw new ShapeError("solve: b: expected rank 1 or more, got []");
  const n = a.shape.at(-1) as number;
  if (b.rank > 1) return solveSquare(...pair("solve", a, b, n));
  return squeeze(solveSquare(...pair("solve", a, expandDims(b, 1), n)), -1);
}

/**
 * The inverse of `a` [..., n, n]. To apply it, {@link solve} is faster and more accurate. A singular matrix gives infinities or NaN.
 *
 * @throws {@link ShapeError} unless `a` is square, {@link DTypeError} unless it is f32 or f64
 * @example
 * ```ts
 * inv(tensor([[2, 0], [0, 4]])); // [[0.5, 0], [0, 0.25]]
 * ```
 */
export function inv(a: Tensor): Tensor {
  checkSquare("inv", a, "a");
  const n = a.shape.at(-1) as number;
  return solveSquare(a, broadcastTo(eye(n, n, { dtype: a.dtype }), a.shape));
}

/**
 * X with tensordot(a, X, X.rank) = b: `a` [...b.shape, ...x] with as many elements in x as in b, solved as one square system.
 *
 * `axes` of `a` are moved to its end first. Differentiable like {@link solve}.
 *
 * @throws {@link ShapeError} when sizes do not make a square system or an axis is out of range, {@link DTypeError} unless both are f32 or f64
 * @example
 * ```ts
 * tensorsolve(reshape(eye(6), [2, 3, 6]), ones([2, 3])); // [1, 1, 1, 1, 1, 1]
 * ```
 */
export function tensorsolve(a: Tensor, b: Tensor, axes: readonly number[] = []): Tensor {
  checkReal("tensorsolve", a, "a");
  checkReal("tensorsolve", b, "b");
  if (!Array.isArray(axes)) throw new ArgumentError(`tensorsolve: axes: expected an array, got ${said(axes)}`);
  const last = axes.map((axis: number) => checkAxis("tensorsolve", axis, a.rank, "axes"));
  if (new Set(last).size !== last.length) throw new ShapeError("tensorsolve: axes: an axis is named twice");
  const moved = permute(a, [...a.shape.map((_, i) => i).filter((i) => !last.includes(i)), ...last]);
  const shape = moved.shape.slice(b.rank);
  if (sizeOf(shape) !== b.size || a.size !== b.size * b.size)
    throw new ShapeError(`tensorsolve: a: ${show(a.shape)} is no square system for b ${show(b.shape)}`);
  return reshape(solve(reshape(moved, [b.size, b.size]), reshape(b, [b.size])), shape);
}

/**
 * The inverse of `a` as a linear map from its last axes to its first `count` (default 2): shape [...last, ...first], and
 * tensordot(tensorinv(a, count), b, count) solves {@link tensorsolve}.
 *
 * @throws {@link ShapeError} when the sizes of the two groups differ, {@link ArgumentError} unless count is in [1, rank), {@link DTypeError} unless `a` is
 * f32 or f64
 * @example
 * ```ts
 * tensorinv(reshape(eye(6), [2, 3, 6])).shape; // [6, 2, 3]
 * ```
 */
export function tensorinv(a: Tensor, count = 2): Tensor {
  checkReal("tensorinv", a, "a");
  integer(`[1, ${a.rank})`)("tensorinv", count, "count");
  const [first, last] = [a.shape.slice(0, count), a.shape.slice(count)];
  if (sizeOf(first) !== sizeOf(last))
    throw new ShapeError(`tensorinv: a: ${show(a.shape)} is no square map from ${show(last)} to ${show(first)}`);
  return reshape(inv(reshape(a, [sizeOf(first), sizeOf(last)])), [...last, ...first]);
}
