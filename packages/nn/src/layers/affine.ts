import type { DType, Tensor } from "@gradus/tensor";
import { add, check, mul, ones, reshape, zeros } from "@gradus/tensor";

/** Options of all normalisations. */
export interface NormOptions {
  /** Added to the variance; 1e-5 unless told. */
  readonly epsilon?: number;
  /** Scale and shift the result by `weight` and `bias`; true unless told. */
  readonly affine?: boolean;
  /** Shift as well as scale, where the result is scaled; true unless told. */
  readonly bias?: boolean;
  /** Float dtype of the parameters; f32 unless told. */
  readonly dtype?: DType;
}

/** Checks of {@link NormOptions}, but for `bias`. */
export const scaleOptions: Readonly<Record<string, check.Check>> = {
  epsilon: check.number("[0, ∞)"),
  affine: check.flag,
  dtype: check.floatDType,
};

/** Checks of {@link NormOptions}. */
export const normOptions: Readonly<Record<string, check.Check>> = { ...scaleOptions, bias: check.flag };

/** `weight` of ones and `bias` of zeros, or nulls. */
export function scaleAndShift(
  shape: readonly number[],
  { affine = true, bias = true, dtype = "f32" }: NormOptions,
): { weight: Tensor | null; bias: Tensor | null } {
  return {
    weight: affine ? ones(shape, { dtype }) : null,
    bias: affine && bias ? zeros(shape, { dtype }) : null,
  };
}

/** `weight · x + bias`, each if it is there, along the axis of channels. */
export function perChannel(x: Tensor, weight: Tensor | null, bias: Tensor | null): Tensor {
  const wide = (t: Tensor): Tensor => reshape(t, [1, -1, ...x.shape.slice(2).map(() => 1)]);
  const scaled = weight === null ? x : mul(x, wide(weight));
  return bias === null ? scaled : add(scaled, wide(bias));
}
