import { eighPrimitive } from "../../primitives/linalg/eigh.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { checkSquare } from "./check.ts";
import { symmetric } from "./symmetric.ts";

/**
 * Eigenvalues [..., n] in ascending order and orthonormal eigenvectors [..., n, n] (columns, of either sign) of symmetric matrices `a` [..., n, n], taken
 * as (a + aᵀ)/2. NaN where an element is not finite. There is no eig of general matrices: its results are complex.
 *
 * Differentiable to any order in both modes (Giles 2008). Where eigenvalues repeat (up to rounding, n·ε·max|λ|) the factor 1/(λᵢ − λⱼ) is replaced by 0:
 * no derivative has NaN, and the first one is right for what depends on the spaces of equal eigenvalues only and not on the basis chosen in them. Of
 * higher orders only the second derivative of the sum of equal eigenvalues is right there.
 *
 * @throws {@link ShapeError} unless `a` is square, {@link DTypeError} unless it is f32 or f64
 * @example
 * ```ts
 * const [values, vectors] = eigh(tensor([[2, 1], [1, 2]])); // values [1, 3]
 * ```
 */
export function eigh(a: Tensor): [values: Tensor, vectors: Tensor] {
  checkSquare("eigh", a, "a");
  return applyMany(eighPrimitive, [symmetric(a)], null) as [Tensor, Tensor];
}

/**
 * Eigenvalues `[..., n]`, ascending, of symmetric matrices `a` `[..., n, n]`: those of {@link eigh}, without the work for vectors.
 *
 * @throws {@link ShapeError} unless `a` is square, {@link DTypeError} unless it is f32 or f64
 * @example
 * ```ts
 * eigvalsh(tensor([[2, 1], [1, 2]])); // [1, 3]
 * ```
 */
export function eigvalsh(a: Tensor): Tensor {
  checkSquare("eigvalsh", a, "a");
  return applyMany(eighPrimitive, [symmetric(a)], null)[0] as Tensor;
}
