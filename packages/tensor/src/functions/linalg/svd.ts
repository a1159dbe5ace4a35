import { checkOptions, flag } from "../../check.ts";
import { svdPrimitive } from "../../primitives/linalg/svd.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { checkMatrix } from "./check.ts";

/** Options of {@link svd}. */
export interface SvdOptions {
  /** Square U and Vᵀ; default false: min(m, n) vectors of each. */
  readonly fullMatrices?: boolean;
  /** The vectors too; default true. If false the result is the singular values alone. */
  readonly computeUv?: boolean;
}

/**
 * Singular value decomposition A = U·diag(s)·Vᵀ of `a` `[..., m, n]`: U `[..., m, k]`, s `[..., k]` in descending order and Vᵀ `[..., k, n]` with k = min(m, n),
 * U and Vᵀ square with `fullMatrices`. QR and one-sided Jacobi rotations (Drmač and Veselić, "New fast and accurate Jacobi SVD
 * algorithm", 2008). NaN where an element is not finite.
 *
 * Differentiable to any order in both modes: Townsend, "Differentiating the singular value decomposition" (2016). Where singular values repeat or vanish
 * (up to rounding, max(m, n)·ε·s₀) quotients by their differences are replaced by 0: no derivative has NaN, and the first one is right for what depends on
 * the spaces of equal singular values only, such as U·Vᵀ of a matrix of full rank. Vectors beyond the first k have derivatives as a basis of the
 * complement.
 *
 * @throws {@link ShapeError} below rank 2, {@link DTypeError} unless `a` is f32 or f64, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * const [u, s, vt] = svd(tensor([[3, 0], [0, -2]])); // s = [3, 2]
 * ```
 */
export function svd(a: Tensor, options: SvdOptions & { readonly computeUv: false }): Tensor;
export function svd(
  a: Tensor,
  options?: SvdOptions & { readonly computeUv?: true },
): [u: Tensor, s: Tensor, vt: Tensor];
export function svd(a: Tensor, options: SvdOptions = {}): Tensor | [u: Tensor, s: Tensor, vt: Tensor] {
  checkMatrix("svd", a, "a");
  checkOptions("svd", options, { fullMatrices: flag, computeUv: flag });
  if (options.computeUv === false) return svdvals(a);
  return applyMany(svdPrimitive, [a], { full: options.fullMatrices ?? false }) as [Tensor, Tensor, Tensor];
}

/**
 * Singular values [..., min(m, n)] of `a` [..., m, n] in descending order: those of {@link svd}, without the work for vectors.
 *
 * @throws {@link ShapeError} below rank 2, {@link DTypeError} unless `a` is f32 or f64
 * @example
 * ```ts
 * svdvals(tensor([[3, 0], [0, -2]])); // [3, 2]
 * ```
 */
export function svdvals(a: Tensor): Tensor {
  checkMatrix("svdvals", a, "a");
  return applyMany(svdPrimitive, [a], { full: false })[1] as Tensor;
}
