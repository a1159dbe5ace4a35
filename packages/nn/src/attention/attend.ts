import type { Key, Tensor } from "@gradus/tensor";
import {
  add,
  cast,
  div,
  exp,
  greater,
  isFinite,
  isFloat,
  lessEqual,
  logicalAnd,
  matmul,
  max,
  mul,
  softmax,
  stopGradient,
  sub,
  sum,
  swapaxes,
  where,
} from "@gradus/tensor";
import { dropped } from "../layers/dropout.ts";

/** What a query may look at, and how much is dropped. */
export interface Attending {
  /** Bool: where to look; float: added to the scores. Broadcasts to `[batch, heads, queries, keys]`. */
  readonly mask: Tensor | null;
  /** Places of the queries and of the keys, i32 `[queries, 1]` and `[1, keys]`: no query sees a later key. */
  readonly places: readonly [queries: Tensor, keys: Tensor] | null;
  /** Share of the weights that is dropped, and the key for it. */
  readonly drop: readonly [rate: number, key: Key] | null;
}

/** Softmax over the last axis, which is zero where all is −∞. */
function weigh(scores: Tensor): Tensor {
  const top = stopGradient(max(scores, -1, { keepDims: true }));
  const e = exp(sub(scores, where(isFinite(top), top, 0)));
  const total = sum(e, -1, { keepDims: true });
  return mul(e, div(1, where(greater(total, 0), total, 1)));
}

/**
 * `softmax(q kᵀ / √d) v` (Vaswani et al. 2017, equation 1) of `q` `[batch, heads, queries, d]`, `k` `[batch, heads, keys, d]` and `v` `[batch, heads, keys,
 * e]`. A query that may look nowhere gets zeros.
 */
export function attend(q: Tensor, k: Tensor, v: Tensor, { mask, places, drop }: Attending): Tensor {
  let scores = matmul(mul(q, 1 / Math.sqrt(q.shape.at(-1) as number)), swapaxes(k, -1, -2));
  if (mask !== null && isFloat(mask.dtype)) scores = add(scores, cast(mask, scores.dtype));
  const seen = [
    ...(mask !== null && !isFloat(mask.dtype) ? [cast(mask, "bool")] : []),
    ...(places === null ? [] : [lessEqual(places[1], places[0])]),
  ];
  if (seen.length > 0) scores = where(seen.reduce(logicalAnd), scores, Number.NEGATIVE_INFINITY);
  const weights = mask === null ? softmax(scores) : weigh(scores);
  return matmul(drop === null ? weights : dropped(weights, drop[0], drop[1], weights.shape), v);
}
