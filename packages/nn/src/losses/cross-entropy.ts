import type { Tensor } from "@gradus/tensor";
import {
  add,
  cast,
  check,
  DTypeError,
  div,
  equal,
  expandDims,
  gather,
  greaterEqual,
  iota,
  isFloat,
  less,
  logicalAnd,
  logSoftmax,
  mul,
  neg,
  notEqual,
  ShapeError,
  sum,
  where,
} from "@gradus/tensor";
import { sameShape } from "../settings.ts";
import type { LossOptions } from "./reduce.ts";
import { checkLabels, checkLast, lossOptions, reduced } from "./reduce.ts";

/** Options of {@link nll}. */
export interface NllOptions extends LossOptions {
  /** Weight of each class, `[classes]`; with reduction `mean` the losses are divided by the sum of their weights. 1 unless told. */
  readonly classWeights?: Tensor;
  /** A label whose examples do not count; none unless told. */
  readonly ignoreIndex?: number;
}

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions extends NllOptions {
  /** Mass of the target that is spread over all classes, `ε` of Szegedy et al. 2016; 0 unless told. */
  readonly labelSmoothing?: number;
}

const nllOptions: Readonly<Record<string, check.Check>> = {
  ...lossOptions,
  classWeights: check.tensor,
  ignoreIndex: check.integer(),
};

/** The class weights in the dtype of the scores, or null. */
function weightsOf(op: string, { classWeights }: NllOptions, scores: Tensor): Tensor | null {
  if (classWeights === undefined) return null;
  const classes = scores.shape.at(-1) as number;
  if (!sameShape(classWeights.shape, [classes]))
    throw new ShapeError(`${op}: classWeights: expected [${classes}], got [${classWeights.shape}]`);
  return cast(classWeights, scores.dtype);
}

/** Losses of labels, `-(1 - ε) w_y log p_y - ε / K Σ_c w_c log p_c`, reduced. */
function against(op: string, logp: Tensor, labels: Tensor, epsilon: number, options: NllOptions): Tensor {
  const classes = logp.shape.at(-1) as number;
  const index = cast(labels, "i32");
  const weights = weightsOf(op, options, logp);
  const hot = equal(expandDims(index, -1), iota([classes], { dtype: "i32" }));
  const own = weights === null ? null : gather(weights, index);
  const hit = neg(sum(where(hot, logp, 0), -1));
  let losses = own === null ? hit : mul(hit, own);
  if (epsilon > 0) {
    const all = neg(sum(weights === null ? logp : mul(logp, weights), -1));
    losses = add(mul(losses, 1 - epsilon), mul(all, epsilon / classes));
  }
  losses = where(logicalAnd(greaterEqual(index, 0), less(index, classes)), losses, Number.NaN);
  const { ignoreIndex, reduction = "mean" } = options;
  const counted = ignoreIndex === undefined ? null : notEqual(index, ignoreIndex);
  if (counted !== null) losses = where(counted, losses, 0);
  if (reduction !== "mean" || (own === null && counted === null)) return reduced(losses, options);
  const mass = own ?? 1;
  return div(sum(losses), sum(cast(counted === null ? (mass as Tensor) : where(counted, mass, 0), logp.dtype)));
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
  const op = "crossEntropy";
  const classes = checkLast(op, logits, "logits", "classes");
  check.tensor(op, labels, "labels");
  check.options(op, options, { ...nllOptions, labelSmoothing: check.number("[0, 1]") });
  const { labelSmoothing = 0 } = options;
  if (!isFloat(labels.dtype)) {
    if (labels.dtype === "bool")
      throw new DTypeError("crossEntropy: labels: bool is no class index; cast to i32, or to f32 if they are one-hot");
    checkLabels(op, labels, logits, "logits");
    return against(op, logSoftmax(logits, -1), labels, labelSmoothing, options);
  }
  if (!sameShape(labels.shape, logits.shape))
    throw new ShapeError(`${op}: labels: [${labels.shape}] are not probabilities for logits [${logits.shape}]`);
  if (options.ignoreIndex !== undefined)
    throw new DTypeError(`${op}: ignoreIndex: labels are probabilities, ${labels.dtype}; no index is among them`);
  const target = cast(labels, logits.dtype);
  const smooth = labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / classes);
  const weights = weightsOf(op, options, logits);
  const terms = mul(smooth, logSoftmax(logits, -1));
  return reduced(neg(sum(weights === null ? terms : mul(terms, weights), -1)), options);
}

/**
 * Negative log-likelihood of labels, `-log p_y`.
 *
 * @param logProbabilities - `[..., classes]`, such as `logSoftmax` gives
 * @param labels - class indices, `[...]` of an integer dtype; one outside `[0, classes)` makes its loss NaN
 * @returns a scalar, or `[...]` with reduction `none`; nats
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError}, {@link @gradus/tensor!index.DTypeError | DTypeError} when labels do not fit; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * nll(logSoftmax(logits), labels, { ignoreIndex: 0 });
 * ```
 */
export function nll(logProbabilities: Tensor, labels: Tensor, options: NllOptions = {}): Tensor {
  checkLast("nll", logProbabilities, "logProbabilities", "classes");
  checkLabels("nll", labels, logProbabilities, "logProbabilities");
  check.options("nll", options, nllOptions);
  return against("nll", logProbabilities, labels, 0, options);
}
