import { checkOptions, checkTensor, flag, oneOf } from "../../check.ts";
import { ShapeError } from "../../errors.ts";
import { checkShape, type Shape, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { real } from "../operands.ts";
import { along, filtered, kernels, nearest, picked, resampled } from "./resampling.ts";

/** Options of {@link resize}. */
export interface ResizeOptions {
  /** Default "linear"; "cubic" is Keys' kernel with a = −1/2. */
  readonly method?: "nearest" | "linear" | "cubic" | "lanczos3" | "lanczos5";
  /** Kernels as wide as the step where an axis shrinks; default true. */
  readonly antialias?: boolean;
}

/**
 * x, of any rank, resampled to another shape of that rank, as `jax.image.resize` does: the middles of elements are at half-integers, and at the ends
 * the weights of what is there are scaled to the sum 1. Axes that keep their size are left alone. The nearest element keeps the dtype; otherwise
 * integers are taken as f32.
 *
 * @throws {@link ShapeError} for another rank or an empty axis, {@link ArgumentError} for a bad shape or option
 * @example
 * ```ts
 * resize(image, [3, 224, 224], { method: "lanczos3" });
 * ```
 */
export function resize(x: Tensor, shape: Shape, options: ResizeOptions = {}): Tensor {
  checkTensor("resize", x);
  checkOptions("resize", options, {
    method: oneOf("nearest", "linear", "cubic", "lanczos3", "lanczos5"),
    antialias: flag,
  });
  checkShape("resize", shape);
  if (shape.length !== x.rank)
    throw new ShapeError(`resize: shape: expected ${x.rank} sizes for x ${show(x.shape)}, got ${show(shape)}`);
  const { method = "linear", antialias = true } = options;
  const changed = shape.flatMap((m, axis): [number, number][] => (m === x.shape[axis] ? [] : [[axis, m]]));
  if (changed.some(([axis, m]) => m === 0 || x.shape[axis] === 0))
    throw new ShapeError(`resize: shape: an axis is empty: x is ${show(x.shape)}, shape is ${show(shape)}`);
  return along(method === "nearest" ? x : real("resize", x), changed, (y, axis, m) => {
    const n = y.shape[axis] as number;
    const g = { n, m, num: n, den: m };
    return method === "nearest"
      ? picked(y, axis, nearest(g, true))
      : resampled(y, axis, filtered(g, kernels[method], antialias));
  });
}
