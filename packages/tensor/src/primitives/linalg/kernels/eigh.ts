import { axpy, dot, rotateRows, scaleOf } from "./product.ts";

/**
 * Eigenvalues (ascending, in `w`) and, unless null, eigenvectors (columns of `v`) of the symmetric n×n matrix whose lower triangle is in `a`, which is
 * overwritten. Householder tridiagonalisation and implicit QL (EISPACK tred2, tql2), both along rows. NaN where an element is not finite.
 */
export function eighInPlace(a: Float64Array, n: number, w: Float64Array, v: Float64Array | null): void {
  const scale = scaleOf(a);
  const e = new Float64Array(n);
  const z = v === null ? null : new Float64Array(n * n);
  if (!Number.isNaN(scale)) {
    for (let i = 0; i < a.length; i++) a[i]! *= scale || 1;
    tridiagonal(a, n, w, e, z);
  }
  if (Number.isNaN(scale) || !implicitQL(n, w, e, z)) {
    w.fill(Number.NaN);
    v?.fill(Number.NaN);
    return;
  }
  const order = Array.from(w.keys()).sort((p, q) => w[p]! - w[q]!);
  w.sort();
  if (scale !== 0) for (let i = 0; i < n; i++) w[i]! /= scale;
  if (v !== null && z !== null)
    order.forEach((row, column) => {
      for (let i = 0; i < n; i++) v[i * n + column] = z[row * n + i]!;
    });
}

/** A = Q·T·Qᵀ: diagonal and (from element 1) off-diagonal of T, and the columns of Q as rows of `z`. */
function tridiagonal(a: Float64Array, n: number, d: Float64Array, e: Float64Array, z: Float64Array | null): void {
  const p = new Float64Array(n);
  const halves = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const u = i * n;
    d[i] = a[u + i]!;
    const tail = dot(a, u, a, u, i - 1);
    const last = a[u + i - 1]!;
    if (tail === 0) {
      e[i] = last;
      continue;
    }
    const length = Math.sqrt(tail + last * last) * (last > 0 ? -1 : 1);
    e[i] = length;
    // H = I − u·uᵀ/h
    const h = tail + last * last - last * length;
    a[u + i - 1] = last - length;
    halves[i] = h;
    p.fill(0, 0, i);
    for (let j = 0; j < i; j++) {
      p[j]! += dot(a, j * n, a, u, j + 1);
      axpy(a[u + j]!, a, j * n, p, 0, j);
    }
    const k = dot(a, u, p, 0, i) / (2 * h * h);
    for (let j = 0; j < i; j++) p[j] = p[j]! / h - k * a[u + j]!;
    for (let j = 0; j < i; j++) {
      const uj = a[u + j]!;
      const pj = p[j]!;
      const row = j * n;
      for (let c = 0; c <= j; c++) a[row + c]! -= uj * p[c]! + pj * a[u + c]!;
    }
  }
  if (n > 0) d[0] = a[0]!;
  if (z === null) return;
  for (let i = 0; i < n; i++) z[i * n + i] = 1;
  for (let i = 1; i < n; i++) {
    const h = halves[i]!;
    if (h !== 0) for (let r = 0; r < i; r++) axpy(-dot(z, r * n, a, i * n, i) / h, a, i * n, z, r * n, i);
  }
}

/** Eigenvalues of a tridiagonal matrix in place of `d`, rotating the rows of `z`; false when 60 sweeps are not enough. */
function implicitQL(n: number, d: Float64Array, e: Float64Array, z: Float64Array | null): boolean {
  e.copyWithin(0, 1);
  if (n > 0) e[n - 1] = 0;
  let shift = 0;
  let most = 0;
  for (let l = 0; l < n; l++) {
    most = Math.max(most, Math.abs(d[l]!) + Math.abs(e[l]!));
    const small = most * Number.EPSILON;
    let m = l;
    while (m < n - 1 && Math.abs(e[m]!) > small) m++;
    for (let sweep = 0; m > l && Math.abs(e[l]!) > small; sweep++) {
      if (sweep === 60) return false;
      let g = d[l]!;
      let p = (d[l + 1]! - g) / (2 * e[l]!);
      const root = p < 0 ? p - Math.sqrt(p * p + 1) : p + Math.sqrt(p * p + 1);
      d[l] = e[l]! / root;
      d[l + 1] = e[l]! * root;
      const next = d[l + 1]!;
      let h = g - d[l]!;
      for (let i = l + 2; i < n; i++) d[i]! -= h;
      shift += h;
      p = d[m]!;
      const beyond = e[l + 1]!;
      let [c, c2, c3, s, s2] = [1, 1, 1, 0, 0];
      for (let i = m - 1; i >= l; i--) {
        c3 = c2;
        c2 = c;
        s2 = s;
        g = c * e[i]!;
        h = c * p;
        const r = Math.sqrt(p * p + e[i]! * e[i]!);
        e[i + 1] = s * r;
        s = e[i]! / r;
        c = p / r;
        p = c * d[i]! - s * g;
        d[i + 1] = h + s * (c * g + s * d[i]!);
        if (z !== null) rotateRows(z, i * n, (i + 1) * n, n, c, s);
      }
      p = (-s * s2 * c3 * beyond * e[l]!) / next;
      e[l] = s * p;
      d[l] = c * p;
    }
    d[l]! += shift;
    e[l] = 0;
  }
  return true;
}
