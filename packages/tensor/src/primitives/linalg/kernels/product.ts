/**
 * C[m×n] −= A[m×k]·B[n×k]ᵀ. Each matrix is an array, the place of its first element and the distance between its rows. Both factors are read along
 * their rows, in tiles of 4×2 that stay in registers.
 */
export function subtractProduct(
  c: Float64Array,
  c0: number,
  cs: number,
  a: Float64Array,
  a0: number,
  as: number,
  b: Float64Array,
  b0: number,
  bs: number,
  m: number,
  n: number,
  k: number,
): void {
  if (k === 0) return;
  const wide = n - (n % 2);
  let i = 0;
  for (; i + 4 <= m; i += 4) {
    const p = a0 + i * as;
    const r = c0 + i * cs;
    for (let j = 0; j < wide; j += 2) {
      const q = b0 + j * bs;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      let s20 = 0;
      let s21 = 0;
      let s30 = 0;
      let s31 = 0;
      for (let t = 0; t < k; t++) {
        const x = b[q + t]!;
        const y = b[q + bs + t]!;
        let v = a[p + t]!;
        s00 += v * x;
        s01 += v * y;
        v = a[p + as + t]!;
        s10 += v * x;
        s11 += v * y;
        v = a[p + 2 * as + t]!;
        s20 += v * x;
        s21 += v * y;
        v = a[p + 3 * as + t]!;
        s30 += v * x;
        s31 += v * y;
      }
      const at = r + j;
      c[at]! -= s00;
      c[at + 1]! -= s01;
      c[at + cs]! -= s10;
      c[at + cs + 1]! -= s11;
      c[at + 2 * cs]! -= s20;
      c[at + 2 * cs + 1]! -= s21;
      c[at + 3 * cs]! -= s30;
      c[at + 3 * cs + 1]! -= s31;
    }
    for (let j = wide; j < n; j++)
      for (let h = 0; h < 4; h++) c[r + h * cs + j]! -= dot(a, p + h * as, b, b0 + j * bs, k);
  }
  for (; i < m; i++) for (let j = 0; j < n; j++) c[c0 + i * cs + j]! -= dot(a, a0 + i * as, b, b0 + j * bs, k);
}

/** Σ a[a0 + i]·b[b0 + i] over i < n. */
export function dot(a: Float64Array, a0: number, b: Float64Array, b0: number, n: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += a[a0 + i]! * b[b0 + i]!;
    s1 += a[a0 + i + 1]! * b[b0 + i + 1]!;
    s2 += a[a0 + i + 2]! * b[b0 + i + 2]!;
    s3 += a[a0 + i + 3]! * b[b0 + i + 3]!;
  }
  for (; i < n; i++) s0 += a[a0 + i]! * b[b0 + i]!;
  return s0 + s1 + (s2 + s3);
}

/** y[y0 + i] += s·x[x0 + i] for i < n. */
export function axpy(s: number, x: Float64Array, x0: number, y: Float64Array, y0: number, n: number): void {
  if (s === 0) return;
  for (let i = 0; i < n; i++) y[y0 + i]! += s * x[x0 + i]!;
}

/** Rows p and q of `length` become c·p − s·q and s·p + c·q. */
export function rotateRows(a: Float64Array, p: number, q: number, length: number, c: number, s: number): void {
  for (let k = 0; k < length; k++) {
    const x = a[p + k]!;
    const y = a[q + k]!;
    a[p + k] = c * x - s * y;
    a[q + k] = s * x + c * y;
  }
}

/** The transpose of an m×n matrix, written to `out`. */
export function transposeInto(out: Float64Array, a: Float64Array, m: number, n: number): void {
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = a[i * n + j]!;
}

/**
 * A power of two that brings the largest element of `a` to [1, 2), so that squares neither overflow nor vanish; 0 when `a` is zero, NaN when an element is
 * not finite.
 */
export function scaleOf(a: Float64Array): number {
  let most = 0;
  let finite = true;
  for (let i = 0; i < a.length; i++) {
    const x = Math.abs(a[i]!);
    if (x > most) most = x;
    if (!(x < Number.POSITIVE_INFINITY)) finite = false;
  }
  if (!finite) return Number.NaN;
  return most === 0 ? 0 : 2 ** -Math.max(-1022, Math.min(1022, Math.floor(Math.log2(most))));
}
