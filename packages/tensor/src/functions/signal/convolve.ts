import { checkTensor, oneOf } from "../../check.ts";
import { ShapeError } from "../../errors.ts";
import { show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { conv } from "../convolution.ts";
import { flip, reshape, slice } from "../shaping.ts";

/** "full": every overlap; "same": the middle of it, in the size of the first argument; "valid": where one lies inside the other. */
export type ConvolveMode = "full" | "same" | "valid";

function sliding(op: string, a: Tensor, b: Tensor, mode: ConvolveMode, turned: boolean): Tensor {
  checkTensor(op, a, "a");
  checkTensor(op, b, "b");
  oneOf("full", "same", "valid")(op, mode, "mode");
  if (a.rank !== b.rank || a.rank === 0)
    throw new ShapeError(`${op}: b: expected the rank of a, 1 or more: a is ${show(a.shape)}, b is ${show(b.shape)}`);
  for (const [t, name] of [
    [a, "a"],
    [b, "b"],
  ] as const)
    if (t.shape.includes(0)) throw new ShapeError(`${op}: ${name}: ${show(t.shape)} has an empty axis`);
  const larger = a.shape.every((n, i) => n >= (b.shape[i] as number));
  if (mode === "valid" && !larger && a.shape.some((n, i) => n > (b.shape[i] as number)))
    throw new ShapeError(`${op}: b: neither lies inside the other: a is ${show(a.shape)}, b is ${show(b.shape)}`);
  // the larger slides over the smaller; exchanged, the lags of a correlation run backwards
  const volume = (t: Tensor): number => t.size;
  const exchange = mode === "valid" ? !larger : volume(b) > volume(a);
  const [x, w] = exchange ? [b, a] : [a, b];
  const full = conv(reshape(x, [1, 1, ...x.shape]), reshape(turned ? flip(w) : w, [1, 1, ...w.shape]), {
    padding: mode === "valid" ? "valid" : w.shape.map((n) => n - 1),
  });
  const all = reshape(full, full.shape.slice(2));
  const y = exchange && !turned ? flip(all) : all;
  if (mode !== "same") return y;
  const start = b.shape.map((n) => (n - 1) >> 1);
  return slice(
    y,
    start,
    a.shape.map((n, i) => n + (start[i] as number)),
  );
}

/**
 * The convolution Σⱼ a[j]·b[k − j] along all axes, term by term; for kernels of many elements {@link fftConvolve} is faster.
 *
 * @param a - [.., n, ..]
 * @param b - of the same rank, [.., m, ..]
 * @param mode - default "full"
 * @returns n + m − 1 along each axis ("full"), n ("same") or |n − m| + 1 ("valid"), in the dtype both promote to
 * @throws {@link ShapeError} if ranks differ, an axis is empty or, of "valid", neither lies inside the other; {@link ArgumentError} for an unknown mode
 * @example
 * ```ts
 * convolve(tensor([1, 2, 3]), tensor([1, 1])); // [1, 3, 5, 3]
 * ```
 */
export const convolve = (a: Tensor, b: Tensor, mode: ConvolveMode = "full"): Tensor =>
  sliding("convolve", a, b, mode, true);

/**
 * The cross-correlation Σⱼ a[j + k]·b[j] along all axes, from the first lag k at which they overlap on. Arguments, result and errors as of {@link convolve}.
 *
 * @example
 * ```ts
 * correlate(tensor([1, 2, 3]), tensor([0, 1]), "valid"); // [2, 3]
 * ```
 */
export const correlate = (a: Tensor, b: Tensor, mode: ConvolveMode = "full"): Tensor =>
  sliding("correlate", a, b, mode, false);
