import { crossEntropy, Linear, Module } from "@gradus/nn";
import type { Key, Tensor } from "@gradus/tensor";
import { bernoulli, key, relu, tensor, where } from "@gradus/tensor";
import type { Batches, TrainOptions } from "../src/index.ts";
import { adamw, batches, chain, clipByGlobalNorm, cosine } from "../src/index.ts";

/** Labels by the largest of three values, from four. */
export class Net extends Module {
  readonly a: Linear;
  readonly b: Linear;
  constructor(seed: number) {
    super();
    this.a = new Linear(4, 8, { key: key(seed) });
    this.b = new Linear(8, 3, { key: key(seed + 1) });
  }
  forward(x: Tensor, k: Key): Tensor {
    const h = relu(this.a.call(x));
    return this.b.call(where(bernoulli(k, 0.9, h.shape), h, 0));
  }
}

export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}
const N = 30;
const values = Array.from({ length: N * 4 }, (_, i) => Math.sin(i * 7.7));
/** The label is the largest of the first three values, so there is something to learn. */
const answers = Array.from({ length: N }, (_, n) =>
  [0, 1, 2].reduce((best, c) => (values[n * 4 + c]! > values[n * 4 + best]! ? c : best), 0),
);
export const data = (size = 8): Batches<Batch> =>
  batches({ x: tensor(values, { shape: [N, 4] }), y: tensor(answers, { dtype: "u8" }) }, size, key(9), {
    dropLast: true,
  });
export const options = (epochs: number, more: Partial<TrainOptions<Net, Batch>> = {}): TrainOptions<Net, Batch> => ({
  optimizer: chain(clipByGlobalNorm(1), adamw({ learningRate: cosine({ peak: 0.03, warmup: 3, steps: 600 }) })),
  loss: (net, { x, y }, k) => crossEntropy(net.call(x, k), y),
  data: data(),
  epochs,
  key: key(4),
  ...more,
});
