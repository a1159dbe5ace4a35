import { checkKey, checkOptions, checkTensor, flag, integer, number, shape as sizes, tensor } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { add, mul, rem } from "../functions/arithmetic.ts";
import { astype } from "../functions/casting.ts";
import { less } from "../functions/comparison.ts";
import { log } from "../functions/elementary.ts";
import { gather } from "../functions/indexing.ts";
import { real } from "../functions/operands.ts";
import { argmax } from "../functions/reduction.ts";
import { moveaxis, reshape, slice } from "../functions/shaping.ts";
import { argsort } from "../functions/sorting/sort.ts";
import { said } from "../said.ts";
import { broadcastShapes, checkAxis, checkShape, type Shape, sameShape, show, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { gumbel, uniform } from "./continuous.ts";
import { bits, type Key, split } from "./key.ts";

/**
 * True with probability `p` (default 0.5; a tensor broadcasts). `shape` is that of p unless given.
 *
 * ```ts
 * bernoulli(key(0), 0.9, [4]);
 * ```
 * Throws ArgumentError for a bad key or shape, and for p outside [0, 1].
 */
export function bernoulli(k: Key, p: number | Tensor = 0.5, shape: Shape = p instanceof Tensor ? p.shape : []): Tensor {
  checkKey("bernoulli", k);
  checkShape("bernoulli", shape);
  if (typeof p === "number") number("[0, 1]")("bernoulli", p, "p");
  else {
    checkTensor("bernoulli", p, "p");
    if (!sameShape(broadcastShapes("bernoulli", p.shape, shape, ["p", "shape"]), shape))
      throw new ShapeError(`bernoulli: p: ${show(p.shape)} does not broadcast to shape ${show(shape)}`);
  }
  return less(uniform(k, shape), p);
}

/**
 * Positions (i32) drawn with probabilities softmax(logits) along `axis` (default the last), by Gumbel's trick. The result has `shape` (default none)
 * in front of the other axes of logits.
 *
 * ```ts
 * categorical(key(0), zeros([10]), { shape: [5] }); // 5 positions below 10
 * ```
 * Throws ShapeError for a bad axis, ArgumentError for a bad key or option.
 */
export function categorical(
  k: Key,
  logits: Tensor,
  options: { readonly axis?: number; readonly shape?: Shape } = {},
): Tensor {
  checkKey("categorical", k);
  checkTensor("categorical", logits, "logits");
  checkOptions("categorical", options, { axis: integer(), shape: sizes });
  const { axis = -1, shape = [] } = options;
  if (logits.shape[checkAxis("categorical", axis, logits.rank)] === 0)
    throw new ShapeError(`categorical: logits: nothing to draw from along axis ${axis} of ${show(logits.shape)}`);
  const last = moveaxis(real("categorical", logits), checkAxis("categorical", axis, logits.rank), -1);
  return argmax(add(gumbel(k, [...shape, ...last.shape], { dtype: last.dtype }), last), -1);
}

/**
 * Integers (i32) in [low, high), as even as 64 bits allow.
 *
 * ```ts
 * randint(key(0), [3], 0, 10);
 * ```
 * Throws ArgumentError for a bad key or shape, or bounds that are no i32 interval.
 */
export function randint(k: Key, shape: Shape, low: number, high: number): Tensor {
  checkKey("randint", k);
  checkShape("randint", shape);
  integer("[-2147483648, 2147483647]")("randint", low, "low");
  integer("[-2147483648, 2147483647]")("randint", high, "high");
  if (low >= high) throw new ArgumentError(`randint: low: [${low}, ${high}) is no interval of 32-bit integers`);
  const span = high - low;
  // (upper · 2³² + lower) mod span, in 32 bits; 2³² mod span is worked out from 2¹⁶ mod span, as in JAX.
  const half = 2 ** 16 % span;
  const [p, q] = split(k) as [Key, Key];
  const upper = mul(rem(bits(p, shape), span), (Math.imul(half, half) >>> 0) % span);
  return add(astype(rem(add(upper, rem(bits(q, shape), span)), span), "i32"), low);
}

/**
 * The numbers 0 … n−1 (i32), or the slices of a tensor along axis 0, in random order, by sorting random bits.
 *
 * ```ts
 * permutation(key(0), 5);
 * ```
 * Throws ArgumentError for a bad key or count, ShapeError for a scalar.
 */
export function permutation(k: Key, x: number | Tensor): Tensor {
  checkKey("permutation", k);
  if (x instanceof Tensor) {
    checkTensor("permutation", x);
    if (x.rank === 0) throw new ShapeError("permutation: x: a scalar has no slices");
    return gather(x, permutation(k, x.shape[0] as number));
  }
  checkShape("permutation", [x], "x");
  // Ties are rare and go by position: the same on every machine.
  return argsort(bits(k, [x]));
}

/** Same as {@link permutation}. */
export const shuffle: typeof permutation = permutation;

/** Options of {@link choice}. */
export interface ChoiceOptions {
  /** May an element be drawn twice? Default true. */
  readonly replace?: boolean;
  /** Probability of each, default all equal. */
  readonly p?: Tensor;
}

/**
 * Elements drawn from 0 … n−1 or from the slices of a tensor along axis 0: [...shape, ...slice].
 *
 * ```ts
 * choice(key(0), 10, [3], { replace: false });
 * ```
 * Throws ArgumentError when there is nothing or too little to draw from, ShapeError when p has another size.
 */
export function choice(k: Key, x: number | Tensor, shape: Shape = [], options: ChoiceOptions = {}): Tensor {
  checkKey("choice", k);
  checkShape("choice", shape);
  checkOptions("choice", options, { replace: flag, p: tensor });
  const { replace = true, p } = options;
  if (x instanceof Tensor) checkTensor("choice", x);
  const n = x instanceof Tensor ? (x.shape[0] ?? 0) : x;
  if (!Number.isInteger(n) || n < 1)
    throw new ArgumentError(`choice: x: nothing to draw from: ${x instanceof Tensor ? show(x.shape) : said(x)}`);
  if (p !== undefined && (p.rank !== 1 || p.size !== n))
    throw new ShapeError(`choice: p: expected shape [${n}], got ${show(p.shape)}`);
  if (!replace && sizeOf(shape) > n)
    throw new ArgumentError(`choice: shape: ${sizeOf(shape)} draws without replacement from ${n}`);
  const from = (picks: Tensor): Tensor => (x instanceof Tensor ? gather(x, picks) : picks);
  if (replace) return from(p === undefined ? randint(k, shape, 0, n) : categorical(k, log(p), { shape }));
  // the largest of log p + Gumbel noise are a draw without replacement
  const order = p === undefined ? permutation(k, n) : argsort(add(gumbel(k, [n]), log(p)), 0, { descending: true });
  return from(reshape(slice(order, [0], [sizeOf(shape)]), shape));
}
