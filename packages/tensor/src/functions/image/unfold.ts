import { anything, checkOptions, checkTensor } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { type Frames, foldPrimitive, unfoldPrimitive } from "../../primitives/frames.ts";
import { said } from "../../said.ts";
import { show, sizeOf } from "../../shape.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { type PerAxis, paddings, perAxis } from "../convolution.ts";
import type { WindowOptions } from "../pooling.ts";
import { reshape } from "../shaping.ts";
import { spatial } from "./spatial.ts";

const known = { stride: anything, padding: anything, dilation: anything };

function frames(op: string, input: readonly number[], size: PerAxis, options: WindowOptions): Frames {
  checkOptions(op, options, known);
  const window = perAxis(op, "size", size, input.length);
  const stride = perAxis(op, "stride", options.stride, input.length);
  const dilation = perAxis(op, "dilation", options.dilation, input.length);
  const span = window.map((k, i) => (k - 1) * (dilation[i] as number) + 1);
  const pads = paddings(op, options.padding, input, span, stride);
  const count = input.map((n, i) => {
    const [low, high] = pads[i] as readonly [number, number];
    return Math.floor((n + low + high - (span[i] as number)) / (stride[i] as number)) + 1;
  });
  if (count.some((n) => n < 1))
    throw new ShapeError(`${op}: size: window ${show(window)} does not fit into ${show(input)} with its padding`);
  return { input, size: window, count, stride, dilation, low: pads.map((p) => p[0]) };
}

/**
 * The windows over the spatial axes of x [n, c, …in] as columns (im2col): [n, c·k, windows], k elements per window and channel, in row-major order. A
 * product of [out, c·k] with it is a convolution.
 *
 * @throws {@link ShapeError} below rank 3 or when a window does not fit, {@link ArgumentError} for a bad size or option
 * @example
 * ```ts
 * unfold(zeros([1, 3, 5, 5]), 3); // [1, 27, 9]
 * ```
 */
export function unfold(x: Tensor, size: PerAxis, options: WindowOptions = {}): Tensor {
  const f = frames("unfold", spatial("unfold", x), size, options);
  const [n, c] = x.shape as [number, number];
  return reshape(apply(unfoldPrimitive, [x], f), [n, c * sizeOf(f.size), sizeOf(f.count)]);
}

/**
 * The adjoint of {@link unfold} (col2im): columns [n, c·k, windows] added up where they overlap, in an image [n, c, …output]. `size` and options are
 * those of the windows.
 *
 * @throws {@link ShapeError} when the columns are not those of such an image, {@link ArgumentError} for a bad size or option
 * @example
 * ```ts
 * fold(unfold(x, 2, { stride: 2 }), [4, 4], 2, { stride: 2 }); // x [n, c, 4, 4] again
 * ```
 */
export function fold(x: Tensor, output: readonly number[], size: PerAxis, options: WindowOptions = {}): Tensor {
  checkTensor("fold", x);
  if (!Array.isArray(output) || output.length === 0 || !output.every((n) => Number.isInteger(n) && n >= 1))
    throw new ArgumentError(`fold: output: expected positive integers, got ${said(output)}`);
  const f = frames("fold", output, size, options);
  const [k, windows] = [sizeOf(f.size), sizeOf(f.count)];
  const [n, rows] = x.shape as [number, number];
  if (x.rank !== 3 || rows % k !== 0 || x.shape[2] !== windows)
    throw new ShapeError(`fold: x: expected [n, c·${k}, ${windows}] for output ${show(output)}, got ${show(x.shape)}`);
  return apply(foldPrimitive, [reshape(x, [n, rows / k, ...f.size, ...f.count])], f);
}
