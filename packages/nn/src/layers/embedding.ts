import type { DType, Key, Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  check,
  DTypeError,
  equal,
  expandDims,
  gather,
  greaterEqual,
  iota,
  isFloat,
  less,
  logicalAnd,
  ShapeError,
  stopGradient,
  where,
} from "@gradus/tensor";
import type { Initializer } from "../init.ts";
import { normalInit } from "../init.ts";
import { Module } from "../module.ts";
import { made } from "../parameters.ts";
import { checkSize } from "../settings.ts";

/** Options of {@link Embedding}. */
export interface EmbeddingOptions {
  /** Source of the first values. */
  readonly key: Key;
  /** The index whose row starts as zeros and is not trained; none unless told. */
  readonly paddingIndex?: number;
  /** First values of the weight; `N(0, 1)` unless told. */
  readonly init?: Initializer;
  /** Float dtype of the weight; f32 unless told. */
  readonly dtype?: DType;
}

/**
 * A row of `weight` `[count, features]` for each index. An index outside `[0, count)` gives NaN, so that it cannot pass unseen.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer, or the padding index is no row
 * @example
 * ```ts
 * const embed = new Embedding(1000, 64, { key: key(0), paddingIndex: 0 });
 * embed.call(tensor([[5, 7, 0]], { dtype: "i32" })).shape; // [1, 3, 64]
 * ```
 */
export class Embedding extends Module {
  /** `[count, features]`. */
  readonly weight: Tensor;
  /** The index whose row is not trained, or null. */
  readonly paddingIndex: number | null;

  constructor(count: number, features: number, options: EmbeddingOptions) {
    super();
    const { key, callable, floatDType, anything } = check;
    check.options("Embedding", options, { key, paddingIndex: anything, init: callable, dtype: floatDType });
    key("Embedding", options?.key, "key");
    checkSize("Embedding", "count", count);
    checkSize("Embedding", "features", features);
    const { paddingIndex = null, init = normalInit(1), dtype = "f32" } = options;
    if (paddingIndex !== null && !(Number.isInteger(paddingIndex) && paddingIndex >= 0 && paddingIndex < count))
      throw new ArgumentError(`Embedding: paddingIndex: ${check.said(paddingIndex)} is no row of ${count}`);
    const weight = made("Embedding", init, options.key, [count, features], dtype);
    const row = iota([count, 1], { axis: 0, dtype: "i32" });
    this.weight = paddingIndex === null ? weight : where(equal(row, paddingIndex), 0, weight);
    this.paddingIndex = paddingIndex;
  }

  /** Indices `[...]` of an integer dtype → `[..., features]`. Throws {@link @gradus/tensor!index.DTypeError | DTypeError} for floats and bool. */
  forward(x: Tensor): Tensor {
    checkIndices("Embedding", x);
    const { weight, paddingIndex } = this;
    const rows = gather(weight, x);
    const at = expandDims(x, -1);
    const trained = paddingIndex === null ? rows : where(equal(at, paddingIndex), stopGradient(rows), rows);
    return where(logicalAnd(greaterEqual(at, 0), less(at, weight.shape[0] as number)), trained, Number.NaN);
  }
}

/** Throws unless `x` holds integers. */
export function checkIndices(op: string, x: Tensor, argument = "x"): void {
  check.tensor(op, x, argument);
  if (isFloat(x.dtype) || x.dtype === "bool")
    throw new DTypeError(`${op}: ${argument}: ${x.dtype} is no index; cast it to i32`);
}

/** Options of {@link LearnedPositions}. */
export type PositionOptions = Omit<EmbeddingOptions, "paddingIndex">;

/**
 * Adds a row of `weight` `[count, features]` to each place of a sequence.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer
 * @example
 * ```ts
 * new LearnedPositions(512, 64, { key: key(0) }).call(zeros([8, 100, 64])).shape; // [8, 100, 64]
 * ```
 */
export class LearnedPositions extends Module {
  /** `[count, features]`. */
  readonly weight: Tensor;

  constructor(count: number, features: number, options: PositionOptions) {
    super();
    const { key, callable, floatDType } = check;
    check.options("LearnedPositions", options, { key, init: callable, dtype: floatDType });
    key("LearnedPositions", options?.key, "key");
    checkSize("LearnedPositions", "count", count);
    checkSize("LearnedPositions", "features", features);
    const { init = normalInit(0.02), dtype = "f32" } = options;
    this.weight = made("LearnedPositions", init, options.key, [count, features], dtype);
  }

  /**
   * `[..., length, features]` → the same, with the positions from `offset` on (a number or an i32 scalar, such as the length of a cache).
   * Throws {@link @gradus/tensor!index.ShapeError | ShapeError} for a sequence that is too long or of other features.
   */
  forward(x: Tensor, offset: number | Tensor = 0): Tensor {
    const [count, features] = this.weight.shape as [number, number];
    const length = checkSequence("LearnedPositions", x, features, offset);
    if (length + (typeof offset === "number" ? offset : 0) > count)
      throw new ShapeError(`LearnedPositions: x: [${x.shape}] is longer than the layer's ${count} positions`);
    const places = add(iota([length], { dtype: "i32" }), offset);
    return add(x, where(expandDims(less(places, count), -1), gather(this.weight, places), Number.NaN));
  }
}

/** The length of a sequence `[..., length, features]`. */
export function checkSequence(op: string, x: Tensor, features: number, offset: number | Tensor): number {
  check.tensor(op, x, "x");
  if (typeof offset === "number") check.integer("[0, ∞)")(op, offset, "offset");
  else {
    check.tensor(op, offset, "offset");
    if (offset.rank !== 0 || offset.dtype !== "i32")
      throw new ArgumentError(`${op}: offset: expected an integer or an i32 scalar, got ${offset}`);
  }
  if (x.rank < 2 || x.shape.at(-1) !== features)
    throw new ShapeError(`${op}: x: expected [..., length, ${features}], got [${x.shape}]`);
  return x.shape.at(-2) as number;
}
