import type { Tensor } from "@gradus/tensor";
import { adaptiveAvgPool, adaptiveMaxPool, check, max, mean, ShapeError } from "@gradus/tensor";
import { Module } from "../module.ts";
import type { Axes, Pair, Single, Triple } from "../settings.ts";
import { checkSpatial, sizes } from "../settings.ts";

abstract class AdaptivePool extends Module {
  /** Sizes of the result, per spatial axis. */
  readonly size: readonly number[];

  constructor(op: string, axes: Axes, size: number | readonly number[]) {
    super();
    this.size = sizes(op, "size", size, axes);
  }

  /** `pool` of a batch with so many spatial axes, none of them empty. */
  protected pool(op: string, axes: Axes, x: Tensor, pool: (x: Tensor, size: readonly number[]) => Tensor): Tensor {
    checkSpatial(op, x, axes);
    checkFull(op, x);
    return pool(x, this.size);
  }
}

function checkFull(op: string, x: Tensor): void {
  if (x.shape.slice(2).includes(0)) throw new ShapeError(`${op}: x: [${x.shape}] has an empty axis`);
}

/** Means over windows that divide a sequence into `size` parts; see {@link AdaptiveAvgPool2d}. */
export class AdaptiveAvgPool1d extends AdaptivePool {
  constructor(size: Single) {
    super("AdaptiveAvgPool1d", 1, size);
  }

  /** `[batch, channels, length]` → `[batch, channels, size]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.pool("AdaptiveAvgPool1d", 1, x, adaptiveAvgPool);
  }
}

/**
 * Means over windows that divide images of any size into `size` parts, which may overlap by one pixel, as in PyTorch.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer
 * @example
 * ```ts
 * new AdaptiveAvgPool2d(7).call(zeros([8, 64, 15, 20])).shape; // [8, 64, 7, 7]
 * ```
 */
export class AdaptiveAvgPool2d extends AdaptivePool {
  constructor(size: Pair) {
    super("AdaptiveAvgPool2d", 2, size);
  }

  /** `[batch, channels, height, width]` → `[batch, channels, ...size]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.pool("AdaptiveAvgPool2d", 2, x, adaptiveAvgPool);
  }
}

/** Means over windows that divide a volume into `size` parts; see {@link AdaptiveAvgPool2d}. */
export class AdaptiveAvgPool3d extends AdaptivePool {
  constructor(size: Triple) {
    super("AdaptiveAvgPool3d", 3, size);
  }

  /** `[batch, channels, depth, height, width]` → `[batch, channels, ...size]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.pool("AdaptiveAvgPool3d", 3, x, adaptiveAvgPool);
  }
}

/** Largest elements of the windows of {@link AdaptiveAvgPool1d}. */
export class AdaptiveMaxPool1d extends AdaptivePool {
  constructor(size: Single) {
    super("AdaptiveMaxPool1d", 1, size);
  }

  /** `[batch, channels, length]` → `[batch, channels, size]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.pool("AdaptiveMaxPool1d", 1, x, adaptiveMaxPool);
  }
}

/** Largest elements of the windows of {@link AdaptiveAvgPool2d}. */
export class AdaptiveMaxPool2d extends AdaptivePool {
  constructor(size: Pair) {
    super("AdaptiveMaxPool2d", 2, size);
  }

  /** `[batch, channels, height, width]` → `[batch, channels, ...size]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.pool("AdaptiveMaxPool2d", 2, x, adaptiveMaxPool);
  }
}

/** Largest elements of the windows of {@link AdaptiveAvgPool3d}. */
export class AdaptiveMaxPool3d extends AdaptivePool {
  constructor(size: Triple) {
    super("AdaptiveMaxPool3d", 3, size);
  }

  /** `[batch, channels, depth, height, width]` → `[batch, channels, ...size]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.pool("AdaptiveMaxPool3d", 3, x, adaptiveMaxPool);
  }
}

/**
 * The mean or the largest element of each channel, over any number of spatial axes.
 *
 * @param of - `"mean"` unless told
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for another word
 * @example
 * ```ts
 * new GlobalPool().call(zeros([32, 512, 7, 7])).shape; // [32, 512]
 * ```
 */
export class GlobalPool extends Module {
  /** What is taken of each channel. */
  readonly of: "mean" | "max";

  constructor(of: "mean" | "max" = "mean") {
    super();
    check.oneOf("mean", "max")("GlobalPool", of, "of");
    this.of = of;
  }

  /** `[batch, channels, …]` → `[batch, channels]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} without a spatial axis, or for an empty one. */
  forward(x: Tensor): Tensor {
    check.tensor("GlobalPool", x, "x");
    if (x.rank < 3) throw new ShapeError(`GlobalPool: x: expected [batch, channels, …], got [${x.shape}]`);
    checkFull("GlobalPool", x);
    const axes = x.shape.slice(2).map((_, i) => i + 2);
    return this.of === "mean" ? mean(x, axes) : max(x, axes);
  }
}
