import { checkDType, type DType, dtypes } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { numberToF16 } from "../ir/scalar-math.ts";
import { broadcast } from "../primitives/structure.ts";
import { checkShape, type Shape } from "../shape.ts";
import { apply, hostTensor, type Tensor } from "../tensor.ts";
import { checkOptions } from "./operands.ts";

/** Options of functions that make tensors. */
export interface DTypeOption {
  /** Element type; default "f32". */
  readonly dtype?: DType;
}

/** A scalar tensor, shape []. Integers wrap as in a typed array; a bool is 1 for any non-zero value. */
export function scalar(value: number | boolean, options: DTypeOption = {}): Tensor {
  checkOptions("scalar", options, ["dtype"]);
  const dtype = options.dtype ?? (typeof value === "boolean" ? "bool" : "f32");
  checkDType("scalar", dtype);
  if (typeof value !== "number" && typeof value !== "boolean")
    throw new ArgumentError(`scalar: value: expected a number, got ${typeof value}`);
  const data = new (dtypes[dtype].array as unknown as new (n: number) => Float64Array)(1);
  data[0] = dtype === "bool" ? Number(Boolean(value)) : dtype === "f16" ? numberToF16(Number(value)) : Number(value);
  return hostTensor(data as never, [], dtype);
}

/**
 * A tensor whose elements are all `value`. It takes no memory: the scalar is broadcast where it is used.
 *
 * ```ts
 * full([2, 3], 7); // f32 [2,3]
 * ```
 * Throws ArgumentError for a bad shape, DTypeError for an unknown dtype.
 */
export function full(shape: Shape, value: number | boolean, options: DTypeOption = {}): Tensor {
  checkShape("full", shape);
  checkOptions("full", options, ["dtype"]);
  const x = scalar(value, options);
  return shape.length === 0 ? x : apply(broadcast, [x], { shape: [...shape], axes: [] });
}

/** Zeros of the given shape. */
export const zeros = (shape: Shape, options: DTypeOption = {}): Tensor => full(shape, 0, { dtype: "f32", ...options });

/** Ones of the given shape. */
export const ones = (shape: Shape, options: DTypeOption = {}): Tensor => full(shape, 1, { dtype: "f32", ...options });

/** `value` in the shape and dtype of `x`. */
export const fullLike = (x: Tensor, value: number): Tensor => full(x.shape, value, { dtype: x.dtype });

/** Zeros (or `value`) in the shape and dtype of `x`. */
export const zerosLike = (x: Tensor, value = 0): Tensor => fullLike(x, value);

/** Ones in the shape and dtype of `x`. */
export const onesLike = (x: Tensor): Tensor => fullLike(x, 1);
