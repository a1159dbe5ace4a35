import type { Tensor } from "@gradus/tensor";
import {
  add,
  cast,
  check,
  div,
  equal,
  greater,
  minimum,
  mul,
  relu,
  ShapeError,
  sqrt,
  square,
  sub,
  sum,
  where,
} from "@gradus/tensor";
import { sameShape } from "../settings.ts";
import type { LossOptions } from "./reduce.ts";
import { checkLast, checkPair, lossOptions, reduced } from "./reduce.ts";

/** Options of the losses of pairs and triplets. */
export interface MarginOptions extends LossOptions {
  /** How far apart is far enough. */
  readonly margin?: number;
}

const marginOptions = { ...lossOptions, margin: check.number() };

/** √x, with derivative 0 at 0. */
function root(x: Tensor): Tensor {
  const there = greater(x, 0);
  return where(there, sqrt(where(there, x, 1)), 0);
}

const distance = (a: Tensor, b: Tensor): Tensor => root(sum(square(sub(a, b)), -1));

/** Throws unless `labels` has one element per pair. */
function checkMarks(op: string, marks: Tensor, argument: string, a: Tensor): void {
  check.tensor(op, marks, argument);
  const wanted = a.shape.slice(0, -1);
  if (!sameShape(marks.shape, wanted))
    throw new ShapeError(
      `${op}: ${argument}: [${marks.shape}] are not one for each pair of [${a.shape}]; expected [${wanted}]`,
    );
}

/**
 * Contrastive loss of pairs (Hadsell et al. 2006, equation 4): `½ d²` for pairs that belong together, `½ max(0, margin − d)²` for others, where `d` is the
 * Euclidean distance.
 *
 * @param a - `[..., features]`
 * @param b - the same shape
 * @param together - non-zero for pairs that belong together, `[...]`
 * @param options - `margin`: 1 unless told
 * @returns a scalar, or `[...]` with reduction `none`
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes do not fit; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * contrastive(embed(left), embed(right), same, { margin: 2 });
 * ```
 */
export function contrastive(a: Tensor, b: Tensor, together: Tensor, options: MarginOptions = {}): Tensor {
  const op = "contrastive";
  checkLast(op, a, "a", "features");
  checkPair(op, a, b, ["a", "b"]);
  checkMarks(op, together, "together", a);
  check.options(op, options, marginOptions);
  const squares = sum(square(sub(a, b)), -1);
  const apart = square(relu(sub(options.margin ?? 1, root(squares))));
  return reduced(mul(where(equal(together, 0), apart, squares), 0.5), options);
}

/** Options of {@link tripletMargin}. */
export interface TripletOptions extends MarginOptions {
  /** Take the distance from the positive to the negative where it is smaller (Balntas et al. 2016); false unless told. */
  readonly swap?: boolean;
}

/**
 * Triplet loss (Schroff et al. 2015), `max(0, d(anchor, positive) − d(anchor, negative) + margin)` with Euclidean distances.
 *
 * @param anchor - `[..., features]`
 * @param positive - of the anchor's kind, the same shape
 * @param negative - of another kind, the same shape
 * @param options - `margin`: 1 unless told
 * @returns a scalar, or `[...]` with reduction `none`
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes differ; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * tripletMargin(embed(a), embed(p), embed(n), { margin: 0.2 });
 * ```
 */
export function tripletMargin(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletOptions = {},
): Tensor {
  const op = "tripletMargin";
  checkLast(op, anchor, "anchor", "features");
  checkPair(op, anchor, positive, ["anchor", "positive"]);
  checkPair(op, anchor, negative, ["anchor", "negative"]);
  check.options(op, options, { ...marginOptions, swap: check.flag });
  const far = distance(anchor, negative);
  const away = options.swap ? minimum(far, distance(positive, negative)) : far;
  return reduced(relu(add(sub(distance(anchor, positive), away), options.margin ?? 1)), options);
}

/**
 * Loss of cosines: `1 − cos(a, b)` where `target` is 1, `max(0, cos(a, b) − margin)` where it is −1. A vector of zeros is at right angles to all.
 *
 * @param a - `[..., features]`
 * @param b - the same shape
 * @param target - 1 or −1, `[...]`; anything else gives NaN
 * @param options - `margin`: 0 unless told
 * @returns a scalar, or `[...]` with reduction `none`
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes do not fit; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * cosineEmbedding(embed(a), embed(b), tensor([1, -1]));
 * ```
 */
export function cosineEmbedding(a: Tensor, b: Tensor, target: Tensor, options: MarginOptions = {}): Tensor {
  const op = "cosineEmbedding";
  checkLast(op, a, "a", "features");
  checkPair(op, a, b, ["a", "b"]);
  checkMarks(op, target, "target", a);
  check.options(op, options, marginOptions);
  const lengths = mul(root(sum(square(a), -1)), root(sum(square(b), -1)));
  const some = greater(lengths, 0);
  const cosine = where(some, div(sum(mul(a, b), -1), where(some, lengths, 1)), 0);
  const apart = relu(sub(cosine, options.margin ?? 0));
  const sign = cast(target, "f32");
  const other = where(equal(sign, -1), apart, Number.NaN);
  return reduced(where(equal(sign, 1), sub(1, cosine), other), options);
}
