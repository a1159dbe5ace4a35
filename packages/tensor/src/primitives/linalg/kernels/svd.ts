import { eighInPlace } from "./eigh.ts";
import { formQ, householder } from "./householder.ts";
import { axpy, dot, rotateRows, scaleOf, subtractProduct, transposeInto } from "./product.ts";

/**
 * Singular values (descending, in `s`) of the m×n matrix `a`, which is not changed, and, unless null, left vectors (columns of `u`, m × left) and right
 * vectors (rows of `v`, right × n). QR with column exchanges, QR of Rᵀ, then one-sided Jacobi rotations of rows (Drmač and Veselić 2008). NaN where an
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
  const width = v === null ? n : 2 * n;
  const start = startRows(a, n, width);
  const even = Math.abs(a[n * n - 1]!) > 1e-3 * Math.abs(a[0]!);
  const rows = n >= 16 && even ? nearlyOrthogonal(start, n, width) : start;
  orthogonalise(rows, n, width);
  const lengths = Float64Array.from({ length: n }, (_, i) => {
    const length = lengthOf(rows, i * width, n);
    return length < 1e-140 ? 0 : length;
  });
  const ranks = Array.from(lengths.keys()).sort((p, q) => lengths[q]! - lengths[p]!);
  ranks.forEach((row, i) => {
    s[i] = lengths[row]! / (scale || 1);
  });
  if (v !== null)
    ranks.forEach((row, i) => {
      // a product of many rotations has lost a little of its length
      const length = lengthOf(rows, row * width + n, n);
      for (let j = 0; j < n; j++) v[i * n + order[j]!] = rows[row * width + n + j]! / length;
    });
  if (u === null) return;
  const inner = new Float64Array(n * n);
  ranks.forEach((row, i) => {
    if (lengths[row] !== 0) for (let j = 0; j < n; j++) inner[i * n + j] = rows[row * width + j]! / lengths[row]!;
  });
  complete(inner, n, lengths.filter((x) => x !== 0).length);
  formQ(a, m, n, tau, u, left);
  const product = new Float64Array(m * n);
  subtractProduct(product, 0, n, u, 0, left, inner, 0, n, m, n, n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) u[i * left + j] = -product[i * n + j]!;
}

const lengthOf = (a: Float64Array, at: number, n: number): number => Math.sqrt(dot(a, at, a, at, n));

/**
 * With the upper triangle R of `a` and Rᵀ = Q·T, the rows [T | Qᵀ] (T alone if they have n elements). Rotations G that make the rows of G·T orthogonal
 * give the left vectors of R as their directions and the right ones as G·Qᵀ. They are far fewer for T than for R.
 */
function startRows(a: Float64Array, n: number, width: number): Float64Array {
  const flipped = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) flipped[j * n + i] = a[i * n + j]!;
  const tau = new Float64Array(n);
  householder(flipped, n, n, tau, null);
  const rows = new Float64Array(n * width);
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) rows[i * width + j] = flipped[i * n + j]!;
  if (width === n) return rows;
  const q = new Float64Array(n * n);
  formQ(flipped, n, n, tau, q, n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) rows[i * width + n + j] = q[j * n + i]!;
  return rows;
}

/**
 * The rows [T | …] turned by the eigenvectors of T·Tᵀ, which leaves rotations little to do. In a steep spectrum the small eigenvalues of T·Tᵀ are lost in
 * rounding: there rotations alone take less time.
 */
function nearlyOrthogonal(rows: Float64Array, n: number, width: number): Float64Array {
  const products = new Float64Array(n * n);
  subtractProduct(products, 0, n, rows, 0, width, rows, 0, width, n, n, n);
  const vectors = new Float64Array(n * n);
  eighInPlace(products, n, new Float64Array(n), vectors);
  const [left, right] = [new Float64Array(n * n), new Float64Array(n * width)];
  transposeInto(left, vectors, n, n);
  transposeInto(right, rows, n, width);
  const turned = new Float64Array(n * width);
  subtractProduct(turned, 0, width, left, 0, n, right, 0, n, n, width, n);
  return turned;
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
        square[p] = lengthAfter(rows, p * width, n, square[p]!, -t * g);
        square[q] = lengthAfter(rows, q * width, n, square[q]!, t * g);
      }
  }
}

/** The square of a row's length after a rotation; taken anew where it may have cancelled. */
const lengthAfter = (rows: Float64Array, at: number, n: number, before: number, change: number): number =>
  before + change < 0.5 * before ? dot(rows, at, rows, at, n) : before + change;

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
