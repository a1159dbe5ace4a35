import { checkOptions, checkTensor, flag, integer, oneOf, tensor as tensorCheck } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { type Frames, foldPrimitive, unfoldPrimitive } from "../../primitives/frames.ts";
import { show } from "../../shape.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { div, mul } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { equal } from "../comparison.ts";
import { type Complex, parts } from "../fft/complex.ts";
import { irfft, rfft } from "../fft/rfft.ts";
import { ones, zerosLike } from "../fill.ts";
import { real } from "../operands.ts";
import { type PadMode, padModes } from "../padding.ts";
import { where } from "../selection.ts";
import { broadcastTo, expandDims, pad, slice } from "../shaping.ts";

interface FrameOptions {
  /** Step between frames; default a quarter of the size, rounded down. */
  readonly hop?: number;
  /** Weights of a frame [≤ size], with zeros around them when shorter; default ones. See {@link hann}. */
  readonly window?: Tensor;
  /** Frame k is centred at k·hop, the signal being continued by half a frame at both ends; default true. */
  readonly center?: boolean;
  /** Spectra are divided by √size; default false. */
  readonly normalized?: boolean;
}

/** Options of {@link stft}. */
export interface StftOptions extends FrameOptions {
  /** How a centred signal goes on: by zeros ("constant") or as {@link pad} does; default "reflect". */
  readonly padMode?: "constant" | PadMode;
}

/** Options of {@link istft}. */
export interface IstftOptions extends FrameOptions {
  /** Samples of the result; default all that the frames reach, without the half frames of centring. */
  readonly length?: number;
}

const known = { hop: integer("[1, ∞)"), window: tensorCheck, center: flag, normalized: flag };

/** The step, and the window as a column of `size`. */
function framing(
  op: string,
  size: number,
  options: FrameOptions,
): { readonly hop: number; readonly column: Tensor | null } {
  integer("[2, ∞)")(op, size, "size");
  const { window, hop = Math.max(1, size >> 2) } = options;
  if (window === undefined) return { hop, column: null };
  const m = window.size;
  if (window.rank !== 1 || m === 0 || m > size)
    throw new ShapeError(`${op}: window: expected at most ${size} elements, got ${show(window.shape)}`);
  const low = (size - m) >> 1;
  return { hop, column: expandDims(pad(real(op, window, "window"), [[low, size - m - low]]), 1) };
}

const along = (t: number, size: number, hop: number, count: number): Frames => ({
  input: [t],
  size: [size],
  count: [count],
  stride: [hop],
  dilation: [1],
  low: [0],
});

const scaled = (x: Tensor, by: number, on = true): Tensor => (on ? mul(x, by) : x);

/**
 * The short-time Fourier transform of real signals along the last axis: the spectra of windowed, overlapping frames of `size` samples, as in PyTorch.
 *
 * @param x - […, t]
 * @returns […, size/2 + 1 (rounded down) frequencies, frames]
 * @throws {@link ShapeError} for a signal below one frame or a window that does not fit, {@link ArgumentError} for a bad size or option
 * @example
 * ```ts
 * const power = complexAbs(stft(x, 512, { hop: 128, window: hann(512, { periodic: true }) }));
 * ```
 */
export function stft(x: Tensor, size: number, options: StftOptions = {}): Complex {
  checkTensor("stft", x);
  checkOptions("stft", options, { ...known, padMode: oneOf("constant", ...padModes) });
  const { hop, column } = framing("stft", size, options);
  if (x.rank === 0) throw new ShapeError("stft: x: expected […, t], got []");
  const { center = true, padMode = "reflect", normalized = false } = options;
  let signal = real("stft", x);
  if (center && x.shape.at(-1) !== 0) {
    const half = size >> 1;
    const around = x.shape.map((_, i): [number, number] => (i === x.rank - 1 ? [half, half] : [0, 0]));
    signal = pad(signal, around, padMode === "constant" ? 0 : padMode);
  }
  const t = signal.shape.at(-1) as number;
  if (t < size) throw new ShapeError(`stft: x: ${show(x.shape)} is shorter than a frame of ${size}`);
  const frames = apply(unfoldPrimitive, [signal], along(t, size, hop, Math.floor((t - size) / hop) + 1));
  const { re, im } = rfft(column === null ? frames : mul(frames, column), { axis: -2 });
  const by = 1 / Math.sqrt(size);
  return { re: scaled(re, by, normalized), im: scaled(im, by, normalized) };
}

/**
 * The signal of a short-time Fourier transform: frames are windowed again, added up, and divided by the sum of squared windows, which undoes {@link stft}
 * exactly where that sum is not 0, and is the least-squares estimate for spectra that belong to no signal (Griffin and Lim, 1984). Samples that no
 * window reaches are 0.
 *
 * @param x - […, size/2 + 1 (rounded down) frequencies, frames]; options as given to {@link stft}
 * @returns […, t]
 * @throws {@link ShapeError} when frequencies or the window do not fit, {@link ArgumentError} for a bad size or option, or a length beyond the frames
 */
export function istft(x: Complex, size: number, options: IstftOptions = {}): Tensor {
  const { re, im } = parts("istft", x);
  checkOptions("istft", options, { ...known, length: integer("[1, ∞)") });
  const { hop, column } = framing("istft", size, options);
  const count = re.shape.at(-1) as number;
  if (re.rank < 2 || re.shape.at(-2) !== (size >> 1) + 1 || count === 0)
    throw new ShapeError(`istft: x: expected […, ${(size >> 1) + 1}, frames], got ${show(re.shape)}`);
  const { center = true, normalized = false, length } = options;
  const t = (count - 1) * hop + size;
  const f = along(t, size, hop, count);
  const frames = irfft(im === null ? re : { re, im }, { n: size, axis: -2 });
  const window = column === null ? ones([size, 1], { dtype: frames.dtype }) : astype(column, frames.dtype);
  const added = apply(foldPrimitive, [mul(frames, window)], f);
  const weight = apply(foldPrimitive, [broadcastTo(mul(window, window), [size, count])], f);
  const none = equal(weight, 0);
  const signal = where(none, zerosLike(added), div(added, where(none, zerosLike(weight, 1), weight)));
  const from = center ? size >> 1 : 0;
  const to = length === undefined ? t - from : from + length;
  if (to > t || to <= from)
    throw new ArgumentError(`istft: length: ${count} frames reach over ${t - from} samples, not ${to - from}`);
  const whole = slice(
    signal,
    signal.shape.map((_, i) => (i === signal.rank - 1 ? from : 0)),
    signal.shape.map((n, i) => (i === signal.rank - 1 ? to : n)),
  );
  return scaled(whole, Math.sqrt(size), normalized);
}
