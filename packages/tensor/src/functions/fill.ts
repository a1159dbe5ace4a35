import { checkOptions, checkTensor, dtype as dtypeName } from "../check.ts";
import { type DType, dtypes, fits } from "../dtype.ts";
import { ArgumentError, DTypeError } from "../errors.ts";
import { numberToF16 } from "../ir/scalar-math.ts";
import { broadcast } from "../primitives/structure.ts";
import { said } from "../said.ts";
import { checkShape, type Shape } from "../shape.ts";
import { apply, hostTensor, type Tensor } from "../tensor.ts";

/** Options of functions that make tensors. */
export interface DTypeOption {
  /** Element type; default "f32". */
  readonly dtype?: DType;
}

/**
 * A scalar tensor, shape []; bool unless told if the value is a boolean. In dtype bool any non-zero value is true.
 *
 * @throws {@link DTypeError} for an unknown dtype, or one that cannot hold the value; {@link ArgumentError} for anything but a number or boolean
 * @example
 * ```ts
 * scalar(2, { dtype: "i32" });
 * ```
 */
export function scalar(value: number | boolean, options: DTypeOption = {}): Tensor {
  return filled("scalar", value, options);
}

function filled(op: string, value: number | boolean, options: DTypeOption): Tensor {
  checkOptions(op, options, { dtype: dtypeName });
  const dtype = options.dtype ?? (typeof value === "boolean" ? "bool" : "f32");
  if (typeof value !== "number" && typeof value !== "boolean")
    throw new ArgumentError(`${op}: value: expected a number or a boolean, got ${said(value)}`);
  if (!fits(dtype, Number(value)))
    throw new DTypeError(`${op}: value: ${value} does not fit ${dtype}; use a float dtype, or round first`);
  return wrapped(value, dtype);
}

/** A scalar whose value wraps as in a typed array where the dtype cannot hold it. */
export function wrapped(value: number | boolean, dtype: DType): Tensor {
  const data = new (dtypes[dtype].array as unknown as new (n: number) => Float64Array)(1);
  data[0] = dtype === "bool" ? Number(Boolean(value)) : dtype === "f16" ? numberToF16(Number(value)) : Number(value);
  return hostTensor(data as never, [], dtype);
}

function spread(op: string, shape: Shape, value: number | boolean, options: DTypeOption): Tensor {
  checkShape(op, shape);
  const x = filled(op, value, options);
  return shape.length === 0 ? x : apply(broadcast, [x], { shape: [...shape], axes: [] });
}

/** The options, in which f32 is the default also for booleans. */
const f32 = (options: DTypeOption): DTypeOption =>
  typeof options === "object" && options !== null && !Array.isArray(options) ? { dtype: "f32", ...options } : options;

function like(op: string, x: Tensor, value: number): Tensor {
  checkTensor(op, x);
  return spread(op, x.shape, value, { dtype: x.dtype });
}

/**
 * A tensor whose elements are all `value`, f32 unless told (bool if the value is a boolean). It takes no memory: the scalar is broadcast where it is used.
 *
 * @throws {@link ArgumentError} for a bad shape, {@link DTypeError} for an unknown dtype or one that cannot hold the value
 * @example
 * ```ts
 * full([2, 3], 7); // f32 [2,3]
 * ```
 */
export const full = (shape: Shape, value: number | boolean, options: DTypeOption = {}): Tensor =>
  spread("full", shape, value, options);

/**
 * Zeros of the given shape, f32 unless told.
 *
 * @throws {@link ArgumentError} for a bad shape, {@link DTypeError} for an unknown dtype
 */
export const zeros = (shape: Shape, options: DTypeOption = {}): Tensor => spread("zeros", shape, 0, f32(options));

/**
 * Ones of the given shape, f32 unless told.
 *
 * @throws {@link ArgumentError} for a bad shape, {@link DTypeError} for an unknown dtype
 */
export const ones = (shape: Shape, options: DTypeOption = {}): Tensor => spread("ones", shape, 1, f32(options));

/**
 * `value` in the shape and dtype of `x`.
 *
 * @throws {@link DTypeError} when the dtype cannot hold the value
 */
export const fullLike = (x: Tensor, value: number): Tensor => like("fullLike", x, value);

/** Zeros (or `value`) in the shape and dtype of `x`. */
export const zerosLike = (x: Tensor, value = 0): Tensor => like("zerosLike", x, value);

/** Ones in the shape and dtype of `x`. */
export const onesLike = (x: Tensor): Tensor => like("onesLike", x, 1);
