import { Conv2d, Flatten, Linear, MaxPool2d, Module } from "@gradus/nn";
import type { Key, Tensor } from "@gradus/tensor";
import { cast, mul, relu, split, sub } from "@gradus/tensor";

/** Mean and standard deviation of the pixels of the MNIST training images, in `[0, 1]`. */
const MEAN = 0.1307;
const STD = 0.3081;

/** Pixels 0…255 to zero mean and unit variance, f32. */
export const normalize = (images: Tensor): Tensor => mul(sub(mul(cast(images, "f32"), 1 / 255), MEAN), 1 / STD);

/** The convnet of the tour: two 5x5 convolutions with pooling between them, and a linear head. `[batch, 1, 28, 28]` → `[batch, 10]`. */
export class ConvNet extends Module {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly pool: MaxPool2d;
  readonly flatten: Flatten;
  readonly head: Linear;

  constructor(key: Key) {
    super();
    const [a, b, c] = split(key, 3) as [Key, Key, Key];
    this.conv1 = new Conv2d(1, 16, 5, { key: a });
    this.conv2 = new Conv2d(16, 32, 5, { key: b });
    this.pool = new MaxPool2d(2);
    this.flatten = new Flatten();
    this.head = new Linear(32 * 4 * 4, 10, { key: c });
  }

  /** Logits of normalised images. */
  forward(x: Tensor): Tensor {
    const first = this.pool.call(relu(this.conv1.call(x)));
    const second = this.pool.call(relu(this.conv2.call(first)));
    return this.head.call(this.flatten.call(second));
  }
}
