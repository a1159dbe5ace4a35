import type { DType, Key, Tensor } from "@gradus/tensor";
import { check, concat, relu, ShapeError } from "@gradus/tensor";
import { BatchNorm2d } from "../layers/batch-norm.ts";
import { Conv2d } from "../layers/conv.ts";
import { ConvTranspose2d } from "../layers/conv-transpose.ts";
import { MaxPool2d } from "../layers/pooling.ts";
import { Sequential } from "../layers/sequential.ts";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkSpatial, keysOf } from "../settings.ts";
import type { ModelOptions } from "./options.ts";
import { checkModel } from "./options.ts";

/** Options of {@link UNet}: 1 class and 1 channel unless told. */
export interface UNetOptions extends ModelOptions {
  /** Channels at full size, twice as many at each half; 16 unless told. */
  readonly width?: number;
  /** How often the size is halved; 3 unless told. */
  readonly levels?: number;
}

/** Two 3×3 convolutions, each with batch norm and ReLU. */
export class DoubleConv extends Module {
  /** Convolutions, norms and ReLUs. */
  readonly double_conv: Sequential;

  constructor(inputs: number, outputs: number, key: Key, dtype: DType) {
    super();
    const [a, b] = keysOf("DoubleConv", key, 2) as [Key, Key];
    this.double_conv = new Sequential(
      new Conv2d(inputs, outputs, 3, { key: a, padding: 1, bias: false, dtype }),
      new BatchNorm2d(outputs, { dtype }),
      relu,
      new Conv2d(outputs, outputs, 3, { key: b, padding: 1, bias: false, dtype }),
      new BatchNorm2d(outputs, { dtype }),
      relu,
    );
  }

  /** `[batch, inputs, height, width]` → `[batch, outputs, height, width]`. */
  forward(x: Tensor, pass?: Pass): Tensor {
    return this.double_conv.call(x, pass);
  }
}

/** Half the size, then two convolutions. */
export class Down extends Module {
  /** Pooling and {@link DoubleConv}. */
  readonly maxpool_conv: Sequential;

  constructor(width: number, key: Key, dtype: DType) {
    super();
    this.maxpool_conv = new Sequential(new MaxPool2d(2), new DoubleConv(width, width * 2, key, dtype));
  }

  /** `[batch, width, height, width]` → twice the channels at half the size. */
  forward(x: Tensor, pass?: Pass): Tensor {
    return this.maxpool_conv.call(x, pass);
  }
}

/** Twice the size, beside what was there on the way down, then two convolutions. */
export class Up extends Module {
  /** 2×2, stride 2. */
  readonly up: ConvTranspose2d;
  /** Of both. */
  readonly conv: DoubleConv;

  constructor(width: number, key: Key, dtype: DType) {
    super();
    const [a, b] = keysOf("Up", key, 2) as [Key, Key];
    this.up = new ConvTranspose2d(width * 2, width, 2, { key: a, stride: 2, dtype });
    this.conv = new DoubleConv(width * 2, width, b, dtype);
  }

  /** Both joined: half the channels at twice the size of `x`. */
  forward(x: Tensor, beside: Tensor, pass?: Pass): Tensor {
    return this.conv.call(concat([beside, this.up.call(x)], 1), pass);
  }
}

/** The last layer. */
export class OutConv extends Module {
  /** 1×1. */
  readonly conv: Conv2d;

  constructor(width: number, classes: number, key: Key, dtype: DType) {
    super();
    this.conv = new Conv2d(width, classes, 1, { key, dtype });
  }

  /** `[batch, width, …]` → `[batch, classes, …]`. */
  forward(x: Tensor): Tensor {
    return this.conv.call(x);
  }
}

/**
 * U-Net (Ronneberger et al. 2015) with padded convolutions and batch norm, which gives every pixel a score per class. Width 64 and 4 levels are
 * the paper's; parameters are called `inc`, `down1`, …, `up1`, …, `outc`, as in the common PyTorch implementation.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * const model = new UNet({ key: key(0), channels: 3 });
 * model.call(zeros([1, 3, 64, 64])).shape; // [1, 1, 64, 64]
 * ```
 */
export class UNet extends Module {
  readonly [down: `down${number}`]: Down;
  readonly [up: `up${number}`]: Up;
  /** At full size. */
  readonly inc: DoubleConv;
  /** Scores. */
  readonly outc: OutConv;
  /** How often the size is halved. */
  readonly levels: number;

  constructor(options: UNetOptions) {
    super();
    const size = check.integer("[1, ∞)");
    checkModel("UNet", options, { width: size, levels: size });
    const { key, width = 16, levels = 3, classes = 1, channels = 1, dtype = "f32" } = options;
    const keys = keysOf("UNet", key, 2 * levels + 2);
    const fields: Record<string, Module> = {};
    for (let i = 0; i < levels; i++) fields[`down${i + 1}`] = new Down(width * 2 ** i, keys[i] as Key, dtype);
    for (let i = 0; i < levels; i++)
      fields[`up${i + 1}`] = new Up(width * 2 ** (levels - 1 - i), keys[levels + i] as Key, dtype);
    this.inc = new DoubleConv(channels, width, keys[2 * levels] as Key, dtype);
    Object.assign(this, fields);
    this.outc = new OutConv(width, classes, keys[2 * levels + 1] as Key, dtype);
    this.levels = levels;
  }

  /** `[batch, channels, height, width]` → `[batch, classes, height, width]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} unless both sides can be halved that often. */
  forward(x: Tensor, pass?: Pass): Tensor {
    const first = this.inc.double_conv[0] as Conv2d;
    checkSpatial("UNet", x, 2, first.weight.shape[1] as number);
    const least = 2 ** this.levels;
    if (x.shape.slice(2).some((n) => n === 0 || n % least !== 0))
      throw new ShapeError(`UNet: x: the sides of [${x.shape}] are no multiples of ${least}; pad it first`);
    const kept = [this.inc.call(x, pass)];
    for (let i = 1; i <= this.levels; i++) kept.push((this[`down${i}`] as Down).call(kept.at(-1) as Tensor, pass));
    let y = kept.pop() as Tensor;
    for (let i = 1; i <= this.levels; i++) y = (this[`up${i}`] as Up).call(y, kept.pop() as Tensor, pass);
    return this.outc.call(y);
  }
}
