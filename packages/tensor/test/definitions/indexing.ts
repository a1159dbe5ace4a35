import { fill, get, isFloat, type Plain, placeOf, rounded } from "./plain.ts";
import { binary } from "./scalars.ts";
import { type Definition, one } from "./structure.ts";

const at = (a: readonly number[], i: number): number => a[i] as number;
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Rows of a matrix [outer, n]. */
const rowsOf = (x: Plain): number[][] => {
  const [outer, n] = x.shape as [number, number];
  return count(outer).map((o) => x.data.slice(o * n, (o + 1) * n) as number[]);
};
/** Order of numbers in which NaN is the largest. */
const compare = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a < b ? -1 : a > b ? 1 : 0;

const rotate = (x: number, by: number): number => ((x << by) | (x >>> (32 - by))) >>> 0;
const schedule = [13, 15, 26, 6, 17, 29, 16, 24];

/** Threefry-2x32-20 as its paper writes it: a round adds, rotates and mixes; after every fourth a key is injected. */
export function threefry(k0: number, k1: number, c0: number, c1: number): readonly [number, number] {
  const keys = [k0, k1, (k0 ^ k1 ^ 0x1bd11bda) >>> 0];
  let [x, y] = [(c0 + k0) >>> 0, (c1 + k1) >>> 0];
  for (let round = 1; round <= 20; round++) {
    x = (x + y) >>> 0;
    y = (rotate(y, at(schedule, (round - 1) % 8)) ^ x) >>> 0;
    if (round % 4 !== 0) continue;
    const s = round / 4;
    x = (x + at(keys, s % 3)) >>> 0;
    y = (y + at(keys, (s + 1) % 3) + s) >>> 0;
  }
  return [x, y];
}

/** Primitives that look up, put, order and draw. */
export const indexing: Readonly<Record<string, Definition>> = {
  take: one(([x, indices], _, shape, dtype) =>
    fill(shape, dtype, ([o, m, i]) => {
      const row = get(indices, [indices.shape[0] === 1 ? 0 : (o as number), m as number]) as number;
      return get(x, [o as number, Math.min(Math.max(row, 0), at(x.shape, 1) - 1), i as number]) as number;
    }),
  ),
  scatter: one(([base, indices, updates], { mode }: { mode: "add" | "set" | "max" | "min" }) => {
    const data = [...base.data];
    const [outer, n, inner] = base.shape as [number, number, number];
    for (const o of count(outer))
      for (const r of count(at(indices.shape, 1))) {
        const row = get(indices, [indices.shape[0] === 1 ? 0 : o, r]) as number;
        if (row < 0 || row >= n) continue;
        for (const i of count(inner)) {
          const place = placeOf([o, row, i], base.shape);
          const u = get(updates, [o, r, i]) as number;
          data[place] = mode === "set" ? u : binary(mode, base.dtype, at(data, place), u);
        }
      }
    return { ...base, data };
  }),
  sort: ([x], { descending }) => {
    const { shape, dtype } = x as Plain;
    const orders = rowsOf(x as Plain).map((row) =>
      count(row.length).sort((i, j) => {
        const c = compare(at(row, i), at(row, j));
        return (descending ? -c : c) || i - j;
      }),
    );
    const values = rowsOf(x as Plain).flatMap((row, o) => (orders[o] as number[]).map((i) => at(row, i)));
    return [
      { shape, dtype, data: values },
      { shape, dtype: "i32", data: orders.flat() },
    ];
  },
  searchsorted: one(([rows, values], { right }: { right: boolean }, shape, dtype) => {
    const tables = rowsOf(rows);
    const data = rowsOf(values).flatMap((list, o) =>
      list.map((v) => {
        const table = tables[tables.length === 1 ? 0 : o] as number[];
        return table.filter((r) => compare(r, v) < (right ? 1 : 0)).length;
      }),
    );
    return { shape, dtype, data };
  }),
  randomBits: one(([key], { shape: drawn, words }: { shape: readonly number[]; words: string }, shape, dtype) => {
    const n = drawn.reduce((a, b) => a * b, 1);
    const data: number[] = [];
    for (let k = 0; k < key.data.length; k += 2)
      for (let i = 0; i < n; i++) {
        const [x, y] = threefry(at(key.data, k), at(key.data, k + 1), 0, i);
        if (words === "both") data.push(x, y);
        else data.push((x ^ y) >>> 0);
      }
    return { shape, dtype, data };
  }),
  fft: (inputs, { inverse }, outs) => {
    const [re, im] = inputs as [Plain, Plain?];
    const [outer, n] = re.shape as [number, number];
    const sign = inverse ? 1 : -1;
    const sums = [0, 1].map((part) =>
      count(outer).flatMap((o) =>
        count(n).map((k) => {
          let s = 0;
          for (let j = 0; j < n; j++) {
            // the angle of the residue, so that long rows lose no digits
            const angle = (sign * 2 * Math.PI * ((j * k) % n)) / n;
            const [a, b] = [at(re.data, o * n + j), im === undefined ? 0 : at(im.data, o * n + j)];
            s += part === 0 ? a * Math.cos(angle) - b * Math.sin(angle) : a * Math.sin(angle) + b * Math.cos(angle);
          }
          return isFloat(re.dtype) ? rounded(re.dtype, s) : s;
        }),
      ),
    );
    return outs.map((out, i) => ({ ...out, data: sums[i] as number[] }));
  },
};
