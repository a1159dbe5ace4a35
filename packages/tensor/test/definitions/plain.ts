import type { DType } from "../../src/dtype.ts";

// Values and numbers of the definitions. Nothing here comes from the library but the names of dtypes.

/** A tensor as a list of numbers, row-major. */
export interface Plain {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: readonly number[];
}

type Float16 = new (buffer: ArrayBufferLike) => { [i: number]: number };
const half = new Uint16Array(1);
// Of the engine (ES2025), which knows f16 apart from the library.
const asHalf = new (globalThis as unknown as { Float16Array: Float16 }).Float16Array(half.buffer);

/** Bits of the f16 nearest to `x`. */
export function halfBits(x: number): number {
  asHalf[0] = x;
  return half[0] as number;
}
/** The number that f16 bits stand for. */
export function halfOf(bits: number): number {
  half[0] = bits;
  return asHalf[0] as number;
}

/** Bits of an element, and whether its lowest value is negative; null for floats. */
export const integer: Partial<Record<DType, { readonly bits: number; readonly signed: boolean }>> = {
  i32: { bits: 32, signed: true },
  u32: { bits: 32, signed: false },
  i8: { bits: 8, signed: true },
  u8: { bits: 8, signed: false },
  bool: { bits: 1, signed: false },
};
export const isFloat = (dtype: DType): boolean => integer[dtype] === undefined;

/** The integer modulo 2^bits as the dtype holds it. */
export function wrapped(dtype: DType, x: bigint): number {
  const { bits, signed } = integer[dtype] as { bits: number; signed: boolean };
  return Number(signed ? BigInt.asIntN(bits, x) : BigInt.asUintN(bits, x));
}

/** The float of the dtype that is nearest to `x`. */
export function rounded(dtype: DType, x: number): number {
  return dtype === "f64" ? x : dtype === "f32" ? Math.fround(x) : halfOf(halfBits(x));
}

/** Smallest and largest value of a dtype. */
export function range(dtype: DType): readonly [low: number, high: number] {
  const kind = integer[dtype];
  if (kind === undefined) return [-Infinity, Infinity];
  return kind.signed ? [-(2 ** (kind.bits - 1)), 2 ** (kind.bits - 1) - 1] : [0, 2 ** kind.bits - 1];
}

/** Conversion as documented: to bool `≠ 0`; float to integer cuts off the fraction and saturates, NaN gives 0; integers wrap; floats are rounded. */
export function converted(to: DType, from: DType, x: number): number {
  if (to === "bool") return x === 0 ? 0 : 1;
  if (isFloat(to)) return rounded(to, x);
  if (!isFloat(from)) return wrapped(to, BigInt(x));
  if (Number.isNaN(x)) return 0;
  const [low, high] = range(to);
  if (x <= low) return low;
  if (x >= high) return high;
  return Number(BigInt(x < 0 ? Math.ceil(x) : Math.floor(x)));
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** All multi-indices of a shape in row-major order. */
export function positions(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (list, n) => list.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])),
    [[]],
  );
}

/** Row-major place of a multi-index. */
export function placeOf(index: readonly number[], shape: readonly number[]): number {
  let at = 0;
  for (let i = 0; i < shape.length; i++) at = at * (shape[i] as number) + (index[i] as number);
  return at;
}

/** The element at a multi-index; undefined outside. */
export function get(x: Plain, index: readonly number[]): number | undefined {
  for (let i = 0; i < index.length; i++)
    if ((index[i] as number) < 0 || (index[i] as number) >= (x.shape[i] as number)) return undefined;
  return x.data[placeOf(index, x.shape)];
}

/** A tensor whose elements are a function of their position. */
export function fill(shape: readonly number[], dtype: DType, f: (index: readonly number[]) => number): Plain {
  return { shape, dtype, data: positions(shape).map(f) };
}
