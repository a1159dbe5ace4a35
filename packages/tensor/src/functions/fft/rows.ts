import type { DType, HostArray } from "../../dtype.ts";
import { f16ToNumber, numberToF16 } from "../../ir/scalar-math.ts";
import { planOf } from "./plan.ts";
import { turn } from "./stages.ts";

function load(dtype: DType, from: HostArray, start: number, to: Float64Array): void {
  if (dtype === "f16") for (let i = 0; i < to.length; i++) to[i] = f16ToNumber(from[start + i] as number);
  else to.set(from.subarray(start, start + to.length));
}

function store(dtype: DType, from: Float64Array, to: HostArray | null, start: number): void {
  if (to === null) return;
  if (dtype === "f16") for (let i = 0; i < from.length; i++) to[start + i] = numberToF16(from[i] as number);
  else to.set(from, start);
}

/**
 * The transform of each row of [outer, n] of complex numbers, not scaled. The inverse one is the forward one with the roles of re and im exchanged.
 * A result that is null is not wanted.
 */
export function complexRows(
  dtype: DType,
  outer: number,
  n: number,
  inverse: boolean,
  [re, im]: readonly [HostArray, HostArray],
  [outRe, outIm]: readonly [HostArray | null, HostArray | null],
): void {
  if (n === 0) return;
  const plan = planOf(n);
  const [first, second] = inverse ? [plan.im, plan.re] : [plan.re, plan.im];
  for (let o = 0; o < outer; o++) {
    load(dtype, re, o * n, first);
    load(dtype, im, o * n, second);
    plan.run();
    store(dtype, first, outRe, o * n);
    store(dtype, second, outIm, o * n);
  }
}

/** As {@link complexRows}, of real rows. Of an even length n, elements 2k and 2k + 1 are taken as one complex number: a transform of n/2. */
export function realRows(
  dtype: DType,
  outer: number,
  n: number,
  inverse: boolean,
  x: HostArray,
  [outRe, outIm]: readonly [HostArray | null, HostArray | null],
): void {
  if (n === 0) return;
  const sign = inverse ? -1 : 1;
  const [row, re, im] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const h = n % 2 === 0 ? n / 2 : n;
  const plan = planOf(h);
  const [cos, sin] = h === n ? [row, row] : turns(n);
  for (let o = 0; o < outer; o++) {
    load(dtype, x, o * n, row);
    if (h === n) {
      plan.re.set(row);
      plan.im.fill(0);
    } else
      for (let k = 0; k < h; k++) {
        plan.re[k] = row[2 * k] as number;
        plan.im[k] = row[2 * k + 1] as number;
      }
    plan.run();
    if (h === n) {
      re.set(plan.re);
      for (let k = 0; k < n; k++) im[k] = sign * (plan.im[k] as number);
    } else untangle(plan.re, plan.im, cos, sin, sign, re, im);
    store(dtype, re, outRe, o * n);
    store(dtype, im, outIm, o * n);
  }
}

/** Z = E + iO, the transforms of the even and the odd elements: X[k] = E[k] + e^{−2πik/n} O[k], and X[n − k] is its conjugate. */
function untangle(
  zr: Float64Array,
  zi: Float64Array,
  cos: Float64Array,
  sin: Float64Array,
  sign: number,
  re: Float64Array,
  im: Float64Array,
): void {
  const h = zr.length;
  re[0] = (zr[0] as number) + (zi[0] as number);
  im[0] = 0;
  re[h] = (zr[0] as number) - (zi[0] as number);
  im[h] = 0;
  for (let k = 1; k < h; k++) {
    const ar = zr[k] as number;
    const ai = zi[k] as number;
    const br = zr[h - k] as number;
    const bi = -(zi[h - k] as number);
    const or = (ai - bi) / 2;
    const oi = (br - ar) / 2;
    const c = cos[k] as number;
    const d = sin[k] as number;
    const x = (ar + br) / 2 + or * c - oi * d;
    const y = sign * ((ai + bi) / 2 + or * d + oi * c);
    re[k] = x;
    im[k] = y;
    re[2 * h - k] = x;
    im[2 * h - k] = -y;
  }
}

let last: readonly [n: number, cos: Float64Array, sin: Float64Array] | null = null;

/** e^{−2πik/n} for k < n/2; those of the last length are kept. */
function turns(n: number): readonly [Float64Array, Float64Array] {
  if (last?.[0] !== n) {
    const [cos, sin] = [new Float64Array(n / 2), new Float64Array(n / 2)];
    for (let k = 0; k < n / 2; k++) [cos[k], sin[k]] = turn(k, n);
    last = [n, cos, sin];
  }
  return [last[1], last[2]];
}
