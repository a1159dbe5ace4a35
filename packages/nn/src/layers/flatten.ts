import type { Tensor } from "@gradus/tensor";
import { check, reshape, ShapeError } from "@gradus/tensor";
import { Module } from "../module.ts";

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
