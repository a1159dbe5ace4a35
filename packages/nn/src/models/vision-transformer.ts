import type { Key, Tensor } from "@gradus/tensor";
import { ArgumentError, add, broadcastTo, check, concat, permute, reshape, ShapeError } from "@gradus/tensor";
import { attend } from "../attention/attend.ts";
import { normalInit, truncatedNormalInit, zerosInit } from "../init.ts";
import { Dropout, DropPath } from "../layers/dropout.ts";
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

/** Options of {@link VisionTransformer}: 1,000 classes and 3 channels unless told. */
export interface VisionTransformerOptions extends ModelOptions {
  /** Pixels of an image's side; 224 unless told. */
  readonly size?: number;
  /** Pixels of a patch's side; 16 unless told. */
  readonly patch?: number;
  /** Features of a patch. */
  readonly features: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Heads of each attention. */
  readonly heads: number;
  /** Features between the linear layers of a block; four times the features unless told. */
  readonly hidden?: number;
  /** Share that every dropout drops in training; 0 unless told. */
  readonly dropout?: number;
  /** Share of examples whose last branches are dropped in training, less the earlier a block is; 0 unless told. */
  readonly dropPath?: number;
}

class Attention extends Module {
  readonly qkv: Linear;
  readonly proj: Linear;
  readonly proj_drop: Dropout;
  readonly heads: number;
  readonly dropout: number;

  constructor(features: number, heads: number, { key, init, dropout, dtype }: PartOptions) {
    super();
    const [a, b] = keysOf("Attention", key, 2) as [Key, Key];
    this.qkv = new Linear(features, 3 * features, { key: a, init, biasInit: zerosInit, dtype });
    this.proj = new Linear(features, features, { key: b, init, biasInit: zerosInit, dtype });
    this.proj_drop = new Dropout(dropout);
    this.heads = heads;
    this.dropout = dropout;
  }

  forward(x: Tensor, pass?: Pass): Tensor {
    const [n, t, c] = x.shape as [number, number, number];
    const parts = permute(reshape(this.qkv.call(x), [n, t, 3, this.heads, c / this.heads]), [2, 0, 3, 1, 4]);
    const drop = pass?.training && this.dropout > 0 ? ([this.dropout, pass.key("Attention")] as const) : null;
    const y = attend(parts.at(0), parts.at(1), parts.at(2), { mask: null, places: null, drop });
    return this.proj_drop.call(this.proj.call(reshape(permute(y, [0, 2, 1, 3]), [n, t, c])), pass);
  }
}

class Block extends Module {
  readonly norm1: LayerNorm;
  readonly attn: Attention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly drop_path1: DropPath;
  readonly drop_path2: DropPath;

  constructor(features: number, heads: number, hidden: number, dropPath: number, options: PartOptions) {
    super();
    const [a, b] = keysOf("Block", options.key, 2) as [Key, Key];
    const norm = { epsilon: 1e-6, dtype: options.dtype };
    this.norm1 = new LayerNorm(features, norm);
    this.attn = new Attention(features, heads, { ...options, key: a });
    this.norm2 = new LayerNorm(features, norm);
    this.mlp = new Mlp(features, hidden, { ...options, key: b });
    this.drop_path1 = new DropPath(dropPath);
    this.drop_path2 = new DropPath(dropPath);
  }

  forward(x: Tensor, pass?: Pass): Tensor {
    const h = add(x, this.drop_path1.call(this.attn.call(this.norm1.call(x), pass), pass));
    return add(h, this.drop_path2.call(this.mlp.call(this.norm2.call(h), pass), pass));
  }
}

/**
 * Vision transformer (Dosovitskiy et al. 2021) under timm's names: `cls_token`, `pos_embed`, `patch_embed.proj`, `blocks.0.attn.qkv`, …, `norm`, `head`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when the patch does not divide the size, or the heads the features; or for a bad option
 * @example
 * ```ts
 * const model = vitTiny({ key: key(0) });
 * model.call(zeros([1, 3, 224, 224])).shape; // [1, 1000]
 * ```
 */
export class VisionTransformer extends Module {
  /** What the classes are read from, `[1, 1, features]`. */
  readonly cls_token: Tensor;
  /** `[1, patches + 1, features]`. */
  readonly pos_embed: Tensor;
  /** Patches as features. */
  readonly patch_embed: PatchEmbed;
  /** After the positions. */
  readonly pos_drop: Dropout;
  /** The blocks. */
  readonly blocks: Sequential;
  /** After the last block. */
  readonly norm: LayerNorm;
  /** Classes. */
  readonly head: Linear;
  /** Pixels of an image's side. */
  readonly size: number;

  constructor(options: VisionTransformerOptions) {
    super();
    const op = "VisionTransformer";
    const whole = check.integer("[1, ∞)");
    const share = check.number("[0, 1)");
    checkModel(op, options, {
      size: whole,
      patch: whole,
      features: whole,
      depth: whole,
      heads: whole,
      hidden: whole,
      dropout: share,
      dropPath: share,
    });
    const { key, size = 224, patch = 16, features, depth, heads, hidden = 4 * features } = options;
    const { classes = 1000, channels = 3, dropout = 0, dropPath = 0, dtype = "f32" } = options;
    for (const [name, value] of Object.entries({ features, depth, heads })) whole(op, value, name);
    if (size % patch !== 0) throw new ArgumentError(`${op}: patch: ${patch} does not divide the size ${size}`);
    if (features % heads !== 0) throw new ArgumentError(`${op}: heads: ${heads} does not divide ${features} features`);
    const [a, b, c, d, e] = keysOf(op, key, 5) as [Key, Key, Key, Key, Key];
    const init = truncatedNormalInit(0.02);
    const part = { init, dropout, dtype };
    const patches = (size / patch) ** 2;
    this.cls_token = normalInit(1e-6)(a, [1, 1, features], dtype);
    this.pos_embed = init(b, [1, patches + 1, features], dtype);
    this.patch_embed = new PatchEmbed(channels, features, patch, { ...part, key: c });
    this.pos_drop = new Dropout(dropout);
    this.blocks = new Sequential(
      ...keysOf(op, d, depth).map((own, i) => {
        const rate = depth === 1 ? dropPath : (dropPath * i) / (depth - 1);
        return new Block(features, heads, hidden, rate, { ...part, key: own });
      }),
    );
    this.norm = new LayerNorm(features, { epsilon: 1e-6, dtype });
    this.head = new Linear(features, classes, { key: e, init, biasInit: zerosInit, dtype });
    this.size = size;
  }

  /** `[batch, channels, size, size]` → `[batch, classes]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor, pass?: Pass): Tensor {
    const op = "VisionTransformer";
    checkSpatial(op, x, 2, this.patch_embed.proj.weight.shape[1] as number);
    checkPass(op, pass);
    if (x.shape[2] !== this.size || x.shape[3] !== this.size)
      throw new ShapeError(`${op}: x: expected images of ${this.size}×${this.size} pixels, got [${x.shape}]`);
    const [n, features] = [x.shape[0] as number, this.norm.shape[0] as number];
    const tokens = concat([broadcastTo(this.cls_token, [n, 1, features]), this.patch_embed.call(x)], 1);
    const h = this.blocks.call(this.pos_drop.call(add(tokens, this.pos_embed), pass), pass);
    return this.head.call(this.norm.call(h).at(null, 0));
  }
}

/** Options of the vision transformers of known sizes. */
export type ViTOptions = Omit<VisionTransformerOptions, "features" | "depth" | "heads" | "hidden">;

/** {@link VisionTransformer} ViT-Ti: 5,717,416 parameters at patch 16. Throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as it does. */
export const vitTiny = (options: ViTOptions): VisionTransformer =>
  new VisionTransformer({ ...options, features: 192, depth: 12, heads: 3 });

/** {@link VisionTransformer} ViT-S: 22,050,664 parameters at patch 16. Throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as it does. */
export const vitSmall = (options: ViTOptions): VisionTransformer =>
  new VisionTransformer({ ...options, features: 384, depth: 12, heads: 6 });

/** {@link VisionTransformer} ViT-B: 86,567,656 parameters at patch 16. Throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as it does. */
export const vitBase = (options: ViTOptions): VisionTransformer =>
  new VisionTransformer({ ...options, features: 768, depth: 12, heads: 12 });
