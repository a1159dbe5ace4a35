import { formQ, householder } from "./householder.ts";
import { axpy, dot, rotateRows, scaleOf, transposeInto } from "./product.ts";

/**
 * Singular values (descending, in `s`) of the m×n matrix `a`, which is not changed, and, unless null, left vectors (columns of `u`, m × left) and right
 * vectors (rows of `v`, right × n). QR with column exchanges, then one-sided Jacobi rotations of the rows of R (Drmač and Veselić 2008). NaN where an
 * element is not finite.
 */
export function svdInto(
  a: Float64Array,
  m: number,
  n: number,
  s: Float64Array,
  u: Float64Array | null,
  left: number,
  v: Float64Array | null,
  right: number,
): void {
  if (m >= n) {
    tall(a.slice(), m, n, s, u, left, v);
    return;
  }
  const flipped = new Float64Array(a.length);
  transposeInto(flipped, a, m, n);
  const [p, q] = [v && new Float64Array(v.length), u && new Float64Array(u.length)];
  tall(flipped, n, m, s, p, right, q);
  if (v !== null && p !== null) transposeInto(v, p, n, right);
  if (u !== null && q !== null) transposeInto(u, q, left, m);
}

function tall(
  a: Float64Array,
  m: number,
  n: number,
  s: Float64Array,
  u: Float64Array | null,
  left: number,
  v: Float64Array | null,
): void {
  const scale = scaleOf(a);
  if (Number.isNaN(scale)) {
    for (const result of [s, u, v]) result?.fill(Number.NaN);
    return;
  }
  for (let i = 0; i < a.length; i++) a[i]! *= scale || 1;
  const [tau, order] = [new Float64Array(n), new Float64Array(n)];
  householder(a, m, n, tau, order);
  // rows [R | I]: the right part collects the rotations
  const width = u === null ? n : 2 * n;
  const rows = new Float64Array(n * width);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) rows[i * width + j] = a[i * n + j]!;
    if (u !== null) rows[i * width + n + i] = 1;
  }
  orthogonalise(rows, n, width);
  const lengths = Float64Array.from({ length: n }, (_, i) => {
    const length = Math.sqrt(dot(rows, i * width, rows, i * width, n));
    return length < 1e-140 ? 0 : length;
  });
  const ranks = Array.from(lengths.keys()).sort((p, q) => lengths[q]! - lengths[p]!);
  ranks.forEach((row, i) => {
    s[i] = lengths[row]! / (scale || 1);
    if (v !== null && lengths[row] !== 0)
      for (let j = 0; j < n; j++) v[i * n + order[j]!] = rows[row * width + j]! / lengths[row]!;
  });
  if (v !== null) complete(v, n, lengths.filter((x) => x !== 0).length);
  if (u === null) return;
  // a product of many rotations has lost a little of its length
  for (let at = n; at < rows.length; at += width) {
    const length = Math.sqrt(dot(rows, at, rows, at, n));
    for (let j = 0; j < n; j++) rows[at + j]! /= length;
  }
  formQ(a, m, n, tau, u, left);
  const line = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    ranks.forEach((row, j) => {
      line[j] = dot(u, i * left, rows, row * width + n, n);
    });
    u.set(line, i * left);
  }
}

/** Rotates pairs of rows until all are orthogonal in their first n elements. */
function orthogonalise(rows: Float64Array, n: number, width: number): void {
  const tolerance = Number.EPSILON * Math.max(1, Math.sqrt(n));
  const square = new Float64Array(n);
  for (let turning = true, sweep = 0; turning && sweep < 60; sweep++) {
    turning = false;
    for (let i = 0; i < n; i++) square[i] = dot(rows, i * width, rows, i * width, n);
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++) {
        if (square[p]! < 1e-280 || square[q]! < 1e-280) continue;
        const g = dot(rows, p * width, rows, q * width, n);
        if (!(Math.abs(g) > tolerance * Math.sqrt(square[p]! * square[q]!))) continue;
        turning = true;
        const zeta = (square[q]! - square[p]!) / (2 * g);
        const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        rotateRows(rows, p * width, q * width, width, c, c * t);
        // the smaller length may have cancelled: then it is taken anew
        for (const [i, change] of [
          [p, -t * g],
          [q, t * g],
        ] as const) {
          const next = square[i]! + change;
          square[i] = next < 0.5 * square[i]! ? dot(rows, i * width, rows, i * width, n) : next;
        }
      }
  }
}

/** Rows `from` … n of the orthogonal n×n matrix whose first rows are known: unit vectors less what they share with the rows before. */
function complete(v: Float64Array, n: number, from: number): void {
  for (let row = from, unit = 0; row < n; unit = (unit + 1) % n) {
    const at = row * n;
    v.fill(0, at, at + n);
    v[at + unit] = 1;
    for (let pass = 0; pass < 2; pass++)
      for (let i = 0; i < row; i++) axpy(-dot(v, at, v, i * n, n), v, i * n, v, at, n);
    const length = Math.sqrt(dot(v, at, v, at, n));
    if (length < 0.5 / Math.sqrt(n)) continue;
    for (let j = 0; j < n; j++) v[at + j]! /= length;
    row++;
  }
}
