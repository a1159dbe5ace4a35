import type { Tensor } from "@gradus/tensor";
import { ArgumentError, add, check, conv, type PadMode, pad, reshape } from "@gradus/tensor";
import { Module } from "../module.ts";
import type { LayerOptions } from "../parameters.ts";
import { checkLayer, parameters } from "../parameters.ts";
import type { Axes, Pair, Single, Sizes, Triple } from "../settings.ts";
import { checkSize, checkSpatial, checkWindow, sizes } from "../settings.ts";

/** What lies beyond the border: zeros, the image mirrored about its last pixel, that pixel again, or the image from its other end. */
export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";

const modes: Readonly<Record<Exclude<PaddingMode, "zeros">, PadMode>> = {
  reflect: "reflect",
  replicate: "edge",
  circular: "wrap",
};

/** Options of the convolutions over `N` spatial axes; the defaults are PyTorch's. */
export interface ConvLayerOptions<N extends Axes> extends LayerOptions {
  /** Step between outputs; 1 unless told. */
  readonly stride?: Sizes<N>;
  /** Elements on each side, or `"same"`: as many outputs as inputs, for stride 1. 0 unless told. */
  readonly padding?: Sizes<N> | "same";
  /** What the elements around are; zeros unless told. */
  readonly paddingMode?: PaddingMode;
  /** Step between the elements of the kernel; 1 unless told. */
  readonly dilation?: Sizes<N>;
  /** Groups of channels that do not see each other, as many as there are inputs for a depthwise convolution; 1 unless told. */
  readonly groups?: number;
}

/** Options of {@link Conv1d}. */
export type Conv1dOptions = ConvLayerOptions<1>;
/** Options of {@link Conv2d}. */
export type Conv2dOptions = ConvLayerOptions<2>;
/** Options of {@link Conv3d}. */
export type Conv3dOptions = ConvLayerOptions<3>;

abstract class Conv extends Module {
  /** `[outputs, inputs / groups, ...kernel]`. */
  readonly weight: Tensor;
  /** `[outputs]`, or null. */
  readonly bias: Tensor | null;
  /** Step between outputs, per spatial axis. */
  readonly stride: readonly number[];
  /** Elements before and after, per spatial axis. */
  readonly padding: readonly (readonly [before: number, after: number])[];
  /** What the elements around are. */
  readonly paddingMode: PaddingMode;
  /** Step between the elements of the kernel, per spatial axis. */
  readonly dilation: readonly number[];
  /** Groups of channels that do not see each other. */
  readonly groups: number;

  constructor(
    op: string,
    axes: Axes,
    inputs: number,
    outputs: number,
    kernel: number | readonly number[],
    options: ConvLayerOptions<Axes>,
  ) {
    super();
    const { anything, oneOf } = check;
    checkLayer(op, options, {
      stride: anything,
      padding: anything,
      paddingMode: oneOf("zeros", ...Object.keys(modes)),
      dilation: anything,
      groups: anything,
    });
    const { stride = 1, padding = 0, paddingMode = "zeros", dilation = 1, groups = 1 } = options;
    checkSize(op, "inputs", inputs);
    checkSize(op, "outputs", outputs);
    checkSize(op, "groups", groups);
    if (inputs % groups !== 0 || outputs % groups !== 0)
      throw new ArgumentError(`${op}: groups: ${groups} does not divide ${inputs} inputs and ${outputs} outputs`);
    const window = sizes(op, "kernel", kernel, axes);
    this.stride = sizes(op, "stride", stride, axes);
    this.dilation = sizes(op, "dilation", dilation, axes);
    if (padding === "same" && this.stride.some((s) => s !== 1))
      throw new ArgumentError(`${op}: padding: "same" is for stride 1, not [${this.stride}]; give a number`);
    this.padding =
      padding === "same"
        ? window.map((k, i) => {
            const both = (k - 1) * (this.dilation[i] as number);
            return [both >> 1, both - (both >> 1)];
          })
        : sizes(op, "padding", padding, axes, 0).map((p) => [p, p]);
    this.paddingMode = paddingMode;
    this.groups = groups;
    ({ weight: this.weight, bias: this.bias } = parameters(op, [outputs, inputs / groups, ...window], options));
  }

  /** The convolution of `x`. */
  protected convolve(op: string, axes: Axes, x: Tensor): Tensor {
    const { stride, padding, paddingMode, dilation, groups, weight } = this;
    const [, inputs, ...kernel] = weight.shape as [number, number, ...number[]];
    checkSpatial(op, x, axes, inputs * groups);
    const window = kernel.map((k, i) => (k - 1) * (dilation[i] as number) + 1);
    checkWindow(
      op,
      x,
      window,
      padding.map(([a, b]) => (a + b) / 2),
    );
    const zeros = paddingMode === "zeros";
    const padded = zeros ? x : pad(x, [[0, 0], [0, 0], ...padding], modes[paddingMode]);
    return withBias(conv(padded, weight, { stride, padding: zeros ? padding : 0, dilation, groups }), this.bias);
  }
}

/** `y` `[batch, channels, …]` and a bias per channel. */
export const withBias = (y: Tensor, bias: Tensor | null): Tensor =>
  bias === null ? y : add(y, reshape(bias, [1, -1, ...y.shape.slice(2).map(() => 1)]));

/**
 * One-dimensional convolution, for sequences; see {@link Conv2d}. `weight` is `[outputs, inputs / groups, length]`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as {@link Conv2d} does
 * @example
 * ```ts
 * new Conv1d(16, 32, 5, { key: key(0), padding: "same" }).call(zeros([8, 16, 100])).shape; // [8, 32, 100]
 * ```
 */
export class Conv1d extends Conv {
  constructor(inputs: number, outputs: number, kernel: Single, options: Conv1dOptions) {
    super("Conv1d", 1, inputs, outputs, kernel, options);
  }

  /** `[batch, inputs, length]` → `[batch, outputs, length']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when `x` is no such batch. */
  forward(x: Tensor): Tensor {
    return this.convolve("Conv1d", 1, x);
  }
}

/**
 * Two-dimensional convolution (cross-correlation, as everywhere in deep learning). `weight` is `[outputs, inputs / groups, height, width]`
 * (OIHW), `bias` `[outputs]`, as in PyTorch.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer, `groups` does not divide both channel counts, or padding is "same" with a stride
 * @example
 * ```ts
 * const layer = new Conv2d(1, 16, 5, { key: key(0), padding: 2 });
 * layer.call(zeros([32, 1, 28, 28])).shape; // [32, 16, 28, 28]
 * ```
 */
export class Conv2d extends Conv {
  constructor(inputs: number, outputs: number, kernel: Pair, options: Conv2dOptions) {
    super("Conv2d", 2, inputs, outputs, kernel, options);
  }

  /** `[batch, inputs, height, width]` → `[batch, outputs, height', width']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when `x` is no such batch. */
  forward(x: Tensor): Tensor {
    return this.convolve("Conv2d", 2, x);
  }
}

/**
 * Three-dimensional convolution, for volumes and videos; see {@link Conv2d}. `weight` is `[outputs, inputs / groups, depth, height, width]`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as {@link Conv2d} does
 * @example
 * ```ts
 * new Conv3d(1, 8, 3, { key: key(0), padding: 1 }).call(zeros([2, 1, 16, 32, 32])).shape; // [2, 8, 16, 32, 32]
 * ```
 */
export class Conv3d extends Conv {
  constructor(inputs: number, outputs: number, kernel: Triple, options: Conv3dOptions) {
    super("Conv3d", 3, inputs, outputs, kernel, options);
  }

  /** `[batch, inputs, depth, height, width]` → `[batch, outputs, depth', height', width']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when `x` is no such batch. */
  forward(x: Tensor): Tensor {
    return this.convolve("Conv3d", 3, x);
  }
}
