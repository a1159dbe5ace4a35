import { checkOptions, checkTensor, flag, integer, number, tensor as tensorOption } from "../../check.ts";
import { promote } from "../../dtype.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { sameShape, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { add, div, mul, sub } from "../arithmetic.ts";
import { at } from "../at.ts";
import { astype } from "../casting.ts";
import { sqrt } from "../elementary.ts";
import { fullLike, zerosLike } from "../fill.ts";
import { gather } from "../indexing.ts";
import { iota } from "../iota.ts";
import { lstsq } from "../linalg/pinv.ts";
import { matmul } from "../matmul.ts";
import { meet, real, type TensorLike } from "../operands.ts";
import { sum } from "../reduction.ts";
import { concat, expandDims, flip, pad, slice, stack } from "../shaping.ts";

// Polynomials are tensors of coefficients along axis 0, the highest power first, as in NumPy's polyval.

function coefficients(op: string, p: Tensor, argument = "p", onlyOne = false): number {
  checkTensor(op, p, argument);
  if (p.rank === 0 || p.shape[0] === 0 || (onlyOne && p.rank !== 1))
    throw new ShapeError(`${op}: ${argument}: expected ${onlyOne ? "[n]" : "[n, …]"} with n ≥ 1, got ${show(p.shape)}`);
  return p.shape[0] as number;
}

/**
 * The polynomial p[0] xⁿ⁻¹ + … + p[n − 1] by Horner's rule; the axes of p after the first broadcast with x.
 *
 * @param p - coefficients [n, …], the highest power first
 * @throws {@link ShapeError} for a scalar or empty p, or if shapes do not broadcast
 * @example
 * ```ts
 * polyval(tensor([1, 0, -1]), tensor([2, 3])); // x² − 1: [3, 8]
 * ```
 */
export function polyval(p: Tensor, x: TensorLike): Tensor {
  const n = coefficients("polyval", p);
  const [first, t] = meet("polyval", at(p, 0), x, ["p", "x"]);
  let y = first;
  for (let i = 1; i < n; i++) y = add(mul(y, t), at(p, i));
  return y;
}

/** The sum of two polynomials of any degrees, [max(n, m)]. Throws ShapeError unless both are [n] with n ≥ 1. */
export function polyadd(a: Tensor, b: Tensor): Tensor {
  const [n, m] = [coefficients("polyadd", a, "a", true), coefficients("polyadd", b, "b", true)];
  const size = Math.max(n, m);
  return add(pad(a, [[size - n, 0]]), pad(b, [[size - m, 0]]));
}

/**
 * The product of two polynomials, [n + m − 1].
 *
 * @throws {@link ShapeError} unless both are [n] with n ≥ 1
 * @example
 * ```ts
 * polymul(tensor([1, 1]), tensor([1, -1])); // [1, 0, -1]
 * ```
 */
export function polymul(a: Tensor, b: Tensor): Tensor {
  const [n, m] = [coefficients("polymul", a, "a", true), coefficients("polymul", b, "b", true)];
  // row k of the matrix holds a[k − j] for each j, from a padded by zeros
  const padded = pad(a, [[m - 1, m - 1]]);
  const size = [n + m - 1, m];
  const rows = gather(
    padded,
    add(sub(iota(size, { axis: 0, dtype: "i32" }), iota(size, { axis: 1, dtype: "i32" })), m - 1),
  );
  return matmul(rows, b);
}

/** n − 1, …, 0 beside the coefficients. */
const powers = (p: Tensor): Tensor => flip(iota([p.shape[0] as number], { dtype: p.dtype }));
const float = (op: string, p: Tensor, argument = "p"): Tensor => real(op, p, argument);

/** The `order`-th derivative of a polynomial [n]: [n − order], or [0] as [1]. Throws ShapeError for p, ArgumentError for an order below 0. */
export function polyder(p: Tensor, order = 1): Tensor {
  coefficients("polyder", p, "p", true);
  integer("[0, ∞)")("polyder", order, "order");
  let q = float("polyder", p);
  for (let i = 0; i < order; i++) {
    const n = q.shape[0] as number;
    if (n === 1) return zerosLike(q);
    q = slice(mul(q, powers(q)), [0], [n - 1]);
  }
  return q;
}

/** The `order`-th integral of a polynomial [n], [n + order], with `constant` (default 0) at each step. Throws as {@link polyder}. */
export function polyint(p: Tensor, order = 1, constant = 0): Tensor {
  coefficients("polyint", p, "p", true);
  integer("[0, ∞)")("polyint", order, "order");
  number()("polyint", constant, "constant");
  let q = float("polyint", p);
  for (let i = 0; i < order; i++) q = concat([div(q, add(powers(q), 1)), fullLike(slice(q, [0], [1]), constant)]);
  return q;
}

/** Options of {@link vander}. */
export interface VanderOptions {
  /** Powers from 0 up; default false, the highest first. */
  readonly increasing?: boolean;
}

/**
 * Powers of x along a new last axis: xⁿ⁻¹, …, x, 1.
 *
 * @param x - [...s]
 * @param n - how many; default the last size of x
 * @returns [...s, n]
 * @throws {@link ArgumentError} for a bad n or option, {@link ShapeError} for a scalar without n
 */
export function vander(x: Tensor, n?: number, options: VanderOptions = {}): Tensor {
  checkTensor("vander", x);
  checkOptions("vander", options, { increasing: flag });
  if (n === undefined && x.rank === 0) throw new ShapeError("vander: x: a scalar has no length; give n");
  const count = n ?? (x.shape.at(-1) as number);
  integer("[1, ∞)")("vander", count, "n");
  const list = Array.from({ length: count - 1 }).reduce<Tensor[]>(
    (all) => [...all, mul(all.at(-1) as Tensor, x)],
    [fullLike(x, 1)],
  );
  return stack(options.increasing ? list : list.toReversed(), -1);
}

/** Options of {@link polyfit}. */
export interface PolyfitOptions {
  /** What each residual is multiplied by, before squares are summed; default 1. */
  readonly weights?: Tensor;
}

/**
 * The polynomial of a degree that fits y best in the least squares, by the singular values of Vandermonde's matrix with columns of length 1.
 *
 * @param x - [n]
 * @param y - [n], or [n, k] for k fits
 * @returns [degree + 1] or [degree + 1, k], the highest power first, f64 if an argument is, else f32
 * @throws {@link ShapeError} unless sizes fit, {@link ArgumentError} for a bad degree or option
 * @example
 * ```ts
 * polyfit(tensor([0, 1, 2]), tensor([1, 3, 5]), 1); // [2, 1]
 * ```
 */
export function polyfit(x: Tensor, y: Tensor, degree: number, options: PolyfitOptions = {}): Tensor {
  const n = coefficients("polyfit", x, "x", true);
  checkTensor("polyfit", y, "y");
  integer("[0, ∞)")("polyfit", degree, "degree");
  checkOptions("polyfit", options, { weights: tensorOption });
  if (y.rank < 1 || y.rank > 2 || y.shape[0] !== n)
    throw new ShapeError(`polyfit: y: expected [${n}] or [${n}, k], got ${show(y.shape)}`);
  if (degree >= n) throw new ArgumentError(`polyfit: degree: ${n} points determine a degree below ${n}, not ${degree}`);
  const { weights } = options;
  if (weights && !sameShape(weights.shape, x.shape))
    throw new ShapeError(`polyfit: weights: expected [${n}], got ${show(weights.shape)}`);
  const dtype = promote(promote(x.dtype, y.dtype), weights?.dtype ?? "bool");
  const kind = dtype === "f64" ? dtype : "f32";
  const weigh = (t: Tensor): Tensor => (weights ? mul(t, expandDims(astype(weights, kind), 1)) : t);
  const columns = astype(y.rank === 1 ? expandDims(y, 1) : y, kind);
  const matrix = weigh(vander(astype(x, kind), degree + 1));
  const lengths = sqrt(sum(mul(matrix, matrix), 0, { keepDims: true }));
  const { solution: scaled } = lstsq(div(matrix, lengths), weigh(columns));
  const p = div(scaled, expandDims(at(lengths, 0), 1));
  return y.rank === 1 ? at(p, null, 0) : p;
}

/**
 * The series c[0] T₀(x) + c[1] T₁(x) + … of Chebyshev polynomials by Clenshaw's recurrence; the axes of c after the first broadcast with x.
 *
 * @param c - coefficients [n, …], the lowest degree first
 * @throws {@link ShapeError} for a scalar or empty c, or if shapes do not broadcast
 * @example
 * ```ts
 * chebval(tensor([0, 0, 1]), tensor(0.5)); // T₂(½) = −½
 * ```
 */
export function chebval(c: Tensor, x: TensorLike): Tensor {
  const n = coefficients("chebval", c, "c");
  const [first, t] = meet("chebval", at(c, 0), x, ["c", "x"]);
  let [b1, b2] = [zerosLike(first), zerosLike(first)];
  for (let k = n - 1; k > 0; k--) [b1, b2] = [add(sub(mul(mul(t, 2), b1), b2), at(c, k)), b1];
  return add(sub(mul(t, b1), b2), at(c, 0));
}
