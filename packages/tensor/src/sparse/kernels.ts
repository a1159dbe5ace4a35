import type { DType, HostArray } from "../dtype.ts";
import { f16ToNumber, numberToF16 } from "../ir/scalar-math.ts";

/** Where entries lie. `major` holds the row of each entry or, compressed, where each row starts; `minor` holds their columns. */
export interface Layout {
  readonly major: Int32Array;
  readonly minor: Int32Array;
  readonly compressed: boolean;
}

/** Sizes of one product: entries, rows and columns of the matrix, columns of the dense operand. */
export interface Extent {
  readonly entries: number;
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
}

type Numbers = Float32Array | Float64Array;

/** Where the run of entries of the same row as the one at `from` ends; ids need not be sorted, so a row may have several runs. */
function runEnd(major: Int32Array, from: number, entries: number): number {
  const row = major[from] as number;
  let end = from + 1;
  while (end < entries && major[end] === row) end++;
  return end;
}

/** Entries or columns out of range take no part. */
const inside = (i: number, n: number): boolean => i >= 0 && i < n;

/** out [rows, width] += A x, for A with `values` and x [columns, width]; four columns at a time are added up in registers. */
export function times(
  { major, minor, compressed }: Layout,
  size: Extent,
  values: Numbers,
  x: Numbers,
  out: Numbers,
): void {
  const { entries, rows, columns, width } = size;
  for (let run = 0, from = compressed ? (major[0] as number) : 0; compressed ? run < rows : from < entries; run++) {
    const row = compressed ? run : (major[from] as number);
    const end = compressed ? Math.min(major[run + 1] as number, entries) : runEnd(major, from, entries);
    if (width === 1 && inside(row, rows)) {
      let s = 0;
      for (let j = from; j < end; j++) {
        const column = minor[j] as number;
        if (inside(column, columns)) s += (values[j] as number) * (x[column] as number);
      }
      (out[row] as number) += s;
    } else if (inside(row, rows)) {
      let i = 0;
      for (; i + 4 <= width; i += 4) {
        let a = 0;
        let b = 0;
        let c = 0;
        let d = 0;
        for (let j = from; j < end; j++) {
          const column = minor[j] as number;
          if (!inside(column, columns)) continue;
          const v = values[j] as number;
          const at = column * width + i;
          a += v * (x[at] as number);
          b += v * (x[at + 1] as number);
          c += v * (x[at + 2] as number);
          d += v * (x[at + 3] as number);
        }
        const to = row * width + i;
        (out[to] as number) += a;
        (out[to + 1] as number) += b;
        (out[to + 2] as number) += c;
        (out[to + 3] as number) += d;
      }
      for (; i < width; i++) {
        let s = 0;
        for (let j = from; j < end; j++) {
          const column = minor[j] as number;
          if (inside(column, columns)) s += (values[j] as number) * (x[column * width + i] as number);
        }
        (out[row * width + i] as number) += s;
      }
    }
    from = end;
  }
}

/** out [columns, width] += Aᵀ x, for x [rows, width]: each entry adds to the row of its column. */
export function timesTransposed(
  { major, minor, compressed }: Layout,
  size: Extent,
  values: Numbers,
  x: Numbers,
  out: Numbers,
): void {
  const { entries, rows, columns, width } = size;
  for (let run = 0, from = compressed ? (major[0] as number) : 0; compressed ? run < rows : from < entries; run++) {
    const row = compressed ? run : (major[from] as number);
    const end = compressed ? Math.min(major[run + 1] as number, entries) : runEnd(major, from, entries);
    if (inside(row, rows))
      for (let j = from; j < end; j++) {
        const column = minor[j] as number;
        if (!inside(column, columns)) continue;
        const v = values[j] as number;
        const to = column * width;
        const at = row * width;
        if (width === 1) (out[to] as number) += v * (x[at] as number);
        else for (let i = 0; i < width; i++) (out[to + i] as number) += v * (x[at + i] as number);
      }
    from = end;
  }
}

/** out[j] = Σᵢ a[row of j, i] b[column of j, i], for a [rows, width] and b [columns, width]. */
export function sampled(
  { major, minor, compressed }: Layout,
  size: Extent,
  a: Numbers,
  b: Numbers,
  out: Numbers,
): void {
  const { entries, rows, columns, width } = size;
  for (let run = 0, from = compressed ? (major[0] as number) : 0; compressed ? run < rows : from < entries; run++) {
    const row = compressed ? run : (major[from] as number);
    const end = compressed ? Math.min(major[run + 1] as number, entries) : runEnd(major, from, entries);
    if (inside(row, rows))
      for (let j = from; j < end; j++) {
        const column = minor[j] as number;
        if (!inside(column, columns)) continue;
        const p = row * width;
        const q = column * width;
        let s = width > 0 ? (a[p] as number) * (b[q] as number) : 0;
        for (let i = 1; i < width; i++) s += (a[p + i] as number) * (b[q + i] as number);
        out[j] = s;
      }
    from = end;
  }
}

/**
 * Runs `kernel` on each of `outer` matrices. `factors` and `out` have one slice for each, the index tables `major` and `minor` one, or one for all.
 * Half precision is computed in single.
 */
export function each(
  dtype: DType,
  outer: number,
  tables: readonly [HostArray, HostArray],
  shared: readonly [boolean, boolean],
  factors: readonly [HostArray, HostArray],
  out: HostArray,
  kernel: (major: Int32Array, minor: Int32Array, a: Numbers, b: Numbers, out: Numbers) => void,
): void {
  const half = dtype === "f16";
  const room = half ? new Float32Array(out.length) : (out.fill(0) as Numbers);
  const numbers = factors.map((x) => (half ? Float32Array.from(x, f16ToNumber) : (x as Numbers)));
  const part = <T extends HostArray>(x: T, o: number): T =>
    x.subarray((x.length / outer) * o, (x.length / outer) * (o + 1)) as T;
  for (let o = 0; o < outer; o++) {
    const [major, minor] = tables.map((t, i) => (shared[i] ? t : part(t, o))) as [Int32Array, Int32Array];
    const [a, b] = numbers.map((x) => part(x, o)) as [Numbers, Numbers];
    kernel(major, minor, a, b, part(room, o));
  }
  if (half) for (let i = 0; i < out.length; i++) out[i] = numberToF16(room[i] as number);
}
