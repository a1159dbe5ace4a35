import { axpy } from "./product.ts";

/**
 * QR by Householder reflections of the m×n matrix `a`, in place: R on and above the diagonal, the reflectors v (v[0] = 1 left out) below, H = I − τvvᵀ.
 * With `order` columns are exchanged so that the diagonal of R descends, and order[j] is the column of `a` that became column j. Signs as in LAPACK.
 */
export function householder(
  a: Float64Array,
  m: number,
  n: number,
  tau: Float64Array,
  order: Float64Array | null,
): void {
  const w = new Float64Array(n);
  const left = order === null ? null : squares(a, m, n);
  order?.forEach((_, j) => {
    order[j] = j;
  });
  for (let k = 0; k < Math.min(m, n); k++) {
    if (order !== null && left !== null) exchange(a, m, n, k, order, left);
    tau[k] = reflector(a, m, n, k);
    reflect(a, n, k, m, n, k + 1, a, n, k, tau[k]!, w);
    if (left !== null) for (let j = k + 1; j < n; j++) left[j]! -= a[k * n + j]! ** 2;
  }
}

function squares(a: Float64Array, m: number, n: number): Float64Array {
  const s = new Float64Array(n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) s[j]! += a[i * n + j]! ** 2;
  return s;
}

/** Brings the column with most left below row k to place k. */
function exchange(a: Float64Array, m: number, n: number, k: number, order: Float64Array, left: Float64Array): void {
  let best = k;
  for (let j = k + 1; j < n; j++) if (left[j]! > left[best]!) best = j;
  if (best === k) return;
  for (const list of [order, left]) [list[k], list[best]] = [list[best]!, list[k]!];
  for (let i = 0; i < m; i++) [a[i * n + k], a[i * n + best]] = [a[i * n + best]!, a[i * n + k]!];
}

/** Makes the reflector of column k from row k down; returns τ. */
function reflector(a: Float64Array, m: number, n: number, k: number): number {
  let most = 0;
  for (let i = k + 1; i < m; i++) most = Math.max(most, Math.abs(a[i * n + k]!));
  if (most === 0) return 0;
  const alpha = a[k * n + k]!;
  most = Math.max(most, Math.abs(alpha));
  let s = 0;
  for (let i = k; i < m; i++) s += (a[i * n + k]! / most) ** 2;
  const beta = alpha > 0 ? -most * Math.sqrt(s) : most * Math.sqrt(s);
  for (let i = k + 1; i < m; i++) a[i * n + k]! /= alpha - beta;
  a[k * n + k] = beta;
  return (beta - alpha) / beta;
}

/** Rows `from` … m of columns `first` … n of `x` (rows of `xs` elements) under the reflector in column k of `a`. */
function reflect(
  x: Float64Array,
  xs: number,
  from: number,
  m: number,
  n: number,
  first: number,
  a: Float64Array,
  as: number,
  k: number,
  tau: number,
  w: Float64Array,
): void {
  const length = n - first;
  if (tau === 0 || length <= 0) return;
  for (let j = 0; j < length; j++) w[j] = x[from * xs + first + j]!;
  for (let i = from + 1; i < m; i++) axpy(a[i * as + k]!, x, i * xs + first, w, 0, length);
  axpy(-tau, w, 0, x, from * xs + first, length);
  for (let i = from + 1; i < m; i++) axpy(-tau * a[i * as + k]!, w, 0, x, i * xs + first, length);
}

/** The first `columns` columns of Q (m × columns, in `q`) from what {@link householder} left of an m×n matrix. */
export function formQ(
  a: Float64Array,
  m: number,
  n: number,
  tau: Float64Array,
  q: Float64Array,
  columns: number,
): void {
  const w = new Float64Array(columns);
  q.fill(0);
  for (let i = 0; i < Math.min(m, columns); i++) q[i * columns + i] = 1;
  for (let k = Math.min(m, n, columns) - 1; k >= 0; k--) reflect(q, columns, k, m, columns, k, a, n, k, tau[k]!, w);
}

/**
 * The reflectors that {@link householder} left of an m×n matrix (n ≤ m) as one: H₁·…·Hₙ = 1 − V·T·Vᵀ with unit lower V (m×n) and upper T (n×n), and R
 * (n×n).
 */
export function compact(
  a: Float64Array,
  m: number,
  n: number,
  tau: Float64Array,
  v: Float64Array,
  t: Float64Array,
  r: Float64Array,
): void {
  const products = new Float64Array(n * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      v[i * n + j] = i === j ? 1 : i > j ? a[i * n + j]! : 0;
      if (i < n) r[i * n + j] = i > j ? 0 : a[i * n + j]!;
    }
  for (let i = 0; i < m; i++)
    for (let j = 0; j < Math.min(n, i + 1); j++) axpy(v[i * n + j]!, v, i * n, products, j * n, j);
  t.fill(0);
  for (let j = 0; j < n; j++) {
    t[j * n + j] = tau[j]!;
    for (let i = 0; i < j; i++) {
      let s = 0;
      for (let k = i; k < j; k++) s += t[i * n + k]! * products[j * n + k]!;
      t[i * n + j] = -tau[j]! * s;
    }
  }
}
