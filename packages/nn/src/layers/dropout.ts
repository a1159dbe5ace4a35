import type { Key, Tensor } from "@gradus/tensor";
import { bernoulli, check, mul, ShapeError, where } from "@gradus/tensor";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkPass } from "../pass.ts";
import { checkFloat } from "../settings.ts";

/** Blocks of `x`, one per element of a mask of this shape, zeroed with probability `rate`; the rest is divided by `1 - rate`. */
export const dropped = (x: Tensor, rate: number, key: Key, shape: readonly number[]): Tensor =>
  where(bernoulli(key, 1 - rate, shape), mul(x, 1 / (1 - rate)), 0);

abstract class Drop extends Module {
  /** Probability of zero. */
  readonly rate: number;

  constructor(op: string, rate: number) {
    super();
    check.number("[0, 1)")(op, rate, "rate");
    this.rate = rate;
  }

  /** `x` with the blocks that `shape` makes of its own dropped, in a pass that trains. */
  protected drop(op: string, x: Tensor, pass: Pass | undefined, shape: (x: Tensor) => readonly number[]): Tensor {
    checkFloat(op, x);
    checkPass(op, pass);
    if (pass === undefined || !pass.training || this.rate === 0) return x;
    return dropped(x, this.rate, pass.key(op), shape(x));
  }
}

/**
 * Zeroes each element with probability `rate` and divides the rest by `1 - rate` (Srivastava et al. 2014, inverted) in a {@link Pass} that
 * trains; else the identity.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `rate` is outside `[0, 1)`
 * @example
 * ```ts
 * const dropout = new Dropout(0.5);
 * dropout.call(x, new Pass({ key: key(1) })); // training
 * dropout.call(x);                            // evaluation: x
 * ```
 */
export class Dropout extends Drop {
  constructor(rate = 0.5) {
    super("Dropout", rate);
  }

  /** Same shape as `x`. */
  forward(x: Tensor, pass?: Pass): Tensor {
    return this.drop("Dropout", x, pass, (t) => t.shape);
  }
}

/** Throws ShapeError unless `x` has an axis of examples, and `least` axes. */
function checkBatch(op: string, x: Tensor, least: number, shape: string): void {
  check.tensor(op, x, "x");
  if (x.rank < least) throw new ShapeError(`${op}: x: expected ${shape}, got [${x.shape}]`);
}

/**
 * As {@link Dropout}, but whole channels of an example at a time (Tompson et al. 2015): for images, whose neighbouring pixels tell each other.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `rate` is outside `[0, 1)`
 * @example
 * ```ts
 * new Dropout2d(0.2).call(zeros([8, 16, 14, 14]), new Pass({ key: key(1) })); // some of the 8·16 planes are zero
 * ```
 */
export class Dropout2d extends Drop {
  constructor(rate = 0.5) {
    super("Dropout2d", rate);
  }

  /** `[batch, channels, …]` → the same shape. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} without a spatial axis. */
  forward(x: Tensor, pass?: Pass): Tensor {
    checkBatch("Dropout2d", x, 3, "[batch, channels, …]");
    return this.drop("Dropout2d", x, pass, ({ shape }) => shape.map((n, i) => (i < 2 ? n : 1)));
  }
}

/**
 * Stochastic depth (Huang et al. 2016): drops whole examples. At the end of a residual branch, so that a block is the identity for them.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `rate` is outside `[0, 1)`
 * @example
 * ```ts
 * const y = add(x, new DropPath(0.1).call(branch, pass));
 * ```
 */
export class DropPath extends Drop {
  constructor(rate = 0.5) {
    super("DropPath", rate);
  }

  /** `[batch, …]` → the same shape. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} for a scalar. */
  forward(x: Tensor, pass?: Pass): Tensor {
    checkBatch("DropPath", x, 1, "[batch, …]");
    return this.drop("DropPath", x, pass, ({ shape }) => shape.map((n, i) => (i < 1 ? n : 1)));
  }
}
