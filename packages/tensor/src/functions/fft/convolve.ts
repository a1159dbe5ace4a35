import { type Check, checkOptions, checkTensor, oneOf } from "../../check.ts";
import { isFloat, promote } from "../../dtype.ts";
import { ShapeError } from "../../errors.ts";
import { broadcastShapes, checkAxes, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { astype } from "../casting.ts";
import { slice } from "../shaping.ts";
import { complexMul } from "./complex.ts";
import { lengthFrom } from "./plan.ts";
import { irfftn, rfftn } from "./rfft.ts";

/** Options of {@link fftConvolve}. */
export interface FftConvolveOptions {
  /** "full" (default): every overlap; "same": the middle, in the size of `a`; "valid": where the smaller lies inside the larger. */
  readonly mode?: "full" | "same" | "valid";
  /** Axes to convolve along; default all. The others broadcast. */
  readonly axes?: readonly number[];
}

const axesList: Check = () => undefined;

/**
 * The convolution Σⱼ a[j]·b[k − j] of real tensors along any number of axes, by the convolution theorem: O(n log n) for kernels of any size.
 *
 * @param a - [.., n, ..]
 * @param b - of the same rank, [.., m, ..]
 * @returns n + m − 1 along each axis ("full"), n ("same") or |n − m| + 1 ("valid")
 * @throws {@link ShapeError} if ranks differ, an axis is empty or bad, or other axes do not broadcast; {@link ArgumentError} for bad options
 * @example
 * ```ts
 * fftConvolve(tensor([1, 2, 3]), tensor([1, 1])); // [1, 3, 5, 3]
 * ```
 */
export function fftConvolve(a: Tensor, b: Tensor, options: FftConvolveOptions = {}): Tensor {
  checkTensor("fftConvolve", a, "a");
  checkTensor("fftConvolve", b, "b");
  checkOptions("fftConvolve", options, { mode: oneOf("full", "same", "valid"), axes: axesList });
  if (a.rank !== b.rank || a.rank === 0)
    throw new ShapeError(
      `fftConvolve: b: expected the rank of a, 1 or more: a is ${show(a.shape)}, b ${show(b.shape)}`,
    );
  const axes = checkAxes("fftConvolve", options.axes, a.rank);
  if (axes.length === 0) throw new ShapeError("fftConvolve: axes: expected at least one");
  const others = (t: Tensor): number[] => t.shape.map((n, i) => (axes.includes(i) ? 1 : n));
  broadcastShapes("fftConvolve", others(a), others(b));
  for (const [t, name] of [
    [a, "a"],
    [b, "b"],
  ] as const)
    if (axes.some((i) => t.shape[i] === 0))
      throw new ShapeError(`fftConvolve: ${name}: ${show(t.shape)} has an empty axis`);
  const dtype = promote(a.dtype, b.dtype);
  const float = isFloat(dtype) ? dtype : "f32";
  const full = axes.map((i) => (a.shape[i] as number) + (b.shape[i] as number) - 1);
  const n = full.map(lengthFrom);
  const spectrum = complexMul(rfftn(astype(a, float), { n, axes }), rfftn(astype(b, float), { n, axes }));
  const y = irfftn(spectrum, { n, axes });
  const [start, stop] = [y.shape.map(() => 0), [...y.shape]];
  axes.forEach((axis, i) => {
    const [p, q, size] = [a.shape[axis], b.shape[axis], full[i]] as [number, number, number];
    const kept = { full: size, same: p, valid: Math.abs(p - q) + 1 }[options.mode ?? "full"];
    start[axis] = options.mode === "valid" ? Math.min(p, q) - 1 : Math.floor((size - kept) / 2);
    stop[axis] = (start[axis] as number) + kept;
  });
  return slice(y, start, stop);
}
