import { Conv2d, GlobalPool, kaimingNormal, Linear, Module, type Pass } from "@gradus/nn";
import type { Key, Tensor } from "@gradus/tensor";
import { add, split } from "@gradus/tensor";

/** A layer that normalises and activates so many channels. */
export type Norm = (channels: number) => Module;

const conv = (inputs: number, outputs: number, key: Key, size = 3, stride = 1, groups = 1): Conv2d =>
  new Conv2d(inputs, outputs, size, { key, stride, padding: size >> 1, bias: false, groups, init: kaimingNormal });

/** Two convolutions beside the input, each behind a layer that normalises and activates. */
class Block extends Module {
  readonly norm1: Module;
  readonly conv1: Conv2d;
  readonly norm2: Module;
  readonly conv2: Conv2d;
  readonly short: Conv2d | null;

  constructor(inputs: number, outputs: number, stride: number, norm: Norm, key: Key) {
    super();
    const [a, b, c] = split(key, 3) as [Key, Key, Key];
    this.norm1 = norm(inputs);
    this.conv1 = conv(inputs, outputs, a, 3, stride);
    this.norm2 = norm(outputs);
    this.conv2 = conv(outputs, outputs, b);
    this.short = inputs === outputs && stride === 1 ? null : conv(inputs, outputs, c, 1, stride);
  }

  forward(x: Tensor, pass?: Pass): Tensor {
    const active: Tensor = this.norm1.call(x, pass);
    const deep = this.conv2.call(this.norm2.call(this.conv1.call(active), pass));
    return add(deep, this.short === null ? x : this.short.call(active));
  }
}

/** A convolution per channel and one that mixes channels. */
class Separable extends Module {
  readonly norm: Module;
  readonly deep: Conv2d;
  readonly mix: Conv2d;

  constructor(inputs: number, outputs: number, norm: Norm, key: Key) {
    super();
    const [a, b] = split(key) as [Key, Key];
    this.norm = norm(inputs);
    this.deep = conv(inputs, inputs, a, 3, 1, inputs);
    this.mix = conv(inputs, outputs, b, 1);
  }

  forward(x: Tensor, pass?: Pass): Tensor {
    return this.mix.call(this.deep.call(this.norm.call(x, pass)));
  }
}

/** A stem, blocks, a last layer that normalises and activates, the mean over space, and classes. */
export class Net extends Module {
  readonly stem: Conv2d;
  readonly blocks: readonly Module[];
  readonly norm: Module;
  readonly pool: GlobalPool;
  readonly head: Linear;

  constructor(stem: Conv2d, blocks: readonly Module[], norm: Module, head: Linear) {
    super();
    this.stem = stem;
    this.blocks = blocks;
    this.norm = norm;
    this.pool = new GlobalPool();
    this.head = head;
  }

  forward(x: Tensor, pass?: Pass): Tensor {
    const deep = this.blocks.reduce((y, block) => block.call(y, pass) as Tensor, this.stem.call(x));
    return this.head.call(this.pool.call(this.norm.call(deep, pass)));
  }
}

/** How a net is made for images of so many channels and classes. */
export type Architecture = (norm: Norm, channels: number, classes: number, key: Key) => Net;

/** Three stages of 8, 16 and 32 channels, one block each, of which the last one is a single place wide for images of 14. */
export const residual: Architecture = (norm, channels, classes, key) => {
  const [a, b, c, d, e] = split(key, 5) as [Key, Key, Key, Key, Key];
  const blocks = [new Block(8, 8, 2, norm, b), new Block(8, 16, 2, norm, c), new Block(16, 32, 2, norm, d)];
  return new Net(conv(channels, 8, a, 3, 2), blocks, norm(32), new Linear(32, classes, { key: e }));
};

/** One residual block of 12 channels at half the size. */
export const smallResidual: Architecture = (norm, channels, classes, key) => {
  const [a, b, c] = split(key, 3) as [Key, Key, Key];
  const blocks = [new Block(12, 12, 1, norm, b)];
  return new Net(conv(channels, 12, a, 3, 2), blocks, norm(12), new Linear(12, classes, { key: c }));
};

/** Two depth-wise separable convolutions at half the size. */
export const smallSeparable: Architecture = (norm, channels, classes, key) => {
  const [a, b, c, d] = split(key, 4) as [Key, Key, Key, Key];
  const blocks = [new Separable(16, 24, norm, b), new Separable(24, 24, norm, c)];
  return new Net(conv(channels, 16, a, 3, 2), blocks, norm(24), new Linear(24, classes, { key: d }));
};

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
