import { subtractProduct } from "./product.ts";
import { substitute } from "./substitute.ts";

const block = 32;

/**
 * LU factors of the m×n matrix `a` with partial pivoting, in place: U on and above the diagonal, L below it without its ones. `pivots[k]` is the row that
 * was exchanged with row k; `permutation[i]` the row of `a` that became row i. A column without a pivot stays as it is (U is singular).
 */
export function luInPlace(
  a: Float64Array,
  m: number,
  n: number,
  pivots: Float64Array,
  permutation: Float64Array,
): void {
  for (let i = 0; i < m; i++) permutation[i] = i;
  const steps = Math.min(m, n);
  for (let j = 0; j < steps; j += block) {
    const size = Math.min(block, steps - j);
    panel(a, m, n, j, size, pivots, permutation);
    const right = n - j - size;
    if (right === 0) continue;
    // the rows of U to the right of the panel, as columns: solved from L and then a factor of what is subtracted below
    const u = new Float64Array(right * size);
    for (let i = 0; i < size; i++) for (let k = 0; k < right; k++) u[k * size + i] = a[(j + i) * n + j + size + k]!;
    substitute(a, j * n + j, n, size, u, 0, size, right, true, true);
    for (let i = 0; i < size; i++) for (let k = 0; k < right; k++) a[(j + i) * n + j + size + k] = u[k * size + i]!;
    const below = (j + size) * n;
    subtractProduct(a, below + j + size, n, a, below + j, n, u, 0, size, m - j - size, right, size);
  }
}

/** Columns j … j + size of the rows below, exchanging whole rows. */
function panel(
  a: Float64Array,
  m: number,
  n: number,
  j: number,
  size: number,
  pivots: Float64Array,
  permutation: Float64Array,
): void {
  for (let k = j; k < j + size; k++) {
    let best = k;
    for (let i = k + 1; i < m; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[best * n + k]!)) best = i;
    pivots[k] = best;
    if (best !== k) {
      for (let c = 0, p = k * n, q = best * n; c < n; c++, p++, q++) [a[p], a[q]] = [a[q]!, a[p]!];
      [permutation[k], permutation[best]] = [permutation[best]!, permutation[k]!];
    }
    const pivot = a[k * n + k]!;
    if (pivot === 0) continue;
    for (let i = k + 1; i < m; i++) {
      const l = (a[i * n + k]! /= pivot);
      if (l !== 0) for (let c = k + 1; c < j + size; c++) a[i * n + c]! -= l * a[k * n + c]!;
    }
  }
}
