import { type Check, checkOptions, checkTensor, integer } from "../../check.ts";
import { ArgumentError } from "../../errors.ts";
import { said } from "../../said.ts";
import type { Tensor } from "../../tensor.ts";
import { add, minimum, mul, sub } from "../arithmetic.ts";
import { cos, sin } from "../elementary.ts";
import { iota } from "../iota.ts";
import { real } from "../operands.ts";
import { concat, flip, pad, reshape, slice, stack } from "../shaping.ts";
import {
  along,
  type FourierNorm,
  type FourierOptions,
  length,
  normName,
  resize,
  scaled,
  transformAxis,
} from "./transform.ts";

/** Options of {@link dct} and {@link idct}. */
export interface CosineOptions extends FourierOptions {
  /** 2 (default) or 3, its transpose and, up to a factor, its inverse. */
  readonly type?: 2 | 3;
}

const kind: Check = (op, value, argument) => {
  if (value !== 2 && value !== 3) throw new ArgumentError(`${op}: ${argument}: expected 2 or 3, got ${said(value)}`);
};

/** A part of an axis. */
const piece = (x: Tensor, axis: number, start: number, stop: number, step = 1): Tensor =>
  slice(
    x,
    x.shape.map((_, i) => (i === axis ? start : 0)),
    x.shape.map((n, i) => (i === axis ? stop : n)),
    x.shape.map((_, i) => (i === axis ? step : 1)),
  );

/** The cosine and sine of πk/2n, along `axis`. */
function angles(x: Tensor, axis: number): [cos: Tensor, sin: Tensor] {
  const n = x.shape[axis] as number;
  const k = iota([n], { dtype: x.dtype });
  const angle = reshape(
    mul(k, Math.PI / (2 * n)),
    x.shape.map((m, i) => (i === axis ? m : 1)),
  );
  return [cos(angle), sin(angle)];
}

// Makhoul, "A fast cosine transform in one and two dimensions" (1980): one transform of n, of the even elements followed by the odd ones backwards.

/** y[k] = 2 Σ x[j] cos(πk(2j + 1)/2n). */
function second(x: Tensor, axis: number): Tensor {
  const n = x.shape[axis] as number;
  const even = piece(x, axis, 0, n, 2);
  const v = n === 1 ? x : concat([even, flip(piece(x, axis, 1, n, 2), axis)], axis);
  const { re, im } = transformAxis({ re: v, im: null }, axis, n, false);
  const [c, s] = angles(x, axis);
  return mul(add(mul(c, re), mul(s, im)), 2);
}

/** y[k] = x[0] + 2 Σ_{j≥1} x[j] cos(πj(2k + 1)/2n). */
function third(x: Tensor, axis: number): Tensor {
  const n = x.shape[axis] as number;
  if (n === 1) return x;
  const padding = x.shape.map((_, i) => [i === axis ? 1 : 0, 0] as const);
  const back = pad(flip(piece(x, axis, 1, n), axis), padding);
  const [c, s] = angles(x, axis);
  const z = { re: add(mul(c, x), mul(s, back)), im: sub(mul(s, x), mul(c, back)) };
  const v = transformAxis(z, axis, n, true).re;
  const h = Math.ceil(n / 2);
  const odd = flip(piece(v, axis, h, n), axis);
  const evens = piece(v, axis, 0, h);
  const pairs = stack([evens, resize(odd, axis, h)], axis + 1);
  return piece(
    reshape(
      pairs,
      x.shape.map((m, i) => (i === axis ? 2 * h : m)),
    ),
    axis,
    0,
    n,
  );
}

/** A factor for element 0 along `axis` and one for the others. */
function weigh(x: Tensor, axis: number, first: number, others: number): Tensor {
  const n = x.shape[axis] as number;
  const after = minimum(iota([n], { dtype: x.dtype }), 1);
  return mul(
    x,
    reshape(
      add(mul(after, others - first), first),
      x.shape.map((m, i) => (i === axis ? m : 1)),
    ),
  );
}

function cosine(op: string, x: Tensor, forward: boolean, options: CosineOptions): Tensor {
  checkTensor(op, x);
  checkOptions(op, options, { type: kind, n: length, axis: integer(), norm: normName });
  const { type = 2, ...rest } = options;
  const { axis, n, norm } = along(op, real(op, x), rest);
  const t = resize(real(op, x), axis, n);
  const isSecond = (type === 2) === forward;
  if (norm === "ortho") {
    const [first, others] = [1 / Math.sqrt(n), Math.sqrt(2 / n)];
    return isSecond
      ? weigh(second(t, axis), axis, first / 2, others / 2)
      : third(weigh(t, axis, first, others / 2), axis);
  }
  const scales: Record<FourierNorm, boolean> = { backward: !forward, forward, ortho: false };
  return scaled(isSecond ? second(t, axis) : third(t, axis), scales[norm] ? 1 / (2 * n) : 1);
}

/**
 * The discrete cosine transform along one axis: type 2, y[k] = 2 Σ x[j] cos(πk(2j + 1)/2n), or type 3, y[k] = x[0] + 2 Σ_{j≥1} x[j] cos(πj(2k + 1)/2n).
 * With norm "ortho" the matrix is orthogonal.
 *
 * @throws {@link ShapeError} for a bad axis or an empty one, {@link ArgumentError} for bad options
 * @example
 * ```ts
 * dct(tensor([1, 1, 1, 1])); // [8, 0, 0, 0]
 * ```
 */
export const dct = (x: Tensor, options: CosineOptions = {}): Tensor => cosine("dct", x, true, options);

/** The inverse of {@link dct} of the same type and norm. Throws as {@link dct}. */
export const idct = (x: Tensor, options: CosineOptions = {}): Tensor => cosine("idct", x, false, options);
