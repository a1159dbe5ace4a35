import { choleskyPrimitive } from "../../primitives/linalg/cholesky.ts";
import { solveTriangle } from "../../primitives/linalg/triangular-solve.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { checkMatrix, checkSquare, pair } from "./check.ts";
import { symmetric } from "./symmetric.ts";

/**
 * The lower triangular L with L·Lᵀ = A, for symmetric positive definite matrices `a` `[..., n, n]`: `[..., n, n]`.
 *
 * A is taken as (a + aᵀ)/2, so that its derivative is symmetric. Where A is not positive definite the triangle is NaN, as in JAX. Derivatives of any
 * order in both modes follow Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation" (2008).
 *
 * @throws {@link ShapeError} unless `a` is square, {@link DTypeError} unless it is f32 or f64
 * @example
 * ```ts
 * cholesky(tensor([[4, 2], [2, 5]])); // [[2, 0], [1, 2]]
 * ```
 */
export function cholesky(a: Tensor): Tensor {
  checkSquare("cholesky", a, "a");
  return applyMany(choleskyPrimitive, [symmetric(a)], null)[0] as Tensor;
}

/**
 * X with L·Lᵀ·X = B, from the factor `l` [..., n, n] that {@link cholesky} gives and the right sides `b` [..., n, k]; leading axes broadcast.
 *
 * Only the lower triangle of `l` is read. Differentiable to any order in both modes.
 *
 * @throws {@link ShapeError} unless `l` is square and `b` has as many rows, {@link DTypeError} unless both are f32 or f64
 * @example
 * ```ts
 * choSolve(cholesky(tensor([[4, 2], [2, 5]])), tensor([[6], [7]])); // [[1], [1]]
 * ```
 */
export function choSolve(l: Tensor, b: Tensor): Tensor {
  checkSquare("choSolve", l, "l");
  checkMatrix("choSolve", b, "b");
  const [factor, right] = pair("choSolve", l, b, l.shape.at(-1) as number, "l");
  const half = solveTriangle(factor, right, { lower: true });
  return solveTriangle(factor, half, { lower: true, transposed: true });
}
