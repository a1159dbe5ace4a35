import { checkTensor } from "../../check.ts";
import type { Tensor } from "../../tensor.ts";
import { add, minimum, mul, sub } from "../arithmetic.ts";
import { iota } from "../iota.ts";
import { real } from "../operands.ts";
import { reshape, slice } from "../shaping.ts";
import { type Complex, type ComplexLike, parts } from "./complex.ts";
import {
  along,
  alongAll,
  conjugate,
  type FourierAxesOptions,
  type FourierNorm,
  type FourierOptions,
  type Parts,
  resize,
  scaleOf,
  transformAxis,
} from "./transform.ts";

/** The first n/2 + 1 elements along an axis: the others are their conjugates. */
function half({ re, im }: Complex, axis: number): Complex {
  const stop = re.shape.map((m, i) => (i === axis ? Math.floor(m / 2) + 1 : m));
  return { re: slice(re, [], stop), im: slice(im, [], stop) };
}

const halfTransform = (x: Tensor, axis: number, n: number, inverse: boolean, scale: number): Complex =>
  half(transformAxis({ re: x, im: null }, axis, n, inverse, scale), axis);

/**
 * The real sequence of length n whose transform begins with X. The missing elements are conjugates, so that their terms double the real part: it is
 * the real part of the transform of X padded by zeros, all but its ends (0, and n/2 for even n) doubled.
 */
function realTransform(x: Parts, axis: number, n: number, inverse: boolean, scale: number): Tensor {
  const m = Math.floor(n / 2) + 1;
  const shape = x.re.shape.map((_, i) => (i === axis ? m : 1));
  const k = reshape(iota([m], { dtype: x.re.dtype }), shape);
  // 1 at the ends, 2 between
  const weight = add(minimum(k, 1), n % 2 === 0 ? minimum(sub(n / 2, k), 1) : 1);
  const weigh = (t: Tensor): Tensor => mul(resize(t, axis, m), weight);
  return transformAxis({ re: weigh(x.re), im: x.im && weigh(x.im) }, axis, n, inverse, scale).re;
}

const doubled = (m: number): number => 2 * (m - 1);
const flipped: Readonly<Record<FourierNorm, FourierNorm>> = {
  backward: "forward",
  ortho: "ortho",
  forward: "backward",
};

function fromReal(op: string, x: Tensor): Tensor {
  checkTensor(op, x);
  return real(op, x);
}

/**
 * The transform of real numbers: the first ⌊n/2⌋ + 1 elements of {@link fft}, which determine the others. An even length is transformed as n/2
 * complex numbers.
 *
 * @param x - real tensor; n along the axis
 * @returns a pair with ⌊n/2⌋ + 1 along the axis
 * @throws {@link ArgumentError} for a pair or bad options, {@link ShapeError} for a bad axis or an empty one
 * @example
 * ```ts
 * rfft(tensor([1, 2, 3, 4])).re; // [10, -2, -2]
 * ```
 */
export function rfft(x: Tensor, options: FourierOptions = {}): Complex {
  const t = fromReal("rfft", x);
  const { axis, n, norm } = along("rfft", t, options);
  return halfTransform(t, axis, n, false, scaleOf(n, false, norm));
}

/**
 * The inverse of {@link rfft}: n real numbers (default 2(m − 1)) of m = ⌊n/2⌋ + 1 complex ones. Imaginary parts of element 0 and, for even n, n/2 do
 * not count.
 *
 * @throws {@link ShapeError} for a bad axis or one of size 1 without n, {@link ArgumentError} for bad options
 * @example
 * ```ts
 * irfft(rfft(x), { n: x.shape[0] }); // x
 * ```
 */
export function irfft(x: ComplexLike, options: FourierOptions = {}): Tensor {
  const z = parts("irfft", x);
  const { axis, n, norm } = along("irfft", z.re, options, doubled);
  return realTransform(z, axis, n, true, scaleOf(n, true, norm));
}

/** The transform, n real numbers, of a sequence with x[−j] = conj x[j] given by its first half. Throws as {@link irfft}. */
export function hfft(x: ComplexLike, options: FourierOptions = {}): Tensor {
  const z = parts("hfft", x);
  const { axis, n, norm } = along("hfft", z.re, options, doubled);
  return realTransform(conjugate(z), axis, n, true, scaleOf(n, true, flipped[norm]));
}

/** The inverse of {@link hfft}: the first half of the inverse transform of real numbers. Throws as {@link rfft}. */
export function ihfft(x: Tensor, options: FourierOptions = {}): Complex {
  const t = fromReal("ihfft", x);
  const { axis, n, norm } = along("ihfft", t, options);
  return halfTransform(t, axis, n, true, scaleOf(n, true, norm));
}

function realAll(op: string, x: Tensor, options: FourierAxesOptions, count: number | null): Complex {
  const t = fromReal(op, x);
  const { axes, n, norm } = alongAll(op, t, options, count);
  const last = axes.length - 1;
  const size = (i: number): number => n[i] as number;
  const first = halfTransform(t, axes[last] as number, size(last), false, scaleOf(size(last), false, norm));
  return axes
    .slice(0, -1)
    .reduce((y, axis, i) => transformAxis(y, axis, size(i), false, scaleOf(size(i), false, norm)), first);
}

function inverseRealAll(op: string, x: ComplexLike, options: FourierAxesOptions, count: number | null): Tensor {
  const z = parts(op, x);
  const { axes, n, norm } = alongAll(op, z.re, options, count, doubled);
  const last = axes.length - 1;
  const size = (i: number): number => n[i] as number;
  const rest = axes
    .slice(0, -1)
    .reduce<Parts>((y, axis, i) => transformAxis(y, axis, size(i), true, scaleOf(size(i), true, norm)), z);
  return realTransform(rest, axes[last] as number, size(last), true, scaleOf(size(last), true, norm));
}

/** {@link rfft} along the last of two axes (default the last two), {@link fft} along the other. Throws as {@link fft2}. */
export const rfft2 = (x: Tensor, options: FourierAxesOptions = {}): Complex => realAll("rfft2", x, options, 2);

/** The inverse of {@link rfft2}; `n` gives the lengths of the result. Throws as {@link fft2}. */
export const irfft2 = (x: ComplexLike, options: FourierAxesOptions = {}): Tensor =>
  inverseRealAll("irfft2", x, options, 2);

/** {@link rfft} along the last of several axes (default all), {@link fft} along the others. Throws as {@link fftn}. */
export const rfftn = (x: Tensor, options: FourierAxesOptions = {}): Complex => realAll("rfftn", x, options, null);

/** The inverse of {@link rfftn}; `n` gives the lengths of the result. Throws as {@link fftn}. */
export const irfftn = (x: ComplexLike, options: FourierAxesOptions = {}): Tensor =>
  inverseRealAll("irfftn", x, options, null);
