import { integer } from "../../check.ts";
import { ShapeError } from "../../errors.ts";
import { show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { permute, reshape } from "../shaping.ts";
import { spatial } from "./spatial.ts";

/**
 * Channels moved into space, [n, c·factorᵈ, …size] → [n, c, …size·factor] for d spatial axes: of each channel's factorᵈ parts, the last spatial axis runs fastest.
 *
 * @throws {@link ShapeError} below rank 3 or when the channels do not divide, {@link ArgumentError} for a factor that is no positive integer
 * @example
 * ```ts
 * pixelShuffle(zeros([1, 4, 8, 8]), 2); // [1, 1, 16, 16]
 * ```
 */
export function pixelShuffle(x: Tensor, factor: number): Tensor {
  const sizes = spatial("pixelShuffle", x);
  integer("[1, ∞)")("pixelShuffle", factor, "factor");
  const [n, channels] = x.shape as [number, number];
  const d = sizes.length;
  const c = channels / factor ** d;
  if (!Number.isInteger(c))
    throw new ShapeError(
      `pixelShuffle: factor: ${factor} to the power ${d} does not divide the channels of ${show(x.shape)}`,
    );
  const apart = reshape(x, [n, c, ...sizes.map(() => factor), ...sizes]);
  return reshape(permute(apart, [0, 1, ...sizes.flatMap((_, i) => [2 + d + i, 2 + i])]), [
    n,
    c,
    ...sizes.map((s) => s * factor),
  ]);
}

/**
 * Space moved into channels, the inverse of {@link pixelShuffle}: [n, c, …size·factor] → [n, c·factorᵈ, …size].
 *
 * @throws {@link ShapeError} below rank 3 or when a size does not divide, {@link ArgumentError} for a factor that is no positive integer
 */
export function pixelUnshuffle(x: Tensor, factor: number): Tensor {
  const sizes = spatial("pixelUnshuffle", x);
  integer("[1, ∞)")("pixelUnshuffle", factor, "factor");
  const [n, c] = x.shape as [number, number];
  const d = sizes.length;
  if (sizes.some((s) => s % factor !== 0))
    throw new ShapeError(`pixelUnshuffle: factor: ${factor} does not divide the sizes of ${show(x.shape)}`);
  const small = sizes.map((s) => s / factor);
  const apart = reshape(x, [n, c, ...small.flatMap((s) => [s, factor])]);
  const order = [0, 1, ...sizes.map((_, i) => 3 + 2 * i), ...sizes.map((_, i) => 2 + 2 * i)];
  return reshape(permute(apart, order), [n, c * factor ** d, ...small]);
}
