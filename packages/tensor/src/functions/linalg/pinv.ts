import { checkOptions, number } from "../../check.ts";
import { ShapeError } from "../../errors.ts";
import { epsilonOf } from "../../primitives/linalg/masks.ts";
import { pinvPrimitive } from "../../primitives/linalg/pinv.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { square, sub } from "../arithmetic.ts";
import { matmul } from "../matmul.ts";
import { sum } from "../reduction.ts";
import { expandDims, squeeze, stopGradient } from "../shaping.ts";
import { checkMatrix, checkReal, pair } from "./check.ts";
import { countAbove } from "./rank.ts";
import { svdvals } from "./svd.ts";

/** Options of {@link pinv} and {@link lstsq}. */
export interface CutoffOptions {
  /** Singular values up to rcond·s₀ count as 0; default max(m, n)·ε of the dtype. */
  readonly rcond?: number;
}

const cutoff = (a: Tensor, { rcond }: CutoffOptions): number =>
  rcond ?? Math.max(...a.shape.slice(-2)) * epsilonOf(a.dtype);

/**
 * Moore–Penrose inverse [..., n, m] of `a` [..., m, n], from its singular values.
 *
 * Differentiable to any order in both modes where the rank is constant, repeated singular values included: Golub and Pereyra, "The differentiation of
 * pseudo-inverses and nonlinear least squares problems whose variables separate" (1973).
 *
 * @throws {@link ShapeError} below rank 2, {@link DTypeError} unless `a` is f32 or f64, {@link ArgumentError} for a negative rcond
 * @example
 * ```ts
 * pinv(tensor([[2, 0], [0, 0]])); // [[0.5, 0], [0, 0]]
 * ```
 */
export function pinv(a: Tensor, options: CutoffOptions = {}): Tensor {
  checkMatrix("pinv", a, "a");
  checkOptions("pinv", options, { rcond: number("[0, ∞)") });
  return applyMany(pinvPrimitive, [a], { rcond: cutoff(a, options) })[0] as Tensor;
}

/** What {@link lstsq} finds. */
export interface LeastSquares {
  /** The X of least length among those that make ‖A·X − B‖ least: [..., n, k], or [..., n] for a vector. */
  readonly solution: Tensor;
  /** ‖A·X − B‖² of each column: [..., k], or [...] for a vector. */
  readonly residuals: Tensor;
  /** Rank of A, i32 [...]. */
  readonly rank: Tensor;
  /** Singular values of A, descending. */
  readonly singularValues: Tensor;
}

/**
 * Least squares: the shortest X that makes ‖A·X − B‖ least, for `a` [..., m, n] and `b` [..., m, k] or a vector [m]; leading axes broadcast.
 *
 * X is {@link pinv} times B and has its derivatives.
 *
 * @throws {@link ShapeError} when rows differ, {@link DTypeError} unless both are f32 or f64, {@link ArgumentError} for a negative rcond
 * @example
 * ```ts
 * const { solution } = lstsq(tensor([[1, 0], [1, 1], [1, 2]]), tensor([1, 3, 5])); // [1, 2]
 * ```
 */
export function lstsq(a: Tensor, b: Tensor, options: CutoffOptions = {}): LeastSquares {
  checkMatrix("lstsq", a, "a");
  checkReal("lstsq", b, "b");
  checkOptions("lstsq", options, { rcond: number("[0, ∞)") });
  if (b.rank === 0) throw new ShapeError("lstsq: b: expected rank 1 or more, got []");
  const vector = b.rank === 1;
  const [p, q] = pair("lstsq", a, vector ? expandDims(b, 1) : b, a.shape.at(-2) as number);
  const solution = matmul(pinv(p, options), q);
  const residuals = sum(square(sub(matmul(p, solution), q)), -2);
  const singularValues = svdvals(p);
  return {
    solution: vector ? squeeze(solution, -1) : solution,
    residuals: vector ? squeeze(residuals, -1) : residuals,
    rank: countAbove(stopGradient(singularValues), cutoff(p, options)),
    singularValues,
  };
}
