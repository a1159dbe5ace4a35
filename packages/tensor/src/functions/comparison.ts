import { elementwise } from "../primitives/elementwise.ts";
import { apply, type Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { abs, isNaN as isnan } from "./elementary.ts";
import { asTensor, meet, type TensorLike } from "./operands.ts";

// Comparisons broadcast and promote their operands and give bool; NaN equals nothing. All throw ShapeError if shapes do not broadcast.

/** True where a = b. */
export const equal = (a: TensorLike, b: TensorLike): Tensor => apply(elementwise.eq, meet("equal", a, b), null);
/** True where a < b. */
export const less = (a: TensorLike, b: TensorLike): Tensor => apply(elementwise.lt, meet("less", a, b), null);
/** True where a ≤ b. */
export const lessEqual = (a: TensorLike, b: TensorLike): Tensor => apply(elementwise.le, meet("lessEqual", a, b), null);
/** True where a ≠ b. */
export const notEqual = (a: TensorLike, b: TensorLike): Tensor => logicalNot(equal(a, b));
/** True where a > b. */
export const greater = (a: TensorLike, b: TensorLike): Tensor => less(b, a);
/** True where a ≥ b. */
export const greaterEqual = (a: TensorLike, b: TensorLike): Tensor => lessEqual(b, a);

const truth = (op: string, x: TensorLike): Tensor => astype(asTensor(op, x, null), "bool");

/** True where x is 0 or false. */
export const logicalNot = (x: TensorLike): Tensor => apply(elementwise.not, [truth("logicalNot", x)], null);
/** True where both are non-zero. */
export const logicalAnd = (a: TensorLike, b: TensorLike): Tensor =>
  apply(elementwise.and, meet("logicalAnd", truth("logicalAnd", a), truth("logicalAnd", b)), null);
/** True where one is non-zero. */
export const logicalOr = (a: TensorLike, b: TensorLike): Tensor =>
  apply(elementwise.or, meet("logicalOr", truth("logicalOr", a), truth("logicalOr", b)), null);
/** True where exactly one is non-zero. */
export const logicalXor = (a: TensorLike, b: TensorLike): Tensor =>
  apply(elementwise.xor, meet("logicalXor", truth("logicalXor", a), truth("logicalXor", b)), null);
/** True where x is +∞ or −∞. */
export const isInf = (x: TensorLike): Tensor => equal(abs(x), Infinity);
/** True where x is neither NaN nor infinite. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the name everybody looks for
export const isFinite = (x: TensorLike): Tensor => logicalNot(logicalOr(isnan(x), isInf(x)));
