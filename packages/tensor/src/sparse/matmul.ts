import { checkTensor } from "../check.ts";
import { type DType, promote } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { astype } from "../functions/casting.ts";
import { transpose as flip, permute, reshape } from "../functions/shaping.ts";
import { show, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkSparse, replaced, SparseMatrix } from "./matrix.ts";
import { sampled, times } from "./product.ts";

const cast = <T extends SparseMatrix>(a: T, dtype: DType): T => replaced(a, astype(a.values, dtype));

function inner(op: string, a: string, p: number, b: string, q: number): void {
  if (p !== q) throw new ShapeError(`${op}: inner sizes differ: a is ${a}, b is ${b} (${p} ≠ ${q})`);
}

/** A b for b [n] or [..., n, k]. */
function left(a: SparseMatrix, b: Tensor): Tensor {
  const n = b.shape[b.rank === 1 ? 0 : b.rank - 2] as number;
  inner("matmul", show(a.shape), a.shape[1], show(b.shape), n);
  const dtype = promote(a.dtype, b.dtype);
  const [s, x] = [cast(a, dtype), astype(b, dtype)];
  if (b.rank === 1) return reshape(times(s, reshape(x, [n, 1]), false), [a.shape[0]]);
  if (b.rank === 2) return times(s, x, false);
  const lead = b.shape.slice(0, -2);
  const [outer, k] = [sizeOf(lead), b.shape.at(-1) as number];
  const wide = reshape(permute(reshape(x, [outer, n, k]), [1, 0, 2]), [n, outer * k]);
  const y = permute(reshape(times(s, wide, false), [a.shape[0], outer, k]), [1, 0, 2]);
  return reshape(y, [...lead, a.shape[0], k]);
}

/** b A for b [..., m]: the rows of b as columns times Aᵀ. */
function right(b: Tensor, a: SparseMatrix): Tensor {
  const m = b.shape.at(-1) as number;
  inner("matmul", show(b.shape), m, show(a.shape), a.shape[0]);
  const dtype = promote(a.dtype, b.dtype);
  const lead = b.shape.slice(0, -1);
  const rows = reshape(astype(b, dtype), [sizeOf(lead), m]);
  return reshape(flip(times(cast(a, dtype), flip(rows), true)), [...lead, a.shape[1]]);
}

/**
 * The product of a sparse matrix and a dense tensor, or of a dense tensor and a sparse matrix: a dense tensor, in the dtype that both promote to. Takes time in
 * proportion to nnz; differentiable by the entries and by the dense operand to any order. Products of floats add up in double precision within a row.
 *
 * @param a - sparse [m, n], or dense [m] or [..., k, m]
 * @param b - dense [n] or [..., n, k], or sparse [m, n]
 * @returns of a sparse `a`: [m] or [..., m, k]; of a sparse `b`: [n] or [..., k, n]
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when inner sizes differ or an operand is a scalar, {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless one is sparse and one dense: two sparse matrices are
 * multiplied by {@link multiply}
 * @example
 * ```ts
 * matmul(identity(3), tensor([1, 2, 3])); // [1, 2, 3]
 * ```
 */
export function matmul(a: SparseMatrix | Tensor, b: SparseMatrix | Tensor): Tensor {
  const [first, second] = [a instanceof SparseMatrix, b instanceof SparseMatrix];
  if (first && second) throw new ArgumentError("matmul: b: is sparse as a is; use multiply, whose result is sparse");
  if (!first && !second) checkSparse("matmul", a);
  const [s, name, x, other] = first ? ([a, "a", b, "b"] as const) : ([b, "b", a, "a"] as const);
  checkSparse("matmul", s, name);
  checkTensor("matmul", x, other);
  if (x.rank === 0) throw new ShapeError(`matmul: ${other}: expected at least one axis, got a scalar; use mul`);
  return first ? left(s, x) : right(x, s);
}

/**
 * The product of a sparse matrix [m, n] and a vector [n], as {@link matmul} has it.
 *
 * @returns dense [m]
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} unless `x` is a vector that fits, {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse
 */
export function matvec(a: SparseMatrix, x: Tensor): Tensor {
  checkSparse("matvec", a);
  checkTensor("matvec", x);
  if (x.rank !== 1 || x.size !== a.shape[1])
    throw new ShapeError(
      `matvec: x: expected shape [${a.shape[1]}] to go with a ${show(a.shape)}, got ${show(x.shape)}`,
    );
  return left(a, x);
}

/**
 * The elements of the dense product a b at the places of a sparse matrix, and only those (SDDMM): the same pattern with values[j] = Σᵢ a[r, i] b[i, c] for
 * entry j at (r, c). Entries of the pattern do not count.
 *
 * @param pattern - sparse [m, n]
 * @param a - dense [m, k]
 * @param b - dense [k, n]
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes do not fit, {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless the pattern is sparse
 * @example
 * ```ts
 * const scores = sampledDenseDense(edges, queries, transpose(keys)); // attention along the edges of a graph
 * ```
 */
export function sampledDenseDense<T extends SparseMatrix>(pattern: T, a: Tensor, b: Tensor): T {
  checkSparse("sampledDenseDense", pattern, "pattern");
  checkTensor("sampledDenseDense", a, "a");
  checkTensor("sampledDenseDense", b, "b");
  const [m, n] = pattern.shape;
  if (a.rank !== 2 || b.rank !== 2 || a.shape[0] !== m || b.shape[1] !== n || a.shape[1] !== b.shape[0])
    throw new ShapeError(
      `sampledDenseDense: a: expected a [${m},k] and b [k,${n}] to go with the pattern, got ${show(a.shape)} and ${show(b.shape)}`,
    );
  const met = promote(a.dtype, b.dtype);
  const dtype = met === "bool" ? "i32" : met;
  return replaced(pattern, sampled(pattern, astype(a, dtype), flip(astype(b, dtype))));
}
