import { type Plain, rounded, sizeOf } from "./plain.ts";
import type { Definition } from "./structure.ts";

type Matrix = number[][];
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const cell = (a: Matrix, i: number, j: number): number => (a[i] as number[])[j] as number;

/** The matrices of a batch. */
function matricesOf(x: Plain): Matrix[] {
  const [m, n] = x.shape.slice(-2) as [number, number];
  return count(sizeOf(x.shape.slice(0, -2))).map((b) =>
    count(m).map((i) => x.data.slice((b * m + i) * n, (b * m + i + 1) * n) as number[]),
  );
}
/** A definition by what it does to one matrix of each input; gives the numbers of each part. */
const each =
  // biome-ignore lint/suspicious/noExplicitAny: attributes of any primitive
    (f: (matrices: readonly Matrix[], attributes: any) => readonly (readonly number[])[]): Definition =>
    (inputs, attributes, outs) => {
      const batches = inputs.map((x) => (x.shape.length < 2 ? [] : matricesOf(x)));
      const results = (batches[0] as Matrix[]).map((_, b) =>
        f(
          batches.map((list) => list[b] as Matrix),
          attributes,
        ),
      );
      return outs.map((out, part) => ({
        ...out,
        data: results.flatMap((r) => r[part] as number[]).map((v) => (out.dtype === "i32" ? v : rounded(out.dtype, v))),
      }));
    };

export const transposed = (a: Matrix): Matrix =>
  a.length === 0 ? [] : (a[0] as number[]).map((_, j) => a.map((r) => r[j] as number));
export const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => count(b[0]?.length ?? 0).map((j) => row.reduce((s, x, k) => s + x * cell(b, k, j), 0)));

/** X with A·X = B by Gauss and Jordan, exchanging rows. */
export function solved(a: Matrix, b: Matrix): Matrix {
  const n = a.length;
  const rows = a.map((r, i) => [...r, ...(b[i] as number[])]);
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k; i < n; i++) if (Math.abs(cell(rows, i, k)) > Math.abs(cell(rows, best, k))) best = i;
    [rows[k], rows[best]] = [rows[best] as number[], rows[k] as number[]];
    for (let i = 0; i < n; i++) {
      const f = i === k ? 0 : cell(rows, i, k) / cell(rows, k, k);
      if (f !== 0) rows[i] = (rows[i] as number[]).map((v, j) => v - f * cell(rows, k, j));
    }
  }
  return rows.map((r, k) => r.slice(n).map((v) => v / (r[k] as number)));
}

const minor = (a: Matrix, i: number, j: number): Matrix =>
  a.filter((_, r) => r !== i).map((row) => row.filter((_, c) => c !== j));
/** Laplace's expansion along the first row. */
export const determinant = (a: Matrix): number =>
  a.length === 0
    ? 1
    : (a[0] as number[]).reduce((s, x, j) => s + (j % 2 === 0 ? 1 : -1) * x * determinant(minor(a, 0, j)), 0);

/** Eigenvalues of a symmetric matrix, ascending, by Jacobi's rotations. */
export function eigenvalues(given: Matrix): number[] {
  const a = given.map((r) => [...r]);
  const n = a.length;
  for (let sweep = 0; sweep < 60; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const x = cell(a, p, q);
        if (x === 0) continue;
        const theta = (cell(a, q, q) - cell(a, p, p)) / (2 * x);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (const row of a) {
          const [u, v] = [row[p] as number, row[q] as number];
          [row[p], row[q]] = [c * u - s * v, s * u + c * v];
        }
        const [u, v] = [a[p] as number[], a[q] as number[]];
        a[p] = u.map((x, k) => c * x - s * (v[k] as number));
        a[q] = u.map((x, k) => s * x + c * (v[k] as number));
      }
  return a.map((r, i) => r[i] as number).sort((x, y) => x - y);
}

/** The part of a matrix on and below (or above) its diagonal, which may count as ones. */
const triangle = (a: Matrix, lower: boolean, unit: boolean): Matrix =>
  a.map((row, i) => row.map((x, j) => (i === j ? (unit ? 1 : x) : i > j === lower ? x : 0)));

/** Factors that are unique, determinants and solutions, in double precision. Factors that are not are compared by what they multiply to. */
export const matrices: Readonly<Record<string, Definition>> = {
  cholesky: each(([a]) => {
    const l = (a as Matrix).map((r) => r.map(() => 0));
    (a as Matrix).forEach((row, i) => {
      for (let j = 0; j <= i; j++) {
        const rest = (row[j] as number) - count(j).reduce((s, k) => s + cell(l, i, k) * cell(l, j, k), 0);
        (l[i] as number[])[j] = i === j ? Math.sqrt(rest) : rest / cell(l, j, j);
      }
    });
    return [l.flat()];
  }),
  triangularSolve: each(([t, b], { lower, transposed: turned, unit }) => {
    const own = triangle(t as Matrix, lower, unit);
    return [solved(turned ? transposed(own) : own, b as Matrix).flat()];
  }),
  triangularInverse: each(([t], { lower, unit }) => {
    const own = triangle(t as Matrix, lower, unit);
    return [
      solved(
        own,
        own.map((_, i) => own.map((_, j) => Number(i === j))),
      ).flat(),
    ];
  }),
  solve: (inputs, attributes, outs) =>
    each(([a, b], { transposed: turned }) => [
      solved(turned ? transposed(a as Matrix) : (a as Matrix), b as Matrix).flat(),
    ])([inputs[0] as Plain, inputs[3] as Plain], attributes, outs),
  // Doolittle's scheme with the largest pivot of each column.
  lu: each(([given]) => {
    const a = (given as Matrix).map((r) => [...r]);
    const order = a.map((_, i) => i);
    const n = a[0]?.length ?? 0;
    const pivots = count(Math.min(a.length, n)).map((k) => {
      const best = a.reduce((m, r, i) => (i >= k && Math.abs(r[k] as number) > Math.abs(cell(a, m, k)) ? i : m), k);
      [a[k], a[best]] = [a[best] as number[], a[k] as number[]];
      [order[k], order[best]] = [order[best] as number, order[k] as number];
      for (let i = k + 1; i < a.length; i++) {
        const f = cell(a, i, k) / cell(a, k, k);
        a[i] = (a[i] as number[]).map((v, j) => (j < k ? v : j === k ? f : v - f * cell(a, k, j)));
      }
      return best;
    });
    return [a.flat(), pivots, order];
  }),
  det: each(([a]) => [[determinant(a as Matrix)]]),
  cofactors: each(([a]) => [
    (a as Matrix).flatMap((row, i) =>
      row.map((_, j) => ((i + j) % 2 === 0 ? 1 : -1) * determinant(minor(a as Matrix, i, j))),
    ),
  ]),
  // (AᵀA)⁻¹Aᵀ or Aᵀ(AAᵀ)⁻¹: of full rank
  pinv: each(([a]) => {
    const [x, t] = [a as Matrix, transposed(a as Matrix)];
    return [(x.length >= (x[0]?.length ?? 0) ? solved(times(t, x), t) : transposed(solved(times(x, t), x))).flat()];
  }),
  tridiagonalSolve: (inputs, _, outs) => {
    const [l, d, u, b] = inputs as [Plain, Plain, Plain, Plain];
    const n = d.shape.at(-1) as number;
    const right = matricesOf(b);
    const data = right.flatMap((rhs, o) => {
      const band = (x: Plain, i: number): number => x.data[o * n + i] as number;
      const a = count(n).map((i) =>
        count(n).map((j) => (i === j ? band(d, i) : j === i - 1 ? band(l, i) : j === i + 1 ? band(u, i) : 0)),
      );
      return solved(a, rhs).flat();
    });
    return outs.map((out) => ({ ...out, data: data.map((v) => rounded(out.dtype, v)) }));
  },
};
