import type { DType } from "../../src/dtype.ts";
import { sizeOf } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { make } from "../draw.ts";

/** Where an operation is defined; arguments are drawn from there, plus the special values in the special family. */
export type Domain = "any" | "positive" | "unit" | "above1" | "small";

const special = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-40, 5e-324, 1, -1, 3.4e38, -3.4e38, 0.5, 2.5, -2.5];

/** A small deterministic generator; only spread matters here, not quality. */
function* stream(seed: number): Generator<number> {
  let s = (seed * 2654435761 + 12345) >>> 0;
  for (;;) {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    s >>>= 0;
    yield s / 2 ** 32;
  }
}

function place(u: number, domain: Domain, dtype: DType): number {
  if (dtype === "bool") return u < 0.5 ? 0 : 1;
  if (dtype === "u8" || dtype === "u32") return Math.floor(u * (domain === "small" ? 8 : 200));
  if (dtype === "i8" || dtype === "i32")
    return Math.floor((u - (domain === "positive" ? 0 : 0.5)) * (domain === "small" ? 8 : 200));
  switch (domain) {
    case "positive":
      return 0.05 + 4 * u;
    case "unit":
      return 1.8 * u - 0.9;
    case "above1":
      return 1.05 + 4 * u;
    case "small":
      return 2 * u - 1;
    default:
      return 8 * u - 4;
  }
}

/** `size` reproducible values of `dtype`; `specials` mixes in NaN, infinities, signed zeros and subnormals for floats. */
export function values(
  shape: readonly number[],
  dtype: DType,
  seed: number,
  domain: Domain = "any",
  specials = false,
): Tensor {
  const n = sizeOf(shape);
  const numbers = stream(seed + 1);
  const float = dtype === "f32" || dtype === "f64" || dtype === "f16";
  const data = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const u = numbers.next().value as number;
    data[i] =
      specials && float && (i * 7 + seed) % 3 !== 0
        ? (special[(i * 5 + seed * 3) % special.length] as number)
        : place(u, domain, dtype);
  }
  // A leaf of the dtype itself: a conversion in the graph would be fused, and the kernels under test would see only f64.
  return make(Array.from(data), shape, dtype);
}
