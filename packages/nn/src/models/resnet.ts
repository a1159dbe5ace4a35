import type { Key, Tensor } from "@gradus/tensor";
import { ArgumentError, check, relu } from "@gradus/tensor";
import { GlobalPool } from "../layers/adaptive-pooling.ts";
import { BatchNorm2d } from "../layers/batch-norm.ts";
import type { Conv2d } from "../layers/conv.ts";
import { Linear } from "../layers/linear.ts";
import { MaxPool2d } from "../layers/pooling.ts";
import type { Sequential } from "../layers/sequential.ts";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkSpatial, keysOf } from "../settings.ts";
import { BasicBlock, Bottleneck, convolution, stage } from "./blocks.ts";
import type { ModelOptions } from "./options.ts";
import { checkModel } from "./options.ts";

/** Options of {@link ResNet}: 1,000 classes and 3 channels unless told. */
export interface ResNetOptions extends ModelOptions {
  /** Blocks of the four stages. */
  readonly blocks: readonly [number, number, number, number];
  /** Blocks of two 3×3 convolutions, or of one between 1×1 ones; the first unless told. */
  readonly bottleneck?: boolean;
  /** Channels of the first stage; 64 unless told. */
  readonly width?: number;
}

/**
 * Residual network for images of about 224 pixels (He et al. 2016, table 1), under torchvision's names: `conv1`, `bn1`, `layer1.0.conv1`, …, `fc`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * const model = resnet18({ key: key(0) });
 * model.call(zeros([1, 3, 224, 224])).shape; // [1, 1000]
 * ```
 */
export class ResNet extends Module {
  /** 7×7, stride 2. */
  readonly conv1: Conv2d;
  /** After the first convolution. */
  readonly bn1: BatchNorm2d;
  /** 3×3, stride 2. */
  readonly maxpool: MaxPool2d;
  /** First stage. */
  readonly layer1: Sequential;
  /** Second stage, at half the size. */
  readonly layer2: Sequential;
  /** Third stage, at half the size. */
  readonly layer3: Sequential;
  /** Fourth stage, at half the size. */
  readonly layer4: Sequential;
  /** Mean of every channel. */
  readonly avgpool: GlobalPool;
  /** Classes. */
  readonly fc: Linear;

  constructor(options: ResNetOptions) {
    super();
    const size = check.integer("[1, ∞)");
    checkModel("ResNet", options, { blocks: check.anything, bottleneck: check.flag, width: size });
    const { key, blocks, bottleneck = false, width = 64, classes = 1000, channels = 3, dtype = "f32" } = options;
    if (!Array.isArray(blocks) || blocks.length !== 4)
      throw new ArgumentError(`ResNet: blocks: expected four numbers, got ${check.said(blocks)}`);
    for (const n of blocks) size("ResNet", n, "blocks");
    const block = bottleneck ? Bottleneck : BasicBlock;
    const keys = keysOf("ResNet", key, 6);
    this.conv1 = convolution(channels, width, 7, 2, keys[0] as Key, dtype);
    this.bn1 = new BatchNorm2d(width, { dtype });
    this.maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
    const [layer1, layer2, layer3, layer4] = blocks.map((count, i) =>
      stage(block, count as number, {
        inputs: i === 0 ? width : width * 2 ** (i - 1) * block.expansion,
        width: width * 2 ** i,
        stride: i === 0 ? 1 : 2,
        shortcut: "projection",
        key: keys[i + 1] as Key,
        dtype,
      }),
    ) as [Sequential, Sequential, Sequential, Sequential];
    this.layer1 = layer1;
    this.layer2 = layer2;
    this.layer3 = layer3;
    this.layer4 = layer4;
    this.avgpool = new GlobalPool();
    this.fc = new Linear(width * 8 * block.expansion, classes, { key: keys[5] as Key, dtype });
  }

  /** `[batch, channels, height, width]` → `[batch, classes]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor, pass?: Pass): Tensor {
    checkSpatial("ResNet", x, 2, this.conv1.weight.shape[1] as number);
    const h = this.maxpool.call(relu(this.bn1.call(this.conv1.call(x), pass)));
    const stages = [this.layer1, this.layer2, this.layer3, this.layer4];
    return this.fc.call(this.avgpool.call(stages.reduce((t, s) => s.call(t, pass), h)));
  }
}

/** {@link ResNet} of 18 layers: 11,689,512 parameters. Throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as it does. */
export const resnet18 = (options: ModelOptions): ResNet => new ResNet({ ...options, blocks: [2, 2, 2, 2] });

/** {@link ResNet} of 34 layers: 21,797,672 parameters. Throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as it does. */
export const resnet34 = (options: ModelOptions): ResNet => new ResNet({ ...options, blocks: [3, 4, 6, 3] });

/** {@link ResNet} of 50 layers: 25,557,032 parameters. Throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as it does. */
export const resnet50 = (options: ModelOptions): ResNet =>
  new ResNet({ ...options, blocks: [3, 4, 6, 3], bottleneck: true });
