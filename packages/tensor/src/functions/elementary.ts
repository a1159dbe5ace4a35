import { elementwise } from "../primitives/elementwise.ts";
import { apply, type Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { asTensor, real, type TensorLike } from "./operands.ts";

// Functions of one real number, elementwise. Integers and bool are taken as f32, except by abs and sign, which keep integers.

/** |x|, elementwise. Keeps integer dtypes. */
export function abs(x: TensorLike): Tensor {
  const t = asTensor("abs", x, null);
  return apply(elementwise.abs, [t.dtype === "bool" ? astype(t, "i32") : t], null);
}
/** −1, 0 or 1; NaN stays. Keeps integer dtypes. */
export function sign(x: TensorLike): Tensor {
  const t = asTensor("sign", x, null);
  return apply(elementwise.sign, [t.dtype === "bool" ? astype(t, "i32") : t], null);
}
/** Largest integer ≤ x. Elementwise; integers are taken as f32. */
export const floor = (x: TensorLike): Tensor => apply(elementwise.floor, [real("floor", x)], null);
/** Smallest integer ≥ x. Elementwise; integers are taken as f32. */
export const ceil = (x: TensorLike): Tensor => apply(elementwise.ceil, [real("ceil", x)], null);
/** Nearest integer, ties to even. Elementwise; integers are taken as f32. */
export const round = (x: TensorLike): Tensor => apply(elementwise.round, [real("round", x)], null);
/** Integer part. Elementwise; integers are taken as f32. */
export const trunc = (x: TensorLike): Tensor => apply(elementwise.trunc, [real("trunc", x)], null);
/** Square root; NaN below 0. Elementwise; integers are taken as f32. */
export const sqrt = (x: TensorLike): Tensor => apply(elementwise.sqrt, [real("sqrt", x)], null);
/** eˣ. Elementwise; integers are taken as f32. */
export const exp = (x: TensorLike): Tensor => apply(elementwise.exp, [real("exp", x)], null);
/** eˣ − 1, accurate near 0. Elementwise; integers are taken as f32. */
export const expm1 = (x: TensorLike): Tensor => apply(elementwise.expm1, [real("expm1", x)], null);
/** Natural logarithm; −∞ at 0, NaN below. Elementwise; integers are taken as f32. */
export const log = (x: TensorLike): Tensor => apply(elementwise.log, [real("log", x)], null);
/** log(1 + x), accurate near 0. Elementwise; integers are taken as f32. */
export const log1p = (x: TensorLike): Tensor => apply(elementwise.log1p, [real("log1p", x)], null);
/** Sine of an angle in radians. Elementwise; integers are taken as f32. */
export const sin = (x: TensorLike): Tensor => apply(elementwise.sin, [real("sin", x)], null);
/** Cosine of an angle in radians. Elementwise; integers are taken as f32. */
export const cos = (x: TensorLike): Tensor => apply(elementwise.cos, [real("cos", x)], null);
/** Tangent of an angle in radians. Elementwise; integers are taken as f32. */
export const tan = (x: TensorLike): Tensor => apply(elementwise.tan, [real("tan", x)], null);
/** Inverse sine, radians. Elementwise; integers are taken as f32. */
export const asin = (x: TensorLike): Tensor => apply(elementwise.asin, [real("asin", x)], null);
/** Inverse cosine, radians. Elementwise; integers are taken as f32. */
export const acos = (x: TensorLike): Tensor => apply(elementwise.acos, [real("acos", x)], null);
/** Inverse tangent, radians. Elementwise; integers are taken as f32. */
export const atan = (x: TensorLike): Tensor => apply(elementwise.atan, [real("atan", x)], null);
/** Hyperbolic sine. Elementwise; integers are taken as f32. */
export const sinh = (x: TensorLike): Tensor => apply(elementwise.sinh, [real("sinh", x)], null);
/** Hyperbolic cosine. Elementwise; integers are taken as f32. */
export const cosh = (x: TensorLike): Tensor => apply(elementwise.cosh, [real("cosh", x)], null);
/** Hyperbolic tangent. Elementwise; integers are taken as f32. */
export const tanh = (x: TensorLike): Tensor => apply(elementwise.tanh, [real("tanh", x)], null);
/** Inverse hyperbolic sine. Elementwise; integers are taken as f32. */
export const asinh = (x: TensorLike): Tensor => apply(elementwise.asinh, [real("asinh", x)], null);
/** Inverse hyperbolic cosine; NaN below 1. Elementwise; integers are taken as f32. */
export const acosh = (x: TensorLike): Tensor => apply(elementwise.acosh, [real("acosh", x)], null);
/** Inverse hyperbolic tangent; NaN outside [−1, 1]. Elementwise; integers are taken as f32. */
export const atanh = (x: TensorLike): Tensor => apply(elementwise.atanh, [real("atanh", x)], null);
/** Error function 2/√π ∫₀ˣ e^{−t²} dt. Elementwise; integers are taken as f32. */
export const erf = (x: TensorLike): Tensor => apply(elementwise.erf, [real("erf", x)], null);
/** 1 / (1 + e^{−x}), without overflow. Elementwise; integers are taken as f32. */
export const sigmoid = (x: TensorLike): Tensor => apply(elementwise.sigmoid, [real("sigmoid", x)], null);
/** True where x is NaN. */
export const isNaN = (x: TensorLike): Tensor => apply(elementwise.isnan, [real("isNaN", x)], null);
