import { accuracy, Conv2d, crossEntropy, Flatten, Linear, MaxPool2d, Sequential } from "@gradus/nn";
import { type Key, mul, relu, softmax, split, sub, type Tensor } from "@gradus/tensor";
import type { Digits } from "./data.ts";

/** A convnet that reads digits: two convolutions with pooling after each, and a linear layer. */
export function convnet(key: Key): Sequential {
  const [a, b, c] = split(key, 3) as [Key, Key, Key];
  return new Sequential(
    new Conv2d(1, 16, 3, { key: a, padding: 1 }),
    relu,
    new MaxPool2d(2),
    new Conv2d(16, 32, 3, { key: b, padding: 1 }),
    relu,
    new MaxPool2d(2),
    new Flatten(),
    new Linear(32 * 7 * 7, 10, { key: c }),
  );
}

/** Pixels 0…255 to zero mean and unit variance, as MNIST has them. */
const normal = (images: Tensor): Tensor => mul(sub(mul(images, 1 / 255), 0.1307), 1 / 0.3081);

const logits = (model: Sequential, images: Tensor): Tensor => model.call(normal(images));

/** What training makes small. */
export const loss = (model: Sequential, { images, labels }: Digits): Tensor =>
  crossEntropy(logits(model, images), labels);

/** How probable each digit is for each image, `[n, 10]`. */
export const probabilities = (model: Sequential, images: Tensor): Tensor => softmax(logits(model, images), -1);

/** Share of the images that are read rightly. */
export const share = (model: Sequential, { images, labels }: Digits): Tensor => accuracy(logits(model, images), labels);
