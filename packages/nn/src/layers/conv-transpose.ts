import type { Tensor } from "@gradus/tensor";
import { ArgumentError, check, convTranspose, ShapeError } from "@gradus/tensor";
import { Module } from "../module.ts";
import type { LayerOptions } from "../parameters.ts";
import { checkLayer, parameters } from "../parameters.ts";
import type { Axes, Pair, Single, Sizes, Triple } from "../settings.ts";
import { checkSize, checkSpatial, sizes } from "../settings.ts";
import { withBias } from "./conv.ts";

/** Options of the transposed convolutions over `N` spatial axes: those of the convolution that it is the transpose of; the defaults are PyTorch's. */
export interface ConvTransposeLayerOptions<N extends Axes> extends LayerOptions {
  /** Step between what neighbouring inputs add to; 1 unless told. */
  readonly stride?: Sizes<N>;
  /** Outputs cut off on each side; 0 unless told. */
  readonly padding?: Sizes<N>;
  /** Outputs added at the end, below the stride or the dilation: which of the sizes that the convolution maps to the input's is meant. 0 unless told. */
  readonly outputPadding?: Sizes<N>;
  /** Step between the elements of the kernel; 1 unless told. */
  readonly dilation?: Sizes<N>;
  /** Groups of channels that do not see each other; 1 unless told. */
  readonly groups?: number;
}

/** Options of {@link ConvTranspose1d}. */
export type ConvTranspose1dOptions = ConvTransposeLayerOptions<1>;
/** Options of {@link ConvTranspose2d}. */
export type ConvTranspose2dOptions = ConvTransposeLayerOptions<2>;
/** Options of {@link ConvTranspose3d}. */
export type ConvTranspose3dOptions = ConvTransposeLayerOptions<3>;

abstract class ConvTranspose extends Module {
  /** `[inputs, outputs / groups, ...kernel]`. */
  readonly weight: Tensor;
  /** `[outputs]`, or null. */
  readonly bias: Tensor | null;
  /** Step between what neighbouring inputs add to, per spatial axis. */
  readonly stride: readonly number[];
  /** Outputs cut off on each side, per spatial axis. */
  readonly padding: readonly number[];
  /** Outputs added at the end, per spatial axis. */
  readonly outputPadding: readonly number[];
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
    options: ConvTransposeLayerOptions<Axes>,
  ) {
    super();
    const { anything } = check;
    checkLayer(op, options, {
      stride: anything,
      padding: anything,
      outputPadding: anything,
      dilation: anything,
      groups: anything,
    });
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
    checkSize(op, "inputs", inputs);
    checkSize(op, "outputs", outputs);
    checkSize(op, "groups", groups);
    if (inputs % groups !== 0 || outputs % groups !== 0)
      throw new ArgumentError(`${op}: groups: ${groups} does not divide ${inputs} inputs and ${outputs} outputs`);
    this.stride = sizes(op, "stride", stride, axes);
    this.padding = sizes(op, "padding", padding, axes, 0);
    this.outputPadding = sizes(op, "outputPadding", outputPadding, axes, 0);
    this.dilation = sizes(op, "dilation", dilation, axes);
    this.outputPadding.forEach((more, i) => {
      const below = Math.max(this.stride[i] as number, this.dilation[i] as number);
      if (more >= below)
        throw new ArgumentError(`${op}: outputPadding: ${more} is not below the stride or the dilation, ${below}`);
    });
    this.groups = groups;
    const window = sizes(op, "kernel", kernel, axes);
    ({ weight: this.weight, bias: this.bias } = parameters(
      op,
      [inputs, outputs / groups, ...window],
      options,
      outputs,
    ));
  }

  /** The transposed convolution of `x`. */
  protected spread(op: string, axes: Axes, x: Tensor): Tensor {
    const { stride, padding, outputPadding, dilation, groups, weight } = this;
    const [inputs, , ...kernel] = weight.shape as [number, number, ...number[]];
    checkSpatial(op, x, axes, inputs);
    kernel.forEach((k, i) => {
      const n = x.shape[i + 2] as number;
      const [s, p, d, more] = [stride, padding, dilation, outputPadding].map((list) => list[i] as number) as [
        number,
        number,
        number,
        number,
      ];
      if (n < 1 || (n - 1) * s - 2 * p + d * (k - 1) + more + 1 < 1)
        throw new ShapeError(`${op}: x: [${x.shape}] leaves nothing once padding [${padding}] is cut off`);
    });
    return withBias(convTranspose(x, weight, { stride, padding, outputPadding, dilation, groups }), this.bias);
  }
}

/**
 * Transposed one-dimensional convolution; see {@link ConvTranspose2d}. `weight` is `[inputs, outputs / groups, length]`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as {@link ConvTranspose2d} does
 * @example
 * ```ts
 * new ConvTranspose1d(16, 8, 4, { key: key(0), stride: 2, padding: 1 }).call(zeros([8, 16, 50])).shape; // [8, 8, 100]
 * ```
 */
export class ConvTranspose1d extends ConvTranspose {
  constructor(inputs: number, outputs: number, kernel: Single, options: ConvTranspose1dOptions) {
    super("ConvTranspose1d", 1, inputs, outputs, kernel, options);
  }

  /** `[batch, inputs, length]` → `[batch, outputs, length']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when `x` is no such batch. */
  forward(x: Tensor): Tensor {
    return this.spread("ConvTranspose1d", 1, x);
  }
}

/**
 * Transposed two-dimensional convolution: the adjoint, by its input, of the {@link Conv2d} with the same options, which makes images larger by its
 * stride. `weight` is `[inputs, outputs / groups, height, width]`, `bias` `[outputs]`, as in PyTorch. Each output size is
 * `(size − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer, `groups` does not divide both channel counts, or the output padding is not below stride or dilation
 * @example
 * ```ts
 * new ConvTranspose2d(16, 8, 4, { key: key(0), stride: 2, padding: 1 }).call(zeros([8, 16, 14, 14])).shape; // [8, 8, 28, 28]
 * ```
 */
export class ConvTranspose2d extends ConvTranspose {
  constructor(inputs: number, outputs: number, kernel: Pair, options: ConvTranspose2dOptions) {
    super("ConvTranspose2d", 2, inputs, outputs, kernel, options);
  }

  /** `[batch, inputs, height, width]` → `[batch, outputs, height', width']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when `x` is no such batch. */
  forward(x: Tensor): Tensor {
    return this.spread("ConvTranspose2d", 2, x);
  }
}

/**
 * Transposed three-dimensional convolution; see {@link ConvTranspose2d}. `weight` is `[inputs, outputs / groups, depth, height, width]`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as {@link ConvTranspose2d} does
 * @example
 * ```ts
 * new ConvTranspose3d(8, 1, 2, { key: key(0), stride: 2 }).call(zeros([2, 8, 8, 8, 8])).shape; // [2, 1, 16, 16, 16]
 * ```
 */
export class ConvTranspose3d extends ConvTranspose {
  constructor(inputs: number, outputs: number, kernel: Triple, options: ConvTranspose3dOptions) {
    super("ConvTranspose3d", 3, inputs, outputs, kernel, options);
  }

  /** `[batch, inputs, depth, height, width]` → `[batch, outputs, depth', height', width']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when `x` is no such batch. */
  forward(x: Tensor): Tensor {
    return this.spread("ConvTranspose3d", 3, x);
  }
}
