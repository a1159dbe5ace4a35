import type { Tensor } from "@gradus/tensor";
import { add, check, matmul, ShapeError, transpose } from "@gradus/tensor";
import { Module } from "../module.ts";
import type { LayerOptions } from "../parameters.ts";
import { checkLayer, parameters } from "../parameters.ts";
import { checkSize } from "../settings.ts";

/**
 * `x Wᵀ + b` over the last axis. `weight` is `[outputs, inputs]`, `bias` `[outputs]`, as in PyTorch.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is not a positive integer
 * @example
 * ```ts
 * const layer = new Linear(784, 10, { key: key(0) });
 * layer.call(zeros([32, 784])).shape; // [32, 10]
 * ```
 */
export class Linear extends Module {
  /** `[outputs, inputs]`. */
  readonly weight: Tensor;
  /** `[outputs]`, or null. */
  readonly bias: Tensor | null;

  constructor(inputs: number, outputs: number, options: LayerOptions) {
    super();
    checkLayer("Linear", options);
    checkSize("Linear", "inputs", inputs);
    checkSize("Linear", "outputs", outputs);
    ({ weight: this.weight, bias: this.bias } = parameters("Linear", [outputs, inputs], options));
  }

  /** `[..., inputs]` → `[..., outputs]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when the last axis is not `inputs`. */
  forward(x: Tensor): Tensor {
    check.tensor("Linear", x, "x");
    const inputs = this.weight.shape.at(-1) as number;
    if (x.shape.at(-1) !== inputs)
      throw new ShapeError(`Linear: x: last axis of [${x.shape}] is not the layer's ${inputs} inputs`);
    const y = matmul(x, transpose(this.weight));
    return this.bias === null ? y : add(y, this.bias);
  }
}
