import type { Tensor } from "../../tensor.ts";
import { add, div, mul, neg, sub } from "../arithmetic.ts";
import { less } from "../comparison.ts";
import { exp } from "../elementary.ts";
import { where } from "../selection.ts";
import { one, type UnaryFunction } from "./operands.ts";
import { pointwise } from "./pointwise.ts";
import * as scalar from "./scalar/erf.ts";

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);
const ROOT_2PI = Math.sqrt(2 * Math.PI);

/** The normal density. */
const density = (x: Tensor): Tensor => div(exp(mul(mul(x, x), -0.5)), ROOT_2PI);

const erfcPrimitive = pointwise({
  name: "erfc",
  f: () => scalar.erfc,
  derivatives: [([x]) => mul(exp(neg(mul(x as Tensor, x as Tensor))), -TWO_OVER_ROOT_PI)],
});
const erfcxPrimitive = pointwise({
  name: "erfcx",
  f: () => scalar.erfcx,
  derivatives: [([x], y) => sub(mul(mul(x as Tensor, y), 2), TWO_OVER_ROOT_PI)],
});
const ndtrPrimitive = pointwise({
  name: "ndtr",
  f: () => scalar.ndtr,
  derivatives: [([x]) => density(x as Tensor)],
});
const logNdtrPrimitive = pointwise({
  name: "logNdtr",
  f: () => scalar.logNdtr,
  derivatives: [([x], y) => hazard(x as Tensor, y)],
});
const ndtriPrimitive = pointwise({
  name: "ndtri",
  f: () => scalar.ndtri,
  derivatives: [(_, y) => mul(exp(mul(mul(y, y), 0.5)), ROOT_2PI)],
});

/** φ(x)/Φ(x): by erfcx on the left, where both vanish, and by the logarithm on the right, where erfcx overflows. */
function hazard(x: Tensor, logPhi: Tensor): Tensor {
  const left = less(x, 0);
  const tail = div(Math.sqrt(2 / Math.PI), erfcx(mul(where(left, x, -1), -Math.SQRT1_2)));
  const inner = where(left, 0, x);
  return where(left, tail, exp(sub(mul(mul(inner, inner), -0.5), add(where(left, 0, logPhi), Math.log(ROOT_2PI)))));
}

/**
 * 1 − erf x, elementwise, with full precision where it is small. Integers are taken as f32.
 *
 * @throws {@link ArgumentError} for anything but a tensor or number
 * @example
 * ```ts
 * erfc(tensor(0)); // 1
 * ```
 */
export const erfc: UnaryFunction = one(erfcPrimitive);

/** e^{x²} erfc x, elementwise: what is left of erfc without its exponential; ∞ below −26.7. Throws as {@link erfc}. */
export const erfcx: UnaryFunction = one(erfcxPrimitive);

/** The normal distribution function Φ(x), elementwise, accurate in the left tail. Throws as {@link erfc}. `ndtr(tensor(0))` is 0.5. */
export const ndtr: UnaryFunction = one(ndtrPrimitive);

/** log Φ(x), elementwise: finite where Φ is 0. Throws as {@link erfc}. `logNdtr(tensor(-100))` is −5005.5. */
export const logNdtr: UnaryFunction = one(logNdtrPrimitive);

/** The inverse of {@link ndtr} on [0, 1]; ±∞ at the ends, NaN outside. Throws as {@link erfc}. `ndtri(tensor(0.975))` is 1.96. */
export const ndtri: UnaryFunction = one(ndtriPrimitive);
