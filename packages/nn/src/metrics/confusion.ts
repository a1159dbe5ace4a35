import type { Tensor } from "@gradus/tensor";
import {
  add,
  cast,
  check,
  diagonal,
  div,
  equal,
  greaterEqual,
  less,
  logicalAnd,
  mean,
  mul,
  ones,
  reshape,
  ShapeError,
  scatterAdd,
  sum,
  where,
  zeros,
} from "@gradus/tensor";
import { checkIndices } from "../layers/embedding.ts";
import { checkSize, sameShape } from "../settings.ts";

/**
 * How often each class was taken for each: rows are labels, columns predictions. Pairs with an index outside `[0, classes)` are left out.
 *
 * @param predictions - class indices, such as `argmax(logits, -1)`
 * @param labels - class indices of the same shape
 * @returns `[classes, classes]`, i32
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when the shapes differ, {@link @gradus/tensor!index.DTypeError | DTypeError} for other dtypes than integers, {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `classes` is no positive integer
 * @example
 * ```ts
 * const counts = confusionMatrix(argmax(logits, -1), labels, 10);
 * ```
 */
export function confusionMatrix(predictions: Tensor, labels: Tensor, classes: number): Tensor {
  const op = "confusionMatrix";
  checkIndices(op, predictions, "predictions");
  checkIndices(op, labels, "labels");
  checkSize(op, "classes", classes);
  if (!sameShape(predictions.shape, labels.shape))
    throw new ShapeError(`${op}: labels: [${labels.shape}] is not the predictions' shape [${predictions.shape}]`);
  const [row, column] = [cast(labels, "i32"), cast(predictions, "i32")];
  const within = (t: Tensor): Tensor => logicalAnd(greaterEqual(t, 0), less(t, classes));
  const place = where(logicalAnd(within(row), within(column)), add(mul(row, classes), column), -1);
  const hits = ones([labels.size], { dtype: "i32" });
  const counts = scatterAdd(zeros([classes * classes], { dtype: "i32" }), reshape(place, [labels.size]), hits);
  return reshape(counts, [classes, classes]);
}

/** How the scores of the classes become one: their mean, the scores of all examples together, or a score for each class. */
export type Averaging = "macro" | "micro" | "none";

/** Scores of a classification, each f32. */
export interface Scores {
  /** Of the predictions of a class, the share that is right. */
  readonly precision: Tensor;
  /** Of the examples of a class, the share that is found. */
  readonly recall: Tensor;
  /** Harmonic mean of the two. */
  readonly f1: Tensor;
}

/**
 * Precision, recall and F1 of a confusion matrix; a share of nothing is 0.
 *
 * @param confusion - `[classes, classes]`, rows labels, columns predictions
 * @param options - `average`: `"macro"` unless told
 * @returns scalars, or `[classes]` with `"none"`
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} for another shape, {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * const { precision, recall, f1 } = classScores(confusionMatrix(argmax(logits, -1), labels, 10));
 * ```
 */
export function classScores(confusion: Tensor, options: { readonly average?: Averaging } = {}): Scores {
  const op = "classScores";
  check.tensor(op, confusion, "confusion");
  if (confusion.rank !== 2 || confusion.shape[0] !== confusion.shape[1])
    throw new ShapeError(`${op}: confusion: expected [classes, classes], got [${confusion.shape}]`);
  check.options(op, options, { average: check.oneOf("macro", "micro", "none") });
  const { average = "macro" } = options;
  const counts = cast(confusion, "f32");
  const every = (t: Tensor): Tensor => (average === "micro" ? sum(t) : t);
  const hits = every(diagonal(counts));
  const [predicted, actual] = [every(sum(counts, 0)), every(sum(counts, 1))];
  const share = (a: Tensor, b: Tensor): Tensor => {
    const none = equal(b, 0);
    const shares = where(none, 0, div(a, where(none, 1, b)));
    return average === "macro" ? mean(shares) : shares;
  };
  return {
    precision: share(hits, predicted),
    recall: share(hits, actual),
    f1: share(mul(hits, 2), add(predicted, actual)),
  };
}
