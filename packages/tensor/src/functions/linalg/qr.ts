import { checkOptions, oneOf } from "../../check.ts";
import { qrPrimitive } from "../../primitives/linalg/qr.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { checkMatrix } from "./check.ts";

/** Options of {@link qr}. */
export interface QrOptions {
  /** "reduced" (default): Q [..., m, k] and R [..., k, n] with k = min(m, n); "complete": Q [..., m, m] and R [..., m, n]. */
  readonly mode?: "reduced" | "complete";
}

/**
 * Q with orthonormal columns and upper triangular R with Q·R = A, of `a` [..., m, n]; shapes by {@link QrOptions}. Householder reflections, signs as in
 * LAPACK (the diagonal of R may be negative).
 *
 * Differentiable to any order in both modes where the first k columns are independent: Walter and Lehmann, "Algorithmic differentiation of linear
 * algebra functions with application in optimum experimental design" (2010). The columns of Q beyond k are a basis of the complement, and only what
 * depends on that space has a derivative by them.
 *
 * @throws {@link ShapeError} below rank 2, {@link DTypeError} unless `a` is f32 or f64, {@link ArgumentError} for an unknown mode
 * @example
 * ```ts
 * const [q, r] = qr(tensor([[3, 1], [4, 2]])); // r = [[-5, -2.2], [0, 0.4]]
 * ```
 */
export function qr(a: Tensor, options: QrOptions = {}): [q: Tensor, r: Tensor] {
  checkMatrix("qr", a, "a");
  checkOptions("qr", options, { mode: oneOf("reduced", "complete") });
  return applyMany(qrPrimitive, [a], { complete: options.mode === "complete" }) as [Tensor, Tensor];
}
