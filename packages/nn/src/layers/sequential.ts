import type { Tensor } from "@gradus/tensor";
import { ArgumentError, check } from "@gradus/tensor";
import { Module, ran } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkPass } from "../pass.ts";

/** A step of a {@link Sequential}: a module of one tensor (and a {@link Pass}, if it acts otherwise in training), or a function such as `relu`. */
export type Layer = (Module & { forward(x: Tensor, pass?: Pass): Tensor }) | ((x: Tensor) => Tensor);

/** Throws ArgumentError unless `layer` is a module or a function. */
export function checkLayerLike(op: string, layer: unknown, argument: string): asserts layer is Layer {
  if (!(layer instanceof Module) && typeof layer !== "function")
    throw new ArgumentError(`${op}: ${argument}: expected a module or a function, got ${check.said(layer)}`);
}

/** What `layer` makes of `x`, a field of `owner`; messages call it `argument`. */
export function runLayer(op: string, owner: Module, argument: string, layer: Layer, x: Tensor, pass?: Pass): Tensor {
  if (layer instanceof Module) {
    const y: unknown = layer.call(x, pass);
    check.tensor(op, y, argument);
    return y as Tensor;
  }
  const y: unknown = layer(x);
  check.tensor(op, y, argument);
  ran(owner, y, argument.match(/\d+/)?.[0] ?? argument);
  return y as Tensor;
}

/**
 * Layers one after the other. They are the fields `0`, `1`, …, so parameters are called `0.weight`, `2.bias`, as in PyTorch.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a layer is neither a module nor a function
 * @example
 * ```ts
 * const [a, b] = split(key(0));
 * const model = new Sequential(new Flatten(), new Linear(784, 64, { key: a }), relu, new Linear(64, 10, { key: b }));
 * treeNames(model); // ["1.weight", "1.bias", "3.weight", "3.bias"]
 * ```
 */
export class Sequential extends Module {
  readonly [index: number]: Layer;

  constructor(...layers: readonly Layer[]) {
    super();
    for (const [i, layer] of layers.entries()) checkLayerLike("Sequential", layer, `layers[${i}]`);
    Object.assign(this, layers);
  }

  /** The output of the last layer. */
  forward(x: Tensor, pass?: Pass): Tensor {
    check.tensor("Sequential", x, "x");
    checkPass("Sequential", pass);
    return Object.entries(this).reduce(
      (y, [i, layer]) => runLayer("Sequential", this, `layers[${i}]`, layer as Layer, y, pass),
      x,
    );
  }
}
