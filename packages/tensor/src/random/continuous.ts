import { type Check, checkKey, checkOptions, floatDType, number } from "../check.ts";
import type { DType } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { add, clip, maximum, mul, neg, shiftRight } from "../functions/arithmetic.ts";
import { at } from "../functions/at.ts";
import { astype } from "../functions/casting.ts";
import { abs, erf, log, log1p, sign } from "../functions/elementary.ts";
import { erfinv } from "../functions/erfinv.ts";
import { full } from "../functions/fill.ts";
import { checkShape, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { bits, type Key, words } from "./key.ts";

/** Options of distributions on the real line. */
export interface FloatOptions {
  /** f32 (default), f64 or f16. */
  readonly dtype?: DType;
}

/** Options of {@link uniform} and {@link truncatedNormal}. */
export interface IntervalOptions extends FloatOptions {
  /** Lower end. */
  readonly low?: number;
  /** Upper end. */
  readonly high?: number;
}

function checked(
  op: string,
  k: Key,
  shape: Shape,
  options: FloatOptions,
  known: Readonly<Record<string, Check>> = {},
): DType {
  checkKey(op, k);
  checkShape(op, shape);
  checkOptions(op, options, { dtype: floatDType, ...known });
  return options.dtype ?? "f32";
}

function interval(op: string, low: number, high: number): void {
  if (!(low < high)) throw new ArgumentError(`${op}: low: [${low}, ${high}) is no interval`);
}

/** Uniform in [0, 1) on the multiples of 2⁻²³ (f32), 2⁻⁵² (f64) or 2⁻¹⁰ (f16). */
function unit(k: Key, shape: Shape, dtype: DType): Tensor {
  if (dtype !== "f64") {
    const digits = dtype === "f32" ? 23 : 10;
    return mul(astype(shiftRight(bits(k, shape), 32 - digits), dtype), 2 ** -digits);
  }
  const pair = words(k, shape);
  const whole = shape.map(() => null);
  return add(
    mul(astype(at(pair, ...whole, 0), "f64"), 2 ** -32),
    mul(astype(shiftRight(at(pair, ...whole, 1), 12), "f64"), 2 ** -52),
  );
}

const between = (k: Key, shape: Shape, dtype: DType, low: number, high: number): Tensor =>
  maximum(add(mul(unit(k, shape, dtype), high - low), low), low);

/** The number next to −1 towards 0: keeps what follows finite. */
const above: Readonly<Record<string, number>> = { f32: -1 + 2 ** -24, f64: -1 + 2 ** -53, f16: -1 + 2 ** -11 };
const tiny: Readonly<Record<string, number>> = { f32: 2 ** -126, f64: 2 ** -1022, f16: 2 ** -14 };

/**
 * Uniform in [low, high), default [0, 1).
 *
 * ```ts
 * uniform(key(0), [3], { low: -1, high: 1 });
 * ```
 * Throws ArgumentError for a bad key, shape, option or interval, DTypeError for an integer dtype.
 */
export function uniform(k: Key, shape: Shape = [], options: IntervalOptions = {}): Tensor {
  const dtype = checked("uniform", k, shape, options, { low: number(), high: number() });
  const { low = 0, high = 1 } = options;
  interval("uniform", low, high);
  return between(k, shape, dtype, low, high);
}

/**
 * Standard normal, by the inverse error function of a uniform number (as JAX does): one draw each, differentiable, equal on all backends up to rounding.
 *
 * ```ts
 * normal(key(0), [2, 3]);
 * ```
 * Throws ArgumentError for a bad key, shape or option, DTypeError for an integer dtype.
 */
export function normal(k: Key, shape: Shape = [], options: FloatOptions = {}): Tensor {
  const dtype = checked("normal", k, shape, options);
  return mul(erfinv(between(k, shape, dtype, above[dtype] as number, 1)), Math.SQRT2);
}

/**
 * Standard normal under the condition low ≤ x ≤ high, default [−2, 2].
 *
 * ```ts
 * truncatedNormal(key(0), [3], { low: -1, high: 3 });
 * ```
 * Throws as {@link uniform} does.
 */
export function truncatedNormal(k: Key, shape: Shape = [], options: IntervalOptions = {}): Tensor {
  const dtype = checked("truncatedNormal", k, shape, options, {
    low: number("[-∞, ∞]"),
    high: number("[-∞, ∞]"),
  });
  const { low = -2, high = 2 } = options;
  interval("truncatedNormal", low, high);
  const end = (x: number): Tensor => erf(full([], x * Math.SQRT1_2, { dtype }));
  const u = add(mul(unit(k, shape, dtype), add(end(high), neg(end(low)))), end(low));
  return clip(mul(erfinv(u), Math.SQRT2), low, high);
}

/** Standard Gumbel: −log(−log u). `add(logits, gumbel(k, logits.shape))` is largest at a draw of softmax(logits). Throws as {@link normal} does. */
export function gumbel(k: Key, shape: Shape = [], options: FloatOptions = {}): Tensor {
  const dtype = checked("gumbel", k, shape, options);
  return neg(log(neg(log(between(k, shape, dtype, tiny[dtype] as number, 1)))));
}

/** Exponential with rate 1: −log(1 − u). `exponential(key(0), [3])`. Throws as {@link normal} does. */
export function exponential(k: Key, shape: Shape = [], options: FloatOptions = {}): Tensor {
  const dtype = checked("exponential", k, shape, options);
  return neg(log1p(neg(unit(k, shape, dtype))));
}

/** Standard Laplace (density e^{−|x|}/2). `laplace(key(0), [3])`. Throws as {@link normal} does. */
export function laplace(k: Key, shape: Shape = [], options: FloatOptions = {}): Tensor {
  const dtype = checked("laplace", k, shape, options);
  const u = between(k, shape, dtype, above[dtype] as number, 1);
  return mul(sign(u), log1p(neg(abs(u))));
}
