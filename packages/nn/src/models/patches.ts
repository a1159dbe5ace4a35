import type { DType, Key, Tensor } from "@gradus/tensor";
import { gelu, permute, reshape } from "@gradus/tensor";
import type { Initializer } from "../init.ts";
import { zerosInit } from "../init.ts";
import { Conv2d } from "../layers/conv.ts";
import { Dropout } from "../layers/dropout.ts";
import { Linear } from "../layers/linear.ts";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { keysOf } from "../settings.ts";

/** How the parts of a model start. */
export interface PartOptions {
  /** Source of the first values. */
  readonly key: Key;
  /** First values of the weights; biases start from zeros. */
  readonly init: Initializer;
  /** Share that is dropped in training. */
  readonly dropout: number;
  /** Float dtype of the parameters. */
  readonly dtype: DType;
}

/** Images as sequences of patches: `[batch, channels, height, width]` → `[batch, patches, features]`, row by row. */
export class PatchEmbed extends Module {
  /** `[features, channels, patch, patch]`. */
  readonly proj: Conv2d;

  constructor(channels: number, features: number, patch: number, { key, init, dtype }: PartOptions) {
    super();
    this.proj = new Conv2d(channels, features, patch, { key, stride: patch, init, biasInit: zerosInit, dtype });
  }

  /** `[batch, channels, height, width]` → `[batch, patches, features]`. */
  forward(x: Tensor): Tensor {
    const y = this.proj.call(x);
    const [n, c, h, w] = y.shape as [number, number, number, number];
    return permute(reshape(y, [n, c, h * w]), [0, 2, 1]);
  }
}

/** Two linear layers with a GELU between them. */
export class Mlp extends Module {
  /** `[hidden, features]`. */
  readonly fc1: Linear;
  /** After the GELU. */
  readonly drop1: Dropout;
  /** `[features, hidden]`. */
  readonly fc2: Linear;
  /** At the end. */
  readonly drop2: Dropout;

  constructor(features: number, hidden: number, { key, init, dropout, dtype }: PartOptions) {
    super();
    const [a, b] = keysOf("Mlp", key, 2) as [Key, Key];
    this.fc1 = new Linear(features, hidden, { key: a, init, biasInit: zerosInit, dtype });
    this.drop1 = new Dropout(dropout);
    this.fc2 = new Linear(hidden, features, { key: b, init, biasInit: zerosInit, dtype });
    this.drop2 = new Dropout(dropout);
  }

  /** `[..., features]` → the same. */
  forward(x: Tensor, pass?: Pass): Tensor {
    return this.drop2.call(this.fc2.call(this.drop1.call(gelu(this.fc1.call(x)), pass)), pass);
  }
}
