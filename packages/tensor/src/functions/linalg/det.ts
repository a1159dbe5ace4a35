import { detPrimitive } from "../../primitives/linalg/det.ts";
import { diagonalOf } from "../../primitives/linalg/diagonal.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { mul } from "../arithmetic.ts";
import { notEqual } from "../comparison.ts";
import { abs, log, sign } from "../elementary.ts";
import { iota } from "../iota.ts";
import { prod, sum } from "../reduction.ts";
import { where } from "../selection.ts";
import { stopGradient } from "../shaping.ts";
import { checkSquare } from "./check.ts";
import { lu } from "./lu.ts";

/**
 * Determinant [...] of `a` [..., n, n]; 1 of an empty matrix.
 *
 * The derivative is the matrix of cofactors, right for singular matrices as well, and so is the second derivative. From the third on, a singular matrix
 * whose singular values repeat gets a finite but unreliable value.
 *
 * @throws {@link ShapeError} unless `a` is square, {@link DTypeError} unless it is f32 or f64
 * @example
 * ```ts
 * det(tensor([[1, 2], [3, 4]])); // -2
 * ```
 */
export function det(a: Tensor): Tensor {
  checkSquare("det", a, "a");
  return applyMany(detPrimitive, [a], null)[0] as Tensor;
}

/**
 * Sign [...] and logarithm [...] of the absolute value of the determinant of `a` [..., n, n], which neither overflow nor vanish in large matrices:
 * det(a) = sign·exp(logabs). A singular matrix gives 0 and −∞, and its derivative is not finite.
 *
 * @throws {@link ShapeError} unless `a` is square, {@link DTypeError} unless it is f32 or f64
 * @example
 * ```ts
 * const [sign, logabs] = slogdet(tensor([[0, 2], [3, 0]])); // -1, log 6
 * ```
 */
export function slogdet(a: Tensor): [sign: Tensor, logabs: Tensor] {
  checkSquare("slogdet", a, "a");
  const [factors, pivots] = lu(a);
  const diagonal = diagonalOf(factors);
  const swapped = notEqual(pivots, iota([a.shape.at(-1) as number], { dtype: "i32" }));
  const signs = mul(sign(stopGradient(diagonal)), where(swapped, -1, 1));
  return [prod(signs, -1), sum(log(abs(diagonal)), -1)];
}
