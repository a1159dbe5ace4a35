import type { DType, HostArray } from "../dtype.ts";
import { broadcastTo, reshape } from "../functions/shaping.ts";
import { f16ToNumber } from "../ir/scalar-math.ts";
import type { Primitive } from "../primitive.ts";
import { apply, type Tensor } from "../tensor.ts";

const numbers = (dtype: DType, a: HostArray): HostArray =>
  dtype === "f16" ? Float32Array.from(a as Uint16Array, f16ToNumber) : a;

/** How many of the ascending `rows[from … from + n)`, none of them NaN, come before `v` (or, on the right side, not after it). */
function bisect(rows: HostArray, from: number, n: number, v: number, right: boolean): number {
  let low = from;
  let high = from + n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const r = rows[middle] as number;
    if (r < v || (right && r === v)) low = middle + 1;
    else high = middle;
  }
  return low - from;
}

/** How many of the ascending `rows[from … from + n)` are numbers: NaN comes last. */
function numbersIn(rows: HostArray, from: number, n: number): number {
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Number.isNaN(rows[from + middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Fewer values than this, or fewer than half the row is long, are looked up by bisection alone. */
const MANY = 64;

/**
 * Positions of `values[at … at + m)` in the ascending `rows[from … from + n)`. Many values go by way of a table: equal steps of the row's range are
 * buckets, `starts` says where each begins in the row, and only the bucket of a value is bisected. The step of a number never falls as the number
 * grows, so that this is exact for any row; rows of nearly even steps need no bisection at all.
 */
function searchRow(
  rows: HostArray,
  from: number,
  n: number,
  values: HostArray,
  at: number,
  m: number,
  right: boolean,
  out: HostArray,
): void {
  const count = numbersIn(rows, from, n);
  const first = count > 0 ? (rows[from] as number) : 0;
  // Short rows get more buckets than elements, so that most values fall into an empty one.
  const buckets = Math.max(count, Math.min(4096, m));
  const last = buckets - 1;
  const scale = buckets / ((count > 0 ? (rows[from + count - 1] as number) : 0) - first);
  const tabled = m >= MANY && 2 * m >= count && scale > 0 && scale < Infinity;
  const starts = new Int32Array(tabled ? buckets + 1 : 0);
  if (tabled) {
    // Elements per bucket, one place up; then their running sum.
    for (let i = 0; i < count; i++) {
      const step = Math.min(((rows[from + i] as number) - first) * scale, last) | 0;
      starts[step + 1] = (starts[step + 1] as number) + 1;
    }
    for (let b = 0; b < buckets; b++) starts[b + 1] = (starts[b + 1] as number) + (starts[b] as number);
  }
  for (let i = at; i < at + m; i++) {
    const v = values[i] as number;
    if (Number.isNaN(v)) out[i] = right ? n : count;
    else if (tabled) {
      const step = Math.max(Math.min((v - first) * scale, last), 0) | 0;
      const start = starts[step] as number;
      out[i] = start + bisect(rows, from + start, (starts[step + 1] as number) - start, v, right);
    } else out[i] = bisect(rows, from, count, v, right);
  }
}

/** Positions (i32) at which values [outer, m] keep ascending rows [outer or 1, n] sorted: before equals, or after them on the right side. */
export const searchPrimitive: Primitive<{ readonly right: boolean }> = {
  name: "searchsorted",
  infer: ([, values]) => ({ shape: (values as Tensor).shape, dtype: "i32" }),
  vjp: () => [null, null],
  jvp: () => null,
  batch([rows, values], [rowsBatched, valuesBatched], size, out) {
    const [r, v] = [rows as Tensor, values as Tensor];
    const all = valuesBatched ? v : broadcastTo(v, [size, ...v.shape]);
    const [, outer, m] = all.shape as [number, number, number];
    const n = r.shape.at(-1) as number;
    const shared = !rowsBatched && r.shape[0] === 1;
    const table = shared
      ? r
      : reshape(broadcastTo(rowsBatched ? r : reshape(r, [1, ...r.shape]), [size, outer, n]), [size * outer, n]);
    return reshape(apply(searchPrimitive, [table, reshape(all, [size * outer, m])], out.attributes), [size, outer, m]);
  },
  lower: {
    kind: "special",
    special(node) {
      const [rows, values] = node.inputs as [Tensor, Tensor];
      const [count, n] = rows.shape as [number, number];
      const [outer, m] = values.shape as [number, number];
      const { right } = node.attributes;
      return {
        kind: "routine",
        name: "searchsorted",
        computes: { kind: "search", dtype: rows.dtype, rows: count, n, outer, m, right },
        run([r, v, out]) {
          const table = numbers(rows.dtype, r as HostArray);
          const wanted = numbers(values.dtype, v as HostArray);
          for (let o = 0; o < outer; o++)
            searchRow(table, count === 1 ? 0 : o * n, n, wanted, o * m, m, right, out as HostArray);
        },
      };
    },
  },
};
