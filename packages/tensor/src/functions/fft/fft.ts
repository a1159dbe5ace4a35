import { type Complex, type ComplexLike, parts } from "./complex.ts";
import {
  along,
  alongAll,
  type FourierAxesOptions,
  type FourierOptions,
  type Parts,
  scaleOf,
  transformAxis,
} from "./transform.ts";

function single(op: string, x: ComplexLike, inverse: boolean, options: FourierOptions): Complex {
  const z = parts(op, x);
  const { axis, n, norm } = along(op, z.re, options);
  return transformAxis(z, axis, n, inverse, scaleOf(n, inverse, norm));
}

function several(
  op: string,
  x: ComplexLike,
  inverse: boolean,
  options: FourierAxesOptions,
  count: number | null,
): Complex {
  const z = parts(op, x);
  const { axes, n, norm } = alongAll(op, z.re, options, count);
  return axes.reduce<Parts>((y, axis, i) => {
    const size = n[i] as number;
    return transformAxis(y, axis, size, inverse, scaleOf(size, inverse, norm));
  }, z) as Complex;
}

/**
 * The discrete Fourier transform X[k] = Σⱼ x[j] e^{−2πi jk/n} along one axis, for any length: mixed radix (Stockham), and Bluestein's chirp for
 * large primes. Computed in double precision inside on the CPU, differentiable to any order.
 *
 * @param x - real tensor, or a pair { re, im }
 * @returns a pair of the shape of `x`, with size n along the axis
 * @throws {@link ShapeError} for a bad axis or an empty one, {@link ArgumentError} for bad options
 * @example
 * ```ts
 * fft(tensor([1, 0, 0, 0])).re; // [1, 1, 1, 1]
 * ```
 */
export const fft = (x: ComplexLike, options: FourierOptions = {}): Complex => single("fft", x, false, options);

/**
 * The inverse of {@link fft}: x[j] = 1/n Σₖ X[k] e^{2πi jk/n}.
 *
 * @throws {@link ShapeError} for a bad axis or an empty one, {@link ArgumentError} for bad options
 * @example
 * ```ts
 * ifft(fft(x)); // { re: x, im: 0 }
 * ```
 */
export const ifft = (x: ComplexLike, options: FourierOptions = {}): Complex => single("ifft", x, true, options);

/** {@link fft} along two axes (default the last two). Throws ShapeError for bad axes or sizes, ArgumentError for bad options. */
export const fft2 = (x: ComplexLike, options: FourierAxesOptions = {}): Complex =>
  several("fft2", x, false, options, 2);

/** The inverse of {@link fft2}. Throws ShapeError for bad axes or sizes, ArgumentError for bad options. */
export const ifft2 = (x: ComplexLike, options: FourierAxesOptions = {}): Complex =>
  several("ifft2", x, true, options, 2);

/** {@link fft} along several axes (default all). Throws ShapeError for bad axes or sizes, ArgumentError for bad options. */
export const fftn = (x: ComplexLike, options: FourierAxesOptions = {}): Complex =>
  several("fftn", x, false, options, null);

/** The inverse of {@link fftn}. Throws ShapeError for bad axes or sizes, ArgumentError for bad options. */
export const ifftn = (x: ComplexLike, options: FourierAxesOptions = {}): Complex =>
  several("ifftn", x, true, options, null);
