import type { Tensor } from "@gradus/tensor";
import { ArgumentError, add, check, conv, reshape } from "@gradus/tensor";
import { Module } from "./module.ts";
import type { LayerOptions } from "./parameters.ts";
import { checkLayer, parameters } from "./parameters.ts";
import type { Pair } from "./settings.ts";
import { checkImages, checkSize, pair } from "./settings.ts";

/** Options of {@link Conv2d}; the defaults are PyTorch's. */
export interface Conv2dOptions extends LayerOptions {
  /** Step between outputs; 1 unless told. */
  readonly stride?: Pair;
  /** Zeros on each side; 0 unless told. */
  readonly padding?: Pair;
  /** Step between the elements of the kernel; 1 unless told. */
  readonly dilation?: Pair;
  /** Groups of channels that do not see each other; 1 unless told. */
  readonly groups?: number;
}

/**
 * Two-dimensional convolution (cross-correlation, as everywhere in deep learning). `weight` is `[outputs, inputs / groups, height, width]`
 * (OIHW), `bias` `[outputs]`, as in PyTorch.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer, or `groups` does not divide both channel counts
 * @example
 * ```ts
 * const layer = new Conv2d(1, 16, 5, { key: key(0), padding: 2 });
 * layer.call(zeros([32, 1, 28, 28])).shape; // [32, 16, 28, 28]
 * ```
 */
export class Conv2d extends Module {
  /** `[outputs, inputs / groups, height, width]`. */
  readonly weight: Tensor;
  /** `[outputs]`, or null. */
  readonly bias: Tensor | null;
  /** Step between outputs, `[height, width]`. */
  readonly stride: readonly [number, number];
  /** Zeros on each side, `[height, width]`. */
  readonly padding: readonly [number, number];
  /** Step between the elements of the kernel, `[height, width]`. */
  readonly dilation: readonly [number, number];
  /** Groups of channels that do not see each other. */
  readonly groups: number;

  constructor(inputs: number, outputs: number, kernel: Pair, options: Conv2dOptions) {
    super();
    const { anything } = check;
    checkLayer("Conv2d", options, { stride: anything, padding: anything, dilation: anything, groups: anything });
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    checkSize("Conv2d", "inputs", inputs);
    checkSize("Conv2d", "outputs", outputs);
    checkSize("Conv2d", "groups", groups);
    if (inputs % groups !== 0 || outputs % groups !== 0)
      throw new ArgumentError(`Conv2d: groups: ${groups} does not divide ${inputs} inputs and ${outputs} outputs`);
    this.stride = pair("Conv2d", "stride", stride);
    this.padding = pair("Conv2d", "padding", padding, 0);
    this.dilation = pair("Conv2d", "dilation", dilation);
    this.groups = groups;
    ({ weight: this.weight, bias: this.bias } = parameters(
      "Conv2d",
      [outputs, inputs / groups, ...pair("Conv2d", "kernel", kernel)],
      options,
    ));
  }

  /** `[batch, inputs, height, width]` → `[batch, outputs, height', width']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when `x` is no such batch. */
  forward(x: Tensor): Tensor {
    const { stride, padding, dilation, groups } = this;
    const [, inputs, height, width] = this.weight.shape as [number, number, number, number];
    const window = [(height - 1) * dilation[0] + 1, (width - 1) * dilation[1] + 1] as const;
    checkImages("Conv2d", x, window, padding, inputs * groups);
    const y = conv(x, this.weight, { stride, padding, dilation, groups });
    return this.bias === null ? y : add(y, reshape(this.bias, [1, -1, 1, 1]));
  }
}
