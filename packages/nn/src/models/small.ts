import type { Key, Tensor } from "@gradus/tensor";
import { ArgumentError, check, pad, relu, reshape, ShapeError, tanh } from "@gradus/tensor";
import { Conv2d } from "../layers/conv.ts";
import { Dropout } from "../layers/dropout.ts";
import { Linear } from "../layers/linear.ts";
import { AvgPool2d } from "../layers/pooling.ts";
import type { Layer } from "../layers/sequential.ts";
import { Sequential } from "../layers/sequential.ts";
import { Module } from "../module.ts";
import { checkSize, checkSpatial, keysOf } from "../settings.ts";
import type { ModelOptions } from "./options.ts";
import { checkModel } from "./options.ts";

/** Options of {@link mlp}. */
export interface MlpOptions extends Omit<ModelOptions, "classes" | "channels"> {
  /** Between the layers; `relu` unless told. */
  readonly activation?: (x: Tensor) => Tensor;
  /** Share dropped after each activation in training; 0 unless told, without a layer for it. */
  readonly dropout?: number;
}

/**
 * A multi-layer perceptron: linear layers of these sizes with an activation between them.
 *
 * @param sizes - features of the input, of every hidden layer, and of the output
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for fewer than two sizes, one that is no positive integer, or a bad option
 * @example
 * ```ts
 * const model = mlp([784, 256, 10], { key: key(0) });
 * treeNames(model); // ["0.weight", "0.bias", "2.weight", "2.bias"]
 * ```
 */
export function mlp(sizes: readonly number[], options: MlpOptions): Sequential {
  if (!Array.isArray(sizes) || sizes.length < 2)
    throw new ArgumentError(`mlp: sizes: expected at least two, got ${check.said(sizes)}`);
  for (const n of sizes) checkSize("mlp", "sizes", n);
  const { key: k, callable, number, floatDType } = check;
  check.options("mlp", options, { key: k, activation: callable, dropout: number("[0, 1)"), dtype: floatDType });
  check.key("mlp", options?.key, "key");
  const { key, activation = relu, dropout = 0, dtype = "f32" } = options;
  const keys = keysOf("mlp", key, sizes.length - 1);
  const layers = keys.flatMap((own, i): Layer[] => {
    const linear = new Linear(sizes[i] as number, sizes[i + 1] as number, { key: own, dtype });
    if (i === keys.length - 1) return [linear];
    return dropout > 0 ? [linear, activation, new Dropout(dropout)] : [linear, activation];
  });
  return new Sequential(...layers);
}

/**
 * LeNet-5 (LeCun et al. 1998) for images of 28 or 32 pixels, with all pairs of channels connected: 61,706 parameters.
 *
 * @param options - 10 classes and 1 channel unless told
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * const model = new LeNet5({ key: key(0) });
 * model.call(zeros([32, 1, 28, 28])).shape; // [32, 10]
 * ```
 */
export class LeNet5 extends Module {
  /** 5×5. */
  readonly conv1: Conv2d;
  /** Half the size. */
  readonly pool1: AvgPool2d;
  /** 5×5. */
  readonly conv2: Conv2d;
  /** Half the size. */
  readonly pool2: AvgPool2d;
  /** `[120, 400]`. */
  readonly fc1: Linear;
  /** `[84, 120]`. */
  readonly fc2: Linear;
  /** `[classes, 84]`. */
  readonly fc3: Linear;

  constructor(options: ModelOptions) {
    super();
    checkModel("LeNet5", options);
    const { key, classes = 10, channels = 1, dtype = "f32" } = options;
    const [a, b, c, d, e] = keysOf("LeNet5", key, 5) as [Key, Key, Key, Key, Key];
    this.conv1 = new Conv2d(channels, 6, 5, { key: a, dtype });
    this.pool1 = new AvgPool2d(2);
    this.conv2 = new Conv2d(6, 16, 5, { key: b, dtype });
    this.pool2 = new AvgPool2d(2);
    this.fc1 = new Linear(400, 120, { key: c, dtype });
    this.fc2 = new Linear(120, 84, { key: d, dtype });
    this.fc3 = new Linear(84, classes, { key: e, dtype });
  }

  /** `[batch, channels, 28, 28]`, padded to 32 by zeros, or `[batch, channels, 32, 32]` → `[batch, classes]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    checkSpatial("LeNet5", x, 2, this.conv1.weight.shape[1] as number);
    const [n, , h, w] = x.shape as [number, number, number, number];
    if (h !== w || (h !== 28 && h !== 32))
      throw new ShapeError(`LeNet5: x: expected images of 28×28 or 32×32 pixels, got [${x.shape}]`);
    const edge = (32 - h) / 2;
    const whole = pad(x, [
      [0, 0],
      [0, 0],
      [edge, edge],
      [edge, edge],
    ]);
    const y = this.pool2.call(tanh(this.conv2.call(this.pool1.call(tanh(this.conv1.call(whole))))));
    return this.fc3.call(tanh(this.fc2.call(tanh(this.fc1.call(reshape(y, [n, 400]))))));
  }
}
