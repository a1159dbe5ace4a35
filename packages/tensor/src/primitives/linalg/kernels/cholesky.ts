import { subtractProduct } from "./product.ts";
import { substitute } from "./substitute.ts";

const block = 32;

/**
 * The lower Cholesky factor of the symmetric n×n matrix whose lower triangle is in `a`, in place, zeros above. Left-looking by blocks of columns. Where a
 * pivot is not positive the whole triangle becomes NaN.
 */
export function choleskyInPlace(a: Float64Array, n: number): void {
  for (let j = 0; j < n; j += block) {
    const size = Math.min(block, n - j);
    const diagonal = j * n + j;
    subtractProduct(a, diagonal, n, a, j * n, n, a, j * n, n, n - j, size, j);
    if (!factor(a, diagonal, n, size)) {
      a.fill(Number.NaN);
      break;
    }
    substitute(a, diagonal, n, size, a, diagonal + size * n, n, n - j - size, true, false);
  }
  for (let i = 0; i < n; i++) a.fill(0, i * n + i + 1, i * n + n);
}

/** One diagonal block; false when a pivot is not positive. */
function factor(a: Float64Array, at: number, stride: number, n: number): boolean {
  for (let i = 0; i < n; i++) {
    const row = at + i * stride;
    for (let j = 0; j <= i; j++) {
      const other = at + j * stride;
      let s = a[row + j]!;
      for (let k = 0; k < j; k++) s -= a[row + k]! * a[other + k]!;
      if (i > j) a[row + j] = s / a[other + j]!;
      else if (s > 0) a[row + i] = Math.sqrt(s);
      else return false;
    }
  }
  return true;
}
