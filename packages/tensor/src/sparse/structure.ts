import type { HostArray } from "../dtype.ts";
import { reshape } from "../functions/shaping.ts";
import type { Primitive } from "../primitive.ts";
import { alignBatch } from "../primitives/batching.ts";
import { apply, applyMany, type Tensor } from "../tensor.ts";

/** Positions in the order of their keys, those outside [0, size) last; equal keys keep the order that `from` (default 0, 1, 2, …) gives them. */
function orderBy(keys: Int32Array, size: number, from: Int32Array | null): Int32Array {
  const n = keys.length;
  const next = new Int32Array(size + 2);
  const slot = (i: number): number => ((keys[i] as number) >>> 0 < size ? (keys[i] as number) : size);
  for (let i = 0; i < n; i++) (next[slot(i) + 1] as number)++;
  for (let k = 0; k <= size; k++) (next[k + 1] as number) += next[k] as number;
  const out = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const at = from === null ? i : (from[i] as number);
    out[(next[slot(at)] as number)++] = at;
  }
  return out;
}

/** Positions of entries by `major`, then by `minor`, in time O(n + rows + columns); stable. */
export const sortedEntries = (major: Int32Array, minor: Int32Array, rows: number, columns: number): Int32Array =>
  orderBy(major, rows, orderBy(minor, columns, null));

const fold = (inputs: readonly Tensor[], batched: readonly boolean[], size: number): Tensor[] =>
  alignBatch(inputs, batched, size).map((t) => reshape(t, [size * (t.shape[1] as number), t.shape[2] as number]));
const unfold = (t: Tensor, size: number): Tensor =>
  reshape(t, [size, (t.shape[0] as number) / size, t.shape[1] as number]);

/**
 * Of entries at (major, minor), i32 [outer, n], their positions sorted by major, then by minor, [outer, n], and where each of `rows` starts in that order,
 * [outer, rows + 1]. Entries outside the matrix come after all rows, or at the end of theirs. Parts that nobody uses are not computed.
 */
export const entryOrder: Primitive<{ readonly rows: number; readonly columns: number }> = {
  name: "entryOrder",
  infer([major], { rows }) {
    const { shape } = major as Tensor;
    return [
      { shape, dtype: "i32" },
      { shape: [shape[0] as number, rows + 1], dtype: "i32" },
    ];
  },
  vjp: () => [null, null],
  jvp: () => [null, null],
  batch: (inputs, batched, size, out) =>
    applyMany(entryOrder, fold(inputs, batched, size), out.attributes).map((t) => unfold(t, size)),
  lower: {
    kind: "special",
    special(node, used) {
      const [outer, n] = (node.inputs[0] as Tensor).shape as [number, number];
      const { rows, columns } = node.attributes;
      const run = ([p, q, ...results]: readonly HostArray[]): void => {
        const [order, starts] = used.map((u) => (u ? results.shift() : undefined));
        for (let o = 0; o < outer; o++) {
          const [major, minor] = [p, q].map((t) => t?.subarray(o * n, (o + 1) * n)) as [Int32Array, Int32Array];
          order?.set(sortedEntries(major, minor, rows, columns), o * n);
          const ends = starts?.subarray(o * (rows + 1), (o + 1) * (rows + 1)).fill(0);
          if (ends === undefined) continue;
          for (let i = 0; i < n; i++)
            if ((major[i] as number) >>> 0 < rows) (ends[(major[i] as number) + 1] as number)++;
          for (let r = 0; r < rows; r++) (ends[r + 1] as number) += ends[r] as number;
        }
      };
      return { kind: "routine", name: "entryOrder", run };
    },
  },
};

/** The row, i32 [outer, entries], of each entry of rows that start where `indptr` [outer, rows + 1] says; −1 for entries of none. */
export const entryRows: Primitive<{ readonly entries: number }> = {
  name: "entryRows",
  infer: ([indptr], { entries }) => ({ shape: [(indptr as Tensor).shape[0] as number, entries], dtype: "i32" }),
  vjp: () => [null],
  jvp: () => null,
  batch: (inputs, batched, size, out) => unfold(apply(entryRows, fold(inputs, batched, size), out.attributes), size),
  lower: {
    kind: "special",
    special(node) {
      const [outer, length] = (node.inputs[0] as Tensor).shape as [number, number];
      const { entries } = node.attributes;
      const run = ([starts, out]: readonly HostArray[]): void => {
        out?.fill(-1);
        for (let o = 0; o < outer; o++)
          for (let r = 0; r + 1 < length; r++) {
            const [from, to] = [starts?.[o * length + r] as number, starts?.[o * length + r + 1] as number];
            if (from < to) out?.fill(r, o * entries + Math.max(from, 0), o * entries + Math.min(to, entries));
          }
      };
      return { kind: "routine", name: "entryRows", run };
    },
  },
};
