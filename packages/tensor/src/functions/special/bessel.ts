import type { Primitive } from "../../primitive.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { add, mul, sub } from "../arithmetic.ts";
import { sign } from "../elementary.ts";
import { real, type TensorLike } from "../operands.ts";
import { pointwise } from "./pointwise.ts";
import * as scalar from "./scalar/bessel.ts";

interface Order {
  readonly n: number;
}

/** Iₙ′ = (Iₙ₋₁ + Iₙ₊₁)/2, I₀′ = I₁: closed under differentiation, at 0 too. */
const slope = (primitive: Primitive<Order>, x: Tensor, n: number): Tensor =>
  n === 0
    ? apply(primitive, [x], { n: 1 })
    : mul(add(apply(primitive, [x], { n: n - 1 }), apply(primitive, [x], { n: n + 1 })), 0.5);

const plain: Primitive<Order> = pointwise<Order>({
  name: "besselI",
  f: ({ n }) => scalar.besselI(n),
  derivatives: [([x], _, { n }) => slope(plain, x as Tensor, n)],
});
const scaled: Primitive<Order> = pointwise<Order>({
  name: "scaledBesselI",
  f: ({ n }) => scalar.scaledBesselI(n),
  derivatives: [([x], y, { n }) => sub(slope(scaled, x as Tensor, n), mul(sign(x as Tensor), y))],
});

/** The modified Bessel function I₀(x), elementwise; integers are taken as f32. Throws ArgumentError for anything but a tensor or number. */
export const i0 = (x: TensorLike): Tensor => apply(plain, [real("i0", x)], { n: 0 });

/** e^{−|x|} I₀(x), elementwise, which does not overflow. Throws as {@link i0}. */
export const i0e = (x: TensorLike): Tensor => apply(scaled, [real("i0e", x)], { n: 0 });

/** The modified Bessel function I₁(x), elementwise. Throws as {@link i0}. */
export const i1 = (x: TensorLike): Tensor => apply(plain, [real("i1", x)], { n: 1 });

/** e^{−|x|} I₁(x), elementwise, which does not overflow. Throws as {@link i0}. */
export const i1e = (x: TensorLike): Tensor => apply(scaled, [real("i1e", x)], { n: 1 });
