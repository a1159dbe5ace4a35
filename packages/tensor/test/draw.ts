import { type DType, isFloat } from "../src/dtype.ts";
import { sizeOf } from "../src/shape.ts";
import { hostTensor, type Tensor } from "../src/tensor.ts";
import type { Argument, Domain } from "./cases.ts";
import { hostArray } from "./reference.ts";

function uniform(seed: number): () => number {
  let s = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

const ranges: Record<Domain, readonly [number, number]> = {
  any: [-4, 4],
  positive: [0.5, 4],
  unit: [-0.9, 0.9],
  above1: [1.1, 4],
  small: [-1, 1],
};

/** A reproducible argument; floats are of `float` unless the case says otherwise. */
export function draw(arg: Argument, seed: number, float: DType = "f64"): Tensor {
  const dtype = arg.dtype ?? float;
  const next = uniform(seed);
  const [low, high] = ranges[arg.domain ?? "any"];
  const scale = isFloat(dtype) ? 1 : 25;
  const data = Array.from({ length: sizeOf(arg.shape) }, () =>
    dtype === "u32" ? Math.floor(next() * 2 ** 32) : (low + (high - low) * next()) * scale,
  );
  return make(arg.data ?? data, arg.shape, dtype);
}
/** A tensor of the given values, converted as a cast does. */
export const make = (data: readonly number[], shape: readonly number[], dtype: DType): Tensor =>
  hostTensor(hostArray(data, dtype), shape, dtype);
