import type { Tensor } from "@gradus/tensor";
import { ArgumentError, avgPool, check, maxPool } from "@gradus/tensor";
import { Module } from "./module.ts";
import type { Pair } from "./settings.ts";
import { checkImages, pair } from "./settings.ts";

/** Options of the pooling layers; the stride is the window's size unless told, as in PyTorch. */
export interface Pool2dOptions {
  /** Step between windows; the window's size unless told. */
  readonly stride?: Pair;
  /** Elements around the images, less than the window; 0 unless told. */
  readonly padding?: Pair;
}

/** Options of {@link AvgPool2d}. */
export interface AvgPool2dOptions extends Pool2dOptions {
  /** Padding counts as zeros; if not, the mean is that of the pixels in the window. True unless told. */
  readonly countIncludePad?: boolean;
}

abstract class Pool2d extends Module {
  /** Size of the window, `[height, width]`. */
  readonly kernel: readonly [number, number];
  /** Step between windows, `[height, width]`. */
  readonly stride: readonly [number, number];
  /** Elements around the images, `[height, width]`. */
  readonly padding: readonly [number, number];

  constructor(op: string, kernel: Pair, options: Pool2dOptions, more: Readonly<Record<string, check.Check>>) {
    super();
    check.options(op, options, { stride: check.anything, padding: check.anything, ...more });
    this.kernel = pair(op, "kernel", kernel);
    this.stride = pair(op, "stride", options.stride ?? kernel);
    this.padding = pair(op, "padding", options.padding ?? 0, 0);
    const { padding } = this;
    if (padding.some((p, i) => p >= (this.kernel[i] as number)))
      throw new ArgumentError(
        `${op}: padding: [${padding}] leaves windows of padding alone; the window is [${this.kernel}]`,
      );
  }
}

/**
 * The largest value of each window; padding never wins.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a window or stride below 1, or padding as large as the window
 * @example
 * ```ts
 * new MaxPool2d(2).call(zeros([32, 16, 28, 28])).shape; // [32, 16, 14, 14]
 * ```
 */
export class MaxPool2d extends Pool2d {
  constructor(kernel: Pair, options: Pool2dOptions = {}) {
    super("MaxPool2d", kernel, options, {});
  }

  /** `[batch, channels, height, width]` → `[batch, channels, height', width']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    checkImages("MaxPool2d", x, this.kernel, this.padding);
    return maxPool(x, this.kernel, { stride: this.stride, padding: this.padding });
  }
}

/**
 * The mean of each window; padding counts as zeros unless told, as in PyTorch.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a window or stride below 1, or padding as large as the window
 * @example
 * ```ts
 * new AvgPool2d(2).call(zeros([32, 16, 28, 28])).shape; // [32, 16, 14, 14]
 * ```
 */
export class AvgPool2d extends Pool2d {
  /** Whether padding counts as zeros. */
  readonly countIncludePad: boolean;

  constructor(kernel: Pair, options: AvgPool2dOptions = {}) {
    super("AvgPool2d", kernel, options, { countIncludePad: check.flag });
    this.countIncludePad = options.countIncludePad ?? true;
  }

  /** `[batch, channels, height, width]` → `[batch, channels, height', width']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    checkImages("AvgPool2d", x, this.kernel, this.padding);
    const { stride, padding, countIncludePad } = this;
    return avgPool(x, this.kernel, { stride, padding, countIncludePad });
  }
}
