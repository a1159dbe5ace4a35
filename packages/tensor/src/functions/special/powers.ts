import type { Tensor } from "../../tensor.ts";
import { div, mul, pow } from "../arithmetic.ts";
import { equal } from "../comparison.ts";
import { real, type TensorLike } from "../operands.ts";
import { where } from "../selection.ts";
import { type BinaryFunction, one, two, type UnaryFunction } from "./operands.ts";
import { pointwise } from "./pointwise.ts";

const log2Primitive = pointwise({
  name: "log2",
  f: () => Math.log2,
  derivatives: [([x]) => div(Math.LOG2E, x as Tensor)],
});
const log10Primitive = pointwise({
  name: "log10",
  f: () => Math.log10,
  derivatives: [([x]) => div(Math.LOG10E, x as Tensor)],
});
const cbrtPrimitive = pointwise({
  name: "cbrt",
  f: () => Math.cbrt,
  derivatives: [(_, y) => div(1 / 3, mul(y, y))],
});

/** x/y, and 0 where both are: the slope of the length along a leg. */
const share = (x: Tensor, y: Tensor): Tensor => {
  const zero = equal(y, 0);
  return div(where(zero, 0, x), where(zero, 1, y));
};
const hypotPrimitive = pointwise({
  name: "hypot",
  f: () => (a, b) => Math.hypot(a, b),
  derivatives: [([a], y) => share(a as Tensor, y), ([, b], y) => share(b as Tensor, y)],
});

/** 2ˣ, elementwise; integers are taken as f32. Throws ArgumentError for anything but a tensor or number. */
export const exp2 = (x: TensorLike): Tensor => pow(2, real("exp2", x));

/** The logarithm to base 2, elementwise, exact for powers of 2. Throws as {@link exp2}. `log2(tensor(8))` is 3. */
export const log2: UnaryFunction = one(log2Primitive);

/** The logarithm to base 10, elementwise. Throws as {@link exp2}. `log10(tensor(1000))` is 3. */
export const log10: UnaryFunction = one(log10Primitive);

/** The real cube root, elementwise, also of negative numbers. Throws as {@link exp2}. `cbrt(tensor(-8))` is −2. */
export const cbrt: UnaryFunction = one(cbrtPrimitive);

/** √(a² + b²) without overflow, broadcast; its derivative at (0, 0) is 0. Throws ShapeError if shapes do not broadcast. */
export const hypot: BinaryFunction = two(hypotPrimitive);

/** Degrees as radians, elementwise. Throws as {@link exp2}. `deg2rad(tensor(180))` is π. */
export const deg2rad = (x: TensorLike): Tensor => mul(real("deg2rad", x), Math.PI / 180);

/** Radians as degrees, elementwise. Throws as {@link exp2}. `rad2deg(tensor(Math.PI))` is 180. */
export const rad2deg = (x: TensorLike): Tensor => mul(real("rad2deg", x), 180 / Math.PI);
