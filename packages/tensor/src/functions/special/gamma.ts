import { integer } from "../../check.ts";
import type { Primitive } from "../../primitive.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { add, mul, sub } from "../arithmetic.ts";
import { real, type TensorLike } from "../operands.ts";
import { type BinaryFunction, one, two, type UnaryFunction } from "./operands.ts";
import { pointwise } from "./pointwise.ts";
import * as scalar from "./scalar/gamma.ts";
import { polygamma as polygammaOf } from "./scalar/zeta.ts";

interface Order {
  readonly n: number;
}

const polygammaPrimitive: Primitive<Order> = pointwise<Order>({
  name: "polygamma",
  f: ({ n }) => polygammaOf(n),
  derivatives: [([x], _, { n }) => apply(polygammaPrimitive, [x as Tensor], { n: n + 1 })],
});
const polygammaAt = (n: number, x: Tensor): Tensor => apply(polygammaPrimitive, [x], { n });

const lgammaPrimitive = pointwise({
  name: "lgamma",
  f: () => scalar.logGamma,
  derivatives: [([x]) => polygammaAt(0, x as Tensor)],
});

const gammaPrimitive = pointwise({
  name: "gamma",
  f: () => scalar.gamma,
  derivatives: [([x], y) => mul(y, polygammaAt(0, x as Tensor))],
});

const betalnPrimitive = pointwise({
  name: "betaln",
  f: () => scalar.logBeta,
  derivatives: [
    ([a, b]) => sub(polygammaAt(0, a as Tensor), polygammaAt(0, add(a as Tensor, b as Tensor))),
    ([a, b]) => sub(polygammaAt(0, b as Tensor), polygammaAt(0, add(a as Tensor, b as Tensor))),
  ],
});

const betaPrimitive = pointwise({
  name: "beta",
  f: () => scalar.beta,
  derivatives: [
    ([a, b], y) => mul(y, sub(polygammaAt(0, a as Tensor), polygammaAt(0, add(a as Tensor, b as Tensor)))),
    ([a, b], y) => mul(y, sub(polygammaAt(0, b as Tensor), polygammaAt(0, add(a as Tensor, b as Tensor)))),
  ],
});

/**
 * log |Γ(x)|, elementwise; +∞ at 0 and the negative integers. Integers are taken as f32. Stirling's series, and the Taylor series at 2.
 *
 * @throws {@link ArgumentError} for anything but a tensor or number
 * @example
 * ```ts
 * lgamma(tensor(5)); // log 24
 * ```
 */
export const lgamma: UnaryFunction = one(lgammaPrimitive);

/** Γ(x), elementwise; NaN at the negative integers, overflows above 171.6 (f32: 35). Throws as {@link lgamma}. `gamma(tensor(5))` is 24. */
export const gamma: UnaryFunction = one(gammaPrimitive);

/** Γ′(x)/Γ(x), elementwise; NaN at 0 and the negative integers. Throws as {@link lgamma}. `digamma(tensor(1))` is −0.5772. */
export const digamma = (x: TensorLike): Tensor => polygammaAt(0, real("digamma", x));

/** The derivative of {@link digamma}, elementwise; +∞ at its poles. Throws as {@link lgamma}. `trigamma(tensor(1))` is π²/6. */
export const trigamma = (x: TensorLike): Tensor => polygammaAt(1, real("trigamma", x));

/**
 * The n-th derivative of {@link digamma}, elementwise: (−1)ⁿ⁺¹ n! ζ(n + 1, x), by reflection for negative x.
 *
 * @param n - a number, 0 to 169
 * @throws {@link ArgumentError} for another n
 * @example
 * ```ts
 * polygamma(2, tensor(1)); // −2 ζ(3)
 * ```
 */
export function polygamma(n: number, x: TensorLike): Tensor {
  integer("[0, 169]")("polygamma", n, "n");
  return polygammaAt(n, real("polygamma", x));
}

/** The beta function Γ(a)Γ(b)/Γ(a + b), broadcast. Throws ShapeError if shapes do not broadcast. `beta(tensor(2), 3)` is 1/12. */
export const beta: BinaryFunction = two(betaPrimitive);

/** log |B(a, b)|, broadcast, without cancellation for large arguments. Throws ShapeError if shapes do not broadcast. */
export const betaln: BinaryFunction = two(betalnPrimitive);

/**
 * The logarithm of the multivariate gamma function of dimension d: d(d − 1)/4 · log π + Σⱼ log Γ(a + (1 − j)/2), elementwise.
 *
 * @param a - above (d − 1)/2
 * @param d - a positive integer
 * @throws {@link ArgumentError} for another d
 */
export function multigammaln(a: TensorLike, d: number): Tensor {
  integer("[1, 10000]")("multigammaln", d, "d");
  const t = real("multigammaln", a, "a");
  const terms = Array.from({ length: d }, (_, j) => lgamma(sub(t, j / 2)));
  return add(terms.reduce(add), (d * (d - 1) * Math.log(Math.PI)) / 4);
}
