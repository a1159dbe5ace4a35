import type { DType, Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  check,
  mean,
  mul,
  ones,
  reshape,
  rsqrt,
  ShapeError,
  square,
  standardize,
} from "@gradus/tensor";
import { Module } from "../module.ts";
import { checkFloat, checkSize } from "../settings.ts";
import type { NormOptions } from "./affine.ts";
import { normOptions, perChannel, scaleAndShift, scaleOptions } from "./affine.ts";

function shapeOf(op: string, shape: number | readonly number[]): number[] {
  const list = typeof shape === "number" ? [shape] : shape;
  if (!Array.isArray(list) || list.length === 0)
    throw new ArgumentError(`${op}: shape: expected a number or a list of sizes, got ${check.said(shape)}`);
  for (const n of list) checkSize(op, "shape", n);
  return [...list];
}

/** The last axes of `x`, which have to be `shape`. */
function lastAxes(op: string, x: Tensor, shape: readonly number[]): number[] {
  checkFloat(op, x);
  const lead = x.rank - shape.length;
  if (lead < 0 || shape.some((n, i) => n !== x.shape[lead + i]))
    throw new ShapeError(`${op}: x: expected [..., ${shape}], got [${x.shape}]`);
  return shape.map((_, i) => lead + i);
}

/**
 * Layer normalisation (Ba et al. 2016): each example over its last axes, `weight · (x − mean) / √(variance + ε) + bias`.
 *
 * @param shape - sizes of the last axes that are normalised together
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer, or for a bad option
 * @example
 * ```ts
 * new LayerNorm(256).call(zeros([8, 128, 256])).shape; // [8, 128, 256]
 * ```
 */
export class LayerNorm extends Module {
  /** Scale, of the normalised shape, or null. */
  readonly weight: Tensor | null;
  /** Shift, of the normalised shape, or null. */
  readonly bias: Tensor | null;
  /** Sizes of the last axes. */
  readonly shape: readonly number[];
  /** Added to the variance. */
  readonly epsilon: number;

  constructor(shape: number | readonly number[], options: NormOptions = {}) {
    super();
    this.shape = shapeOf("LayerNorm", shape);
    check.options("LayerNorm", options, normOptions);
    ({ weight: this.weight, bias: this.bias } = scaleAndShift(this.shape, options));
    this.epsilon = options.epsilon ?? 1e-5;
  }

  /** `[..., ...shape]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    const y = standardize(x, lastAxes("LayerNorm", x, this.shape), { epsilon: this.epsilon });
    const scaled = this.weight === null ? y : mul(y, this.weight);
    return this.bias === null ? scaled : add(scaled, this.bias);
  }
}

/** Options of {@link RMSNorm}. */
export interface RMSNormOptions {
  /** Added to the mean square; that of the dtype (1.2e-7 in f32) unless told, as in PyTorch. */
  readonly epsilon?: number;
  /** Scale the result by `weight`; true unless told. */
  readonly affine?: boolean;
  /** Float dtype of the parameters; f32 unless told. */
  readonly dtype?: DType;
}

/** Distance from 1 to the next number. */
const unit: Readonly<Record<string, number>> = { f16: 2 ** -10, f32: 2 ** -23, f64: 2 ** -52 };

/**
 * Root-mean-square normalisation (Zhang & Sennrich 2019): each example over its last axes, `weight · x / √(mean(x²) + ε)`.
 *
 * @param shape - sizes of the last axes that are normalised together
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer, or for a bad option
 * @example
 * ```ts
 * new RMSNorm(256).call(zeros([8, 128, 256])).shape; // [8, 128, 256]
 * ```
 */
export class RMSNorm extends Module {
  /** Scale, of the normalised shape, or null. */
  readonly weight: Tensor | null;
  /** Sizes of the last axes. */
  readonly shape: readonly number[];
  /** Added to the mean square, or null for that of the input's dtype. */
  readonly epsilon: number | null;

  constructor(shape: number | readonly number[], options: RMSNormOptions = {}) {
    super();
    this.shape = shapeOf("RMSNorm", shape);
    check.options("RMSNorm", options, scaleOptions);
    const { epsilon = null, affine = true, dtype = "f32" } = options;
    this.weight = affine ? ones(this.shape, { dtype }) : null;
    this.epsilon = epsilon;
  }

  /** `[..., ...shape]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    const axes = lastAxes("RMSNorm", x, this.shape);
    const epsilon = this.epsilon ?? (unit[x.dtype] as number);
    const y = mul(x, rsqrt(add(mean(square(x), axes, { keepDims: true }), epsilon)));
    return this.weight === null ? y : mul(y, this.weight);
  }
}

/**
 * Group normalisation (Wu & He 2018): each example over its space and `channels / groups` channels at a time.
 *
 * @param groups - 1 normalises all channels together, as many as channels each alone
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `groups` does not divide `channels`, or for a bad option
 * @example
 * ```ts
 * new GroupNorm(4, 64).call(zeros([8, 64, 14, 14])).shape; // [8, 64, 14, 14]
 * ```
 */
export class GroupNorm extends Module {
  /** Scale, `[channels]`, or null. */
  readonly weight: Tensor | null;
  /** Shift, `[channels]`, or null. */
  readonly bias: Tensor | null;
  /** Number of groups. */
  readonly groups: number;
  /** Number of channels. */
  readonly channels: number;
  /** Added to the variance. */
  readonly epsilon: number;

  constructor(groups: number, channels: number, options: NormOptions = {}) {
    super();
    checkSize("GroupNorm", "groups", groups);
    checkSize("GroupNorm", "channels", channels);
    if (channels % groups !== 0)
      throw new ArgumentError(`GroupNorm: groups: ${groups} does not divide ${channels} channels`);
    check.options("GroupNorm", options, normOptions);
    ({ weight: this.weight, bias: this.bias } = scaleAndShift([channels], options));
    this.groups = groups;
    this.channels = channels;
    this.epsilon = options.epsilon ?? 1e-5;
  }

  /** `[batch, channels, …]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    checkFloat("GroupNorm", x);
    if (x.rank < 2 || x.shape[1] !== this.channels)
      throw new ShapeError(`GroupNorm: x: expected [batch, ${this.channels}, …], got [${x.shape}]`);
    const [batch, ...rest] = x.shape as [number, ...number[]];
    const apart = reshape(x, [batch, this.groups, rest.reduce((a, b) => a * b, 1) / this.groups]);
    return perChannel(reshape(standardize(apart, -1, { epsilon: this.epsilon }), x.shape), this.weight, this.bias);
  }
}

/**
 * Instance normalisation (Ulyanov et al. 2016): each channel of each example over its space, of any number of axes. Without `weight` and
 * `bias` unless told, as in PyTorch's InstanceNorm1d, 2d and 3d.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `channels` is no positive integer, or for a bad option
 * @example
 * ```ts
 * new InstanceNorm(16).call(zeros([8, 16, 14, 14])).shape; // [8, 16, 14, 14]
 * ```
 */
export class InstanceNorm extends Module {
  /** Scale, `[channels]`, or null. */
  readonly weight: Tensor | null;
  /** Shift, `[channels]`, or null. */
  readonly bias: Tensor | null;
  /** Number of channels. */
  readonly channels: number;
  /** Added to the variance. */
  readonly epsilon: number;

  constructor(channels: number, options: NormOptions = {}) {
    super();
    checkSize("InstanceNorm", "channels", channels);
    check.options("InstanceNorm", options, normOptions);
    ({ weight: this.weight, bias: this.bias } = scaleAndShift([channels], { affine: false, ...options }));
    this.channels = channels;
    this.epsilon = options.epsilon ?? 1e-5;
  }

  /** `[batch, channels, …]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} without a spatial axis. */
  forward(x: Tensor): Tensor {
    checkFloat("InstanceNorm", x);
    if (x.rank < 3 || x.shape[1] !== this.channels)
      throw new ShapeError(`InstanceNorm: x: expected [batch, ${this.channels}, …], got [${x.shape}]`);
    const axes = x.shape.slice(2).map((_, i) => i + 2);
    return perChannel(standardize(x, axes, { epsilon: this.epsilon }), this.weight, this.bias);
  }
}
