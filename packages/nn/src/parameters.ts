import type { DType, Key, Tensor } from "@gradus/tensor";
import { ArgumentError, check, ShapeError, split, uniform } from "@gradus/tensor";
import type { Initializer } from "./init.ts";
import { fans, torchUniform } from "./init.ts";
import { sameShape } from "./settings.ts";

/** How a layer with parameters starts. */
export interface LayerOptions {
  /** Source of the first values. */
  readonly key: Key;
  /** Add a bias; true unless told. */
  readonly bias?: boolean;
  /** First values of the weight; {@link torchUniform} unless told. */
  readonly init?: Initializer;
  /** First values of the bias; `U(±1 / √fan_in)` unless told, as in PyTorch. */
  readonly biasInit?: Initializer;
  /** Float dtype of the parameters; f32 unless told. */
  readonly dtype?: DType;
}

const known = {
  key: check.key,
  bias: check.flag,
  init: check.callable,
  biasInit: check.callable,
  dtype: check.floatDType,
};

/** Throws unless `options` are those of a layer, which may know `more`. */
export function checkLayer(op: string, options: LayerOptions, more: Readonly<Record<string, check.Check>> = {}): void {
  check.options(op, options, { ...known, ...more });
  check.key(op, options?.key, "key");
}

/** What `init` draws, of this shape and dtype. */
export function made(
  op: string,
  init: Initializer,
  key: Key,
  shape: readonly number[],
  dtype: DType,
  argument = "init",
): Tensor {
  const drawn: unknown = init(key, shape, dtype);
  check.tensor(op, drawn, argument);
  const t = drawn as Tensor;
  if (!sameShape(t.shape, shape))
    throw new ShapeError(`${op}: ${argument}: made [${t.shape}] where the parameter is [${shape}]`);
  if (t.dtype !== dtype) throw new ArgumentError(`${op}: ${argument}: made ${t.dtype} where the parameter is ${dtype}`);
  return t;
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
  const { biasInit = (k, n) => uniform(k, n, { low: -bound, high: bound, dtype }) } = options;
  return {
    weight: made(op, init, weightKey, shape, dtype),
    bias: bias ? made(op, biasInit, biasKey, [units], dtype, "biasInit") : null,
  };
}
