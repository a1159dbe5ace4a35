import type { DType, Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  cast,
  check,
  div,
  less,
  mean,
  mul,
  ones,
  reshape,
  ShapeError,
  sigmoid,
  sqrt,
  square,
  stopGradient,
  sub,
  where,
  zeros,
} from "@gradus/tensor";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkPass } from "../pass.ts";
import { type Axes, checkFloat, checkSize, checkSpatial } from "../settings.ts";
import { perChannel } from "./affine.ts";

/** A layer of the paper: those of B use moments of the batch, those of S only of the example. */
export type EvoNormVariant = "B0" | "B1" | "B2" | "S0" | "S1" | "S2";

/** Options of the EvoNorm layers; the defaults are those of the authors' code. */
export interface EvoNormOptions {
  /** Groups of channels of the S layers: the largest number up to this one that divides the channels is taken; 32 unless told. */
  readonly groups?: number;
  /** Channels of a group of the S layers, instead of `groups`; it has to divide the channels. */
  readonly groupSize?: number;
  /** Added to each moment under its root; 1e-5 unless told. */
  readonly epsilon?: number;
  /** Weight of the newest batch in the running variance of the B layers; 0.1 unless told. */
  readonly momentum?: number;
  /** False where no activation belongs: then the layer is `weight · x + bias` alone, without any normalisation. True unless told. */
  readonly nonlinearity?: boolean;
  /** Start `weight` at 0, for the last layer of a residual branch; false unless told. */
  readonly initZero?: boolean;
  /** What the running variance follows: the variance divided by the count, or by one less (as timm's layers do); biased unless told. */
  readonly runningVar?: "biased" | "unbiased";
  /** Float dtype of the parameters; f32 unless told. */
  readonly dtype?: DType;
}

const options: Readonly<Record<string, check.Check>> = {
  groups: check.integer("[1, ∞)"),
  groupSize: check.integer("[1, ∞)"),
  epsilon: check.number("[0, ∞)"),
  momentum: check.number("[0, 1]"),
  nonlinearity: check.flag,
  initZero: check.flag,
  runningVar: check.oneOf("biased", "unbiased"),
  dtype: check.floatDType,
};

const apart = { keepDims: true } as const;
/** The larger one; the first where they are equal, as for its derivative, and where one of them is no number. */
const larger = (a: Tensor, b: Tensor): Tensor => where(less(a, b), b, a);
/** `σ(v x)`, or `σ(x)`. */
const gate = (x: Tensor, v: Tensor | null): Tensor => sigmoid(v === null ? x : mul(v, x));

type Root = (moment: Tensor) => Tensor;
const rootOf =
  (epsilon: number): Root =>
  (moment) =>
    sqrt(add(moment, epsilon));
/** Second denominators of the B layers, of `x` `[batch, channels, positions]`, its variance over positions and `v` `[1, channels, 1]`. */
const instance: Readonly<Record<string, (x: Tensor, variance: Tensor, v: Tensor | null, root: Root) => Tensor>> = {
  B0: (x, variance, v, root) => add(mul(v as Tensor, x), root(variance)),
  B1: (x, _variance, _v, root) => mul(add(x, 1), root(mean(square(x), 2, apart))),
  B2: (x, _variance, _v, root) => sub(root(mean(square(x), 2, apart)), x),
};

abstract class EvoNorm extends Module {
  /** Scale γ, `[channels]`. */
  readonly weight: Tensor;
  /** Shift β, `[channels]`. */
  readonly bias: Tensor;
  /** Slope v of B0 and S0, `[channels]`, or null. */
  readonly v: Tensor | null;
  /** Running variance of the B layers, `[channels]`, or null: state, not a parameter. */
  readonly running_var: Tensor | null;
  /** Which layer of the paper it is. */
  readonly variant: EvoNormVariant;
  /** Number of channels. */
  readonly channels: number;
  /** Number of groups of the S layers. */
  readonly groups: number;
  /** Added to each moment. */
  readonly epsilon: number;
  /** Weight of the newest batch in the running variance. */
  readonly momentum: number;
  /** Whether it is more than scale and shift. */
  readonly nonlinearity: boolean;
  /** What the running variance follows. */
  readonly runningVar: "biased" | "unbiased";

  constructor(op: string, channels: number, variant: EvoNormVariant, settings: EvoNormOptions) {
    super();
    checkSize(op, "channels", channels);
    check.oneOf("B0", "B1", "B2", "S0", "S1", "S2")(op, variant, "variant");
    check.options(op, settings, options);
    const { groups = 32, groupSize, epsilon = 1e-5, momentum = 0.1, nonlinearity = true } = settings;
    const { initZero = false, runningVar = "biased", dtype = "f32" } = settings;
    if (groupSize !== undefined && channels % groupSize !== 0)
      throw new ArgumentError(`${op}: groupSize: ${groupSize} does not divide ${channels} channels`);
    let most = Math.min(groups, channels);
    while (channels % most !== 0) most--;
    this.weight = (initZero ? zeros : ones)([channels], { dtype });
    this.bias = zeros([channels], { dtype });
    this.v = nonlinearity && variant.endsWith("0") ? ones([channels], { dtype }) : null;
    this.running_var = nonlinearity && variant.startsWith("B") ? ones([channels], { dtype }) : null;
    this.variant = variant;
    this.channels = channels;
    this.groups = groupSize === undefined ? most : channels / groupSize;
    this.epsilon = epsilon;
    this.momentum = momentum;
    this.nonlinearity = nonlinearity;
    this.runningVar = runningVar;
  }

  /** The layer's function of `x` `[batch, channels, …]` with so many axes of space. */
  protected run(op: string, axes: Axes, x: Tensor, pass: Pass | undefined): Tensor {
    checkFloat(op, x);
    checkPass(op, pass);
    checkSpatial(op, x, axes, this.channels);
    if (!this.nonlinearity) return perChannel(x, this.weight, this.bias);
    const wide = x.dtype === "f16" ? cast(x, "f32") : x;
    const y = cast(this.running_var === null ? this.byExample(wide) : this.byBatch(op, wide, pass), x.dtype);
    return perChannel(reshape(y, x.shape), this.weight, this.bias);
  }

  private byExample(x: Tensor): Tensor {
    const { groups, channels, variant } = this;
    const parts = reshape(x, [x.shape[0] as number, groups, channels / groups, -1]);
    const centred = variant === "S2" ? parts : sub(parts, mean(parts, [2, 3], apart));
    const moment = mean(square(centred), [2, 3], apart);
    const v = this.v && reshape(this.v, [1, groups, -1, 1]);
    return div(mul(parts, gate(parts, v)), rootOf(this.epsilon)(moment));
  }

  private byBatch(op: string, x: Tensor, pass: Pass | undefined): Tensor {
    const parts = reshape(x, [x.shape[0] as number, this.channels, -1]);
    const along = (t: Tensor): Tensor => reshape(t, [1, -1, 1]);
    const average = mean(parts, 2, apart);
    const variance = mean(square(sub(parts, average)), 2, apart);
    const state = this.running_var as Tensor;
    const old = stopGradient(pass?.current(state) ?? state);
    let whole: Tensor;
    if (pass?.training) {
      const n = x.size / this.channels;
      if (n < 2) throw new ShapeError(`${op}: x: [${x.shape}] has ${n} value per channel; a variance needs two`);
      // of all examples: the mean of their variances and the variance of their means
      whole = add(mean(variance, 0, apart), mean(square(sub(average, mean(average, 0, apart))), 0, apart));
      const newest = reshape(stopGradient(whole), [this.channels]);
      const followed = this.runningVar === "biased" ? newest : mul(newest, n / (n - 1));
      pass.note(state, cast(add(old, mul(sub(followed, old), this.momentum)), state.dtype));
    } else {
      // noted although it does not change, so that no optimizer changes it either
      pass?.note(state, old);
      whole = along(stopGradient(state));
    }
    const root = rootOf(this.epsilon);
    const second = instance[this.variant]?.(parts, variance, this.v && along(this.v), root) as Tensor;
    return div(parts, larger(root(whole), second));
  }
}

/**
 * EvoNorm of sequences; see {@link EvoNorm2d}.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as {@link EvoNorm2d} does
 * @example
 * ```ts
 * new EvoNorm1d(64, "S0").call(zeros([8, 64, 100])).shape; // [8, 64, 100]
 * ```
 */
export class EvoNorm1d extends EvoNorm {
  constructor(channels: number, variant: EvoNormVariant, options: EvoNormOptions = {}) {
    super("EvoNorm1d", channels, variant, options);
  }

  /** `[batch, channels, length]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor, pass?: Pass): Tensor {
    return this.run("EvoNorm1d", 1, x, pass);
  }
}

/**
 * Normalisation and activation in one layer, found by search (Liu, Brock, Simonyan & Le 2020, Evolving Normalization-Activation Layers,
 * tables 1 and 2); it takes the place of a batch norm and the activation behind it. With s² the biased variance, E₂ the mean square and
 * √ meaning √(· + ε), and with b, w the batch and the space and g a group of channels of one example and its space:
 *
 * - B0: `x / max(s_bw, v x + s_w) · weight + bias`
 * - B1: `x / max(s_bw, (x + 1) √E₂_w) · weight + bias`
 * - B2: `x / max(s_bw, √E₂_w − x) · weight + bias`
 * - S0: `x σ(v x) / s_g · weight + bias`
 * - S1: `x σ(x) / s_g · weight + bias`
 * - S2: `x σ(x) / √E₂_g · weight + bias`
 *
 * Nothing is centred. In a {@link Pass} that trains, s_bw is the batch's and {@link Pass.updated} gives the layer with
 * `running_var ← (1 − momentum) · running_var + momentum · s²_bw`; else it is the running one. Moments of an example are always those of the
 * input, so the S layers compute the same in training and evaluation. Where B's two denominators are equal the derivative is the
 * batch's. Leave `weight`, `bias` and `v` out of weight decay, as the authors do.
 *
 * @param variant - `"B0"`, `"B1"`, `"B2"`, `"S0"`, `"S1"` or `"S2"`
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `channels` is no positive integer, the variant is unknown, `groupSize` does not divide `channels`, or for a bad option
 * @example
 * ```ts
 * const block = new Sequential(new EvoNorm2d(16, "S0"), new Conv2d(16, 16, 3, { key: key(0), padding: 1 }));
 * block.call(zeros([8, 16, 14, 14])).shape; // [8, 16, 14, 14]
 * ```
 */
export class EvoNorm2d extends EvoNorm {
  constructor(channels: number, variant: EvoNormVariant, options: EvoNormOptions = {}) {
    super("EvoNorm2d", channels, variant, options);
  }

  /** `[batch, channels, height, width]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} for another shape, or one value per channel where a B layer trains. */
  forward(x: Tensor, pass?: Pass): Tensor {
    return this.run("EvoNorm2d", 2, x, pass);
  }
}

/**
 * EvoNorm of volumes; see {@link EvoNorm2d}.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as {@link EvoNorm2d} does
 * @example
 * ```ts
 * new EvoNorm3d(8, "B0").call(zeros([2, 8, 4, 16, 16]), new Pass()).shape; // [2, 8, 4, 16, 16]
 * ```
 */
export class EvoNorm3d extends EvoNorm {
  constructor(channels: number, variant: EvoNormVariant, options: EvoNormOptions = {}) {
    super("EvoNorm3d", channels, variant, options);
  }

  /** `[batch, channels, depth, height, width]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor, pass?: Pass): Tensor {
    return this.run("EvoNorm3d", 3, x, pass);
  }
}
