import type { Tensor } from "@gradus/tensor";
import {
  add,
  argmax,
  cast,
  check,
  DTypeError,
  equal,
  isFloat,
  logSoftmax,
  mean,
  mul,
  neg,
  oneHot,
  ShapeError,
  square,
  sub,
  sum,
  where,
} from "@gradus/tensor";

/** What becomes of the losses of the examples. */
export type Reduction = "mean" | "sum" | "none";

const reductions: Readonly<Record<Reduction, (losses: Tensor) => Tensor>> = {
  mean: (losses) => mean(losses),
  sum: (losses) => sum(losses),
  none: (losses) => losses,
};
const reductionName = check.oneOf(...Object.keys(reductions));

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** Mass of the target that is spread over all classes, `ε` of Szegedy et al. 2016; 0 unless told. */
  readonly labelSmoothing?: number;
  /** `mean` unless told. */
  readonly reduction?: Reduction;
}

/**
 * Cross-entropy of `softmax(logits)` against the targets, `-Σ_c t_c log p_c`, computed from log-softmax.
 *
 * @param logits - `[..., classes]`, a float dtype
 * @param labels - class indices, `[...]` of an integer dtype, or probabilities (one-hot or soft), `[..., classes]` of a float dtype. An
 * index outside `[0, classes)` makes its loss NaN, so that it cannot pass unseen
 * @returns a scalar, or `[...]` with reduction `none`; nats
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError}, {@link @gradus/tensor!index.DTypeError | DTypeError} when labels fit neither form; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an option out of range
 * @example
 * ```ts
 * crossEntropy(model.call(images), labels, { labelSmoothing: 0.1 });
 * ```
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  check.tensor("crossEntropy", logits, "logits");
  check.tensor("crossEntropy", labels, "labels");
  check.options("crossEntropy", options, { labelSmoothing: check.number("[0, 1]"), reduction: reductionName });
  const { labelSmoothing = 0, reduction = "mean" } = options;
  const classes = logits.shape.at(-1);
  if (classes === undefined || classes === 0)
    throw new ShapeError(`crossEntropy: logits: expected [..., classes], got [${logits.shape}]`);
  if (!isFloat(logits.dtype)) throw new DTypeError(`crossEntropy: logits: ${logits.dtype} is not a float dtype`);
  const smooth = (target: Tensor): Tensor =>
    labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / classes);
  const logp = logSoftmax(logits, -1);
  const against = (target: Tensor): Tensor => neg(sum(mul(smooth(cast(target, logits.dtype)), logp), -1));
  if (isFloat(labels.dtype)) {
    if (!sameShape(labels.shape, logits.shape))
      throw new ShapeError(
        `crossEntropy: labels: [${labels.shape}] are not probabilities for logits [${logits.shape}]`,
      );
    return reductions[reduction](against(labels));
  }
  if (labels.dtype === "bool")
    throw new DTypeError("crossEntropy: labels: bool is no class index; cast to i32, or to f32 if they are one-hot");
  if (!sameShape(labels.shape, logits.shape.slice(0, -1)))
    throw new ShapeError(
      `crossEntropy: labels: [${labels.shape}] are not class indices for logits [${logits.shape}]; expected [${logits.shape.slice(0, -1)}]`,
    );
  const hot = oneHot(labels, classes, { dtype: logits.dtype });
  return reductions[reduction](where(equal(sum(hot, -1), 1), against(hot), Number.NaN));
}

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
export function mse(prediction: Tensor, target: Tensor, options: { readonly reduction?: Reduction } = {}): Tensor {
  check.tensor("mse", prediction, "prediction");
  check.tensor("mse", target, "target");
  check.options("mse", options, { reduction: reductionName });
  if (!sameShape(prediction.shape, target.shape))
    throw new ShapeError(`mse: target: [${target.shape}] is not the prediction's shape [${prediction.shape}]`);
  return reductions[options.reduction ?? "mean"](square(sub(prediction, target)));
}

/**
 * Share of examples whose largest logit is at the label.
 *
 * @param logits - `[..., classes]`
 * @param labels - class indices, `[...]` of an integer dtype
 * @returns a scalar in `[0, 1]`, f32
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when labels are not `[...]`, {@link @gradus/tensor!index.DTypeError | DTypeError} when they are no integers
 * @example
 * ```ts
 * await accuracy(model.call(images), labels).item(); // 0.991
 * ```
 */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  check.tensor("accuracy", logits, "logits");
  check.tensor("accuracy", labels, "labels");
  if (logits.shape.at(-1) === 0)
    throw new ShapeError(`accuracy: logits: expected [..., classes], got [${logits.shape}]`);
  if (isFloat(labels.dtype) || labels.dtype === "bool")
    throw new DTypeError(`accuracy: labels: ${labels.dtype} is no class index; cast to i32`);
  if (logits.rank === 0 || !sameShape(labels.shape, logits.shape.slice(0, -1)))
    throw new ShapeError(`accuracy: labels: [${labels.shape}] are not class indices for logits [${logits.shape}]`);
  return mean(cast(equal(argmax(logits, -1), cast(labels, "i32")), "f32"));
}
