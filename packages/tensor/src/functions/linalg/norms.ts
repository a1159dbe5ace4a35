import { checkOptions, checkTensor, flag } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { said } from "../../said.ts";
import { checkAxes, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { div, mul, pow } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { notEqual } from "../comparison.ts";
import { abs } from "../elementary.ts";
import { real } from "../operands.ts";
import { type Axes, max, min, norm, norm1, type ReduceOptions, sum } from "../reduction.ts";
import { expandDims } from "../shaping.ts";
import { checkMatrix, checkSquare } from "./check.ts";
import { inv } from "./solve.ts";
import { svdvals } from "./svd.ts";

/** Options of {@link vectorNorm}. */
export interface VectorNormOptions extends ReduceOptions {
  /** p of the norm (Σ|x|ᵖ)^(1/p); default 2. ∞ and −∞ give the largest and smallest |x|, 0 the number of elements that are not 0. */
  readonly ord?: number;
  /** Axes taken as one vector; default all. */
  readonly axes?: Axes;
}

const vectorNorms = new Map<number, (x: Tensor, axes: Axes, options: ReduceOptions) => Tensor>([
  [0, (x, axes, options) => sum(astype(notEqual(x, 0), x.dtype), axes, options)],
  [1, norm1],
  [2, norm],
  [Number.POSITIVE_INFINITY, (x, axes, options) => max(abs(x), axes, options)],
  [Number.NEGATIVE_INFINITY, (x, axes, options) => min(abs(x), axes, options)],
]);

/**
 * The p-norm of `x` along `axes` (default all of it as one vector), p = `ord` (default 2); the axes go, or stay with size 1 with `keepDims`.
 *
 * Integers count as f32. The derivative at 0 is NaN for p = 2, as of a square root.
 *
 * @throws {@link ArgumentError} for an ord that is no number, {@link ShapeError} for a bad axis, or an empty one with an ord of ±∞
 * @example
 * ```ts
 * vectorNorm(tensor([3, -4]));                    // 5
 * vectorNorm(tensor([3, -4]), { ord: Infinity }); // 4
 * ```
 */
export function vectorNorm(x: Tensor, options: VectorNormOptions = {}): Tensor {
  checkTensor("vectorNorm", x);
  const check = (op: string, value: unknown, argument: string): void => {
    if (typeof value !== "number" || Number.isNaN(value))
      throw new ArgumentError(`${op}: ${argument}: expected a number, got ${said(value)}`);
  };
  checkOptions("vectorNorm", options, {
    ord: check,
    axes: (op, axes) => checkAxes(op, axes as Axes, x.rank),
    keepDims: flag,
  });
  const { ord = 2, axes, keepDims = false } = options;
  const own = vectorNorms.get(ord);
  if (Math.abs(ord) === Number.POSITIVE_INFINITY && checkAxes("vectorNorm", axes, x.rank).some((a) => x.shape[a] === 0))
    throw new ShapeError(`vectorNorm: x: nothing to choose from along an empty axis of ${show(x.shape)}`);
  const y = real("vectorNorm", x);
  return own ? own(y, axes, { keepDims }) : pow(sum(pow(abs(y), ord), axes, { keepDims }), 1 / ord);
}

/** Norms of a matrix: Frobenius, nuclear, and those that {@link matrixNorm} has by number. */
export type MatrixOrd = "fro" | "nuc" | number;

type NormOf = (a: Tensor, op: string) => Tensor;
const kept =
  (fold: typeof max, by: (a: Tensor) => Tensor): NormOf =>
  (a, op) => {
    const values = by(a);
    if (values.shape.at(-1) === 0)
      throw new ShapeError(`${op}: a: nothing to choose from in empty matrices ${show(a.shape)}`);
    return fold(values, -1);
  };
const columns = (a: Tensor): Tensor => sum(abs(a), -2);
const rows = (a: Tensor): Tensor => sum(abs(a), -1);
const matrixNorms = new Map<unknown, NormOf>([
  ["fro", (a) => norm(a, [-2, -1])],
  ["nuc", (a) => sum(svdvals(a), -1)],
  [1, kept(max, columns)],
  [-1, kept(min, columns)],
  [2, kept(max, svdvals)],
  [-2, kept(min, svdvals)],
  [Number.POSITIVE_INFINITY, kept(max, rows)],
  [Number.NEGATIVE_INFINITY, kept(min, rows)],
]);

function checkOrd(op: string, value: unknown): void {
  if (!matrixNorms.has(value))
    throw new ArgumentError(`${op}: ord: ${said(value)} is unknown; use ${[...matrixNorms.keys()].join(", ")}`);
}

/**
 * A norm `[...]` of the matrices `a` `[..., m, n]`: "fro" (default) the root of the sum of squares, "nuc" the sum of singular values, 2 and −2 the largest and
 * smallest singular value, 1 and −1 the largest and smallest sum of |column|, ∞ and −∞ of |row|. `keepDims` leaves two axes of size 1.
 *
 * @throws {@link ShapeError} below rank 2 or for an extreme over nothing, {@link DTypeError} unless `a` is f32 or f64, {@link ArgumentError} for an unknown
 * ord
 * @example
 * ```ts
 * matrixNorm(tensor([[1, -7], [2, 3]]), { ord: 1 }); // 10
 * ```
 */
export function matrixNorm(a: Tensor, options: { readonly ord?: MatrixOrd; readonly keepDims?: boolean } = {}): Tensor {
  checkMatrix("matrixNorm", a, "a");
  checkOptions("matrixNorm", options, { ord: checkOrd, keepDims: flag });
  const y = (matrixNorms.get(options.ord ?? "fro") as NormOf)(a, "matrixNorm");
  return options.keepDims ? expandDims(expandDims(y, -1), -1) : y;
}

/**
 * Condition number [...] of `a` [..., m, n] in the norm `ord` of {@link matrixNorm}: s₀/sₖ for 2 (default; its reciprocal for −2), otherwise
 * ‖a‖·‖a⁻¹‖ of a square matrix. Infinite (or NaN) for a singular one.
 *
 * @throws {@link ShapeError} below rank 2, or unless square for other norms, {@link DTypeError} unless `a` is f32 or f64, {@link ArgumentError} for an
 * unknown ord
 * @example
 * ```ts
 * conditionNumber(tensor([[4, 0], [0, 2]])); // 2
 * ```
 */
export function conditionNumber(a: Tensor, options: { readonly ord?: MatrixOrd } = {}): Tensor {
  const op = "conditionNumber";
  checkMatrix(op, a, "a");
  checkOptions(op, options, { ord: checkOrd });
  const { ord = 2 } = options;
  const by = (x: Tensor, which: MatrixOrd): Tensor => (matrixNorms.get(which) as NormOf)(x, op);
  if (ord === 2 || ord === -2) return div(by(a, ord), by(a, -ord));
  checkSquare(op, a, "a");
  return mul(by(a, ord), by(inv(a), ord));
}
