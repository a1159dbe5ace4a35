import { anything, checkOptions, checkTensor } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { scatter } from "../../primitives/indexing.ts";
import { positions } from "../../primitives/window.ts";
import { said } from "../../said.ts";
import { sameShape, show, sizeOf } from "../../shape.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { astype } from "../casting.ts";
import type { PerAxis } from "../convolution.ts";
import { zeros } from "../fill.ts";
import { checkIntegers } from "../operands.ts";
import { type WindowOptions, windowOf } from "../pooling.ts";
import { reshape } from "../shaping.ts";
import { spatial } from "./spatial.ts";

/**
 * Where {@link maxPool} finds its results: the row-major positions in the spatial axes of x [n, c, …], in the shape of the result, i32. Of equal elements of a
 * window the first wins.
 *
 * @throws {@link ShapeError} below rank 3 or when a window does not fit, {@link ArgumentError} for a bad size or option
 * @example
 * ```ts
 * maxUnpool(maxPool(x, 2), argmaxPool(x, 2), x.shape.slice(2)); // x where it is the largest of its window, and zeros
 * ```
 */
export function argmaxPool(x: Tensor, size: PerAxis, options: WindowOptions = {}): Tensor {
  spatial("argmaxPool", x);
  checkOptions("argmaxPool", options, { stride: anything, padding: anything, dilation: anything });
  return positions(x, windowOf("argmaxPool", "argmax", x, 2, size, options.stride ?? size, options), 2);
}

/**
 * The elements of x [n, c, …in] at row-major `positions` of an output [n, c, …size] that is zero elsewhere: what undoes {@link maxPool}, with the
 * positions of {@link argmaxPool}. Where a position is named twice, the last element stays; positions outside are skipped.
 *
 * @param positions - integers, in the shape of x
 * @throws {@link ShapeError} when shapes do not fit, {@link DTypeError} for positions that are no integers, {@link ArgumentError} for a bad size
 */
export function maxUnpool(x: Tensor, positions: Tensor, size: readonly number[]): Tensor {
  spatial("maxUnpool", x);
  checkTensor("maxUnpool", positions, "positions");
  checkIntegers("maxUnpool", positions, "positions");
  if (!sameShape(x.shape, positions.shape))
    throw new ShapeError(
      `maxUnpool: positions: expected the shape of x, ${show(x.shape)}, got ${show(positions.shape)}`,
    );
  if (!Array.isArray(size) || size.length !== x.rank - 2 || !size.every((s) => Number.isInteger(s) && s >= 1))
    throw new ArgumentError(`maxUnpool: size: expected ${x.rank - 2} positive integers, got ${said(size)}`);
  const [n, c] = x.shape as [number, number];
  const [outer, m] = [n * c, sizeOf(x.shape.slice(2))];
  const empty = zeros([outer, sizeOf(size), 1], { dtype: x.dtype });
  const places = reshape(astype(positions, "i32"), [outer, m]);
  return reshape(apply(scatter, [empty, places, reshape(x, [outer, m, 1])], { mode: "set" }), [n, c, ...size]);
}
