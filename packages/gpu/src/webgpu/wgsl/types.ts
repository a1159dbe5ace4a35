import { type DType, dtypes } from "@gradus/tensor";
import { wrap } from "@gradus/tensor/backend";

/** What an element is while it is computed with: small numbers are widened. */
export const registers: Readonly<Record<DType, "f32" | "i32" | "u32" | "bool">> = {
  f32: "f32",
  f16: "f32",
  i32: "i32",
  i8: "i32",
  u32: "u32",
  u8: "u32",
  bool: "bool",
  // never printed: f64 is computed on the CPU
  f64: "f32",
};

/** Elements in one 32-bit word of memory. */
export const perWord = (dtype: DType): number => (dtype === "f64" ? 1 : 4 / dtypes[dtype].bytes);

/** Element type of a buffer: numbers of less than 32 bits are packed into words. */
export const memoryType = (dtype: DType): string => (perWord(dtype) === 1 ? registers[dtype] : "u32");

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** A number as a literal of the register type of `dtype`. */
export function literal(dtype: DType, value: number): string {
  const x = wrap(dtype, value);
  switch (registers[dtype]) {
    case "bool":
      return x === 0 ? "false" : "true";
    case "i32":
      return `i32(${x})`;
    case "u32":
      return `${x}u`;
    default:
      break;
  }
  if (Number.isNaN(x)) return "g_nan()";
  if (!Number.isFinite(x)) return x > 0 ? "g_inf()" : "g_neg(g_inf())";
  float[0] = x;
  // zeros with a sign and subnormal numbers by their bits
  if (Math.abs(x) < 2 ** -126 && !Object.is(x, 0)) return `bitcast<f32>(${bits[0]}u)`;
  return `f32(${x})`;
}

/** The element at position `i` (an i32 expression) of buffer `name`. */
export function loaded(dtype: DType, name: string, i: string): string {
  const word = (shift: number): string => `${name}[(${i}) >> ${shift}u]`;
  switch (dtype) {
    case "f16":
      return `g_from16(extractBits(${word(1)}, (u32(${i}) & 1u) << 4u, 16u))`;
    case "i8":
      return `extractBits(bitcast<i32>(${word(2)}), (u32(${i}) & 3u) << 3u, 8u)`;
    case "u8":
      return `extractBits(${word(2)}, (u32(${i}) & 3u) << 3u, 8u)`;
    case "bool":
      return `(extractBits(${word(2)}, (u32(${i}) & 3u) << 3u, 8u) != 0u)`;
    default:
      return `${name}[${i}]`;
  }
}

/** The bits of an element of a packed dtype, as the low bits of a u32. */
export function packed(dtype: DType, value: string): string {
  switch (dtype) {
    case "f16":
      return `g_to16(${value})`;
    case "i8":
      return `(bitcast<u32>(${value}) & 0xffu)`;
    case "bool":
      return `select(0u, 1u, ${value})`;
    default:
      return value;
  }
}

/** A result of 32-bit arithmetic as `dtype` holds it. */
export function wrapped(dtype: DType, value: string): string {
  switch (dtype) {
    case "i8":
      return `extractBits(${value}, 0u, 8u)`;
    case "u8":
      return `(${value} & 0xffu)`;
    case "f16":
      return `g_round16(${value})`;
    default:
      return value;
  }
}
