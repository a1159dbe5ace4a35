import { add, mul } from "../functions/arithmetic.ts";
import { zeros } from "../functions/fill.ts";
import { gather, scatterAdd } from "../functions/indexing.ts";
import { reshape } from "../functions/shaping.ts";
import { checkShape } from "../shape.ts";
import { applyMany, type Tensor } from "../tensor.ts";
import { CooMatrix, CscMatrix, CsrMatrix, checkSparse, type SparseMatrix, settled } from "./matrix.ts";
import { coordinates } from "./product.ts";
import { entryOrder } from "./structure.ts";

/**
 * All elements of a sparse matrix: dense [m, n].
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse and of a size that a tensor can have
 */
export function toDense(a: SparseMatrix): Tensor {
  checkSparse("toDense", a);
  checkShape("toDense", a.shape, "a.shape");
  const [m, n] = a.shape;
  const [rows, columns] = coordinates(a);
  return reshape(scatterAdd(zeros([m * n], { dtype: a.dtype }), add(mul(rows, n), columns), a.values), [m, n]);
}

/**
 * The matrix by coordinates, its entries in the order they have.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse
 */
export function toCoo(a: SparseMatrix): CooMatrix {
  checkSparse("toCoo", a);
  return a instanceof CooMatrix ? a : new CooMatrix(a.values, ...coordinates(a), a.shape);
}

/** Entries sorted by `major`, then by `minor`; those at one place stay apart, in their order. */
function sorted(
  a: SparseMatrix,
  major: Tensor,
  minor: Tensor,
  rows: number,
  columns: number,
): [values: Tensor, indices: Tensor, indptr: Tensor] {
  const tables = [major, minor].map((t) => reshape(t, [1, a.nnz]));
  const parts = applyMany(entryOrder, tables, { rows, columns });
  const [order, indptr] = parts.map((t) => reshape(t, [t.size])) as [Tensor, Tensor];
  const [at, indices, starts] = settled(order, gather(minor, order), indptr);
  return [gather(a.values, at), indices, starts];
}

/**
 * The matrix by compressed rows, columns ascending in each. Entries at one place stay apart; {@link coalesce} joins them. A matrix that has this form already is
 * returned as it is.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse
 */
export function toCsr(a: SparseMatrix): CsrMatrix {
  checkSparse("toCsr", a);
  if (a instanceof CsrMatrix) return a;
  const [rows, columns] = coordinates(a);
  return new CsrMatrix(...sorted(a, rows, columns, ...a.shape), a.shape);
}

/**
 * The matrix by compressed columns, rows ascending in each; see {@link toCsr}.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse
 */
export function toCsc(a: SparseMatrix): CscMatrix {
  checkSparse("toCsc", a);
  if (a instanceof CscMatrix) return a;
  const [rows, columns] = coordinates(a);
  return new CscMatrix(...sorted(a, columns, rows, a.shape[1], a.shape[0]), a.shape);
}

/** What a matrix of one form becomes by transposing. */
export type Transposed<T extends SparseMatrix> = T extends CsrMatrix
  ? CscMatrix
  : T extends CscMatrix
    ? CsrMatrix
    : T extends CooMatrix
      ? CooMatrix
      : SparseMatrix;

/**
 * The transpose [n, m], without moving an entry: compressed rows become compressed columns and the other way round.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse
 */
export function transpose<T extends SparseMatrix>(a: T): Transposed<T> {
  checkSparse("transpose", a);
  const shape = [a.shape[1], a.shape[0]] as const;
  const { values, rows, columns, indices, indptr } = a as unknown as Record<string, Tensor> & { values: Tensor };
  const at = (t: Tensor | undefined): Tensor => t as Tensor;
  return (
    a instanceof CooMatrix
      ? new CooMatrix(values, at(columns), at(rows), shape)
      : new (a instanceof CsrMatrix ? CscMatrix : CsrMatrix)(values, at(indices), at(indptr), shape)
  ) as Transposed<T>;
}
