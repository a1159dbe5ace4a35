import { type DType, isFloat } from "../../src/dtype.ts";
import { sizeOf } from "../../src/shape.ts";
import { constant, part, type Tensor } from "../../src/tensor.ts";
import { reach } from "../../src/transforms/graph.ts";
import { special } from "../definitions/special.ts";
import { drawsSubnormals } from "./values.ts";

/** How far a result may be from the definition: `units` of rounding, of the element itself or of the largest one. */
export interface Bound {
  readonly units: number;
  readonly ofLargest: boolean;
}
export const exactly: Bound = { units: 0, ofLargest: false };

/** Spacing of the numbers around 1, and the smallest normal number. */
const spacing: Partial<Record<DType, readonly [number, number]>> = {
  f64: [2 ** -52, 2 ** -1022],
  f32: [2 ** -23, 2 ** -126],
  f16: [2 ** -10, 2 ** -14],
};

/** Correctly rounded by IEEE 754, or moving, choosing and converting only: every bit must agree. */
const exact = new Set(
  (
    "neg abs sign floor ceil round trunc sqrt add sub mul div rem max min eq lt le and or xor not shl shr isnan where cast bitcast " +
    "reshape broadcast permute slice flip pad concat iota barrier stopGradient alias take sort searchsorted randomBits " +
    "gcd signbit ldexp frexp nextafter unfold"
  ).split(" "),
);
/** Folds that choose are exact as well; those that add are where nothing is rounded. */
const choosing = new Set(["max", "min", "argmax", "argmin", "set"]);

/** How many terms one element of a fold takes. */
function termsOf(t: Tensor): number {
  const [a, b] = t.inputs.map((x) => x.shape) as [readonly number[], readonly number[]];
  switch (t.primitive.name) {
    case "reduce":
      return sizeOf((t.attributes.axes as number[]).map((i) => a[i] as number));
    case "reduceWindow":
    case "fold":
      return sizeOf(t.attributes.size as number[]);
    case "resample":
      return b[0] as number;
    case "matmul":
      return a[2] as number;
    case "convolution":
      return sizeOf(b.slice(1));
    case "cumulative":
    case "recurrence":
    case "fft":
      return (a.at(t.primitive.name === "fft" ? -1 : 1) as number) + 4;
    case "scatter":
      return b[1] as number;
    default:
      return 1;
  }
}

/** What the rounding of each primitive under `outputs` allows for. */
export function boundOf(outputs: readonly Tensor[]): Bound {
  let [terms, steps, ofLargest] = [0, 0, false];
  for (const t of reach(outputs, 0)) {
    const { name } = t.primitive;
    if (t.primitive === constant || t.primitive === part || exact.has(name)) continue;
    if (name in { reduce: 0, reduceWindow: 0, cumulative: 0, scatter: 0 }) {
      if (choosing.has(t.attributes.op ?? t.attributes.mode)) continue;
    }
    if (t.parts === null && !isFloat(t.dtype)) continue;
    const n = termsOf(t);
    // series and integrals, whose definitions here are good to 13 digits
    if (name in special) [steps, ofLargest] = [steps + 20, true];
    else if (n > 1) [terms, ofLargest] = [terms + n, true];
    else steps++;
  }
  if (terms === 0 && steps === 0) return exactly;
  // Rounding errors of long sums grow as a random walk does.
  return { units: 8 * steps + 4 * Math.sqrt(terms), ofLargest };
}

/** The largest finite size of all numbers. */
export function largestOf(lists: readonly ArrayLike<number>[]): number {
  let largest = 0;
  for (const list of lists)
    for (let i = 0; i < list.length; i++)
      if (Number.isFinite(list[i])) largest = Math.max(largest, Math.abs(list[i] as number));
  return largest;
}

const said = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

/** The first difference as text, or null. NaN must meet NaN, infinities and (unless elements are sums) signed zeros their equals; functions may flush subnormal results. */
export function difference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  dtype: DType,
  { units, ofLargest }: Bound,
  size = largestOf([expected]),
): string | null {
  if (actual.length !== expected.length) return `${actual.length} elements instead of ${expected.length}`;
  const [unit, tiny] = spacing[dtype] ?? [0, 0];
  const largest = ofLargest ? size : 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] as number, expected[i] as number];
    if (Object.is(a, e)) continue;
    if (a === 0 && e === 0 && ofLargest) continue;
    if (dtype === "f32" && !drawsSubnormals() && Math.abs(e) < tiny && a === 0) continue;
    if (units > 0 && (a !== 0 || e !== 0) && Number.isFinite(a) && Number.isFinite(e)) {
      if (Math.abs(a - e) <= Math.max(units * unit * Math.max(Math.abs(e), largest), tiny)) continue;
    }
    return `element ${i} is ${said(a)} instead of ${said(e)}`;
  }
  return null;
}
