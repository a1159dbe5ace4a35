import { accuracy, Conv2d, crossEntropy, Flatten, Linear, MaxPool2d, type Module, Sequential } from "@gradus/nn";
import { batches, type Optimizer, train } from "@gradus/optim";
import type { Key, Tensor } from "@gradus/tensor";
import { cast, dispose, jit, mul, relu, split, tensor } from "@gradus/tensor";
import type { Dataset, Labelled } from "@gradus/tools";

/** Bytes as numbers from 0 to 1. */
export const normalize = (images: Tensor): Tensor => mul(cast(images, "f32"), 1 / 255);

/** Two convolutions 3x3 with pooling and a linear layer, for images of `dataset`. */
export function convNet(dataset: Dataset, key: Key, [one, two]: readonly [number, number] = [8, 16]): Sequential {
  const [a, b, c] = split(key, 3) as [Key, Key, Key];
  const [channels, height, width] = dataset.train.shape;
  return new Sequential(
    new Conv2d(channels, one, 3, { padding: 1, key: a }),
    relu,
    new MaxPool2d(2),
    new Conv2d(one, two, 3, { padding: 1, key: b }),
    relu,
    new MaxPool2d(2),
    new Flatten(),
    new Linear(two * Math.floor(height / 4) * Math.floor(width / 4), dataset.classes, { key: c }),
  );
}

/** A hidden layer or more, and a linear one. */
export function mlp(sizes: readonly number[], activation: (x: Tensor) => Tensor, key: Key): Sequential {
  const keys = split(key, sizes.length - 1);
  const layers = sizes.slice(1).flatMap((n, i) => {
    const linear = new Linear(sizes[i] as number, n, { key: keys[i] as Key });
    return i < sizes.length - 2 ? [linear, activation] : [linear];
  });
  return new Sequential(new Flatten(), ...layers);
}

export const loss = (net: Module, { images, labels }: Labelled): Tensor =>
  crossEntropy(net.call(normalize(images)), labels);

const judged = jit((net: Module, { images, labels }: Labelled): [Tensor, Tensor] => {
  const logits = net.call(normalize(images));
  return [crossEntropy(logits, labels), accuracy(logits, labels)];
});

/** Mean loss, and share of the images that are read, a thousand at a time. */
export async function judge(net: Module, { images, labels }: Labelled): Promise<{ loss: number; accuracy: number }> {
  const n = images.shape[0] as number;
  const [pixels, answers] = [await images.data(), await labels.data()];
  const each = images.size / n;
  const sums = { loss: 0, accuracy: 0 };
  for (let from = 0; from < n; from += 1000) {
    const end = Math.min(n, from + 1000);
    const part = {
      images: tensor(pixels.slice(from * each, end * each) as Uint8Array, {
        shape: [end - from, ...images.shape.slice(1)],
      }),
      labels: tensor(answers.slice(from, end) as Uint8Array),
    };
    const [l, a] = judged(net, part);
    sums.loss += ((await l.item()) * (end - from)) / n;
    sums.accuracy += ((await a.item()) * (end - from)) / n;
    dispose([l, a, part]);
  }
  return sums;
}

/** What {@link fit} is told. */
export interface Fit {
  readonly optimizer: (steps: number) => Optimizer;
  readonly data: Labelled;
  readonly epochs: number;
  readonly size: number;
  readonly key: Key;
  readonly signal: AbortSignal;
}

/** The net trained; the rule is told how many steps there will be. Throws when the signal stops it. */
export async function fit<M extends Module>(
  net: M,
  { optimizer, data, epochs, size, key, signal }: Fit,
): Promise<{ model: M; state: unknown }> {
  const cut = batches(data, size, key, { dropLast: true });
  const result = await train(net, { optimizer: optimizer(epochs * cut.steps), data: cut, epochs, loss, signal });
  signal.throwIfAborted();
  return { model: result.model, state: result.optimizer };
}

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
