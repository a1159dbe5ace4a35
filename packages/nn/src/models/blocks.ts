import type { DType, Key, Tensor } from "@gradus/tensor";
import { add, pad, relu } from "@gradus/tensor";
import { varianceScaling } from "../init.ts";
import { BatchNorm2d } from "../layers/batch-norm.ts";
import { Conv2d } from "../layers/conv.ts";
import type { Layer } from "../layers/sequential.ts";
import { runLayer, Sequential } from "../layers/sequential.ts";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { keysOf } from "../settings.ts";

/** What residual networks start from (He et al. 2015, for the backward pass). */
const heOut = varianceScaling(2, "out", "normal");

/** A convolution without bias, padded so that a stride of 1 keeps the size. */
export const convolution = (
  inputs: number,
  outputs: number,
  kernel: number,
  stride: number,
  key: Key,
  dtype: DType,
): Conv2d =>
  new Conv2d(inputs, outputs, kernel, { key, stride, padding: (kernel - 1) / 2, bias: false, init: heOut, dtype });

/** What goes beside a block that changes the shape. */
export type Shortcut = "projection" | "zeros";

/** Every `stride`-th pixel, with channels of zeros on both sides (He et al. 2016, option A). */
export const zerosBeside =
  (inputs: number, outputs: number, stride: number): ((x: Tensor) => Tensor) =>
  (x) => {
    const few = x.at(null, null, [null, null, stride], [null, null, stride]);
    const more = outputs - inputs;
    return pad(few, [
      [0, 0],
      [more >> 1, more - (more >> 1)],
      [0, 0],
      [0, 0],
    ]);
  };

function shortcut(
  inputs: number,
  outputs: number,
  stride: number,
  kind: Shortcut,
  key: Key,
  dtype: DType,
): Layer | null {
  if (stride === 1 && inputs === outputs) return null;
  if (kind === "zeros") return zerosBeside(inputs, outputs, stride);
  return new Sequential(convolution(inputs, outputs, 1, stride, key, dtype), new BatchNorm2d(outputs, { dtype }));
}

/** Sizes of a residual block. */
export interface BlockSizes {
  /** Channels that come in. */
  readonly inputs: number;
  /** Channels of the 3×3 convolutions. */
  readonly width: number;
  /** Step of the first 3×3 convolution. */
  readonly stride: number;
  /** What goes beside a change of shape. */
  readonly shortcut: Shortcut;
  /** Source of the first values. */
  readonly key: Key;
  /** Float dtype of the parameters. */
  readonly dtype: DType;
}

/** Two 3×3 convolutions beside a shortcut (He et al. 2016, figure 5 left). */
export class BasicBlock extends Module {
  static readonly expansion: number = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Layer | null;

  constructor({ inputs, width, stride, shortcut: kind, key, dtype }: BlockSizes) {
    super();
    const [a, b, c] = keysOf("BasicBlock", key, 3) as [Key, Key, Key];
    this.conv1 = convolution(inputs, width, 3, stride, a, dtype);
    this.bn1 = new BatchNorm2d(width, { dtype });
    this.conv2 = convolution(width, width, 3, 1, b, dtype);
    this.bn2 = new BatchNorm2d(width, { dtype });
    this.downsample = shortcut(inputs, width, stride, kind, c, dtype);
  }

  forward(x: Tensor, pass?: Pass): Tensor {
    const beside = this.downsample === null ? x : runLayer("BasicBlock", this, "downsample", this.downsample, x, pass);
    const h = relu(this.bn1.call(this.conv1.call(x), pass));
    return relu(add(this.bn2.call(this.conv2.call(h), pass), beside));
  }
}

/** A 3×3 convolution between two 1×1 ones, beside a shortcut (He et al. 2016, figure 5 right; the stride at the 3×3 one). */
export class Bottleneck extends Module {
  static readonly expansion: number = 4;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample: Layer | null;

  constructor({ inputs, width, stride, shortcut: kind, key, dtype }: BlockSizes) {
    super();
    const [a, b, c, d] = keysOf("Bottleneck", key, 4) as [Key, Key, Key, Key];
    const outputs = width * Bottleneck.expansion;
    this.conv1 = convolution(inputs, width, 1, 1, a, dtype);
    this.bn1 = new BatchNorm2d(width, { dtype });
    this.conv2 = convolution(width, width, 3, stride, b, dtype);
    this.bn2 = new BatchNorm2d(width, { dtype });
    this.conv3 = convolution(width, outputs, 1, 1, c, dtype);
    this.bn3 = new BatchNorm2d(outputs, { dtype });
    this.downsample = shortcut(inputs, outputs, stride, kind, d, dtype);
  }

  forward(x: Tensor, pass?: Pass): Tensor {
    const beside = this.downsample === null ? x : runLayer("Bottleneck", this, "downsample", this.downsample, x, pass);
    const h = relu(this.bn1.call(this.conv1.call(x), pass));
    const wide = relu(this.bn2.call(this.conv2.call(h), pass));
    return relu(add(this.bn3.call(this.conv3.call(wide), pass), beside));
  }
}

/** Blocks one after the other, the first of which changes the shape. */
export function stage(
  block: typeof BasicBlock | typeof Bottleneck,
  count: number,
  { key, ...sizes }: BlockSizes,
): Sequential {
  const outputs = sizes.width * block.expansion;
  return new Sequential(
    ...keysOf("stage", key, count).map((own, i) =>
      i === 0 ? new block({ ...sizes, key: own }) : new block({ ...sizes, key: own, inputs: outputs, stride: 1 }),
    ),
  );
}
