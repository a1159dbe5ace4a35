import type { DType, Key, Tensor } from "@gradus/tensor";
import { ArgumentError, check, ShapeError, split, uniform } from "@gradus/tensor";
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
  /** Float dtype of the parameters; f32 unless told. */
  readonly dtype?: DType;
}

const known = { key: check.key, bias: check.flag, init: check.callable, dtype: check.floatDType };

/** Throws unless `options` are those of a layer, which may know `more`. */
export function checkLayer(op: string, options: LayerOptions, more: Readonly<Record<string, check.Check>> = {}): void {
  check.options(op, options, { ...known, ...more });
  check.key(op, options?.key, "key");
}

/** Weight by `init` and PyTorch's bias of `units` elements, `U(±1 / √fan_in)`. */
export function parameters(
  op: string,
  shape: readonly number[],
  options: LayerOptions,
  units: number = shape[0] as number,
): { weight: Tensor; bias: Tensor | null } {
  const { key, bias = true, init = torchUniform, dtype = "f32" } = options;
  const [weightKey, biasKey] = split(key) as [Key, Key];
  const bound = 1 / Math.sqrt(Math.max(1, fans(shape).in));
  const weight: unknown = init(weightKey, shape, dtype);
  check.tensor(op, weight, "init");
  const made = weight as Tensor;
  if (made.shape.length !== shape.length || made.shape.some((n, i) => n !== shape[i]))
    throw new ShapeError(`${op}: init: made [${made.shape}] where the weight is [${shape}]`);
  if (made.dtype !== dtype) throw new ArgumentError(`${op}: init: made ${made.dtype} where the weight is ${dtype}`);
  return {
    weight: made,
    bias: bias ? uniform(biasKey, [units], { low: -bound, high: bound, dtype }) : null,
  };
}
