import {
  checkOptions,
  checkTensor,
  dtype as dtypeName,
  floatDType,
  integer,
  number,
  shape as sizes,
} from "../check.ts";
import { type DType, dtypes, fits, type HostArray } from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { numberToF16 } from "../ir/scalar-math.ts";
import { said } from "../said.ts";
import { checkShape, type Shape, show, sizeOf } from "../shape.ts";
import { hostTensor, Tensor } from "../tensor.ts";
import { add, mul } from "./arithmetic.ts";
import { astype } from "./casting.ts";
import { equal, lessEqual } from "./comparison.ts";
import type { DTypeOption } from "./fill.ts";
import { iota } from "./iota.ts";
import { checkIntegers } from "./operands.ts";
import { expandDims } from "./shaping.ts";
import { selectRows } from "./triangle.ts";

/** Nested arrays of numbers or booleans, all of one depth and length. */
export type Nested = number | boolean | readonly Nested[];

/** Typed arrays that `tensor` reads. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array;

/** Options of {@link tensor}. */
export interface TensorOptions extends DTypeOption {
  /** Shape of flat data; default one axis. */
  readonly shape?: Shape;
}

const natural: readonly (readonly [new (n: number) => TypedArray, DType])[] = [
  [Float32Array, "f32"],
  [Float64Array, "f64"],
  [Int32Array, "i32"],
  [Uint32Array, "u32"],
  [Int8Array, "i8"],
  [Uint8Array, "u8"],
  [Uint8ClampedArray, "u8"],
  [Int16Array, "i32"],
  [Uint16Array, "i32"],
];

/**
 * A tensor of the given values, copied: a number, nested arrays, or a typed array. Numbers become f32, booleans bool, typed arrays keep their dtype.
 *
 * ```ts
 * tensor([[1, 2], [3, 4]]);                          // f32 [2,2]
 * tensor(new Int32Array([1, 2, 3, 4]), { shape: [2, 2] }); // i32 [2,2]
 * ```
 * Throws ShapeError for ragged arrays or data that do not fill `shape`, DTypeError for NaN or a fraction in an integer dtype, ArgumentError for
 * anything that is no number.
 */
export function tensor(data: Nested | TypedArray, options: TensorOptions = {}): Tensor {
  checkOptions("tensor", options, { dtype: dtypeName, shape: sizes });
  if (data instanceof Tensor) throw new ArgumentError("tensor: data: is a tensor already; use astype or reshape");
  if (ArrayBuffer.isView(data)) return fromTyped(data as TypedArray, options);
  const shape: number[] = [];
  for (let x: Nested = data; Array.isArray(x); x = x[0] as Nested) {
    shape.push(x.length);
    if (shape.length > 64) throw new ShapeError("tensor: data: nested deeper than 64; does it contain itself?");
    if (x.length === 0) break;
  }
  const values = new Float64Array(sizeOf(shape));
  let n = 0;
  let booleans = 0;
  const fill = (x: Nested, depth: number): void => {
    if (Array.isArray(x)) {
      if (depth >= shape.length || x.length !== shape[depth])
        throw new ShapeError(
          `tensor: data: ragged: expected ${shape[depth] ?? "a number"} at depth ${depth}, got an array of ${x.length}`,
        );
      for (const y of x) fill(y, depth + 1);
      return;
    }
    if (typeof x !== "number" && typeof x !== "boolean")
      throw new ArgumentError(`tensor: data: expected numbers, got ${said(x)}`);
    if (depth !== shape.length)
      throw new ShapeError(`tensor: data: ragged: a number at depth ${depth} where arrays have depth ${shape.length}`);
    if (typeof x === "boolean") booleans++;
    values[n++] = Number(x);
  };
  fill(data as Nested, 0);
  const dtype = options.dtype ?? (booleans > 0 && booleans === n ? "bool" : "f32");
  return store(values, fitted(options.shape, values.length, shape), dtype);
}

function fromTyped(data: TypedArray, options: TensorOptions): Tensor {
  const own = natural.find(([type]) => data instanceof type)?.[1];
  if (own === undefined) throw new ArgumentError(`tensor: data: ${said(data)} is not supported`);
  const shape = fitted(options.shape, data.length, [data.length]);
  const dtype = options.dtype ?? own;
  if (dtype === own && data.BYTES_PER_ELEMENT === dtypes[dtype].bytes) {
    // not slice(): on Node's Buffer it shares the memory
    const copy = new dtypes[dtype].array(new ArrayBuffer(data.byteLength));
    copy.set(data);
    return hostTensor(copy, shape, dtype);
  }
  return store(data, shape, dtype);
}

function fitted(shape: Shape | undefined, size: number, natural: Shape): Shape {
  if (shape === undefined) return natural;
  if (sizeOf(shape) !== size)
    throw new ShapeError(`tensor: shape: ${show(shape)} needs ${sizeOf(shape)} elements, data has ${size}`);
  return [...shape];
}

function store(values: ArrayLike<number>, shape: Shape, dtype: DType): Tensor {
  const out = new dtypes[dtype].array(new ArrayBuffer(values.length * dtypes[dtype].bytes)) as HostArray;
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number;
    if (!fits(dtype, x))
      throw new DTypeError(
        `tensor: data: ${x} at position ${i} does not fit ${dtype}; use a float dtype, or round first`,
      );
    out[i] = dtype === "f16" ? numberToF16(x) : dtype === "bool" ? Number(x !== 0) : x;
  }
  return hostTensor(out, shape, dtype);
}

/**
 * start, start + step, … below `stop` (above it for a negative step), f32 by default; `arange(n)` counts from 0.
 *
 * ```ts
 * arange(3);        // [0, 1, 2]
 * arange(1, 2, 0.5) // [1, 1.5]
 * ```
 * Throws ArgumentError for non-finite bounds or a zero step.
 */
export function arange(start: number, stop?: number, step = 1, options: DTypeOption = {}): Tensor {
  number()("arange", start, "start");
  if (stop !== undefined) number()("arange", stop, "stop");
  number()("arange", step, "step");
  checkOptions("arange", options, { dtype: dtypeName });
  if (step === 0) throw new ArgumentError("arange: step: 0 never reaches the end");
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const n = Math.max(0, Math.ceil((to - from) / step));
  checkShape("arange", [n], "stop");
  const dtype = options.dtype ?? "f32";
  for (const [x, argument] of [
    [from, "start"],
    [from + Math.min(1, n - 1) * step, "step"],
    [from + (n - 1) * step, "stop"],
  ] as const)
    if (n > 0 && !fits(dtype, x)) throw new DTypeError(`arange: ${argument}: element ${x} does not fit ${dtype}`);
  return astype(add(mul(iota([n], { dtype: dtypes[dtype].kind === "float" ? dtype : "f64" }), step), from), dtype);
}

/** `n` numbers from `start` to `stop`, both included. Throws ArgumentError unless n is a positive integer. */
export function linspace(start: number, stop: number, n: number, options: DTypeOption = {}): Tensor {
  number()("linspace", start, "start");
  number()("linspace", stop, "stop");
  integer("[1, ∞)")("linspace", n, "n");
  checkOptions("linspace", options, { dtype: floatDType });
  return add(mul(iota([n], { dtype: options.dtype ?? "f32" }), n === 1 ? 0 : (stop - start) / (n - 1)), start);
}

/** The n × m identity (m = n by default). */
export function eye(n: number, m: number = n, options: DTypeOption = {}): Tensor {
  integer("[0, ∞)")("eye", n, "n");
  integer("[0, ∞)")("eye", m, "m");
  checkOptions("eye", options, { dtype: dtypeName });
  return astype(
    equal(iota([n, m], { axis: 0, dtype: "i32" }), iota([n, m], { axis: 1, dtype: "i32" })),
    options.dtype ?? "f32",
  );
}

/** Rows with a one at each index and zeros elsewhere: [...x.shape, classes], f32 by default. Throws DTypeError unless x holds integers. */
export function oneHot(x: Tensor, classes: number, options: DTypeOption = {}): Tensor {
  checkTensor("oneHot", x);
  checkIntegers("oneHot", x, "x");
  integer("[1, ∞)")("oneHot", classes, "classes");
  checkOptions("oneHot", options, { dtype: dtypeName });
  return astype(equal(expandDims(astype(x, "i32"), -1), iota([classes], { dtype: "i32" })), options.dtype ?? "f32");
}

/**
 * Ones on and below the k-th diagonal of an n × m matrix and zeros above (m = n and f32 unless told).
 *
 * @throws {@link ArgumentError} for a size that is no non-negative integer or a k that is no integer, {@link DTypeError} for an unknown dtype
 * @example
 * ```ts
 * tri(3); // [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
 * ```
 */
export function tri(n: number, m: number = n, k = 0, options: DTypeOption = {}): Tensor {
  integer("[0, ∞)")("tri", n, "n");
  integer("[0, ∞)")("tri", m, "m");
  integer("[-2147483648, 2147483647]")("tri", k, "k");
  checkOptions("tri", options, { dtype: dtypeName });
  const below = lessEqual(iota([n, m], { axis: 1, dtype: "i32" }), add(iota([n, m], { axis: 0, dtype: "i32" }), k));
  return astype(below, options.dtype ?? "f32");
}

/** The lower triangle: zeros above the k-th diagonal of the last two axes. Throws ShapeError below rank 2. */
export const tril = (x: Tensor, k = 0): Tensor => selectRows("tril", x, k, (i, j) => lessEqual(j, add(i, k)));

/** The upper triangle: zeros below the k-th diagonal of the last two axes. Throws ShapeError below rank 2. */
export const triu = (x: Tensor, k = 0): Tensor => selectRows("triu", x, k, (i, j) => lessEqual(add(i, k), j));
