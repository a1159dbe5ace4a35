import { checkOptions, checkTensor, floatDType, integer, number } from "../../check.ts";
import { checkAxes } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { mul, sub } from "../arithmetic.ts";
import { less } from "../comparison.ts";
import type { DTypeOption } from "../fill.ts";
import { iota } from "../iota.ts";
import { where } from "../selection.ts";
import { roll } from "../shaping.ts";

/** Options of {@link fftfreq} and {@link rfftfreq}. */
export interface FrequencyOptions extends DTypeOption {
  /** Distance of samples; default 1. */
  readonly spacing?: number;
}

function count(op: string, n: number, size: (n: number) => number, options: FrequencyOptions): [Tensor, number] {
  integer("[1, 2147483647]")(op, n, "n");
  checkOptions(op, options, { spacing: number("(0, ∞)"), dtype: floatDType });
  return [iota([size(n)], { dtype: options.dtype ?? "f32" }), 1 / (n * (options.spacing ?? 1))];
}

/**
 * The frequencies of the elements of {@link fft}, in cycles per unit: 0, 1, …, then the negative ones, over n·spacing. Shape [n], f32 unless told.
 *
 * @throws {@link ArgumentError} for n below 1 or a spacing that is not positive
 * @example
 * ```ts
 * fftfreq(4); // [0, 0.25, -0.5, -0.25]
 * ```
 */
export function fftfreq(n: number, options: FrequencyOptions = {}): Tensor {
  const [k, step] = count("fftfreq", n, (m) => m, options);
  return mul(where(less(k, Math.ceil(n / 2)), k, sub(k, n)), step);
}

/** The frequencies of the elements of {@link rfft}: 0, 1, …, ⌊n/2⌋ over n·spacing. Throws as {@link fftfreq}. `rfftfreq(4)` is [0, 0.25, 0.5]. */
export function rfftfreq(n: number, options: FrequencyOptions = {}): Tensor {
  const [k, step] = count("rfftfreq", n, (m) => Math.floor(m / 2) + 1, options);
  return mul(k, step);
}

function shifted(
  op: string,
  x: Tensor,
  axes: number | readonly number[] | undefined,
  by: (n: number) => number,
): Tensor {
  checkTensor(op, x);
  return checkAxes(op, axes, x.rank).reduce((t, a) => roll(t, by(t.shape[a] as number), a), x);
}

/** Frequency 0 moved to the middle (position ⌊n/2⌋) along `axes` (default all). Throws ShapeError for bad axes. */
export const fftshift = (x: Tensor, axes?: number | readonly number[]): Tensor =>
  shifted("fftshift", x, axes, (n) => Math.floor(n / 2));

/** The inverse of {@link fftshift}. Throws ShapeError for bad axes. */
export const ifftshift = (x: Tensor, axes?: number | readonly number[]): Tensor =>
  shifted("ifftshift", x, axes, (n) => -Math.floor(n / 2));
