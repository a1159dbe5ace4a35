import type { Key, Tensor } from "@gradus/tensor";
import { ArgumentError, add, check, mean, ShapeError, swapaxes } from "@gradus/tensor";
import { xavierUniform, zerosInit } from "../init.ts";
import { Linear } from "../layers/linear.ts";
import { LayerNorm } from "../layers/norm.ts";
import { Sequential } from "../layers/sequential.ts";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkPass } from "../pass.ts";
import { checkSpatial, keysOf } from "../settings.ts";
import type { ModelOptions } from "./options.ts";
import { checkModel } from "./options.ts";
import type { PartOptions } from "./patches.ts";
import { Mlp, PatchEmbed } from "./patches.ts";

/** Options of {@link MlpMixer}: 1,000 classes and 3 channels unless told. */
export interface MlpMixerOptions extends ModelOptions {
  /** Pixels of an image's side; 224 unless told. */
  readonly size?: number;
  /** Pixels of a patch's side; 16 unless told. */
  readonly patch?: number;
  /** Features of a patch. */
  readonly features: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Share that every dropout drops in training; 0 unless told. */
  readonly dropout?: number;
}

class Block extends Module {
  readonly norm1: LayerNorm;
  readonly mlp_tokens: Mlp;
  readonly norm2: LayerNorm;
  readonly mlp_channels: Mlp;

  constructor(patches: number, features: number, options: PartOptions) {
    super();
    const [a, b] = keysOf("Block", options.key, 2) as [Key, Key];
    const norm = { epsilon: 1e-6, dtype: options.dtype };
    this.norm1 = new LayerNorm(features, norm);
    this.mlp_tokens = new Mlp(patches, features / 2, { ...options, key: a });
    this.norm2 = new LayerNorm(features, norm);
    this.mlp_channels = new Mlp(features, features * 4, { ...options, key: b });
  }

  forward(x: Tensor, pass?: Pass): Tensor {
    const h = add(x, swapaxes(this.mlp_tokens.call(swapaxes(this.norm1.call(x), 1, 2), pass), 1, 2));
    return add(h, this.mlp_channels.call(this.norm2.call(h), pass));
  }
}

/**
 * MLP-Mixer (Tolstikhin et al. 2021): linear layers along the patches and along the features in turns, under timm's names: `stem.proj`,
 * `blocks.0.mlp_tokens.fc1`, …, `norm`, `head`. As there, the head starts from zeros.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when the patch does not divide the size, features are odd, or for a bad option
 * @example
 * ```ts
 * const model = mixerSmall({ key: key(0) });
 * model.call(zeros([1, 3, 224, 224])).shape; // [1, 1000]
 * ```
 */
export class MlpMixer extends Module {
  /** Patches as features. */
  readonly stem: PatchEmbed;
  /** The blocks. */
  readonly blocks: Sequential;
  /** After the last block. */
  readonly norm: LayerNorm;
  /** Classes. */
  readonly head: Linear;
  /** Pixels of an image's side. */
  readonly size: number;

  constructor(options: MlpMixerOptions) {
    super();
    const op = "MlpMixer";
    const whole = check.integer("[1, ∞)");
    const share = check.number("[0, 1)");
    checkModel(op, options, { size: whole, patch: whole, features: whole, depth: whole, dropout: share });
    const { key, size = 224, patch = 16, features, depth, classes = 1000, channels = 3 } = options;
    const { dropout = 0, dtype = "f32" } = options;
    for (const [name, value] of Object.entries({ features, depth })) whole(op, value, name);
    if (size % patch !== 0) throw new ArgumentError(`${op}: patch: ${patch} does not divide the size ${size}`);
    if (features % 2 !== 0) throw new ArgumentError(`${op}: features: expected an even number, got ${features}`);
    const [a, b, c] = keysOf(op, key, 3) as [Key, Key, Key];
    const part = { init: xavierUniform, dropout, dtype };
    this.stem = new PatchEmbed(channels, features, patch, { ...part, key: a });
    this.blocks = new Sequential(
      ...keysOf(op, b, depth).map((own) => new Block((size / patch) ** 2, features, { ...part, key: own })),
    );
    this.norm = new LayerNorm(features, { epsilon: 1e-6, dtype });
    this.head = new Linear(features, classes, { key: c, init: zerosInit, biasInit: zerosInit, dtype });
    this.size = size;
  }

  /** `[batch, channels, size, size]` → `[batch, classes]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor, pass?: Pass): Tensor {
    const op = "MlpMixer";
    checkSpatial(op, x, 2, this.stem.proj.weight.shape[1] as number);
    checkPass(op, pass);
    if (x.shape[2] !== this.size || x.shape[3] !== this.size)
      throw new ShapeError(`${op}: x: expected images of ${this.size}×${this.size} pixels, got [${x.shape}]`);
    return this.head.call(mean(this.norm.call(this.blocks.call(this.stem.call(x), pass)), 1));
  }
}

/** Options of the mixers of known sizes. */
export type MixerOptions = Omit<MlpMixerOptions, "features" | "depth">;

/** {@link MlpMixer} Mixer-S: 18,528,264 parameters at patch 16. Throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as it does. */
export const mixerSmall = (options: MixerOptions): MlpMixer => new MlpMixer({ ...options, features: 512, depth: 8 });

/** {@link MlpMixer} Mixer-B: 59,880,472 parameters at patch 16. Throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as it does. */
export const mixerBase = (options: MixerOptions): MlpMixer => new MlpMixer({ ...options, features: 768, depth: 12 });
