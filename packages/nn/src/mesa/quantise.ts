import type { DType, Key, Shape, Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  bitwiseAnd,
  cast,
  check,
  clip,
  DTypeError,
  div,
  equal,
  floor,
  iota,
  isFinite,
  logicalAnd,
  max,
  maximum,
  min,
  mul,
  pad,
  reshape,
  ShapeError,
  shiftLeft,
  shiftRight,
  slice,
  stopGradient,
  sub,
  sum,
  uniform,
  where,
  zeros,
} from "@gradus/tensor";
import { checkFloat } from "../settings.ts";

/** Bits of a code. */
export type Bits = 2 | 4 | 8;

/** Running ranges of the groups of one tensor: state, as a tree. */
export interface Ranges {
  /** Range α of each group, `[groups]`. */
  readonly alpha: Tensor;
  /** Minimum β of each group, `[groups]`. */
  readonly beta: Tensor;
  /** How many batches they have seen, an i32 scalar. */
  readonly steps: Tensor;
}

/** Elements apart by groups: `[before, groups, after]`, with the place of the groups. */
interface Layout {
  readonly shape: Shape;
  readonly over: readonly number[];
  readonly along: Shape;
}

/** The axis that is cut into groups: heads or channels of four axes and more, else the last. */
export const groupAxis = (shape: Shape): number => (shape.length >= 4 ? 1 : shape.length - 1);

function layout(op: string, shape: Shape, groups: number): Layout {
  if (shape.length === 0) throw new ShapeError(`${op}: x: expected an axis to group, got a scalar`);
  const axis = groupAxis(shape);
  const n = shape[axis] as number;
  if (n % groups !== 0)
    throw new ArgumentError(`${op}: groups: ${groups} does not divide axis ${axis} of [${shape}]; give another number`);
  const size = (part: Shape): number => part.reduce((a, b) => a * b, 1);
  return {
    shape: [size(shape.slice(0, axis)), groups, (n / groups) * size(shape.slice(axis + 1))],
    over: [0, 2],
    along: [1, groups, 1],
  };
}

/** Moments are taken in 32 bits at least. */
const wide = (dtype: DType): DType => (dtype === "f16" ? "f32" : dtype);

/** Ranges that have seen nothing. */
export const noRanges = (groups: number, dtype: DType): Ranges => ({
  alpha: zeros([groups], { dtype: wide(dtype) }),
  beta: zeros([groups], { dtype: wide(dtype) }),
  steps: zeros([], { dtype: "i32" }),
});

/** The ranges once `x` was seen, `α ← λα + (1 − λ)r`, the first batch's own; a group that is not finite leaves the `kept` ones as they were. */
export function follow(
  op: string,
  x: Tensor,
  groups: number,
  decay: number,
  before: Ranges | null,
): { readonly used: readonly [alpha: Tensor, beta: Tensor]; readonly kept: Ranges | null } {
  const { shape, over } = layout(op, x.shape, groups);
  const parts = reshape(cast(stopGradient(x), wide(x.dtype)), shape);
  const low = min(parts, over);
  const range = sub(max(parts, over), low);
  if (before === null) return { used: [range, low], kept: null };
  const first = equal(before.steps, 0);
  const next = (old: Tensor, now: Tensor): Tensor => where(first, now, add(mul(old, decay), mul(now, 1 - decay)));
  const [oldAlpha, oldBeta] = [stopGradient(before.alpha), stopGradient(before.beta)];
  const used = [next(oldAlpha, range), next(oldBeta, low)] as const;
  const sound = logicalAnd(isFinite(sum(range)), isFinite(sum(low)));
  return {
    used,
    kept: {
      alpha: where(sound, used[0], oldAlpha),
      beta: where(sound, used[1], oldBeta),
      steps: add(before.steps, cast(sound, "i32")),
    },
  };
}

/** `[..., n]` codes below 2^bits as bytes, `8 / bits` in each; flat. */
export function packed(codes: Tensor, bits: number): Tensor {
  const flat = reshape(codes, [-1]);
  if (bits === 8) return cast(flat, "u8");
  const each = 8 / bits;
  const bytes = Math.ceil(codes.size / each);
  const full = pad(cast(flat, "i32"), [[0, each * bytes - codes.size]]);
  const places = mul(iota([each], { dtype: "i32" }), bits);
  return cast(sum(shiftLeft(reshape(full, [bytes, each]), places), 1), "u8");
}

/** What {@link packed} made of codes of this shape, as i32. */
export function unpacked(bytes: Tensor, bits: number, shape: Shape): Tensor {
  if (bits === 8) return reshape(bytes, shape);
  const each = 8 / bits;
  const size = shape.reduce((a, b) => a * b, 1);
  const places = mul(iota([each], { dtype: "i32" }), bits);
  const wide = shiftRight(reshape(cast(bytes, "i32"), [-1, 1]), places);
  const flat = reshape(bitwiseAnd(wide, 2 ** bits - 1), [-1]);
  return reshape(slice(flat, [0], [size]), shape);
}

/** `clip(⌊(x − β)(L − 1)/α + ξ⌋, 0, L − 1)`, ξ uniform in [0, 1) or ½. */
export function encode(
  op: string,
  x: Tensor,
  [alpha, beta]: readonly [Tensor, Tensor],
  bits: Bits,
  key: Key | null,
): Tensor {
  const { shape, along } = layout(op, x.shape, alpha.size);
  const parts = reshape(cast(stopGradient(x), alpha.dtype), shape);
  const top = 2 ** bits - 1;
  const scale = div(top, maximum(alpha, 1e-12));
  const level = mul(sub(parts, reshape(beta, along)), reshape(scale, along));
  const noise = key === null ? 0.5 : uniform(key, shape, { dtype: alpha.dtype });
  return packed(clip(floor(add(level, noise)), 0, top), bits);
}

/** `code · α / (L − 1) + β`. */
export function decode(
  codes: Tensor,
  [alpha, beta]: readonly [Tensor, Tensor],
  bits: Bits,
  like: { readonly shape: Shape; readonly dtype: DType },
): Tensor {
  const { shape, along } = layout("dequantizeGroups", like.shape, alpha.size);
  const step = reshape(div(alpha, 2 ** bits - 1), along);
  const parts = add(mul(cast(unpacked(codes, bits, shape), alpha.dtype), step), reshape(beta, along));
  return cast(reshape(parts, like.shape), like.dtype);
}

/** Options of {@link quantizeGroups}. */
export interface QuantizeOptions {
  /** How many groups the heads or channels are cut into: axis 1 of four axes and more, else the last; 1 unless told. */
  readonly groups?: number;
  /** Bits of a code: 8 unless told, 4, or 2. */
  readonly bits?: 2 | 4 | 8;
  /** Weight λ of the past in the running ranges; 0.9 unless told. */
  readonly decay?: number;
  /** Ranges of the batches before; those of `x` alone unless given. */
  readonly ranges?: Ranges;
  /** For rounding at random, without bias; to the nearest code unless given. */
  readonly key?: Key;
}

/** A tensor in codes; see {@link quantizeGroups}. */
export interface Quantized {
  /** u8, `8 / bits` codes in each, flat. */
  readonly codes: Tensor;
  /** Range α of each group when the codes were made, `[groups]`. */
  readonly alpha: Tensor;
  /** Minimum β of each group then, `[groups]`. */
  readonly beta: Tensor;
  /** Of the tensor. */
  readonly shape: Shape;
  /** Of the tensor. */
  readonly dtype: DType;
  /** Bits of a code. */
  readonly bits: 2 | 4 | 8;
}

function bitsOption(op: string, value: unknown, argument: string): void {
  if (value !== 2 && value !== 4 && value !== 8)
    throw new ArgumentError(`${op}: ${argument}: expected 8, 4 or 2, got ${check.said(value)}`);
}
const whole = check.integer("[1, ∞)");
export const quantizeChecks: Readonly<Record<"groups" | "bits" | "decay" | "key", check.Check>> = {
  groups: whole,
  bits: bitsOption,
  decay: check.number("[0, 1)"),
  key: check.key,
};

/** Throws unless `ranges` fit so many groups. */
export function checkRanges(
  op: string,
  ranges: unknown,
  groups: number,
  argument = "ranges",
): asserts ranges is Ranges {
  const { alpha, beta, steps } = (ranges ?? {}) as Partial<Ranges>;
  for (const [name, t] of Object.entries({ alpha, beta, steps })) check.tensor(op, t, `${argument}.${name}`);
  const [a, b, s] = [alpha, beta, steps] as [Tensor, Tensor, Tensor];
  if (a.rank !== 1 || a.size !== groups || b.rank !== 1 || b.size !== groups || s.rank !== 0)
    throw new ShapeError(
      `${op}: ${argument}: expected alpha and beta [${groups}] and a scalar steps, got [${a.shape}]`,
    );
}

/**
 * A tensor in codes of 8, 4 or 2 bits, with a range for each group of heads or channels that follows the batches (Pan et al. 2021, Mesa): the ranges move
 * on first, `α ← λα + (1 − λ)(max − min)` and `β ← λβ + (1 − λ) min`, then `code = clip(⌊(x − β)(L − 1)/α + ξ⌋, 0, L − 1)`. What lies outside a running
 * range becomes its end. Groups that are not finite give NaN and leave the ranges as they were.
 *
 * @param x - float, at least one axis
 * @returns the codes, and the ranges to go on with (those of `x` alone where none were given)
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when the groups do not divide the axis, or for a bad option; {@link @gradus/tensor!index.ShapeError | ShapeError} for a scalar, or ranges that do not fit
 * @example
 * ```ts
 * const [q, ranges] = quantizeGroups(x, { groups: 4 });
 * dequantizeGroups(q); // within half of α / 255
 * ```
 */
export function quantizeGroups(x: Tensor, options: QuantizeOptions = {}): [quantized: Quantized, ranges: Ranges] {
  const op = "quantizeGroups";
  checkFloat(op, x);
  check.options(op, options, { ...quantizeChecks, ranges: check.anything });
  const { groups = 1, bits = 8, decay = 0.9, key = null } = options;
  const before = options.ranges ?? noRanges(groups, x.dtype);
  checkRanges(op, before, groups);
  const { used, kept } = follow(op, x, groups, decay, before);
  const codes = encode(op, x, used, bits, key);
  return [{ codes, alpha: used[0], beta: used[1], shape: x.shape, dtype: x.dtype, bits }, kept as Ranges];
}

/**
 * The tensor that codes stand for, `code · α / (L − 1) + β`.
 *
 * @param quantized - what {@link quantizeGroups} gave
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for anything else, {@link @gradus/tensor!index.DTypeError | DTypeError} unless the codes are u8
 * @example
 * ```ts
 * dequantizeGroups(quantizeGroups(x)[0]);
 * ```
 */
export function dequantizeGroups(quantized: Quantized): Tensor {
  const op = "dequantizeGroups";
  const { codes, alpha, beta, shape, dtype, bits } = (quantized ?? {}) as Quantized;
  for (const [name, t] of Object.entries({ codes, alpha, beta })) check.tensor(op, t, `quantized.${name}`);
  bitsOption(op, bits, "quantized.bits");
  if (codes.dtype !== "u8") throw new DTypeError(`${op}: quantized.codes: expected u8, got ${codes.dtype}`);
  return decode(codes, [alpha, beta], bits, { shape, dtype });
}
