import { checkTensor } from "../check.ts";
import { type DType, dtypes } from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError, TraceError } from "../errors.ts";
import { astype } from "../functions/casting.ts";
import { realize } from "../memory.ts";
import { valuesNow } from "../read.ts";
import { said } from "../said.ts";
import { type Shape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { TreeNode } from "../tree.ts";

/**
 * A matrix that stores some of its elements, its entries; all others are 0, and entries at one place add up. It is a tree: `values` is what one differentiates
 * by, the i32 index tables go along, and in a gradient they are zeros. Make one by {@link coo}, {@link csr}, {@link csc}, {@link fromDense},
 * {@link fromTriplets}, {@link identity} or {@link diags}.
 */
export abstract class SparseMatrix extends TreeNode {
  /** The entries: [nnz], any dtype but bool. */
  readonly values: Tensor;
  /** Rows and columns. */
  readonly shape: readonly [rows: number, columns: number];

  constructor(values: Tensor, shape: readonly [number, number]) {
    super();
    this.values = values;
    this.shape = shape;
  }

  /** Number of entries. */
  get nnz(): number {
    return this.values.shape[0] as number;
  }

  /** Element type of the entries. */
  get dtype(): DType {
    return this.values.dtype;
  }
}

/** Coordinates: the row and the column of each entry, in any order. */
export class CooMatrix extends SparseMatrix {
  /** Name of the form. */
  readonly format = "coo" as const;
  /** Row of each entry: i32 [nnz]. */
  readonly rows: Tensor;
  /** Column of each entry: i32 [nnz]. */
  readonly columns: Tensor;

  constructor(values: Tensor, rows: Tensor, columns: Tensor, shape: readonly [number, number]) {
    super(values, shape);
    this.rows = rows;
    this.columns = columns;
  }
}

/** Compressed rows: the entries of row r are those from `indptr[r]` to `indptr[r + 1]`. The form for products. */
export class CsrMatrix extends SparseMatrix {
  /** Name of the form. */
  readonly format = "csr" as const;
  /** Column of each entry: i32 [nnz]. */
  readonly indices: Tensor;
  /** Where the entries of each row start: i32 [rows + 1], ascending from 0 to nnz. */
  readonly indptr: Tensor;

  constructor(values: Tensor, indices: Tensor, indptr: Tensor, shape: readonly [number, number]) {
    super(values, shape);
    this.indices = indices;
    this.indptr = indptr;
  }
}

/** Compressed columns: the entries of column c are those from `indptr[c]` to `indptr[c + 1]`; what transposing a {@link CsrMatrix} gives. */
export class CscMatrix extends SparseMatrix {
  /** Name of the form. */
  readonly format = "csc" as const;
  /** Row of each entry: i32 [nnz]. */
  readonly indices: Tensor;
  /** Where the entries of each column start: i32 [columns + 1], ascending from 0 to nnz. */
  readonly indptr: Tensor;

  constructor(values: Tensor, indices: Tensor, indptr: Tensor, shape: readonly [number, number]) {
    super(values, shape);
    this.indices = indices;
    this.indptr = indptr;
  }
}

/** Computes index tables at once, unless they are traced: structure that is used again and again should not be found again. */
export function settled<T extends readonly Tensor[]>(...tables: T): T {
  realize(tables.filter((t) => !t.abstract));
  return tables;
}

/** An index table as numbers. Throws TraceError when it is traced. */
export async function read(op: string, t: Tensor, argument: string): Promise<Int32Array> {
  if (t.abstract)
    throw new TraceError(`${op}: ${argument}: is traced, so the structure of the result is unknown; call it outside`);
  return (await t.data()) as Int32Array;
}

/** Throws unless `shape` is that of a matrix whose rows and columns i32 can name; they may be more than memory could hold. */
export function checkMatrixShape(op: string, shape: unknown): asserts shape is readonly [number, number] {
  if (!Array.isArray(shape) || !shape.every((d) => Number.isInteger(d) && d >= 0))
    throw new ArgumentError(`${op}: shape: expected [rows, columns], got ${said(shape)}`);
  if (shape.length !== 2 || Math.max(...(shape as number[])) > 2 ** 31 - 2)
    throw new ShapeError(`${op}: shape: expected [rows, columns], each below 2147483647, got ${show(shape)}`);
}

/** Throws unless all of `data` are in [0, n). */
export function checkRange(op: string, data: ArrayLike<number>, n: number, argument: string): void {
  for (let i = 0; i < data.length; i++) {
    const at = data[i] as number;
    if (at < 0 || at >= n) throw new ArgumentError(`${op}: ${argument}: ${at} at position ${i} is outside [0, ${n})`);
  }
}

function checkStarts(op: string, data: ArrayLike<number>, nnz: number): void {
  const last = data.length - 1;
  if (data[0] !== 0 || data[last] !== nnz)
    throw new ArgumentError(
      `${op}: indptr: must go from 0 to the number of values, ${nnz}, but goes from ${data[0]} to ${data[last]}`,
    );
  for (let i = 0; i < last; i++)
    if ((data[i + 1] as number) < (data[i] as number))
      throw new ArgumentError(
        `${op}: indptr: must ascend, but ${data[i]} at position ${i} is followed by ${data[i + 1]}`,
      );
}

/** An index table in i32, computed, of `length` elements. */
function table(op: string, t: Tensor, argument: string, length: number): Tensor {
  checkTensor(op, t, argument);
  const { kind } = dtypes[t.dtype];
  if (kind !== "int" && kind !== "uint")
    throw new DTypeError(`${op}: ${argument}: expected integers, got ${t.dtype}; cast it first`);
  if (t.rank !== 1 || t.size !== length)
    throw new ShapeError(`${op}: ${argument}: expected shape [${length}], got ${show(t.shape)}`);
  return settled(astype(t, "i32"))[0];
}

/** Throws unless `values` can be the entries of a matrix. */
export function checkValues(op: string, values: Tensor): void {
  checkTensor(op, values, "values");
  if (values.dtype === "bool") throw new DTypeError(`${op}: values: expected numbers, got bool; cast it first`);
  if (values.rank !== 1) throw new ShapeError(`${op}: values: expected one axis, got ${show(values.shape)}`);
}

/** `check` on the numbers of a table, where they are known. */
const inspect = (t: Tensor, check: (data: ArrayLike<number>) => void): void => {
  const data = t.abstract ? null : valuesNow(t);
  if (data !== null) check(data);
};

/**
 * A matrix by coordinates: values[i] at (rows[i], columns[i]). Entries may come in any order, and those at one place add up; {@link coalesce} joins them.
 * Indices are checked unless they are traced; a traced entry outside the matrix takes part in no product.
 *
 * @param values - [nnz], any dtype but bool
 * @param rows - integers [nnz]
 * @param columns - integers [nnz]
 * @param shape - rows and columns of the matrix
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes do not fit, {@link @gradus/tensor!index.DTypeError | DTypeError} for a bad dtype, {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an index outside the matrix
 * @example
 * ```ts
 * const i = tensor([0, 1], { dtype: "i32" });
 * coo(tensor([5, 7]), i, i, [2, 3]); // [[5, 0, 0], [0, 7, 0]]
 * ```
 */
export function coo(values: Tensor, rows: Tensor, columns: Tensor, shape: Shape): CooMatrix {
  checkMatrixShape("coo", shape);
  checkValues("coo", values);
  const [r, c] = [table("coo", rows, "rows", values.size), table("coo", columns, "columns", values.size)];
  inspect(r, (data) => checkRange("coo", data, shape[0], "rows"));
  inspect(c, (data) => checkRange("coo", data, shape[1], "columns"));
  return new CooMatrix(values, r, c, [...shape]);
}

type Compressed<T> = new (values: Tensor, indices: Tensor, indptr: Tensor, shape: readonly [number, number]) => T;

function compressed<T>(
  op: string,
  type: Compressed<T>,
  major: 0 | 1,
  values: Tensor,
  indices: Tensor,
  indptr: Tensor,
  shape: Shape,
): T {
  checkMatrixShape(op, shape);
  checkValues(op, values);
  const minor = table(op, indices, "indices", values.size);
  const starts = table(op, indptr, "indptr", (shape[major] as number) + 1);
  inspect(minor, (data) => checkRange(op, data, shape[1 - major] as number, "indices"));
  inspect(starts, (data) => checkStarts(op, data, values.size));
  return new type(values, minor, starts, [...shape]);
}

/**
 * A matrix by compressed rows: row r has values[j] in column indices[j] for j from indptr[r] to indptr[r + 1]. Columns need not ascend within a row.
 * Indices are checked unless they are traced.
 *
 * @param values - [nnz], any dtype but bool
 * @param indices - integers [nnz]
 * @param indptr - integers [rows + 1]
 * @param shape - rows and columns of the matrix
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes do not fit, {@link @gradus/tensor!index.DTypeError | DTypeError} for a bad dtype, {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an index outside the matrix or an indptr that
 * does not ascend from 0 to nnz
 * @example
 * ```ts
 * const i32 = (x: number[]) => tensor(x, { dtype: "i32" });
 * csr(tensor([5, 7]), i32([0, 2]), i32([0, 2, 2]), [2, 3]); // [[5, 0, 7], [0, 0, 0]]
 * ```
 */
export const csr = (values: Tensor, indices: Tensor, indptr: Tensor, shape: Shape): CsrMatrix =>
  compressed("csr", CsrMatrix, 0, values, indices, indptr, shape);

/**
 * A matrix by compressed columns: column c has values[j] in row indices[j] for j from indptr[c] to indptr[c + 1], with indptr [columns + 1]. Otherwise as
 * {@link csr}.
 *
 * @throws as {@link csr}
 */
export const csc = (values: Tensor, indices: Tensor, indptr: Tensor, shape: Shape): CscMatrix =>
  compressed("csc", CscMatrix, 1, values, indices, indptr, shape);

/** Throws unless `a` is a sparse matrix whose tensors live and are not batched. */
export function checkSparse(op: string, a: unknown, argument = "a"): asserts a is SparseMatrix {
  if (!(a instanceof SparseMatrix))
    throw new ArgumentError(
      `${op}: ${argument}: expected a sparse matrix, got ${said(a)}; make one by coo, csr, fromDense or fromTriplets`,
    );
  for (const [name, t] of Object.entries(a)) {
    if (name === "shape" || name === "format") continue;
    checkTensor(op, t, `${argument}.${name}`);
    if (t.rank !== 1)
      throw new ShapeError(
        `${op}: ${argument}.${name}: expected one axis, got ${show(t.shape)}; map over a batch by vmap`,
      );
  }
}

/** The same structure with other entries, which may have another dtype. */
export function replaced<T extends SparseMatrix>(a: T, values: Tensor): T {
  return Object.assign(Object.create(Object.getPrototypeOf(a) as object) as T, a, { values });
}

/**
 * The matrix with other entries at the same places: what differentiation by the entries, or vmap over them, starts from.
 *
 * @param a - sparse matrix with nnz entries
 * @param values - [nnz], any dtype but bool
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} unless there is one value per entry, {@link @gradus/tensor!index.DTypeError | DTypeError} for bool, {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse
 * @example
 * ```ts
 * grad((v: Tensor) => matmul(withValues(a, v), x).sum())(a.values);
 * ```
 */
export function withValues<T extends SparseMatrix>(a: T, values: Tensor): T {
  checkSparse("withValues", a);
  checkValues("withValues", values);
  if (values.size !== a.nnz)
    throw new ShapeError(`withValues: values: expected shape [${a.nnz}], got ${show(values.shape)}`);
  return replaced(a, values);
}
