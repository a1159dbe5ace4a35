import type { Key, Tensor } from "@gradus/tensor";
import { ArgumentError, check, relu } from "@gradus/tensor";
import { GlobalPool } from "../layers/adaptive-pooling.ts";
import { BatchNorm2d } from "../layers/batch-norm.ts";
import type { Conv2d } from "../layers/conv.ts";
import { Linear } from "../layers/linear.ts";
import type { Sequential } from "../layers/sequential.ts";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkSpatial, keysOf } from "../settings.ts";
import type { Shortcut } from "./blocks.ts";
import { BasicBlock, convolution, stage } from "./blocks.ts";
import type { ModelOptions } from "./options.ts";
import { checkModel } from "./options.ts";

/** Options of {@link CifarResNet}: 10 classes and 3 channels unless told. */
export interface CifarResNetOptions extends ModelOptions {
  /** Layers, 6n + 2; the first argument of the functions that make one. */
  readonly depth: number;
  /** Beside a change of shape: zeros as further channels (the paper's option A), or a 1×1 convolution (B); zeros unless told. */
  readonly shortcut?: Shortcut;
  /** Channels of the first stage; 16 unless told. */
  readonly width?: number;
}

/**
 * Residual network for small images, 3×3 convolutions throughout (He et al. 2016, section 4.2), under torchvision's names: `conv1`, `bn1`,
 * `layer1.0.conv1`, …, `fc`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when the depth is not 6n + 2, or for a bad option
 * @example
 * ```ts
 * const model = resnet20({ key: key(0) });
 * model.call(zeros([1, 3, 32, 32])).shape; // [1, 10]
 * ```
 */
export class CifarResNet extends Module {
  /** 3×3. */
  readonly conv1: Conv2d;
  /** After the first convolution. */
  readonly bn1: BatchNorm2d;
  /** First stage. */
  readonly layer1: Sequential;
  /** Second stage, at half the size. */
  readonly layer2: Sequential;
  /** Third stage, at half the size. */
  readonly layer3: Sequential;
  /** Mean of every channel. */
  readonly avgpool: GlobalPool;
  /** Classes. */
  readonly fc: Linear;

  constructor(options: CifarResNetOptions) {
    super();
    const size = check.integer("[1, ∞)");
    const word = check.oneOf("projection", "zeros");
    checkModel("CifarResNet", options, { depth: check.anything, shortcut: word, width: size });
    const { key, depth, shortcut = "zeros", width = 16, classes = 10, channels = 3, dtype = "f32" } = options;
    if (!Number.isInteger(depth) || depth < 8 || depth % 6 !== 2)
      throw new ArgumentError(`CifarResNet: depth: expected 6n + 2, such as 20 or 56, got ${check.said(depth)}`);
    const keys = keysOf("CifarResNet", key, 5);
    this.conv1 = convolution(channels, width, 3, 1, keys[0] as Key, dtype);
    this.bn1 = new BatchNorm2d(width, { dtype });
    const [layer1, layer2, layer3] = [0, 1, 2].map((i) =>
      stage(BasicBlock, (depth - 2) / 6, {
        inputs: i === 0 ? width : width * 2 ** (i - 1),
        width: width * 2 ** i,
        stride: i === 0 ? 1 : 2,
        shortcut,
        key: keys[i + 1] as Key,
        dtype,
      }),
    ) as [Sequential, Sequential, Sequential];
    this.layer1 = layer1;
    this.layer2 = layer2;
    this.layer3 = layer3;
    this.avgpool = new GlobalPool();
    this.fc = new Linear(width * 4, classes, { key: keys[4] as Key, dtype });
  }

  /** `[batch, channels, height, width]` → `[batch, classes]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor, pass?: Pass): Tensor {
    checkSpatial("CifarResNet", x, 2, this.conv1.weight.shape[1] as number);
    const h = relu(this.bn1.call(this.conv1.call(x), pass));
    const stages = [this.layer1, this.layer2, this.layer3];
    return this.fc.call(this.avgpool.call(stages.reduce((t, s) => s.call(t, pass), h)));
  }
}

/** {@link CifarResNet} of 20 layers: 269,722 parameters, 272,474 with projections. Throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as it does. */
export const resnet20 = (options: Omit<CifarResNetOptions, "depth">): CifarResNet =>
  new CifarResNet({ ...options, depth: 20 });

/** {@link CifarResNet} of 56 layers: 853,018 parameters, 855,770 with projections. Throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as it does. */
export const resnet56 = (options: Omit<CifarResNetOptions, "depth">): CifarResNet =>
  new CifarResNet({ ...options, depth: 56 });
