import type { Tensor } from "@gradus/tensor";
import {
  add,
  cast,
  check,
  div,
  mean,
  mul,
  ones,
  reshape,
  ShapeError,
  square,
  standardize,
  stopGradient,
  sub,
  zeros,
} from "@gradus/tensor";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkPass } from "../pass.ts";
import { checkFloat, checkSize } from "../settings.ts";
import type { NormOptions } from "./affine.ts";
import { normOptions, perChannel, scaleAndShift } from "./affine.ts";

/** Options of the batch norms; the defaults are PyTorch's. */
export interface BatchNormOptions extends NormOptions {
  /** Weight of the newest batch in the running statistics, or null for the mean of all batches; 0.1 unless told. */
  readonly momentum?: number | null;
  /** Keep running statistics for evaluation; if not, every batch is normalised by its own. True unless told. */
  readonly trackRunningStats?: boolean;
}

abstract class BatchNorm extends Module {
  /** Scale, `[channels]`, or null. */
  readonly weight: Tensor | null;
  /** Shift, `[channels]`, or null. */
  readonly bias: Tensor | null;
  /** Running mean, `[channels]`, or null: state, not a parameter. */
  readonly running_mean: Tensor | null;
  /** Running unbiased variance, `[channels]`, or null: state, not a parameter. */
  readonly running_var: Tensor | null;
  /** Batches seen in training, i32: state, not a parameter. */
  readonly num_batches_tracked: Tensor | null;
  /** Number of channels. */
  readonly channels: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /** Weight of the newest batch in the running statistics; null for the mean of all batches. */
  readonly momentum: number | null;

  constructor(op: string, channels: number, options: BatchNormOptions) {
    super();
    checkSize(op, "channels", channels);
    check.options(op, options, {
      ...normOptions,
      momentum: (name, value, argument) => value === null || check.number("[0, 1]")(name, value, argument),
      trackRunningStats: check.flag,
    });
    const { epsilon = 1e-5, momentum = 0.1, trackRunningStats = true, dtype = "f32" } = options;
    ({ weight: this.weight, bias: this.bias } = scaleAndShift([channels], options));
    this.running_mean = trackRunningStats ? zeros([channels], { dtype }) : null;
    this.running_var = trackRunningStats ? ones([channels], { dtype }) : null;
    this.num_batches_tracked = trackRunningStats ? zeros([], { dtype: "i32" }) : null;
    this.channels = channels;
    this.epsilon = epsilon;
    this.momentum = momentum;
  }

  /** `x` `[batch, channels, …]`, of a rank in `ranks`, normalised per channel. */
  protected normalize(op: string, x: Tensor, pass: Pass | undefined, ranks: readonly number[], shape: string): Tensor {
    checkFloat(op, x);
    checkPass(op, pass);
    if (!ranks.includes(x.rank) || x.shape[1] !== this.channels)
      throw new ShapeError(`${op}: x: expected [batch, ${this.channels}${shape}], got [${x.shape}]`);
    const axes = x.shape.flatMap((_, i) => (i === 1 ? [] : [i]));
    const keepDims = { keepDims: true };
    const along = (t: Tensor): Tensor => reshape(t, [1, -1, ...axes.slice(1).map(() => 1)]);
    const { running_mean, running_var, epsilon } = this;
    const training = pass?.training ?? false;
    let y: Tensor;
    if (training || running_mean === null || running_var === null) {
      const n = x.size / this.channels;
      if (n < 2) throw new ShapeError(`${op}: x: [${x.shape}] has ${n} value per channel; a variance needs two`);
      const average = mean(x, axes, keepDims);
      const variance = mean(square(sub(x, average)), axes, keepDims);
      if (training) this.track(pass as Pass, average, mul(variance, n / (n - 1)));
      y = standardize(x, axes, { mean: average, variance, epsilon });
    } else {
      // noted although they do not change, so that no optimizer changes them either
      for (const t of [running_mean, running_var]) pass?.note(t, stopGradient(pass.current(t)));
      const [m, v] = [running_mean, running_var].map((t) => along(stopGradient(t))) as [Tensor, Tensor];
      y = standardize(x, axes, { mean: m, variance: v, epsilon });
    }
    return perChannel(y, this.weight, this.bias);
  }

  private track(pass: Pass, average: Tensor, variance: Tensor): void {
    const { running_mean, running_var, num_batches_tracked, momentum } = this;
    if (running_mean === null || running_var === null || num_batches_tracked === null) return;
    const count = add(pass.current(num_batches_tracked), 1);
    pass.note(num_batches_tracked, count);
    const share = momentum ?? div(1, cast(count, running_mean.dtype));
    const follow = (state: Tensor, newest: Tensor): void => {
      const old = stopGradient(pass.current(state));
      const now = cast(reshape(stopGradient(newest), state.shape), state.dtype);
      pass.note(state, add(old, mul(sub(now, old), share)));
    };
    follow(running_mean, average);
    follow(running_var, variance);
  }
}

/**
 * Batch normalisation of features or sequences; see {@link BatchNorm2d}.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as {@link BatchNorm2d} does
 * @example
 * ```ts
 * new BatchNorm1d(64).call(zeros([32, 64]), new Pass()); // by the batch's own moments
 * ```
 */
export class BatchNorm1d extends BatchNorm {
  constructor(channels: number, options: BatchNormOptions = {}) {
    super("BatchNorm1d", channels, options);
  }

  /** `[batch, channels]` or `[batch, channels, length]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor, pass?: Pass): Tensor {
    return this.normalize("BatchNorm1d", x, pass, [2, 3], "(, length)");
  }
}

/**
 * Batch normalisation of images (Ioffe & Szegedy 2015): per channel, `weight · (x − mean) / √(variance + ε) + bias`. In a {@link Pass} that
 * trains, mean and (biased) variance are the batch's and {@link Pass.updated} gives the layer with new running statistics,
 * `running ← (1 − momentum) · running + momentum · batch`, of which the variance is unbiased; else they are the running statistics. As in PyTorch.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `channels` is no positive integer, or for a bad option
 * @example
 * ```ts
 * const norm = new BatchNorm2d(16);
 * const pass = new Pass();
 * const y = norm.call(x, pass);      // x [8, 16, 14, 14]
 * const next = pass.updated(norm);   // with new running statistics
 * ```
 */
export class BatchNorm2d extends BatchNorm {
  constructor(channels: number, options: BatchNormOptions = {}) {
    super("BatchNorm2d", channels, options);
  }

  /** `[batch, channels, height, width]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} for another shape, or one value per channel in training. */
  forward(x: Tensor, pass?: Pass): Tensor {
    return this.normalize("BatchNorm2d", x, pass, [4], ", height, width");
  }
}

/** Batch normalisation of volumes; see {@link BatchNorm2d}. */
export class BatchNorm3d extends BatchNorm {
  constructor(channels: number, options: BatchNormOptions = {}) {
    super("BatchNorm3d", channels, options);
  }

  /** `[batch, channels, depth, height, width]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor, pass?: Pass): Tensor {
    return this.normalize("BatchNorm3d", x, pass, [5], ", depth, height, width");
  }
}
