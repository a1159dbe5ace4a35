import type { Tensor } from "@gradus/tensor";
import { ArgumentError, add, conv, reshape, ShapeError } from "@gradus/tensor";
import { Module } from "./module.ts";
import type { LayerOptions } from "./parameters.ts";
import { parameters } from "./parameters.ts";
import type { Pair } from "./settings.ts";
import { checkSize, pair } from "./settings.ts";

/** Options of {@link Conv2d}; the defaults are PyTorch's. */
export interface Conv2dOptions extends LayerOptions {
  readonly stride?: Pair;
  /** Zeros on each side. */
  readonly padding?: Pair;
  readonly dilation?: Pair;
  readonly groups?: number;
}

/**
 * Two-dimensional convolution (cross-correlation, as everywhere in deep learning). `weight` is `[outputs, inputs / groups, height, width]`
 * (OIHW), `bias` `[outputs]`, as in PyTorch.
 *
 * @throws {@link ArgumentError} when a size is no positive integer, or `groups` does not divide both channel counts
 * @example
 * ```ts
 * const layer = new Conv2d(1, 16, 5, { key: key(0), padding: 2 });
 * layer.call(zeros([32, 1, 28, 28])).shape; // [32, 16, 28, 28]
 * ```
 */
export class Conv2d extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;

  constructor(inputs: number, outputs: number, kernel: Pair, options: Conv2dOptions) {
    super();
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
      [outputs, inputs / groups, ...pair("Conv2d", "kernel", kernel)],
      options,
    ));
  }

  /** `[batch, inputs, height, width]` → `[batch, outputs, height', width']`. Throws {@link ShapeError} when `x` is no such batch. */
  forward(x: Tensor): Tensor {
    const inputs = (this.weight.shape[1] as number) * this.groups;
    if (x.rank !== 4 || x.shape[1] !== inputs)
      throw new ShapeError(`Conv2d: x: expected [batch, ${inputs}, height, width], got [${x.shape}]`);
    const { stride, padding, dilation, groups } = this;
    const y = conv(x, this.weight, { stride, padding, dilation, groups });
    return this.bias === null ? y : add(y, reshape(this.bias, [1, -1, 1, 1]));
  }
}
