import { checkOptions, integer, number } from "../../check.ts";
import { reduceWindowPrimitive } from "../../primitives/window.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { add, mul } from "../arithmetic.ts";
import { exp, log } from "../elementary.ts";
import { real } from "../operands.ts";
import { spatial } from "./spatial.ts";

/** Options of {@link localResponseNorm}. */
export interface ResponseNormOptions {
  /** Not negative; default 1e−4. */
  readonly alpha?: number;
  /** Default 0.75. */
  readonly beta?: number;
  /** Positive; default 1. */
  readonly k?: number;
}

/**
 * x [n, c, …] divided by (k + alpha·m)^beta, m being the mean square over `size` neighbouring channels; channels that are not there count as zeros
 * (Krizhevsky et al., 2012, with the mean in place of the sum, as in PyTorch).
 *
 * @returns the shape of x; integers are taken as f32
 * @throws {@link ShapeError} below rank 3 or for an empty axis, {@link ArgumentError} for a size that is no positive integer or a bad option
 */
export function localResponseNorm(x: Tensor, size: number, options: ResponseNormOptions = {}): Tensor {
  spatial("localResponseNorm", x);
  integer("[1, ∞)")("localResponseNorm", size, "size");
  checkOptions("localResponseNorm", options, { alpha: number("[0, ∞)"), beta: number(), k: number("(0, ∞)") });
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  const t = real("localResponseNorm", x);
  const [none, one] = [t.shape.map(() => 0), t.shape.map(() => 1)];
  const ofChannels = (list: number[], n: number): number[] => list.with(1, n);
  const energy = apply(reduceWindowPrimitive, [mul(t, t)], {
    op: "sum",
    size: ofChannels(one, size),
    stride: one,
    dilation: one,
    low: ofChannels(none, size >> 1),
    high: ofChannels(none, (size - 1) >> 1),
  });
  // a power of what is positive: the derivative uses it again
  return mul(t, exp(mul(log(add(mul(energy, alpha / size), k)), -beta)));
}
