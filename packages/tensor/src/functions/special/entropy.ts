import type { Tensor } from "../../tensor.ts";
import { add, div, mul, neg, sub } from "../arithmetic.ts";
import { equal, greaterEqual, less, logicalAnd } from "../comparison.ts";
import { log, log1p } from "../elementary.ts";
import { real, type TensorLike } from "../operands.ts";
import { where } from "../selection.ts";
import { meetReal } from "./operands.ts";

// Products with a logarithm that are 0 where the factor is 0. The inner `where` keeps 0 · ∞ out of derivatives.

function product(
  op: string,
  x: TensorLike,
  y: TensorLike,
  logarithm: (y: Tensor) => Tensor,
  isNumber: (y: Tensor) => Tensor,
): Tensor {
  const [p, q] = meetReal(op, x, y, ["x", "y"]);
  const zero = logicalAnd(equal(p, 0), isNumber(q));
  return where(zero, 0, mul(p, logarithm(where(zero, 1, q))));
}
const notNaN = (y: Tensor): Tensor => equal(y, y);

/**
 * x·log y, and 0 where x is 0 (unless y is NaN); broadcast. Its derivatives there are those of 0.
 *
 * @throws {@link ShapeError} if shapes do not broadcast
 * @example
 * ```ts
 * xlogy(tensor(0), tensor(0)); // 0
 * ```
 */
export const xlogy = (x: TensorLike, y: TensorLike): Tensor => product("xlogy", x, y, log, notNaN);

/** x·log(1 + y), and 0 where x is 0 (unless y is NaN); broadcast. Throws ShapeError if shapes do not broadcast. */
export const xlog1py = (x: TensorLike, y: TensorLike): Tensor => product("xlog1py", x, y, log1p, notNaN);

/** −x·log x, 0 at 0, −∞ below, elementwise. Throws ArgumentError for anything but a tensor or number. */
export function entr(x: TensorLike): Tensor {
  const t = real("entr", x);
  const negative = less(t, 0);
  const inside = where(negative, 0, t);
  return where(negative, -Infinity, neg(xlogy(inside, inside)));
}

/** Where both arguments allow the function, and arguments that do no harm elsewhere. */
function relative(op: string, x: TensorLike, y: TensorLike): { value: Tensor; p: Tensor; q: Tensor; valid: Tensor } {
  const [p, q] = meetReal(op, x, y, ["x", "y"]);
  const valid = logicalAnd(greaterEqual(p, 0), greaterEqual(q, 0));
  const defined = logicalAnd(valid, notNaN(add(p, q)));
  const undefinedAt = logicalAnd(notNaN(p), notNaN(q));
  const inside = where(defined, p, 1);
  const below = where(defined, q, 1);
  const zero = equal(inside, 0);
  const none = logicalAnd(less(0, inside), equal(below, 0));
  const safe = where(none, 1, below);
  const value = where(none, Infinity, mul(inside, log(where(zero, 1, div(inside, where(zero, 1, safe))))));
  return { value: where(defined, value, where(undefinedAt, Infinity, Number.NaN)), p, q, valid: defined };
}

/** x·log(x/y), 0 at x = 0, ∞ where y is 0 or an argument is negative; broadcast. Throws ShapeError if shapes do not broadcast. */
export const relEntr = (x: TensorLike, y: TensorLike): Tensor => relative("relEntr", x, y).value;

/** x·log(x/y) − x + y, the terms of the Kullback-Leibler divergence, which are never negative; otherwise as {@link relEntr}. */
export function klDiv(x: TensorLike, y: TensorLike): Tensor {
  const { value, p, q, valid } = relative("klDiv", x, y);
  return add(value, where(valid, sub(q, p), 0));
}

/** log(p/(1 − p)), elementwise, the inverse of sigmoid; ∓∞ at 0 and 1, NaN outside. Throws ArgumentError for anything but a tensor or number. */
export function logit(p: TensorLike): Tensor {
  const t = real("logit", p, "p");
  return sub(log(t), log1p(neg(t)));
}
