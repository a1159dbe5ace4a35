import { elementwise } from "../primitives/elementwise.ts";
import { apply, type Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { abs, isNaN as isnan } from "./elementary.ts";
import { asTensor, meet, real, type TensorLike } from "./operands.ts";

// Comparisons broadcast and promote their operands and give bool; NaN equals nothing. All throw ShapeError if shapes do not broadcast.

/** True where a = b. */
export const equal = (a: TensorLike, b: TensorLike): Tensor => apply(elementwise.eq, meet("equal", a, b), null);
/** True where a < b. */
export const less = (a: TensorLike, b: TensorLike): Tensor => apply(elementwise.lt, meet("less", a, b), null);
/** True where a ≤ b. */
export const lessEqual = (a: TensorLike, b: TensorLike): Tensor => apply(elementwise.le, meet("lessEqual", a, b), null);
/** True where a ≠ b. */
export const notEqual = (a: TensorLike, b: TensorLike): Tensor =>
  logicalNot(apply(elementwise.eq, meet("notEqual", a, b), null));
/** True where a > b. */
export const greater = (a: TensorLike, b: TensorLike): Tensor => {
  const [p, q] = meet("greater", a, b);
  return less(q, p);
};
/** True where a ≥ b. */
export const greaterEqual = (a: TensorLike, b: TensorLike): Tensor => {
  const [p, q] = meet("greaterEqual", a, b);
  return lessEqual(q, p);
};

const truth = (op: string, x: TensorLike, argument: string): Tensor => astype(asTensor(op, x, null, argument), "bool");

/** True where x is 0 or false. */
export const logicalNot = (x: TensorLike): Tensor => apply(elementwise.not, [truth("logicalNot", x, "x")], null);
/** True where both are non-zero. */
export const logicalAnd = (a: TensorLike, b: TensorLike): Tensor =>
  apply(elementwise.and, meet("logicalAnd", truth("logicalAnd", a, "a"), truth("logicalAnd", b, "b")), null);
/** True where one is non-zero. */
export const logicalOr = (a: TensorLike, b: TensorLike): Tensor =>
  apply(elementwise.or, meet("logicalOr", truth("logicalOr", a, "a"), truth("logicalOr", b, "b")), null);
/** True where exactly one is non-zero. */
export const logicalXor = (a: TensorLike, b: TensorLike): Tensor =>
  apply(elementwise.xor, meet("logicalXor", truth("logicalXor", a, "a"), truth("logicalXor", b, "b")), null);
/** True where x is +∞ or −∞. */
export const isInf = (x: TensorLike): Tensor => equal(abs(real("isInf", x)), Infinity);
/** True where x is neither NaN nor infinite. */
export function isFinite(x: TensorLike): Tensor {
  const t = real("isFinite", x);
  return logicalNot(logicalOr(isnan(t), isInf(t)));
}
