import { type DType, dtypes as info } from "../../src/dtype.ts";
import { sizeOf } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { make } from "../draw.ts";

/** Where an operation is defined; `bits`: shifts within the width of the dtype. */
export type Domain = "any" | "positive" | "unit" | "above1" | "small" | "distinct" | "shift";
/**
 * What is mixed in: `edges` are NaN, infinities, signed zeros, subnormals, halves and the ends of the range (of integers: the ends, 0, ±1);
 * `wild` leaves out what makes a sum depend on its order, `calm` also what makes a product.
 */
export type Mix = "plain" | "edges" | "wild" | "calm";

const wild = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 2.5, -2.5, 1.5];
const tiny: Partial<Record<DType, readonly number[]>> = {
  f64: [5e-324, -5e-324, 1e-310, 2.2250738585072014e-308],
  f32: [1.401298464324817e-45, -1.401298464324817e-45, 1e-40, 1.1754943508222875e-38],
  f16: [2 ** -24, -(2 ** -24), 3 * 2 ** -20, 2 ** -14],
};
const huge: Partial<Record<DType, number>> = { f64: Number.MAX_VALUE, f32: 3.4028234663852886e38, f16: 65504 };

let subnormals = true;
/** Draws no subnormal f32 from here on: for a backend whose arithmetic may take them for zero. */
export function leaveOutSubnormals(): void {
  subnormals = false;
}
/** Whether f32 numbers so small count. */
export const drawsSubnormals = (): boolean => subnormals;

/** Values that operations get wrong. */
export function edgesOf(dtype: DType, mix: Mix): readonly number[] {
  const { kind, bytes } = info[dtype];
  if (mix === "plain") return [];
  if (kind === "float") {
    const all = tiny[dtype] as readonly number[];
    const small = subnormals || dtype !== "f32" ? all : all.filter((x) => Math.abs(x) >= 2 ** -126);
    if (mix === "calm") return wild;
    if (mix === "wild") return [...wild, ...small];
    const large = huge[dtype] as number;
    return [...wild, ...small, large, -large, large / 2, 3.5, -3.5, 1e5, 2 ** 31, -(2 ** 31) - 1];
  }
  if (kind === "bool") return [0, 1];
  const low = kind === "int" ? -(2 ** (8 * bytes - 1)) : 0;
  const high = low + 2 ** (8 * bytes) - 1;
  return [low, high, 0, 1, kind === "int" ? -1 : 2, high - 1, low + 1, 3];
}

/** A small deterministic generator; only spread matters here, not quality. */
function stream(seed: number): () => number {
  let s = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    s >>>= 0;
    return s / 2 ** 32;
  };
}

function place(u: number, domain: Domain, dtype: DType, i: number): number {
  const { kind, bytes } = info[dtype];
  if (domain === "shift") return Math.floor(u * (dtype === "bool" ? 1 : 8 * bytes));
  if (kind === "bool") return u < 0.5 ? 0 : 1;
  if (kind === "uint") return Math.floor(u * (domain === "small" ? 8 : 200));
  if (kind === "int") return Math.floor((u - (domain === "positive" ? 0 : 0.5)) * (domain === "small" ? 8 : 200));
  switch (domain) {
    case "positive":
      return 0.05 + 4 * u;
    case "unit":
      return 1.8 * u - 0.9;
    case "above1":
      return 1.05 + 4 * u;
    case "small":
      return 2 * u - 1;
    case "distinct":
      return (i % 7) - 3 + u;
    default:
      return 8 * u - 4;
  }
}

/** Reproducible values of `dtype`. */
export function values(
  shape: readonly number[],
  dtype: DType,
  seed: number,
  domain: Domain = "any",
  mix: Mix = "plain",
): Tensor {
  const next = stream(seed + 1);
  const edges = domain === "shift" ? [] : edgesOf(dtype, mix);
  const data = Array.from({ length: sizeOf(shape) }, (_, i) => {
    const u = next();
    // Different strides for different arguments: pairs meet in all combinations.
    return edges.length > 0 && (i * 7 + seed) % 5 !== 0
      ? (edges[(i * (2 * seed + 1) + Math.floor(i / edges.length) * seed) % edges.length] as number)
      : place(u, domain, dtype, i);
  });
  // A leaf of the dtype itself: a conversion in the graph would be fused, and the kernels under test would see only f64.
  return make(data, shape, dtype);
}
