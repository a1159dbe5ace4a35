import type { DType, Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  cast,
  check,
  concat,
  cos,
  exp,
  expandDims,
  iota,
  isFloat,
  mul,
  reshape,
  sin,
} from "@gradus/tensor";
import { Module } from "../module.ts";
import { checkSize } from "../settings.ts";
import { checkSequence } from "./embedding.ts";

/** The waves at `places` `[length]`: `[length, features]`. */
function waves(places: Tensor, features: number, base: number, dtype: DType): Tensor {
  const half = features / 2;
  const frequencies = exp(mul(iota([1, half], { axis: 1, dtype }), -Math.log(base) / half));
  const angles = mul(cast(expandDims(places, -1), dtype), frequencies);
  return reshape(concat([expandDims(sin(angles), -1), expandDims(cos(angles), -1)], -1), [places.size, features]);
}

/**
 * Adds sine and cosine of each place at wavelengths from 2π to `base` · 2π, in turns: `sin(p / base^(2i / features))` at feature `2i`, the cosine
 * beside it (Vaswani et al. 2017, section 3.5).
 *
 * @param features - an even number
 * @param base - 10,000 unless told
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `features` is not even, or `base` not above 1
 * @example
 * ```ts
 * new SinusoidalPositions(64).call(zeros([8, 100, 64])).shape; // [8, 100, 64]
 * ```
 */
export class SinusoidalPositions extends Module {
  /** Number of features. */
  readonly features: number;
  /** Longest wavelength over 2π. */
  readonly base: number;

  constructor(features: number, base = 10_000) {
    super();
    checkSize("SinusoidalPositions", "features", features);
    if (features % 2 !== 0)
      throw new ArgumentError(`SinusoidalPositions: features: expected an even number, got ${features}`);
    check.number("(1, ∞)")("SinusoidalPositions", base, "base");
    this.features = features;
    this.base = base;
  }

  /**
   * `[..., length, features]` → the same, with the positions from `offset` on (a number or an i32 scalar, such as the length of a cache).
   * Throws {@link @gradus/tensor!index.ShapeError | ShapeError} for other features.
   */
  forward(x: Tensor, offset: number | Tensor = 0): Tensor {
    const length = checkSequence("SinusoidalPositions", x, this.features, offset);
    const places = add(iota([length], { dtype: "i32" }), offset);
    return add(x, waves(places, this.features, this.base, isFloat(x.dtype) ? x.dtype : "f32"));
  }
}
