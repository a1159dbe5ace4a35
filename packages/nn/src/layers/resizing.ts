import type { Tensor } from "@gradus/tensor";
import { ArgumentError, check, interpolate, pixelShuffle, ShapeError } from "@gradus/tensor";
import { Module } from "../module.ts";
import { checkSize } from "../settings.ts";

/** Options of {@link Upsample}; either `size` or `scale` is needed. */
export interface UpsampleOptions {
  /** Spatial sizes of the result: one, or one per spatial axis. */
  readonly size?: number | readonly number[];
  /** Factor of all spatial sizes, or one per axis. */
  readonly scale?: number | readonly number[];
  /** The element at the place (`"nearest"`), or between its neighbours: bilinear on images, `"cubic"` is bicubic. `"nearest"` unless told. */
  readonly mode?: "nearest" | "linear" | "cubic";
  /** The middles of the corner elements coincide, rather than their outer edges; not for `"nearest"`. False unless told. */
  readonly alignCorners?: boolean;
}

/**
 * Images (sequences, volumes) at another size, as PyTorch makes them.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for both or neither of `size` and `scale`, or a bad option
 * @example
 * ```ts
 * new Upsample({ scale: 2, mode: "linear" }).call(zeros([8, 16, 14, 14])).shape; // [8, 16, 28, 28]
 * ```
 */
export class Upsample extends Module {
  /** Spatial sizes of the result, or null. */
  readonly size: number | readonly number[] | null;
  /** Factors of the spatial sizes, or null. */
  readonly scale: number | readonly number[] | null;
  /** How values between elements are found. */
  readonly mode: "nearest" | "linear" | "cubic";
  /** Whether the middles of the corner elements coincide. */
  readonly alignCorners: boolean;

  constructor(options: UpsampleOptions) {
    super();
    const { anything, flag, oneOf } = check;
    if (options === undefined) throw new ArgumentError("Upsample: options: give { scale } or { size }");
    check.options("Upsample", options, {
      size: anything,
      scale: anything,
      mode: oneOf("nearest", "linear", "cubic"),
      alignCorners: flag,
    });
    const { size = null, scale = null, mode = "nearest", alignCorners = false } = options;
    if ((size === null) === (scale === null)) throw new ArgumentError("Upsample: size: give either size or scale");
    if (alignCorners && mode === "nearest")
      throw new ArgumentError('Upsample: alignCorners: only for "linear" and "cubic"');
    for (const n of [size ?? []].flat()) checkSize("Upsample", "size", n);
    for (const s of [scale ?? []].flat()) check.number("(0, ∞)")("Upsample", s, "scale");
    this.size = size;
    this.scale = scale;
    this.mode = mode;
    this.alignCorners = alignCorners;
  }

  /** `[batch, channels, …]` → `[batch, channels, …size]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when `x` has no such axes. */
  forward(x: Tensor): Tensor {
    check.tensor("Upsample", x, "x");
    const { size, scale, mode, alignCorners } = this;
    const given = size ?? scale;
    if (x.rank < 3 || x.shape.includes(0) || (Array.isArray(given) && given.length !== x.rank - 2))
      throw new ShapeError(`Upsample: x: [${x.shape}] has no spatial axes for [${given}]`);
    return interpolate(x, { ...(size === null ? { scale: scale as number } : { size }), mode, alignCorners });
  }
}

/**
 * Channels moved into space: of `factor²` channels each, the pixels of an image that much larger (Shi et al. 2016).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when the factor is no positive integer
 * @example
 * ```ts
 * new PixelShuffle(2).call(zeros([1, 16, 8, 8])).shape; // [1, 4, 16, 16]
 * ```
 */
export class PixelShuffle extends Module {
  /** How much larger height and width become. */
  readonly factor: number;

  constructor(factor: number) {
    super();
    checkSize("PixelShuffle", "factor", factor);
    this.factor = factor;
  }

  /** `[batch, channels · factor², height, width]` → `[batch, channels, height · factor, width · factor]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}. */
  forward(x: Tensor): Tensor {
    check.tensor("PixelShuffle", x, "x");
    const { factor } = this;
    if (x.rank !== 4 || (x.shape[1] as number) % factor ** 2 !== 0)
      throw new ShapeError(
        `PixelShuffle: x: expected [batch, a multiple of ${factor ** 2}, height, width], got [${x.shape}]`,
      );
    return pixelShuffle(x, factor);
  }
}
