import type { Key, Tensor } from "@gradus/tensor";
import { ArgumentError, bernoulli, mul, where } from "@gradus/tensor";
import { Module } from "./module.ts";

/**
 * Zeroes each element with probability `rate` and divides the rest by `1 - rate` (Srivastava et al. 2014, inverted). The key is an
 * argument: with one, the layer trains; without, it is the identity.
 *
 * @throws {@link ArgumentError} when `rate` is outside `[0, 1)`
 * @example
 * ```ts
 * const dropout = new Dropout(0.5);
 * dropout.call(x, key(1)); // training
 * dropout.call(x);         // evaluation: x
 * ```
 */
export class Dropout extends Module {
  readonly rate: number;

  constructor(rate = 0.5) {
    super();
    if (!(rate >= 0 && rate < 1)) throw new ArgumentError(`Dropout: rate: ${rate} is outside [0, 1)`);
    this.rate = rate;
  }

  /** Same shape as `x`. */
  forward(x: Tensor, key?: Key): Tensor {
    if (key === undefined || this.rate === 0) return x;
    return where(bernoulli(key, 1 - this.rate, x.shape), mul(x, 1 / (1 - this.rate)), 0);
  }
}
