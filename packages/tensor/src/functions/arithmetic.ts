import { checkTensor, integer, number } from "../check.ts";
import { dtypes } from "../dtype.ts";
import { ArgumentError, DTypeError } from "../errors.ts";
import type { BinaryOp } from "../ir/ir.ts";
import { elementwise } from "../primitives/elementwise.ts";
import { apply, Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { fullLike, wrapped } from "./fill.ts";
import { asTensor, meet, type TensorLike } from "./operands.ts";

function binary(name: string, op: BinaryOp, a: TensorLike, b: TensorLike): Tensor {
  const [p, q] = meet(name, a, b);
  const numeric = p.dtype === "bool" ? (["i32", "i32"] as const) : null;
  return apply(elementwise[op], numeric ? [astype(p, "i32"), astype(q, "i32")] : [p, q], null);
}

/** A tensor of integers beside a plain number is made f32 first, so that the number need not fit its dtype. */
function beside(name: string, x: TensorLike, other: TensorLike, argument: string): TensorLike {
  if (!(x instanceof Tensor) || typeof other !== "number" || dtypes[x.dtype].kind === "float") return x;
  checkTensor(name, x, argument);
  return astype(x, "f32");
}

/** Both operands as floats. */
function binaryReal(name: string, op: BinaryOp, a: TensorLike, b: TensorLike): Tensor {
  const [p, q] = meet(name, beside(name, a, b, "a"), beside(name, b, a, "b"));
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
  const [p, q] = meet("mod", a, b);
  return rem(add(rem(p, q), q), q);
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
    checkTensor("pow", a, "a");
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
export function square(x: TensorLike): Tensor {
  const t = asTensor("square", x, null);
  return mul(t, t);
}

/** 1 / x. */
export const reciprocal = (x: TensorLike): Tensor => div(1, asTensor("reciprocal", x, null));

/** `x` limited to [low, high]; either may be null. Throws ArgumentError when both are numbers and low > high. */
export function clip(x: TensorLike, low: TensorLike | null, high: TensorLike | null): Tensor {
  if (typeof low === "number") number("[-∞, ∞]")("clip", low, "low");
  if (typeof high === "number") number("[-∞, ∞]")("clip", high, "high");
  if (typeof low === "number" && typeof high === "number" && low > high)
    throw new ArgumentError(`clip: low: ${low} is above high ${high}`);
  let t = asTensor("clip", x, null);
  if (low !== null) t = apply(elementwise.max, meet("clip", t, low, ["x", "low"]), null);
  return high === null ? t : apply(elementwise.min, meet("clip", t, high, ["x", "high"]), null);
}

function bitwise(name: string, op: BinaryOp, a: TensorLike, b: TensorLike): Tensor {
  const [p, q] = meet(name, pattern(a, b), pattern(b, a));
  for (const [t, argument] of [
    [a instanceof Tensor ? a : p, "a"],
    [b instanceof Tensor ? b : q, "b"],
  ] as const)
    if (dtypes[t.dtype].kind === "float")
      throw new DTypeError(`${name}: ${argument}: expected integers or bool, got ${t.dtype}; cast it first`);
  return apply(elementwise[op], [p, q], null);
}

/** A plain integer beside a tensor of integers is a pattern of bits: it wraps, so that -1 sets all of them. */
const pattern = (x: TensorLike, other: TensorLike): TensorLike =>
  typeof x === "number" && Number.isInteger(x) && other instanceof Tensor && /^[iu]/.test(other.dtype)
    ? wrapped(x, other.dtype)
    : x;

function shift(name: string, op: BinaryOp, a: TensorLike, b: TensorLike): Tensor {
  if (typeof b === "number") integer(`[0, ${a instanceof Tensor ? 8 * dtypes[a.dtype].bytes : 32})`)(name, b, "b");
  return bitwise(name, op, a, b);
}

/**
 * Bitwise (integers) or logical (bool) and; broadcast and promoted. Plain integers wrap into the other operand's dtype.
 *
 * @throws {@link DTypeError} for floats, {@link ShapeError} if shapes do not broadcast
 * @example
 * ```ts
 * bitwiseAnd(tensor([6], { dtype: "i32" }), 3); // [2]
 * ```
 */
export const bitwiseAnd = (a: TensorLike, b: TensorLike): Tensor => bitwise("bitwiseAnd", "and", a, b);

/**
 * Bitwise or logical or; broadcast and promoted.
 *
 * @throws {@link DTypeError} for floats, {@link ShapeError} if shapes do not broadcast
 */
export const bitwiseOr = (a: TensorLike, b: TensorLike): Tensor => bitwise("bitwiseOr", "or", a, b);

/**
 * Bitwise or logical exclusive or; broadcast and promoted.
 *
 * @throws {@link DTypeError} for floats, {@link ShapeError} if shapes do not broadcast
 */
export const bitwiseXor = (a: TensorLike, b: TensorLike): Tensor => bitwise("bitwiseXor", "xor", a, b);

/**
 * Bits moved left by b in [0, width).
 *
 * @throws {@link DTypeError} for floats, {@link ArgumentError} for a plain number outside the width, {@link ShapeError} if shapes do not broadcast
 */
export const shiftLeft = (a: TensorLike, b: TensorLike): Tensor => shift("shiftLeft", "shl", a, b);

/**
 * Bits moved right by b in [0, width); signed dtypes keep their sign.
 *
 * @throws {@link DTypeError} for floats, {@link ArgumentError} for a plain number outside the width, {@link ShapeError} if shapes do not broadcast
 */
export const shiftRight = (a: TensorLike, b: TensorLike): Tensor => shift("shiftRight", "shr", a, b);
