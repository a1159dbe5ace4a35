import { type Check, checkOptions, integer, oneOf } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { fftPrimitive } from "../../primitives/fft.ts";
import { said } from "../../said.ts";
import { checkAxes, checkAxis, show, sizeOf } from "../../shape.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { mul, neg } from "../arithmetic.ts";
import { moveaxis, pad, reshape, slice } from "../shaping.ts";
import type { Complex } from "./complex.ts";

/** Where the factor 1/n goes: to the inverse transform ("backward"), to the forward one, or its root to both ("ortho"). */
export type FourierNorm = "backward" | "ortho" | "forward";

/** Options of a transform along one axis. */
export interface FourierOptions {
  /** Length of the transform: longer rows are cropped, shorter ones padded by zeros; default that of the axis. */
  readonly n?: number;
  /** Default −1, the last. */
  readonly axis?: number;
  /** Default "backward". */
  readonly norm?: FourierNorm;
}

/** Options of a transform along several axes. */
export interface FourierAxesOptions {
  /** Length along each of `axes`; without `axes` they are those of the last axes. */
  readonly n?: readonly number[];
  /** Default all, of a transform in two dimensions the last two. */
  readonly axes?: readonly number[];
  /** Default "backward". */
  readonly norm?: FourierNorm;
}

export const length: Check = integer("[1, ∞)");
export const normName: Check = oneOf("backward", "ortho", "forward");
const sizes: Check = (op, value, argument) => {
  if (!Array.isArray(value)) throw new ArgumentError(`${op}: ${argument}: expected an array, got ${said(value)}`);
  for (const n of value) length(op, n, argument);
};

/** Re and im of numbers that are real where `im` is null. */
export interface Parts {
  readonly re: Tensor;
  readonly im: Tensor | null;
}

/** What the options of a transform along one axis say for `x`. Throws ShapeError for an axis of size 0 that is not padded. */
export function along(
  op: string,
  x: Tensor,
  options: FourierOptions,
  size = (m: number): number => m,
): { readonly axis: number; readonly n: number; readonly norm: FourierNorm } {
  checkOptions(op, options, { n: length, axis: integer(), norm: normName });
  const axis = checkAxis(op, options.axis ?? -1, x.rank);
  const n = options.n ?? size(x.shape[axis] as number);
  if (n < 1) throw new ShapeError(`${op}: x: axis ${axis} of ${show(x.shape)} is too short to transform; give n`);
  return { axis, n, norm: options.norm ?? "backward" };
}

/** The axes and lengths of a transform along several, in the order given. */
export function alongAll(
  op: string,
  x: Tensor,
  options: FourierAxesOptions,
  count: number | null,
  lastSize = (m: number): number => m,
): { readonly axes: readonly number[]; readonly n: readonly number[]; readonly norm: FourierNorm } {
  checkOptions(op, options, {
    n: sizes,
    axes: (o, v, a) => void checkAxes(o, v as number[], x.rank, a),
    norm: normName,
  });
  const rank = options.n && !options.axes ? options.n.length : count;
  if (rank !== null && rank > x.rank)
    throw new ShapeError(`${op}: x: expected rank ${rank} or more, got ${show(x.shape)}`);
  const named = options.axes ?? Array.from({ length: rank ?? x.rank }, (_, i) => i - (rank ?? x.rank));
  const axes = named.map((a) => checkAxis(op, a, x.rank, "axes"));
  if (count !== null && axes.length !== count)
    throw new ShapeError(`${op}: axes: expected ${count}, got ${said(options.axes ?? axes)}`);
  if (axes.length === 0) throw new ShapeError(`${op}: axes: expected at least one`);
  if (options.n && options.n.length !== axes.length)
    throw new ShapeError(`${op}: n: expected ${axes.length} lengths, one per axis, got ${said(options.n)}`);
  const natural = axes.map((a, i) => (i === axes.length - 1 ? lastSize : (m: number) => m)(x.shape[a] as number));
  const n = options.n ?? natural;
  n.forEach((m, i) => {
    if (m < 1) throw new ShapeError(`${op}: x: axis ${axes[i]} of ${show(x.shape)} is too short to transform; give n`);
  });
  return { axes, n, norm: options.norm ?? "backward" };
}

/** `x` cropped or padded by zeros to size n along `axis`. */
export function resize(x: Tensor, axis: number, n: number): Tensor {
  const m = x.shape[axis] as number;
  if (m > n)
    return slice(
      x,
      [],
      x.shape.map((d, i) => (i === axis ? n : d)),
    );
  return pad(
    x,
    x.shape.map((_, i) => [0, i === axis ? n - m : 0]),
  );
}

const exponent: Readonly<Record<FourierNorm, readonly [forward: number, inverse: number]>> = {
  backward: [0, -1],
  ortho: [-0.5, -0.5],
  forward: [-1, 0],
};

/** What a transform of n elements is scaled by. */
export const scaleOf = (n: number, inverse: boolean, norm: FourierNorm): number =>
  norm === "ortho" ? 1 / Math.sqrt(n) : n ** (exponent[norm][Number(inverse)] as number);

/** `x` times a number, or `x` itself for 1. */
export const scaled = (x: Tensor, by: number): Tensor => (by === 1 ? x : mul(x, by));

/** The transform along one axis, cropped or padded to n, and scaled. */
export function transformAxis({ re, im }: Parts, axis: number, n: number, inverse: boolean, scale = 1): Complex {
  const rows = (t: Tensor): Tensor => {
    const moved = moveaxis(resize(t, axis, n), axis, -1);
    return reshape(moved, [sizeOf(moved.shape.slice(0, -1)), n]);
  };
  const moved = [...re.shape.slice(0, axis), ...re.shape.slice(axis + 1), n];
  const inputs = im === null ? [rows(re)] : [rows(re), rows(im)];
  const [p, q] = applyMany(fftPrimitive, inputs, { inverse }).map((t) =>
    scaled(moveaxis(reshape(t, moved), -1, axis), scale),
  ) as [Tensor, Tensor];
  return { re: p, im: q };
}

/** The conjugate, of reals themselves. */
export const conjugate = ({ re, im }: Parts): Parts => ({ re, im: im === null ? null : neg(im) });
