import type { Tensor } from "@gradus/tensor";
import { ArgumentError, avgPool, check, maxPool } from "@gradus/tensor";
import { Module } from "../module.ts";
import type { Axes, Pair, Single, Sizes, Triple } from "../settings.ts";
import { checkSpatial, checkWindow, sizes } from "../settings.ts";

/** Options of the poolings over `N` spatial axes; the stride is the window's size unless told, as in PyTorch. */
export interface PoolOptions<N extends Axes> {
  /** Step between windows; the window's size unless told. */
  readonly stride?: Sizes<N>;
  /** Elements on each side, less than the window; 0 unless told. */
  readonly padding?: Sizes<N>;
}

/** Options of the largest element's poolings over `N` spatial axes. */
export interface MaxPoolOptions<N extends Axes> extends PoolOptions<N> {
  /** Step between the elements of a window; 1 unless told. */
  readonly dilation?: Sizes<N>;
}

/** Options of the mean's poolings over `N` spatial axes. */
export interface AvgPoolLayerOptions<N extends Axes> extends PoolOptions<N> {
  /** Padding counts as zeros; if not, the mean is that of the elements in the window. True unless told. */
  readonly countIncludePad?: boolean;
}

abstract class Pool extends Module {
  /** Size of the window, per spatial axis. */
  readonly kernel: readonly number[];
  /** Step between windows, per spatial axis. */
  readonly stride: readonly number[];
  /** Elements on each side, per spatial axis. */
  readonly padding: readonly number[];

  constructor(
    op: string,
    axes: Axes,
    kernel: number | readonly number[],
    options: PoolOptions<Axes>,
    more: Readonly<Record<string, check.Check>>,
  ) {
    super();
    check.options(op, options, { stride: check.anything, padding: check.anything, ...more });
    this.kernel = sizes(op, "kernel", kernel, axes);
    this.stride = sizes(op, "stride", options.stride ?? kernel, axes);
    this.padding = sizes(op, "padding", options.padding ?? 0, axes, 0);
    const { padding } = this;
    if (padding.some((p, i) => p >= (this.kernel[i] as number)))
      throw new ArgumentError(
        `${op}: padding: [${padding}] leaves windows of padding alone; the window is [${this.kernel}]`,
      );
  }
}

abstract class MaxPool extends Pool {
  /** Step between the elements of a window, per spatial axis. */
  readonly dilation: readonly number[];

  constructor(op: string, axes: Axes, kernel: number | readonly number[], options: MaxPoolOptions<Axes>) {
    super(op, axes, kernel, options, { dilation: check.anything });
    this.dilation = sizes(op, "dilation", options.dilation ?? 1, axes);
  }

  /** The largest elements of `x`. */
  protected largest(op: string, axes: Axes, x: Tensor): Tensor {
    const { kernel, stride, padding, dilation } = this;
    checkSpatial(op, x, axes);
    checkWindow(
      op,
      x,
      kernel.map((k, i) => (k - 1) * (dilation[i] as number) + 1),
      padding,
    );
    return maxPool(x, kernel, { stride, padding, dilation });
  }
}

abstract class AvgPool extends Pool {
  /** Whether padding counts as zeros. */
  readonly countIncludePad: boolean;

  constructor(op: string, axes: Axes, kernel: number | readonly number[], options: AvgPoolLayerOptions<Axes>) {
    super(op, axes, kernel, options, { countIncludePad: check.flag });
    this.countIncludePad = options.countIncludePad ?? true;
  }

  /** The means of `x`. */
  protected average(op: string, axes: Axes, x: Tensor): Tensor {
    const { kernel, stride, padding, countIncludePad } = this;
    checkSpatial(op, x, axes);
    checkWindow(op, x, kernel, padding);
    return avgPool(x, kernel, { stride, padding, countIncludePad });
  }
}

/** The largest element of each window of a sequence; see {@link MaxPool2d}. */
export class MaxPool1d extends MaxPool {
  constructor(kernel: Single, options: MaxPoolOptions<1> = {}) {
    super("MaxPool1d", 1, kernel, options);
  }

  /** `[batch, channels, length]` → `[batch, channels, length']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.largest("MaxPool1d", 1, x);
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
export class MaxPool2d extends MaxPool {
  constructor(kernel: Pair, options: MaxPoolOptions<2> = {}) {
    super("MaxPool2d", 2, kernel, options);
  }

  /** `[batch, channels, height, width]` → `[batch, channels, height', width']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.largest("MaxPool2d", 2, x);
  }
}

/** The largest element of each window of a volume; see {@link MaxPool2d}. */
export class MaxPool3d extends MaxPool {
  constructor(kernel: Triple, options: MaxPoolOptions<3> = {}) {
    super("MaxPool3d", 3, kernel, options);
  }

  /** `[batch, channels, depth, height, width]` → the same with smaller spatial axes. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.largest("MaxPool3d", 3, x);
  }
}

/** The mean of each window of a sequence; see {@link AvgPool2d}. */
export class AvgPool1d extends AvgPool {
  constructor(kernel: Single, options: AvgPoolLayerOptions<1> = {}) {
    super("AvgPool1d", 1, kernel, options);
  }

  /** `[batch, channels, length]` → `[batch, channels, length']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.average("AvgPool1d", 1, x);
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
export class AvgPool2d extends AvgPool {
  constructor(kernel: Pair, options: AvgPoolLayerOptions<2> = {}) {
    super("AvgPool2d", 2, kernel, options);
  }

  /** `[batch, channels, height, width]` → `[batch, channels, height', width']`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.average("AvgPool2d", 2, x);
  }
}

/** The mean of each window of a volume; see {@link AvgPool2d}. */
export class AvgPool3d extends AvgPool {
  constructor(kernel: Triple, options: AvgPoolLayerOptions<3> = {}) {
    super("AvgPool3d", 3, kernel, options);
  }

  /** `[batch, channels, depth, height, width]` → the same with smaller spatial axes. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    return this.average("AvgPool3d", 3, x);
  }
}
