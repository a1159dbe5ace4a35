import { luInPlace } from "./lu.ts";
import { transposeInto } from "./product.ts";
import { substitute } from "./substitute.ts";
import { svdInto } from "./svd.ts";

interface Factors {
  readonly lu: Float64Array;
  readonly permutation: Float64Array;
  readonly determinant: number;
}

function factors(a: Float64Array, n: number): Factors {
  const lu = a.slice();
  const [pivots, permutation] = [new Float64Array(n), new Float64Array(n)];
  luInPlace(lu, n, n, pivots, permutation);
  let determinant = 1;
  for (let i = 0; i < n; i++) determinant *= pivots[i] === i ? lu[i * n + i]! : -lu[i * n + i]!;
  return { lu, permutation, determinant };
}

/** Determinant of an n×n matrix. */
export const determinantOf = (a: Float64Array, n: number): number => factors(a, n).determinant;

/** Pivots further apart than this call for singular values, which stay exact where the inverse is not. */
const safe = 1e-8;

/** The matrix of cofactors, the derivative of the determinant by each element, of any matrix, singular or not. */
export function cofactorsInto(out: Float64Array, a: Float64Array, n: number): void {
  const f = factors(a, n);
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < n; i++) {
    const x = Math.abs(f.lu[i * n + i]!);
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  if (low > safe * high) fromInverse(out, f, n);
  else fromSingularValues(out, a, n);
}

/** det(A)·A⁻ᵀ. */
function fromInverse(out: Float64Array, { lu, permutation, determinant }: Factors, n: number): void {
  // rows of the result's columns: row j of `columns` solves A·x = eⱼ
  const columns = new Float64Array(n * n);
  for (let i = 0; i < n; i++) columns[permutation[i]! * n + i] = determinant;
  substitute(lu, 0, n, n, columns, 0, n, n, true, true);
  substitute(lu, 0, n, n, columns, 0, n, n, false, false);
  out.set(columns);
}

/** det(U)·det(V)·U·diag(Πⱼ≠ᵢ sⱼ)·Vᵀ. */
function fromSingularValues(out: Float64Array, a: Float64Array, n: number): void {
  const [u, s, v] = [new Float64Array(n * n), new Float64Array(n), new Float64Array(n * n)];
  svdInto(a, n, n, s, u, n, v, n);
  const sign = Math.sign(determinantOf(u, n) * determinantOf(v, n));
  const flipped = new Float64Array(n * n);
  transposeInto(flipped, u, n, n);
  out.fill(0);
  for (let r = 0; r < n; r++) {
    let others = sign;
    for (let j = 0; j < n; j++) if (j !== r) others *= s[j]!;
    if (others === 0) continue;
    for (let i = 0; i < n; i++) {
      const x = flipped[r * n + i]! * others;
      for (let j = 0; j < n; j++) out[i * n + j]! += x * v[r * n + j]!;
    }
  }
}
