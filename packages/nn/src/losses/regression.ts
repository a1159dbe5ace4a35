import type { Tensor } from "@gradus/tensor";
import { abs, add, cast, check, less, mul, neg, relu, ShapeError, softplus, square, sub, where } from "@gradus/tensor";
import type { LossOptions } from "./reduce.ts";
import { checkPair, lossOptions, reduced } from "./reduce.ts";

const names = ["prediction", "target"] as const;

/**
 * Squared error, `(prediction - target)²`.
 *
 * @param prediction - any shape
 * @param target - the same shape (nothing is broadcast: that is nearly always a mistake here)
 * @returns a scalar, or the shape of the arguments with reduction `none`
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when the shapes differ; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown reduction
 * @example
 * ```ts
 * await mse(tensor([1, 2]), tensor([1, 4])).item(); // 2
 * ```
 */
export function mse(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkPair("mse", prediction, target, names);
  check.options("mse", options, lossOptions);
  return reduced(square(sub(prediction, target)), options);
}

/**
 * Absolute error, `|prediction - target|`; arguments, result and errors as those of {@link mse}.
 *
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError}, {@link @gradus/tensor!index.ArgumentError | ArgumentError}
 */
export function l1(prediction: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkPair("l1", prediction, target, names);
  check.options("l1", options, lossOptions);
  return reduced(abs(sub(prediction, target)), options);
}

/** Options of {@link huber}. */
export interface HuberOptions extends LossOptions {
  /** Where the square goes over into the line; 1 unless told. */
  readonly delta?: number;
}

/** ½ d² up to |d| = δ, then δ (|d| − ½ δ). */
function bent(d: Tensor, delta: number): Tensor {
  const a = abs(d);
  return where(less(a, delta), mul(square(d), 0.5), mul(sub(a, delta / 2), delta));
}

/**
 * Huber's loss (1964): `½ d²` for errors up to `delta`, beyond it the line that goes on, `delta (|d| − ½ delta)`. Arguments and result as those of {@link mse}.
 *
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when the shapes differ; {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `delta` is not positive
 * @example
 * ```ts
 * await huber(tensor([0, 3]), tensor([1, 0]), { reduction: "sum" }).item(); // 0.5 + 2.5
 * ```
 */
export function huber(prediction: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  checkPair("huber", prediction, target, names);
  check.options("huber", options, { ...lossOptions, delta: check.number("(0, ∞)") });
  return reduced(bent(sub(prediction, target), options.delta ?? 1), options);
}

/** Options of {@link smoothL1}. */
export interface SmoothL1Options extends LossOptions {
  /** Where the square goes over into the line; 1 unless told. */
  readonly beta?: number;
}

/**
 * `½ d² / beta` for errors up to `beta`, beyond it `|d| − ½ beta` (Girshick 2015): {@link huber} over `beta`. Arguments and result as those of {@link mse}.
 *
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when the shapes differ; {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `beta` is not positive
 */
export function smoothL1(prediction: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  checkPair("smoothL1", prediction, target, names);
  check.options("smoothL1", options, { ...lossOptions, beta: check.number("(0, ∞)") });
  const { beta = 1 } = options;
  return reduced(mul(bent(sub(prediction, target), beta), 1 / beta), options);
}

/** Options of {@link bceWithLogits}. */
export interface BceOptions extends LossOptions {
  /** Weight of the positive part of each loss, which broadcasts to the logits; 1 unless told. */
  readonly positiveWeight?: Tensor;
}

/**
 * Binary cross-entropy of `sigmoid(logits)` against targets in [0, 1], `-t log σ(x) - (1 - t) log(1 - σ(x))`, computed from the logits without overflow.
 *
 * @param logits - any shape
 * @param target - the same shape; probabilities, 0 and 1 among them
 * @returns a scalar, or the shape of the arguments with reduction `none`; nats
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes do not fit; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * bceWithLogits(model.call(x).squeeze(1), y, { positiveWeight: tensor(10) });
 * ```
 */
export function bceWithLogits(logits: Tensor, target: Tensor, options: BceOptions = {}): Tensor {
  const op = "bceWithLogits";
  checkPair(op, logits, target, ["logits", "target"]);
  check.options(op, options, { ...lossOptions, positiveWeight: check.tensor });
  const t = cast(target, logits.dtype);
  const { positiveWeight: p } = options;
  // softplus(−x) = −log σ(x), and −log(1 − σ(x)) is x more
  if (p === undefined) return reduced(add(sub(relu(logits), mul(logits, t)), softplus(neg(abs(logits)))), options);
  const lead = logits.rank - p.rank;
  if (lead < 0 || p.shape.some((n, i) => n !== 1 && n !== logits.shape[lead + i]))
    throw new ShapeError(`${op}: positiveWeight: [${p.shape}] does not broadcast to [${logits.shape}]`);
  const positive = add(1, mul(sub(cast(p, logits.dtype), 1), t));
  return reduced(add(mul(sub(1, t), logits), mul(positive, softplus(neg(logits)))), options);
}
