import { anything, checkOptions, checkTensor, integer } from "../../check.ts";
import { promote } from "../../dtype.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { transposed } from "../../primitives/convolution.ts";
import { said } from "../../said.ts";
import { show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { astype } from "../casting.ts";
import { type ConvOptions, type PerAxis, paddings, perAxis } from "../convolution.ts";
import { spatial } from "./spatial.ts";

/** Options of {@link convTranspose}: those of the convolution that it is the transpose of. */
export interface ConvTransposeOptions extends ConvOptions {
  /** Elements added at the end of each output axis, below its stride or its dilation: which of the inputs of equal output size is meant. Default 0. */
  readonly outputPadding?: PerAxis;
}

/**
 * The adjoint of {@link conv} by its input, over any number of spatial axes: x [n, c_in, …in], w [c_in, c_out/groups, …kernel] → [n, c_out, …out],
 * out = (in − 1)·stride − padding + dilation·(kernel − 1) + outputPadding + 1. Each input element adds a kernel to the output. Padding is cut off the
 * result; "same" makes it input × stride.
 *
 * @throws {@link ShapeError} when ranks, channels or padding do not fit, {@link ArgumentError} for bad options
 * @example
 * ```ts
 * convTranspose(ones([1, 8, 14, 14]), ones([8, 3, 4, 4]), { stride: 2, padding: 1 }); // [1, 3, 28, 28]
 * ```
 */
export function convTranspose(x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor {
  const input = spatial("convTranspose", x);
  checkTensor("convTranspose", w, "w");
  checkOptions("convTranspose", options, {
    stride: anything,
    padding: anything,
    dilation: anything,
    groups: integer("[1, ∞)"),
    outputPadding: anything,
  });
  const axes = input.length;
  const { groups = 1, outputPadding = 0 } = options;
  if (w.rank !== x.rank || w.shape[0] !== x.shape[1])
    throw new ShapeError(
      `convTranspose: w: x is ${show(x.shape)}, w is ${show(w.shape)}; expected [${x.shape[1]}, out/groups, …] of rank ${x.rank}`,
    );
  const [ci, , ...kernel] = w.shape as [number, number, ...number[]];
  if (ci % groups !== 0)
    throw new ShapeError(`convTranspose: groups: ${groups} does not divide the ${ci} input channels`);
  if (kernel.includes(0)) throw new ShapeError(`convTranspose: w: kernel ${show(kernel)} is empty`);
  const stride = perAxis("convTranspose", "stride", options.stride, axes);
  const dilation = perAxis("convTranspose", "dilation", options.dilation, axes);
  const more = typeof outputPadding === "number" ? input.map(() => outputPadding) : outputPadding;
  const least = (i: number): number => Math.max(stride[i] as number, dilation[i] as number);
  if (
    !Array.isArray(more) ||
    more.length !== axes ||
    more.some((p, i) => !Number.isInteger(p) || p < 0 || p >= least(i))
  )
    throw new ArgumentError(
      `convTranspose: outputPadding: expected ${axes} integers from 0 up to stride or dilation, got ${said(outputPadding)}`,
    );
  const same = options.padding === "same";
  if (same && more.some((p) => p > 0))
    throw new ArgumentError('convTranspose: outputPadding: none with padding "same"');
  const span = kernel.map((k, i) => (k - 1) * (dilation[i] as number) + 1);
  // "same" is that of the convolution, whose input is stride times as large
  const pads = paddings(
    "convTranspose",
    options.padding,
    same ? input.map((n, i) => n * (stride[i] as number)) : input,
    span,
    stride,
  );
  const output = input.map((n, i) => {
    const [low, high] = pads[i] as readonly [number, number];
    return same
      ? n * (stride[i] as number)
      : (n - 1) * (stride[i] as number) - low - high + (span[i] as number) + (more[i] as number);
  });
  if (output.some((n) => n < 1))
    throw new ShapeError(
      `convTranspose: padding: ${said(options.padding)} leaves nothing: the output would be ${show(output)}`,
    );
  const dtype = promote(x.dtype, w.dtype);
  return transposed(astype(x, dtype), output, astype(w, dtype), {
    stride,
    low: pads.map((p) => p[0]),
    high: pads.map((p) => p[1]),
    lhsDilation: stride.map(() => 1),
    rhsDilation: dilation,
    groups,
  });
}
