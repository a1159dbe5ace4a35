import type { Key, Tensor } from "@gradus/tensor";
import { bernoulli, check, DTypeError, isFloat, mul, where } from "@gradus/tensor";
import { Module } from "./module.ts";

/**
 * Zeroes each element with probability `rate` and divides the rest by `1 - rate` (Srivastava et al. 2014, inverted). The key is an
 * argument: with one, the layer trains; without, it is the identity.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `rate` is outside `[0, 1)`
 * @example
 * ```ts
 * const dropout = new Dropout(0.5);
 * dropout.call(x, key(1)); // training
 * dropout.call(x);         // evaluation: x
 * ```
 */
export class Dropout extends Module {
  /** Probability of zero. */
  readonly rate: number;

  constructor(rate = 0.5) {
    super();
    check.number("[0, 1)")("Dropout", rate, "rate");
    this.rate = rate;
  }

  /** Same shape as `x`. */
  forward(x: Tensor, key?: Key): Tensor {
    check.tensor("Dropout", x, "x");
    if (!isFloat(x.dtype)) throw new DTypeError(`Dropout: x: expected a float dtype, got ${x.dtype}; cast it first`);
    if (key !== undefined) check.key("Dropout", key, "key");
    if (key === undefined || this.rate === 0) return x;
    return where(bernoulli(key, 1 - this.rate, x.shape), mul(x, 1 / (1 - this.rate)), 0);
  }
}
