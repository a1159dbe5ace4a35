import type { DType, Key } from "@gradus/tensor";
import { check } from "@gradus/tensor";

/** Options of all ready models. */
export interface ModelOptions {
  /** Source of the first values. */
  readonly key: Key;
  /** Number of classes. */
  readonly classes?: number;
  /** Channels of the images. */
  readonly channels?: number;
  /** Float dtype of the parameters; f32 unless told. */
  readonly dtype?: DType;
}

/** Throws unless `options` are those of a model, which may know `more`. */
export function checkModel(op: string, options: ModelOptions, more: Readonly<Record<string, check.Check>> = {}): void {
  const size = check.integer("[1, ∞)");
  check.options(op, options, { key: check.key, classes: size, channels: size, dtype: check.floatDType, ...more });
  check.key(op, options?.key, "key");
}
