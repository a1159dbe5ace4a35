import type { DType, Key, Tensor } from "@gradus/tensor";
import { split, uniform } from "@gradus/tensor";
import type { Initializer } from "./init.ts";
import { fans, torchUniform } from "./init.ts";

/** How a layer with parameters starts. */
export interface LayerOptions {
  /** Source of the first values. */
  readonly key: Key;
  /** Add a bias; true unless told. */
  readonly bias?: boolean;
  /** First values of the weight; {@link torchUniform} unless told. */
  readonly init?: Initializer;
  /** dtype of the parameters; f32 unless told. */
  readonly dtype?: DType;
}

/** Weight by `init` and PyTorch's bias, `U(±1 / √fan_in)`. */
export function parameters(shape: readonly number[], options: LayerOptions): { weight: Tensor; bias: Tensor | null } {
  const { key, bias = true, init = torchUniform, dtype = "f32" } = options;
  const [weightKey, biasKey] = split(key) as [Key, Key];
  const bound = 1 / Math.sqrt(Math.max(1, fans(shape).in));
  return {
    weight: init(weightKey, shape, dtype),
    bias: bias ? uniform(biasKey, [shape[0] as number], { low: -bound, high: bound, dtype }) : null,
  };
}
