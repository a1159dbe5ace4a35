import type { Tensor } from "@gradus/tensor";
import { avgPool, maxPool, ShapeError } from "@gradus/tensor";
import { Module } from "./module.ts";
import type { Pair } from "./settings.ts";
import { pair } from "./settings.ts";

/** Options of the pooling layers; the stride is the window's size unless told, as in PyTorch. */
export interface Pool2dOptions {
  readonly stride?: Pair;
  readonly padding?: Pair;
}

abstract class Pool2d extends Module {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];

  constructor(kernel: Pair, options: Pool2dOptions = {}) {
    super();
    const op = new.target.name;
    this.kernel = pair(op, "kernel", kernel);
    this.stride = pair(op, "stride", options.stride ?? kernel);
    this.padding = pair(op, "padding", options.padding ?? 0, 0);
  }
}

function checkImages(op: string, x: Tensor): void {
  if (x.rank !== 4) throw new ShapeError(`${op}: x: expected [batch, channels, height, width], got [${x.shape}]`);
}

/**
 * The largest value of each window; padding never wins.
 *
 * @throws {@link ArgumentError} for a window or stride below 1
 * @example
 * ```ts
 * new MaxPool2d(2).call(zeros([32, 16, 28, 28])).shape; // [32, 16, 14, 14]
 * ```
 */
export class MaxPool2d extends Pool2d {
  /** `[batch, channels, height, width]` → `[batch, channels, height', width']`. Throws {@link ShapeError}. */
  forward(x: Tensor): Tensor {
    checkImages("MaxPool2d", x);
    return maxPool(x, this.kernel, { stride: this.stride, padding: this.padding });
  }
}

/**
 * The mean of each window; padding counts as zeros, as in PyTorch.
 *
 * @throws {@link ArgumentError} for a window or stride below 1
 * @example
 * ```ts
 * new AvgPool2d(2).call(zeros([32, 16, 28, 28])).shape; // [32, 16, 14, 14]
 * ```
 */
export class AvgPool2d extends Pool2d {
  /** `[batch, channels, height, width]` → `[batch, channels, height', width']`. Throws {@link ShapeError}. */
  forward(x: Tensor): Tensor {
    checkImages("AvgPool2d", x);
    return avgPool(x, this.kernel, { stride: this.stride, padding: this.padding });
  }
}
