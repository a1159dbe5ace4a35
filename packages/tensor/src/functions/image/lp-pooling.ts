import { anything, checkOptions, number } from "../../check.ts";
import { reduceWindowPrimitive } from "../../primitives/window.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { pow } from "../arithmetic.ts";
import { equal } from "../comparison.ts";
import type { PerAxis } from "../convolution.ts";
import { abs } from "../elementary.ts";
import { zerosLike } from "../fill.ts";
import { real } from "../operands.ts";
import { maxPool, type WindowOptions, windowOf } from "../pooling.ts";
import { where } from "../selection.ts";
import { spatial } from "./spatial.ts";

/**
 * The p-norm (Σ |x|ᵖ)^(1/p) of each window over the spatial axes of x [n, c, …]; padding adds nothing, and the derivative of a window of zeros is 0. p = ∞
 * gives the largest magnitude. Integers are taken as f32.
 *
 * @param p - a number of at least 1
 * @returns [n, c, …], sizes as of {@link avgPool}
 * @throws {@link ShapeError} below rank 3 or when a window does not fit, {@link ArgumentError} for a bad p, size or option
 */
export function lpPool(x: Tensor, p: number, size: PerAxis, options: WindowOptions = {}): Tensor {
  spatial("lpPool", x);
  number("[1, ∞]")("lpPool", p, "p");
  checkOptions("lpPool", options, { stride: anything, padding: anything, dilation: anything });
  const magnitude = abs(real("lpPool", x));
  const stride = options.stride ?? size;
  const w = windowOf("lpPool", "sum", magnitude, 2, size, stride, options, p === Infinity);
  if (p === Infinity) return maxPool(magnitude, size, { ...options, stride });
  const total = apply(reduceWindowPrimitive, [p === 1 ? magnitude : pow(magnitude, p)], w);
  if (p === 1) return total;
  const none = equal(total, 0);
  return where(none, zerosLike(total), pow(where(none, zerosLike(total, 1), total), 1 / p));
}
