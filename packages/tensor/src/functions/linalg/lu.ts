import { luPrimitive } from "../../primitives/linalg/lu.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { checkMatrix } from "./check.ts";

/**
 * LU factors with partial pivoting of `a` [..., m, n]: `lu` [..., m, n] holds U on and above the diagonal and L below it (its ones left out); `pivots`
 * [..., min(m, n)] (i32) tells which row was exchanged with row k at step k; `permutation` [..., m] (i32) which row of `a` is row i of L·U.
 *
 * A singular matrix has factors (U with zeros on its diagonal) but no derivative. Differentiable to any order in both modes: de Hoog, Anderssen and
 * Lukas, "Differentiation of matrix functionals using triangular factorization" (2011).
 *
 * @throws {@link ShapeError} below rank 2, {@link DTypeError} unless `a` is f32 or f64
 * @example
 * ```ts
 * const [lu_, pivots, permutation] = lu(tensor([[1, 2], [4, 4]])); // [[4, 4], [0.25, 1]], [1, 1], [1, 0]
 * ```
 */
export function lu(a: Tensor): [lu: Tensor, pivots: Tensor, permutation: Tensor] {
  checkMatrix("lu", a, "a");
  return applyMany(luPrimitive, [a], null) as [Tensor, Tensor, Tensor];
}
