import { checkOptions, checkTensor, flag, integer, number, tensor as tensorOption } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { said } from "../said.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { astype } from "./casting.ts";
import { less, lessEqual, logicalAnd } from "./comparison.ts";
import { iota } from "./iota.ts";
import { matmul } from "./matmul.ts";
import { real } from "./operands.ts";
import { where } from "./selection.ts";
import { moveaxis, repeat, reshape, transpose } from "./shaping.ts";
import { softmax } from "./softmax.ts";

/** Options of {@link dotProductAttention}. */
export interface AttentionOptions {
  /** Added to the scores; broadcasts to [...b, heads, t, s]. */
  readonly bias?: Tensor;
  /** Where a query may look, non-zero; broadcasts to [...b, heads, t, s]. */
  readonly mask?: Tensor;
  /** Scores are multiplied by it; default 1/√d. */
  readonly scale?: number;
  /** A query sees no key that comes after it; default false. */
  readonly causal?: boolean;
  /** How far a query sees back and ahead: one number for both, or two. */
  readonly window?: number | readonly [back: number, ahead: number];
  /** How many queries of each example are there, integers [...b]; the rest give 0. */
  readonly queryLengths?: Tensor;
  /** How many keys of each example are there, integers [...b]. */
  readonly keyLengths?: Tensor;
}

const windowOption = (op: string, value: unknown, argument: string): void => {
  const list = Array.isArray(value) ? value : [value, value];
  if (list.length !== 2) throw new ArgumentError(`${op}: ${argument}: expected one or two numbers, got ${said(value)}`);
  for (const n of list) integer("[0, ∞)")(op, n, argument);
};
const least = { f64: -1e300, f32: -2e38, f16: -40000 };

/**
 * softmax(q·kᵀ · scale + bias)·v per head (Vaswani et al. 2017). A query that may look nowhere sees all keys alike.
 *
 * @param q - queries [...b, t, heads, d]
 * @param k - keys [...b, s, groups, d]; the number of heads is a multiple of the number of groups, which are shared (Ainslie et al. 2023)
 * @param v - values [...b, s, groups, e]
 * @returns [...b, t, heads, e]
 * @throws {@link ShapeError} unless shapes fit, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * dotProductAttention(q, k, v, { causal: true });
 * ```
 */
export function dotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const op = "dotProductAttention";
  const [a, b, c] = Object.entries({ q, k, v }).map(([name, x]) => {
    checkTensor(op, x, name);
    if (x.rank < 3) throw new ShapeError(`${op}: ${name}: expected [...b, t, heads, d], got ${show(x.shape)}`);
    return real(op, x, name);
  }) as [Tensor, Tensor, Tensor];
  checkOptions(op, options, {
    bias: tensorOption,
    mask: tensorOption,
    scale: number(),
    causal: flag,
    window: windowOption,
    queryLengths: tensorOption,
    keyLengths: tensorOption,
  });
  const [lead, [t, heads, d]] = [a.shape.slice(0, -3), a.shape.slice(-3) as [number, number, number]];
  const [s, groups] = b.shape.slice(-3) as [number, number];
  if (show(b.shape.slice(0, -3)) !== show(lead) || b.shape.at(-1) !== d || heads % groups !== 0)
    throw new ShapeError(`${op}: k: ${show(k.shape)} does not go with q ${show(q.shape)}`);
  if (show(c.shape.slice(0, -1)) !== show(b.shape.slice(0, -1)))
    throw new ShapeError(`${op}: v: ${show(v.shape)} does not go with k ${show(k.shape)}`);
  const { scale = 1 / Math.sqrt(d), causal = false, bias, mask, window, queryLengths, keyLengths } = options;
  const perHead = (x: Tensor): Tensor =>
    moveaxis(x.shape.at(-2) === heads ? x : repeat(x, heads / groups, x.rank - 2), -2, -3);
  let scores = mul(matmul(perHead(a), transpose(perHead(b))), scale);
  if (bias) scores = add(scores, bias);
  const [row, column] = [0, 1].map((axis) => iota([t, s], { axis, dtype: "i32" })) as [Tensor, Tensor];
  const lengths = (x: Tensor, name: string): Tensor => {
    if (show(x.shape) !== show(lead))
      throw new ShapeError(`${op}: ${name}: expected ${show(lead)}, got ${show(x.shape)}`);
    return reshape(x, [...lead, 1, 1, 1]);
  };
  const [back, ahead] = window === undefined ? [null, null] : typeof window === "number" ? [window, window] : window;
  const seen = [
    ...(mask ? [astype(mask, "bool")] : []),
    ...(causal ? [lessEqual(column, row)] : []),
    ...(back === null ? [] : [lessEqual(sub(row, column), back), lessEqual(sub(column, row), ahead as number)]),
    ...(keyLengths ? [less(column, lengths(keyLengths, "keyLengths"))] : []),
  ];
  const dtype = scores.dtype as keyof typeof least;
  if (seen.length > 0) scores = where(seen.reduce(logicalAnd), scores, least[dtype]);
  const y = moveaxis(matmul(softmax(scores), perHead(c)), -3, -2);
  if (!queryLengths) return y;
  const there = less(iota([t, 1, 1], { axis: 0, dtype: "i32" }), lengths(queryLengths, "queryLengths"));
  return where(there, y, 0);
}
