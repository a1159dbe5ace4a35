import { DTypeError } from "./errors.ts";
import { said } from "./said.ts";

/** Element type of a tensor. `f16` is stored in 16 bits and computed in 32; `bool` is stored in one byte, 0 or 1. */
export type DType = "f32" | "f64" | "f16" | "i32" | "u32" | "i8" | "u8" | "bool";

/** Arrays that hold elements on the host; `f16` travels as raw bits in a `Uint16Array`. */
export type HostArray = Float32Array | Float64Array | Uint16Array | Int32Array | Uint32Array | Int8Array | Uint8Array;

/** Bytes in memory that is not shared: `Uint8Array<ArrayBuffer>`, said so that TypeScript before 5.7 understands it. */
export type Bytes = ReturnType<Uint8Array["slice"]>;

/** What depends on the dtype alone. */
export interface DTypeInfo {
  /** Bytes of one element. */
  readonly bytes: number;
  /** Kind of numbers. */
  readonly kind: "float" | "int" | "uint" | "bool";
  /** Array that holds elements on the host. */
  readonly array: new (
    buffer: ArrayBufferLike,
    byteOffset?: number,
    length?: number,
  ) => HostArray;
}

/** Everything that depends on the dtype alone: bytes per element, kind, host array. */
export const dtypes: Readonly<Record<DType, DTypeInfo>> = {
  f32: { bytes: 4, kind: "float", array: Float32Array },
  f64: { bytes: 8, kind: "float", array: Float64Array },
  f16: { bytes: 2, kind: "float", array: Uint16Array },
  i32: { bytes: 4, kind: "int", array: Int32Array },
  u32: { bytes: 4, kind: "uint", array: Uint32Array },
  i8: { bytes: 1, kind: "int", array: Int8Array },
  u8: { bytes: 1, kind: "uint", array: Uint8Array },
  bool: { bytes: 1, kind: "bool", array: Uint8Array },
};

/** True for f16, f32 and f64: the dtypes that can be differentiated. */
export function isFloat(dtype: DType): boolean {
  const info = dtypes[dtype];
  if (info === undefined) checkDType("isFloat", dtype);
  return info.kind === "float";
}

const order: readonly DType[] = ["bool", "u8", "i8", "u32", "i32", "f16", "f32", "f64"];
// Row and column in `order`. Mixed signedness goes to the next signed type that holds both (u32 with i32 stays i32, as wasm has no i64).
const table: readonly (readonly DType[])[] = [
  ["bool", "u8", "i8", "u32", "i32", "f16", "f32", "f64"],
  ["u8", "u8", "i32", "u32", "i32", "f16", "f32", "f64"],
  ["i8", "i32", "i8", "i32", "i32", "f16", "f32", "f64"],
  ["u32", "u32", "i32", "u32", "i32", "f32", "f32", "f64"],
  ["i32", "i32", "i32", "i32", "i32", "f32", "f32", "f64"],
  ["f16", "f16", "f16", "f32", "f32", "f16", "f32", "f64"],
  ["f32", "f32", "f32", "f32", "f32", "f32", "f32", "f64"],
  ["f64", "f64", "f64", "f64", "f64", "f64", "f64", "f64"],
];

/** The dtype in which two tensors meet; plain numbers are weakly typed and take the tensor's dtype (a fraction lifts integers to f32). */
export function promote(a: DType, b: DType): DType {
  const met = table[order.indexOf(a)]?.[order.indexOf(b)];
  if (met !== undefined) return met;
  checkDType("promote", a, "a");
  checkDType("promote", b, "b");
  return b;
}

/** Throws {@link DTypeError} unless `dtype` is one of the eight names. */
export function checkDType(op: string, dtype: unknown, argument = "dtype"): asserts dtype is DType {
  if (typeof dtype !== "string" || !Object.hasOwn(dtypes, dtype))
    throw new DTypeError(`${op}: ${argument}: ${said(dtype)} is unknown; use one of ${order.join(", ")}`);
}

/** True when an element of `dtype` can hold the number: any number for floats and bool, integers in range for the others. */
export function fits(dtype: DType, x: number): boolean {
  const { kind, bytes } = dtypes[dtype];
  if (kind === "float" || kind === "bool") return true;
  const low = kind === "int" ? -(2 ** (8 * bytes - 1)) : 0;
  return Number.isInteger(x) && x >= low && x < low + 2 ** (8 * bytes);
}
