import type { Key, Tensor } from "@gradus/tensor";
import { ArgumentError, check, reshape, ShapeError, split } from "@gradus/tensor";
import { Module } from "./module.ts";

/** A step of a {@link Sequential}: a module of one tensor (and a key, if it draws random numbers), or a function such as `relu`. */
export type Layer = (Module & { forward(x: Tensor, key?: Key): Tensor }) | ((x: Tensor) => Tensor);

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
    for (const [i, layer] of layers.entries())
      if (!(layer instanceof Module) && typeof layer !== "function")
        throw new ArgumentError(`Sequential: layers[${i}]: expected a module or a function, got ${check.said(layer)}`);
    Object.assign(this, layers);
  }

  /** The output of the last layer. Each module gets its own key split from `key`. */
  forward(x: Tensor, key?: Key): Tensor {
    check.tensor("Sequential", x, "x");
    if (key !== undefined) check.key("Sequential", key, "key");
    const layers = Object.values(this) as Layer[];
    const keys = key === undefined ? [] : split(key, Math.max(1, layers.length));
    return layers.reduce((y, layer, i) => {
      const next: unknown = layer instanceof Module ? layer.call(y, keys[i]) : layer(y);
      check.tensor("Sequential", next, `layers[${i}]`);
      return next as Tensor;
    }, x);
  }
}

/**
 * Merges the axes from `start` on into one.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `start` is not a non-negative integer
 * @example
 * ```ts
 * new Flatten().call(zeros([32, 16, 7, 7])).shape; // [32, 784]
 * ```
 */
export class Flatten extends Module {
  /** First of the merged axes. */
  readonly start: number;

  constructor(start = 1) {
    super();
    check.integer("[0, ∞)")("Flatten", start, "start");
    this.start = start;
  }

  /** `[a, b, c, …]` → `[a, b · c · …]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when `x` has no axis `start`. */
  forward(x: Tensor): Tensor {
    check.tensor("Flatten", x, "x");
    if (x.rank <= this.start) throw new ShapeError(`Flatten: x: [${x.shape}] has no axis ${this.start}`);
    const kept = x.shape.slice(0, this.start);
    return reshape(x, [...kept, x.shape.slice(this.start).reduce((a, b) => a * b, 1)]);
  }
}
