import { integer } from "../../check.ts";
import type { Primitive } from "../../primitive.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { div, mul, neg, sub } from "../arithmetic.ts";
import { cos, exp, log1p, sin } from "../elementary.ts";
import { real, type TensorLike } from "../operands.ts";
import { taylorNear } from "./near.ts";
import { one, type UnaryFunction } from "./operands.ts";
import { pointwise } from "./pointwise.ts";
import * as scalar from "./scalar/integrals.ts";
import { sinc } from "./sinc.ts";

interface Order {
  readonly n: number;
}
const x0 = (args: readonly Tensor[]): Tensor => args[0] as Tensor;

const expnPrimitive: Primitive<Order> = pointwise<Order>({
  name: "expn",
  f: ({ n }) => scalar.expn(n),
  derivatives: [
    (args, y, { n }) =>
      n === 0 ? neg(mul(y, div(sub(x0(args), -1), x0(args)))) : neg(apply(expnPrimitive, [x0(args)], { n: n - 1 })),
  ],
});
const besselPrimitive: Primitive<Order> = pointwise<Order>({
  name: "besselJ",
  f: ({ n }) => scalar.besselJ(n),
  derivatives: [
    (args, _, { n }) => {
      const at = (k: number): Tensor => apply(besselPrimitive, [x0(args)], { n: k });
      return n === 0 ? neg(at(1)) : mul(sub(at(n - 1), at(n + 1)), 0.5);
    },
  ],
});
/** A function given by its derivative. */
const integral = (
  name: string,
  f: (x: number) => number,
  derivative: (x: Tensor, y: Tensor) => Tensor,
): Primitive<null> => pointwise({ name, f: () => f, derivatives: [(args, y) => derivative(x0(args), y)] });
const phase = (x: Tensor): Tensor => mul(mul(x, x), Math.PI / 2);
const siPrimitive = integral("sici", scalar.sinIntegral, (x) => sinc(div(x, Math.PI)));
const ciPrimitive = integral("sici", scalar.cosIntegral, (x) => div(cos(x), x));
const fresnelS = integral("fresnel", scalar.fresnel(false), (x) => sin(phase(x)));
const fresnelC = integral("fresnel", scalar.fresnel(true), (x) => cos(phase(x)));

/**
 * The exponential integral Ei(x), the principal value of ∫ eᵗ/t dt from −∞ to x, elementwise; −∞ at 0. Integers are taken as f32.
 *
 * @throws {@link ArgumentError} for anything but a tensor or number
 */
export const expi: UnaryFunction = one(integral("expi", scalar.expi, (x) => div(exp(x), x)));

/** The exponential integral E₁(x) = ∫ e^{−t}/t dt from x to ∞, elementwise; ∞ at 0, NaN below. Throws as {@link expi}. */
export const exp1 = (x: TensorLike): Tensor => apply(expnPrimitive, [real("exp1", x)], { n: 1 });

/** Eₙ(x) = ∫₁^∞ e^{−xt}/tⁿ dt, elementwise; NaN below 0. Throws ArgumentError for an n that is no integer in `[0, 1000]`. */
export function expn(n: number, x: TensorLike): Tensor {
  integer("[0, 1000]")("expn", n, "n");
  return apply(expnPrimitive, [real("expn", x)], { n });
}

/** The sine and cosine integrals Si(x) and Ci(x), elementwise; Ci is −∞ at 0 and NaN below. Throws as {@link expi}. */
export function sici(x: TensorLike): [si: Tensor, ci: Tensor] {
  const t = real("sici", x);
  return [apply(siPrimitive, [t], null), apply(ciPrimitive, [t], null)];
}

/** Fresnel's integrals of sin(πt²/2) and cos(πt²/2) from 0 to x, elementwise. Throws as {@link expi}. */
export function fresnel(x: TensorLike): [s: Tensor, c: Tensor] {
  const t = real("fresnel", x);
  return [apply(fresnelS, [t], null), apply(fresnelC, [t], null)];
}

/** Dawson's integral e^{−x²} ∫₀ˣ e^{t²} dt, elementwise. Throws as {@link expi}. */
export const dawsn: UnaryFunction = one(integral("dawsn", scalar.dawsn, (x, y) => sub(1, mul(mul(x, 2), y))));

/** Spence's function ∫₁ˣ log t/(1 − t) dt = Li₂(1 − x), elementwise; NaN below 0. Throws as {@link expi}. `spence(tensor(1))` is 0. */
export const spence: UnaryFunction = one(
  integral("spence", scalar.spence, (x) => {
    // −log(1 + u)/u, whose series is −Σ (−u)ᵏ/(k + 1)
    const u = sub(x, 1);
    return neg(
      taylorNear(
        u,
        0.05,
        (k) => (k % 2 === 0 ? 1 : -1) / (k + 1),
        (t) => div(log1p(t), t),
      ),
    );
  }),
);

/** The Bessel function of the first kind Jₙ(x), elementwise. Throws ArgumentError for an n that is no integer in `[0, 1000]`. `besselJ(0, tensor(0))` is 1. */
export function besselJ(n: number, x: TensorLike): Tensor {
  integer("[0, 1000]")("besselJ", n, "n");
  return apply(besselPrimitive, [real("besselJ", x)], { n });
}
