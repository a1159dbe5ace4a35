import { fill, get, type Plain, rounded } from "./plain.ts";
import type { Definition } from "./structure.ts";

interface Pattern {
  readonly compressed: boolean;
  readonly rows: number;
  readonly columns: number;
}

const at = (table: Plain, o: number, j: number): number => get(table, [table.shape[0] === 1 ? 0 : o, j]) as number;

/** Row and column of entry j of matrix o; null outside the matrix. */
function placeOf(o: number, j: number, major: Plain, minor: Plain, pattern: Pattern): readonly [number, number] | null {
  let row = -1;
  if (!pattern.compressed) row = at(major, o, j);
  else for (let r = 0; r < pattern.rows; r++) if (at(major, o, r) <= j && j < at(major, o, r + 1)) row = r;
  const column = at(minor, o, j);
  const inside = row >= 0 && row < pattern.rows && column >= 0 && column < pattern.columns;
  return inside ? [row, column] : null;
}

type Four = readonly [Plain, Plain, Plain, Plain];
type Out = { readonly shape: readonly number[]; readonly dtype: Plain["dtype"] };

/** Primitives on the entries of sparse matrices. */
export const sparse: Readonly<Record<string, Definition>> = {
  sparseProduct(inputs, pattern: Pattern & { readonly transposed: boolean }, [out]) {
    const [values, major, minor, x] = inputs as Four;
    const { shape, dtype } = out as Out;
    const element = ([o, i, k]: readonly number[]): number => {
      let sum = 0;
      for (let j = 0; j < (values.shape[1] as number); j++) {
        const place = placeOf(o as number, j, major, minor, pattern);
        if (place === null) continue;
        const [to, from] = pattern.transposed ? [place[1], place[0]] : place;
        if (to === i)
          sum += (get(values, [o as number, j]) as number) * (get(x, [o as number, from, k as number]) as number);
      }
      return rounded(dtype, sum);
    };
    return [fill(shape, dtype, element)];
  },
  sampledProduct(inputs, pattern: Pattern, [out]) {
    const [major, minor, a, b] = inputs as Four;
    const { shape, dtype } = out as Out;
    const element = ([o, j]: readonly number[]): number => {
      const place = placeOf(o as number, j as number, major, minor, pattern);
      if (place === null) return 0;
      let sum = 0;
      for (let k = 0; k < (a.shape[2] as number); k++)
        sum += (get(a, [o as number, place[0], k]) as number) * (get(b, [o as number, place[1], k]) as number);
      return rounded(dtype, sum);
    };
    return [fill(shape, dtype, element)];
  },
  entryOrder([major, minor], { rows, columns }: Pattern, [out]) {
    const { shape } = out as Out;
    const key = (t: Plain, o: number, j: number, n: number): number => {
      const i = at(t, o, j);
      return i >= 0 && i < n ? i : n;
    };
    const [p, q] = [major as Plain, minor as Plain];
    const lists = Array.from({ length: shape[0] as number }, (_, o) => {
      const all = Array.from({ length: shape[1] as number }, (_, j) => j);
      return all.sort(
        (i, j) => key(p, o, i, rows) - key(p, o, j, rows) || key(q, o, i, columns) - key(q, o, j, columns),
      );
    });
    return [
      { shape, dtype: "i32", data: lists.flat() },
      fill([shape[0] as number, rows + 1], "i32", ([o, r]) => {
        const list = lists[o as number] as number[];
        return list.filter((j) => key(p, o as number, j, rows) < (r as number)).length;
      }),
    ];
  },
  entryRows([indptr], _, [out]) {
    const { shape } = out as Out;
    const starts = indptr as Plain;
    return [
      fill(shape, "i32", ([o, j]) => {
        for (let r = 0; r + 1 < (starts.shape[1] as number); r++)
          if (at(starts, o as number, r) <= (j as number) && (j as number) < at(starts, o as number, r + 1)) return r;
        return -1;
      }),
    ];
  },
};
