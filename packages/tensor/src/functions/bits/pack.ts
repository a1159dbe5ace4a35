import { checkOptions, checkTensor, integer, oneOf } from "../../check.ts";
import { DTypeError } from "../../errors.ts";
import { checkAxis, type Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { bitwiseAnd, mul, shiftLeft, shiftRight, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { notEqual } from "../comparison.ts";
import { iota } from "../iota.ts";
import { checkIntegers } from "../operands.ts";
import { sum } from "../reduction.ts";
import { expandDims, pad, reshape, slice } from "../shaping.ts";

/** Options of {@link packbits} and {@link unpackbits}. */
export interface PackOptions {
  /** Default −1, the last. */
  readonly axis?: number;
  /** Whether the first of eight is the highest bit ("big", the default) or the lowest. */
  readonly order?: "big" | "little";
}

/** Options of {@link unpackbits}. */
export interface UnpackOptions extends PackOptions {
  /** How many bits to keep along the axis; default all. */
  readonly count?: number;
}

/** 7 … 0, or 0 … 7, along a new axis after `axis`. */
function places(shape: Shape, axis: number, order: "big" | "little"): Tensor {
  const up = iota([8], { dtype: "i32" });
  return reshape(order === "little" ? up : sub(7, up), [8, ...shape.slice(axis + 1).map(() => 1)]);
}

/**
 * Eight elements along an axis (non-zero is 1) as the bits of one u8; the last is filled up by zeros.
 *
 * @param x - integers or bool, n along the axis
 * @returns u8, ⌈n/8⌉ along the axis
 * @throws {@link DTypeError} for floats, {@link ShapeError} for a bad axis, {@link ArgumentError} for bad options
 * @example
 * ```ts
 * packbits(tensor([true, false, true])); // [160]
 * ```
 */
export function packbits(x: Tensor, options: PackOptions = {}): Tensor {
  checkTensor("packbits", x);
  checkOptions("packbits", options, { axis: integer(), order: oneOf("big", "little") });
  checkIntegers("packbits", x, "x");
  const axis = checkAxis("packbits", options.axis ?? -1, x.rank);
  const n = x.shape[axis] as number;
  const bytes = Math.ceil(n / 8);
  const bits = astype(notEqual(x, 0), "i32");
  const full = pad(
    bits,
    x.shape.map((_, i) => [0, i === axis ? 8 * bytes - n : 0]),
  );
  const split = reshape(full, [...x.shape.slice(0, axis), bytes, 8, ...x.shape.slice(axis + 1)]);
  const weights = shiftLeft(1, places(x.shape, axis, options.order ?? "big"));
  return astype(sum(mul(split, weights), axis + 1), "u8");
}

/**
 * The bits of bytes along an axis: the inverse of {@link packbits}.
 *
 * @param x - u8, n along the axis
 * @returns u8 of zeros and ones, 8n (or `count`, at most 8n) along the axis
 * @throws {@link DTypeError} unless `x` is u8, {@link ShapeError} for a bad axis, {@link ArgumentError} for bad options
 * @example
 * ```ts
 * unpackbits(tensor([160], { dtype: "u8" }), { count: 3 }); // [1, 0, 1]
 * ```
 */
export function unpackbits(x: Tensor, options: UnpackOptions = {}): Tensor {
  checkTensor("unpackbits", x);
  checkOptions("unpackbits", options, {
    axis: integer(),
    order: oneOf("big", "little"),
    count: integer("[0, ∞)"),
  });
  if (x.dtype !== "u8") throw new DTypeError(`unpackbits: x: expected u8, got ${x.dtype}; cast it first`);
  const axis = checkAxis("unpackbits", options.axis ?? -1, x.rank);
  const n = 8 * (x.shape[axis] as number);
  const { count = n } = options;
  integer(`[0, ${n}]`)("unpackbits", count, "count");
  const wide = expandDims(astype(x, "i32"), axis + 1);
  const bits = bitwiseAnd(shiftRight(wide, places(x.shape, axis, options.order ?? "big")), 1);
  const flat = reshape(
    astype(bits, "u8"),
    x.shape.map((m, i) => (i === axis ? n : m)),
  );
  return slice(
    flat,
    [],
    x.shape.map((m, i) => (i === axis ? count : m)),
  );
}
