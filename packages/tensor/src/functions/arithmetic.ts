import { dtypes } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import type { BinaryOp } from "../ir/ir.ts";
import { elementwise } from "../primitives/elementwise.ts";
import { apply, Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { fullLike } from "./fill.ts";
import { asTensor, meet, type TensorLike } from "./operands.ts";

function binary(name: string, op: BinaryOp, a: TensorLike, b: TensorLike): Tensor {
  const [p, q] = meet(name, a, b);
  const numeric = p.dtype === "bool" ? (["i32", "i32"] as const) : null;
  return apply(elementwise[op], numeric ? [astype(p, "i32"), astype(q, "i32")] : [p, q], null);
}

/** Both operands as floats. */
function binaryReal(name: string, op: BinaryOp, a: TensorLike, b: TensorLike): Tensor {
  const [p, q] = meet(name, a, b);
  const float = dtypes[p.dtype].kind === "float";
  return apply(elementwise[op], float ? [p, q] : [astype(p, "f32"), astype(q, "f32")], null);
}

/** a + b, broadcast and promoted; bool counts as i32. `add(tensor([1, 2]), 1)` is [2, 3]. Throws ShapeError if shapes do not broadcast. */
export const add = (a: TensorLike, b: TensorLike): Tensor => binary("add", "add", a, b);

/** a − b, broadcast and promoted. Throws ShapeError if shapes do not broadcast. */
export const sub = (a: TensorLike, b: TensorLike): Tensor => binary("sub", "sub", a, b);

/** a · b elementwise, broadcast and promoted. Throws ShapeError if shapes do not broadcast. */
export const mul = (a: TensorLike, b: TensorLike): Tensor => binary("mul", "mul", a, b);

/** a / b. Integers divide towards zero, and by zero give 0. Throws ShapeError if shapes do not broadcast. */
export const div = (a: TensorLike, b: TensorLike): Tensor => binary("div", "div", a, b);

/** Remainder with the sign of the dividend, as `%` in JavaScript; 0 for an integer divisor 0. */
export const rem = (a: TensorLike, b: TensorLike): Tensor => binary("rem", "rem", a, b);

/** Remainder with the sign of the divisor, as `%` in Python: a − b·⌊a/b⌋. */
export function mod(a: TensorLike, b: TensorLike): Tensor {
  return rem(add(rem(a, b), b), b);
}

/** The larger of a and b; NaN wins. Throws ShapeError if shapes do not broadcast. */
export const maximum = (a: TensorLike, b: TensorLike): Tensor => apply(elementwise.max, meet("maximum", a, b), null);

/** The smaller of a and b; NaN wins. Throws ShapeError if shapes do not broadcast. */
export const minimum = (a: TensorLike, b: TensorLike): Tensor => apply(elementwise.min, meet("minimum", a, b), null);

/** Angle of the point (b, a), in (−π, π]. */
export const atan2 = (a: TensorLike, b: TensorLike): Tensor => binaryReal("atan2", "atan2", a, b);

/** −x. */
export function neg(x: TensorLike): Tensor {
  const t = asTensor("neg", x, null);
  return apply(elementwise.neg, [t.dtype === "bool" ? astype(t, "i32") : t], null);
}

/**
 * a to the power b. Integer exponents up to 16 given as plain numbers are multiplied out, exactly and for negative bases of any dtype.
 *
 * ```ts
 * pow(tensor([-2, 3]), 3); // [-8, 27]
 * ```
 * Throws ShapeError if shapes do not broadcast.
 */
export function pow(a: TensorLike, b: TensorLike): Tensor {
  if (a instanceof Tensor && typeof b === "number") {
    if (Number.isNaN(b)) throw new ArgumentError("pow: b: NaN is no exponent");
    if (b === 0.5 && dtypes[a.dtype].kind === "float") return apply(elementwise.sqrt, [a], null);
    if (Number.isInteger(b) && Math.abs(b) <= 16 && (b >= 0 || dtypes[a.dtype].kind === "float")) {
      const p = power(a, Math.abs(b));
      return b < 0 ? div(1, p) : p;
    }
  }
  return binaryReal("pow", "pow", a, b);
}

function power(x: Tensor, n: number): Tensor {
  if (n === 0) return fullLike(x, 1);
  if (n === 1) return x;
  const half = power(x, n >> 1);
  const square = mul(half, half);
  return n & 1 ? mul(square, x) : square;
}

/** x², elementwise. */
export const square = (x: TensorLike): Tensor => mul(x, x);

/** 1 / x. */
export const reciprocal = (x: TensorLike): Tensor => div(1, asTensor("reciprocal", x, null));

/** `x` limited to [low, high]; either may be null. Throws ArgumentError when both are numbers and low > high. */
export function clip(x: TensorLike, low: TensorLike | null, high: TensorLike | null): Tensor {
  if (typeof low === "number" && typeof high === "number" && low > high)
    throw new ArgumentError(`clip: low: ${low} is above high ${high}`);
  let t = asTensor("clip", x, null);
  if (low !== null) t = maximum(t, low);
  return high === null ? t : minimum(t, high);
}

/** Bitwise (integers) or logical (bool) and. Throws DTypeError for floats. */
export const bitwiseAnd = (a: TensorLike, b: TensorLike): Tensor =>
  apply(elementwise.and, meet("bitwiseAnd", a, b), null);
/** Bitwise or logical or. Throws DTypeError for floats. */
export const bitwiseOr = (a: TensorLike, b: TensorLike): Tensor => apply(elementwise.or, meet("bitwiseOr", a, b), null);
/** Bitwise or logical exclusive or. Throws DTypeError for floats. */
export const bitwiseXor = (a: TensorLike, b: TensorLike): Tensor =>
  apply(elementwise.xor, meet("bitwiseXor", a, b), null);
/** Bits moved left by b in [0, width). Throws DTypeError for floats. */
export const shiftLeft = (a: TensorLike, b: TensorLike): Tensor =>
  apply(elementwise.shl, meet("shiftLeft", a, b), null);
/** Bits moved right by b; signed dtypes keep their sign. Throws DTypeError for floats. */
export const shiftRight = (a: TensorLike, b: TensorLike): Tensor =>
  apply(elementwise.shr, meet("shiftRight", a, b), null);
