import { ArgumentError, DTypeError } from "../errors.ts";
import { isFloat } from "../dtype.ts";
import { add, clip, div, maximum, mul, neg, shiftRight, sub } from "../functions/arithmetic.ts";
import { astype } from "../functions/casting.ts";
import { less } from "../functions/comparison.ts";
import { abs, cos, erf, exp, log, log1p, sign, sqrt } from "../functions/elementary.ts";
import type { DTypeOption } from "../functions/fill.ts";
import { erf as erfScalar } from "../ir/scalar-math.ts";
import { checkOptions, checkTensor, type TensorLike } from "../functions/operands.ts";
import { argmax } from "../functions/reduction.ts";
import { where } from "../functions/selection.ts";
import type { Shape } from "../shape.ts";
import { hostTensor, type Tensor } from "../tensor.ts";
import { readSync } from "../read.ts";
import { bits, checkKey, split, type Key } from "./key.ts";

/** Bounds of uniform numbers. */
export interface UniformOptions extends DTypeOption {
  /** Smallest value; default 0. */
  readonly low?: number;
  /** Upper bound, not reached; default 1. */
  readonly high?: number;
}

/** Uniform numbers in [low, high), f32 by default, from the upper 24 bits of a word. Throws ArgumentError unless low < high, DTypeError for integers. */
export function uniform(k: Key, shape: Shape, options: UniformOptions = {}): Tensor {
  checkOptions("uniform", options, ["low", "high", "dtype"]);
  const { low = 0, high = 1, dtype = "f32" } = options;
  if (!isFloat(dtype)) throw new DTypeError(`uniform: dtype: expected a float, got ${dtype}; use randint`);
  if (!(low < high)) throw new ArgumentError(`uniform: low: ${low} is not below high ${high}`);
  const u = mul(astype(shiftRight(bits(k, shape), 8), dtype === "f16" ? "f32" : dtype), 2 ** -24);
  return astype(low === 0 && high === 1 ? u : add(mul(u, high - low), low), dtype);
}

/** Normal numbers of mean 0 and variance 1 by the Box–Muller transform. */
export function normal(k: Key, shape: Shape, options: DTypeOption = {}): Tensor {
  checkOptions("normal", options, ["dtype"]);
  checkKey("normal", k);
  const [a, b] = split(k) as [Key, Key];
  // 1 − u lies in (0, 1], so that the logarithm is finite.
  const radius = sqrt(mul(log(sub(1, uniform(a, shape, options))), -2));
  return mul(radius, cos(mul(uniform(b, shape, options), 2 * Math.PI)));
}

/** Normal numbers restricted to [low, high] (default ±2 standard deviations), by inversion. Throws ArgumentError unless low < high. */
export function truncatedNormal(k: Key, shape: Shape, options: UniformOptions = {}): Tensor {
  checkOptions("truncatedNormal", options, ["low", "high", "dtype"]);
  const { low = -2, high = 2, dtype = "f32" } = options;
  if (!(low < high)) throw new ArgumentError(`truncatedNormal: low: ${low} is not below high ${high}`);
  const [p, q] = [erfScalar(low * Math.SQRT1_2), erfScalar(high * Math.SQRT1_2)];
  return clip(mul(erfinv(uniform(k, shape, { low: p, high: q, dtype })), Math.SQRT2), low, high);
}

/** Inverse error function by Winitzki's closed form, polished by two Newton steps. */
export function erfinv(y: Tensor): Tensor {
  checkTensor("erfinv", y);
  const a = 0.147;
  const l = log1p(neg(mul(y, y)));
  const t = add(mul(l, 0.5), 2 / (Math.PI * a));
  let x = mul(sign(y), sqrt(maximum(sub(sqrt(maximum(sub(mul(t, t), div(l, a)), 0)), t), 0)));
  for (let i = 0; i < 2; i++) {
    const slope = mul(2 / Math.sqrt(Math.PI), expNeg(x));
    x = sub(x, div(sub(erf(x), y), slope));
  }
  return where(less(abs(y), 1), x, mul(sign(y), Infinity));
}
const expNeg = (x: Tensor): Tensor => exp(neg(mul(x, x)));

/** True with probability `p`. */
export function bernoulli(k: Key, p: TensorLike, shape: Shape): Tensor {
  return less(uniform(k, shape), p);
}

/** Gumbel numbers −log(−log u). */
export function gumbel(k: Key, shape: Shape, options: DTypeOption = {}): Tensor {
  checkOptions("gumbel", options, ["dtype"]);
  // Half a step above u keeps both logarithms finite.
  return neg(log(neg(log(add(uniform(k, shape, options), 2 ** -25)))));
}

/** Exponential numbers of rate 1. */
export function exponential(k: Key, shape: Shape, options: DTypeOption = {}): Tensor {
  checkOptions("exponential", options, ["dtype"]);
  return neg(log(sub(1, uniform(k, shape, options))));
}

/** Laplace numbers of mean 0 and scale 1. */
export function laplace(k: Key, shape: Shape, options: DTypeOption = {}): Tensor {
  const u = uniform(k, shape, { ...options, low: -1, high: 1 });
  return neg(mul(sign(u), log1p(neg(abs(u)))));
}

/** Index (i32) of a class drawn by unnormalised log-probabilities along the last axis, by the Gumbel-max trick. */
export function categorical(k: Key, logits: Tensor): Tensor {
  checkTensor("categorical", logits, "logits");
  return argmax(add(logits, gumbel(k, logits.shape)), -1);
}

/** Integers (i32) in [low, high). Throws ArgumentError unless low < high are integers less than 2²⁴ apart. */
export function randint(k: Key, shape: Shape, low: number, high: number): Tensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || low >= high || high - low > 2 ** 24) throw new ArgumentError(`randint: low: expected integers low < high less than 2^24 apart, got ${low} and ${high}`);
  return add(astype(mul(uniform(k, shape, { dtype: "f64" }), high - low), "i32"), low);
}

/**
 * The numbers 0 … n − 1 in random order, i32. The order is made on the host, so the key must have a value: a traced key throws TraceError.
 */
export function permutation(k: Key, n: number): Tensor {
  checkKey("permutation", k);
  if (!Number.isInteger(n) || n < 0) throw new ArgumentError(`permutation: n: ${n} is no non-negative integer`);
  const words = readSync(bits(k, [2, n]));
  const order = Int32Array.from({ length: n }, (_, i) => i);
  // Sorting by 64 random bits: ties are as rare as 2⁻⁶⁴ and then keep their order.
  order.sort((i, j) => (words[i] as number) - (words[j] as number) || (words[n + i] as number) - (words[n + j] as number));
  return hostTensor(order, [n], "i32");
}
