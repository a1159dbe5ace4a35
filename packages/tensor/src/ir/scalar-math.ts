import type { DType, HostArray } from "../dtype.ts";

/** Round half to even, as IEEE 754 and NumPy do. */
export function roundHalfEven(x: number): number {
  const r = Math.round(x);
  const even = r - x === 0.5 && r % 2 !== 0 ? r - 1 : r;
  return even === 0 ? (x < 0 || Object.is(x, -0) ? -0 : 0) : even;
}

/**
 * Error function in double precision: the Maclaurin series below 2, the continued fraction of erfc above (Abramowitz and Stegun 7.1.6, 7.1.14).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x) || a === 0) return x;
  if (a > 6) return Math.sign(x);
  const scale = (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a);
  if (a < 2.5) {
    // erf x = 2/√π e^{−x²} Σ 2ⁿ x^{2n+1} / (1·3·…·(2n+1)): all terms positive, nothing cancels.
    let term = a;
    let sum = a;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * Math.min(1, scale * sum);
  }
  let fraction = a;
  for (let n = 60; n > 0; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - scale / 2 / fraction);
}

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** Bits of the f16 nearest to `x`, ties to even. */
export function numberToF16(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const a = Math.abs(x);
  if (a >= 65520) return sign | 0x7c00;
  if (a < 2 ** -14) return sign | roundHalfEven(a * 2 ** 24);
  const e = Math.min(15, Math.max(-14, exponentOf(a)));
  const mantissa = roundHalfEven((a / 2 ** e - 1) * 1024);
  return sign | (((e + 15) << 10) + mantissa);
}

function exponentOf(a: number): number {
  f32[0] = a;
  const e = ((u32[0] as number) >>> 23) - 127;
  // f32 rounding may have carried into the next binade.
  return a < 2 ** e ? e - 1 : e;
}

/** Value of f16 bits. */
export function f16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const e = (bits >>> 10) & 31;
  const m = bits & 1023;
  if (e === 0) return sign * m * 2 ** -24;
  if (e === 31) return m ? Number.NaN : sign * Infinity;
  return sign * (1 + m / 1024) * 2 ** (e - 15);
}

/** The f16 nearest to `x`. */
export const roundF16 = (x: number): number => f16ToNumber(numberToF16(x));

/** Element `i` of an array of `dtype`; f16 lies there as bits. */
export const numberAt = (dtype: DType, a: HostArray, i: number): number =>
  dtype === "f16" ? f16ToNumber(a[i] as number) : (a[i] as number);

/** Puts `x` there. */
export function putNumber(dtype: DType, a: HostArray, i: number, x: number): void {
  a[i] = dtype === "f16" ? numberToF16(x) : x;
}
