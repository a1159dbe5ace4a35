import { checkTensor } from "../../check.ts";
import type { DType } from "../../dtype.ts";
import { f16ToNumber, numberToF16 } from "../../ir/scalar-math.ts";
import type { Primitive } from "../../primitive.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { add, mul, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { equal, less } from "../comparison.ts";
import { abs, sign, trunc } from "../elementary.ts";
import { zerosLike } from "../fill.ts";
import { checkIntegers, real, type TensorLike } from "../operands.ts";
import { where } from "../selection.ts";
import { meetReal } from "./operands.ts";
import { pointwise } from "./pointwise.ts";

const words = new DataView(new ArrayBuffer(8));

// The bits of floats of one sign are ordered as integers.
const neighbours: Partial<Record<DType, (a: number, step: 1 | -1) => number>> = {
  f64(a, step) {
    words.setFloat64(0, a);
    words.setBigInt64(0, words.getBigInt64(0) + BigInt(step));
    return words.getFloat64(0);
  },
  f32(a, step) {
    words.setFloat32(0, a);
    words.setInt32(0, words.getInt32(0) + step);
    return words.getFloat32(0);
  },
  f16: (a, step) => f16ToNumber(numberToF16(a) + step),
};
const smallest: Partial<Record<DType, number>> = { f64: 5e-324, f32: 2 ** -149, f16: 2 ** -24 };

const nextPrimitive = pointwise<DType>({
  name: "nextafter",
  f: (dtype) => (a, b) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
    if (a === b) return b;
    if (a === 0) return Math.sign(b) * (smallest[dtype] as number);
    return (neighbours[dtype] as (a: number, step: 1 | -1) => number)(a, a > 0 === b > a ? 1 : -1);
  },
  derivatives: [null, null],
});

const signbitPrimitive = pointwise({
  name: "signbit",
  f: () => (x) => Number(x < 0 || Object.is(x, -0)),
  derivatives: [null],
  result: "bool",
});

/** m · 2ᵉ in two factors, so that none of them overflows alone. */
const scaleBy = (m: number, e: number): number => {
  const half = Math.trunc(Math.min(Math.max(e, -2200), 2200) / 2);
  return m * 2 ** (half >> 1) * 2 ** (half - (half >> 1)) * 2 ** (Math.min(Math.max(e, -2200), 2200) - half);
};
const ldexpPrimitive: Primitive<null> = pointwise({
  name: "ldexp",
  f: () => scaleBy,
  derivatives: [([x, e]) => apply(ldexpPrimitive, [add(zerosLike(x as Tensor), 1), e as Tensor], null), null],
});

function exponentOf(x: number): number {
  if (x === 0 || Number.isNaN(x) || Math.abs(x) === Infinity) return 0;
  if (Math.abs(x) < 2 ** -1000) return exponentOf(x * 2 ** 100) - 100;
  words.setFloat64(0, x);
  return ((words.getUint16(0) >> 4) & 2047) - 1022;
}
const exponentPrimitive = pointwise({ name: "frexp", f: () => exponentOf, derivatives: [null], result: "i32" });

/** The float next to a in the direction of b, in their dtype; broadcast. Throws ShapeError if shapes do not broadcast. */
export function nextafter(a: TensorLike, b: TensorLike): Tensor {
  const [p, q] = meetReal("nextafter", a, b);
  return apply(nextPrimitive, [p, q], p.dtype);
}

/** True where the sign bit is set: negative numbers and −0. Throws ArgumentError for anything but a tensor or number. */
export const signbit = (x: TensorLike): Tensor => apply(signbitPrimitive, [real("signbit", x)], null);

/** The size of a with the sign of b, −0 included; broadcast. Throws ShapeError if shapes do not broadcast. */
export function copysign(a: TensorLike, b: TensorLike): Tensor {
  const [p, q] = meetReal("copysign", a, b);
  return mul(abs(p), where(signbit(q), -1, 1));
}

/** 0 below 0, 1 above, and `value` at 0; broadcast. NaN stays. Throws ShapeError if shapes do not broadcast. */
export function heaviside(x: TensorLike, value: TensorLike): Tensor {
  const [p, q] = meetReal("heaviside", x, value, ["x", "value"]);
  return where(equal(p, 0), q, where(less(p, 0), 0, where(less(0, p), 1, p)));
}

/**
 * Mantissa, ½ ≤ |m| < 1, and exponent (i32) of x = m · 2ᵉ, elementwise; 0, infinities and NaN have exponent 0. The derivative passes through the mantissa.
 *
 * @throws {@link ArgumentError} for anything but a tensor or number
 * @example
 * ```ts
 * const [m, e] = frexp(tensor(10)); // 0.625, 4
 * ```
 */
export function frexp(x: TensorLike): [mantissa: Tensor, exponent: Tensor] {
  const t = real("frexp", x);
  const e = apply(exponentPrimitive, [t], null);
  return [ldexp(t, mul(e, -1)), e];
}

/** x · 2ᵉ, broadcast. Throws DTypeError unless the exponents are integers, ShapeError if shapes do not broadcast. */
export function ldexp(x: TensorLike, e: Tensor): Tensor {
  checkTensor("ldexp", e, "e");
  checkIntegers("ldexp", e, "e");
  const t = real("ldexp", x);
  const [p, q] = meetReal("ldexp", t, astype(e, t.dtype === "f16" ? "f32" : t.dtype), ["x", "e"]);
  return astype(apply(ldexpPrimitive, [p, q], null), t.dtype);
}

/** Fraction and whole part of x, elementwise, both with the sign of x. Throws ArgumentError for anything but a tensor or number. */
export function modf(x: TensorLike): [fraction: Tensor, whole: Tensor] {
  const t = real("modf", x);
  const whole = trunc(t);
  return [where(equal(abs(t), Infinity), mul(sign(t), 0), sub(t, whole)), whole];
}
