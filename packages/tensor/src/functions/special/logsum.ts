import { checkOptions, checkTensor, flag } from "../../check.ts";
import { checkAxes, sizeOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { mul, sub } from "../arithmetic.ts";
import { equal } from "../comparison.ts";
import { sigmoid } from "../elementary.ts";
import type { TensorLike } from "../operands.ts";
import type { Axes, ReduceOptions } from "../reduction.ts";
import { where } from "../selection.ts";
import { logsumexp } from "../softmax.ts";
import { type BinaryFunction, meetReal, two } from "./operands.ts";
import { pointwise } from "./pointwise.ts";

/** log(eᵃ + eᵇ). */
function logAddExp(a: number, b: number): number {
  if (a === b) return a + Math.LN2;
  const d = a - b;
  return Number.isNaN(d) ? d : d > 0 ? a + Math.log1p(Math.exp(-d)) : b + Math.log1p(Math.exp(d));
}

/** The share of eᵃ; ½ for equal infinities. */
const weight = (a: Tensor, b: Tensor): Tensor => {
  const same = equal(a, b);
  const infinite = equal(sub(a, b), sub(a, b));
  return sigmoid(where(infinite, sub(a, b), where(same, 0, Number.NaN)));
};

const primitive = pointwise({
  name: "logaddexp",
  f: () => logAddExp,
  derivatives: [([a, b]) => weight(a as Tensor, b as Tensor), ([a, b]) => weight(b as Tensor, a as Tensor)],
});

/**
 * log(eᵃ + eᵇ) without overflow, broadcast.
 *
 * @throws {@link ShapeError} if shapes do not broadcast
 * @example
 * ```ts
 * logaddexp(tensor(1000), tensor(1000)); // 1000.693
 * ```
 */
export const logaddexp: BinaryFunction = two(primitive);

/** log₂(2ᵃ + 2ᵇ) without overflow, broadcast. Throws ShapeError if shapes do not broadcast. */
export function logaddexp2(a: TensorLike, b: TensorLike): Tensor {
  const [p, q] = meetReal("logaddexp2", a, b);
  return mul(logaddexp(mul(p, Math.LN2), mul(q, Math.LN2)), Math.LOG2E);
}

/** log of the mean of eˣ over `axes` (default all), without overflow. Throws ShapeError for a bad axis, ArgumentError for an unknown option. */
export function logmeanexp(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  checkTensor("logmeanexp", x);
  checkOptions("logmeanexp", options, { keepDims: flag });
  const count = sizeOf(checkAxes("logmeanexp", axes, x.rank).map((a) => x.shape[a] as number));
  return sub(logsumexp(x, axes, options), Math.log(count));
}
