import type { DType } from "../../src/dtype.ts";

/** How far a backend may be from the reference, relative to the size of the values. Integers and bool must agree exactly. */
const relative: Partial<Record<DType, number>> = { f64: 1e-13, f32: 2e-6, f16: 2e-3 };

/**
 * The first difference as text, or null. NaN must meet NaN and infinities their equals; `terms` widens the bound for sums of that many terms,
 * whose order is free. Subnormal results may be flushed.
 */
export function difference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  dtype: DType,
  terms = 1,
): string | null {
  if (actual.length !== expected.length) return `${actual.length} elements instead of ${expected.length}`;
  const r = (relative[dtype] ?? 0) * Math.max(1, Math.sqrt(terms));
  let scale = 0;
  if (terms > 1)
    for (let i = 0; i < expected.length; i++)
      if (Number.isFinite(expected[i])) scale = Math.max(scale, Math.abs(expected[i] as number));
  const tiny = dtype === "f32" ? 1.2e-38 : dtype === "f16" ? 6.2e-5 : 2.3e-308;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] as number, expected[i] as number];
    if (Number.isNaN(a) && Number.isNaN(e)) continue;
    if (a === e && (a !== 0 || r === 0 || terms > 1 || Object.is(a, e))) continue;
    if (
      Number.isFinite(a) &&
      Number.isFinite(e) &&
      r > 0 &&
      Math.abs(a - e) <= Math.max(r * Math.max(Math.abs(e), scale), tiny)
    ) {
      if (a !== 0 || e !== 0) continue;
    }
    return `element ${i} is ${Object.is(a, -0) ? "-0" : a} instead of ${Object.is(e, -0) ? "-0" : e}`;
  }
  return null;
}
