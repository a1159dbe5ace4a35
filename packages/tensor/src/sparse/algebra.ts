import { checkTensor, integer } from "../check.ts";
import { promote } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import * as dense from "../functions/arithmetic.ts";
import { astype } from "../functions/casting.ts";
import { equal } from "../functions/comparison.ts";
import { ones, zeros } from "../functions/fill.ts";
import { gather, scatterAdd } from "../functions/indexing.ts";
import { asTensor, type TensorLike } from "../functions/operands.ts";
import * as reduction from "../functions/reduction.ts";
import { where } from "../functions/selection.ts";
import { concat, reshape, slice } from "../functions/shaping.ts";
import { said } from "../said.ts";
import { sameShape, show } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { treeLeaves } from "../tree.ts";
import { toCoo, toCsc, toCsr, toDense } from "./convert.ts";
import { CooMatrix, CscMatrix, CsrMatrix, checkSparse, read, replaced, type SparseMatrix, settled } from "./matrix.ts";
import { coordinates, times } from "./product.ts";

/** The matrix in the form of `like`. */
function inForm<T extends SparseMatrix>(a: CooMatrix, like: T): T {
  const form: SparseMatrix = like instanceof CsrMatrix ? toCsr(a) : like instanceof CscMatrix ? toCsc(a) : a;
  return form as T;
}

/** The very same index tables: entries belong together one by one. */
function alike(a: SparseMatrix, b: SparseMatrix): boolean {
  const [p, q] = [treeLeaves(a), treeLeaves(b)];
  return a.constructor === b.constructor && p.every((t, i) => t === q[i] || t === a.values);
}

/**
 * a + b: of two sparse matrices a sparse one in the form of `a`, of a sparse matrix and a dense tensor of its shape a dense one. Matrices that share their index
 * tables keep them; else the result has the entries of both, and {@link coalesce} joins those at one place. Differentiable by both.
 *
 * @param a - sparse [m, n]
 * @param b - sparse or dense [m, n]
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes differ, {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse
 */
export function add<T extends SparseMatrix>(a: T, b: SparseMatrix): T;
export function add(a: SparseMatrix, b: Tensor): Tensor;
export function add<T extends SparseMatrix>(a: T, b: SparseMatrix | Tensor): T | Tensor;
export function add(a: SparseMatrix, b: SparseMatrix | Tensor): SparseMatrix | Tensor {
  return sum2("add", a, b, false);
}

/**
 * a − b; see {@link add}.
 *
 * @throws as {@link add}
 */
export function sub<T extends SparseMatrix>(a: T, b: SparseMatrix): T;
export function sub(a: SparseMatrix, b: Tensor): Tensor;
export function sub(a: SparseMatrix, b: SparseMatrix | Tensor): SparseMatrix | Tensor {
  return sum2("sub", a, b, true);
}

function sum2(op: string, a: SparseMatrix, b: SparseMatrix | Tensor, negative: boolean): SparseMatrix | Tensor {
  checkSparse(op, a);
  if (b instanceof Tensor) checkTensor(op, b, "b");
  else checkSparse(op, b, "b");
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(`${op}: b: shapes differ: a is ${show(a.shape)}, b is ${show(b.shape)}`);
  const signed = (x: Tensor): Tensor => (negative ? dense.neg(x) : x);
  if (b instanceof Tensor) return dense.add(toDense(a), signed(b.dtype === "bool" ? astype(b, a.dtype) : b));
  const other = signed(b.values);
  if (alike(a, b)) return replaced(a, dense.add(a.values, other));
  const dtype = promote(a.dtype, b.dtype);
  const [p, q] = [toCoo(a), toCoo(b)];
  const values = concat([astype(p.values, dtype), astype(other, dtype)]);
  const tables = settled(concat([p.rows, q.rows]), concat([p.columns, q.columns]));
  return inForm(new CooMatrix(values, ...tables, a.shape), a);
}

/**
 * The entries of a sparse matrix times the elements of `x` at their places: the same pattern. `x` broadcasts to [m, n], so a number scales all entries, [m, 1]
 * the rows and [n] the columns; elements of `x` elsewhere do not count, whatever they are. Differentiable by both.
 *
 * @param a - sparse [m, n]
 * @param x - number, or dense tensor that broadcasts to [m, n]
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when `x` does not broadcast to [m, n], {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse
 * @example
 * ```ts
 * mul(identity(2), tensor([[3], [4]])); // [[3, 0], [0, 4]]
 * ```
 */
export function mul<T extends SparseMatrix>(a: T, x: TensorLike): T {
  checkSparse("mul", a);
  if (!(x instanceof Tensor)) asTensor("mul", x, a.dtype);
  return replaced(a, dense.mul(a.values, x instanceof Tensor ? picked(a, x) : x));
}

/** The elements of `x` at the entries of `a`: [nnz], or a scalar. */
function picked(a: SparseMatrix, x: Tensor): Tensor {
  checkTensor("mul", x);
  const [p, q] = [x.shape.at(-2) ?? 1, x.shape.at(-1) ?? 1];
  if (x.rank > 2 || (p !== 1 && p !== a.shape[0]) || (q !== 1 && q !== a.shape[1]))
    throw new ShapeError(`mul: x: ${show(x.shape)} does not broadcast to the shape of a, ${show(a.shape)}`);
  if (p === 1 && q === 1) return reshape(x, []);
  const [rows, columns] = coordinates(a);
  const at = p === 1 ? columns : q === 1 ? rows : dense.add(dense.mul(rows, q), columns);
  return gather(reshape(x, [x.size]), at);
}

/**
 * Sums of the elements: of each column [n] for axis 0, of each row [m] for axis 1, of all [] without an axis.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse and the axis 0, 1 or undefined
 */
export function sum(a: SparseMatrix, axis?: 0 | 1): Tensor {
  checkSparse("sum", a);
  if (axis === undefined) return reduction.sum(a.values);
  if (axis !== 0 && axis !== 1) throw new ArgumentError(`sum: axis: expected 0, 1 or undefined, got ${said(axis)}`);
  return reshape(times(a, ones([a.shape[axis], 1], { dtype: a.dtype }), axis === 0), [a.shape[1 - axis] as number]);
}

/**
 * The elements of the k-th diagonal, main 0, above it positive: dense, [its length].
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse and k an integer
 */
export function diagonal(a: SparseMatrix, k = 0): Tensor {
  checkSparse("diagonal", a);
  integer("[-2147483647, 2147483647]")("diagonal", k, "k");
  const [m, n] = a.shape;
  const length = Math.max(0, Math.min(m + Math.min(k, 0), n - Math.max(k, 0)));
  const start = zeros([length], { dtype: a.dtype });
  if (length === 0) return start;
  const [rows, columns] = coordinates(a);
  const on = equal(dense.sub(columns, rows), k);
  return scatterAdd(start, where(on, k < 0 ? columns : rows, length), a.values);
}

/**
 * Rows from `start` up to, but not including, `stop` (default all that follow): compressed rows [stop − start, n]. How many entries they have depends on the
 * data, so this is a promise. Differentiable by the entries.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse and 0 ≤ start ≤ stop ≤ m, {@link @gradus/tensor!index.TraceError | TraceError} for a traced structure
 */
export async function sliceRows(a: SparseMatrix, start: number, stop?: number): Promise<CsrMatrix> {
  checkSparse("sliceRows", a);
  const m = a.shape[0];
  integer(`[0, ${m}]`)("sliceRows", start, "start");
  const end = stop ?? m;
  integer(`[${start}, ${m}]`)("sliceRows", end, "stop");
  const { values, indices, indptr } = toCsr(a);
  const starts = slice(indptr, [start], [end + 1]);
  const found = await read("sliceRows", starts, "a.indptr");
  const [from, to] = [found[0] as number, found[end - start] as number];
  const [minor, moved] = settled(slice(indices, [from], [to]), dense.sub(starts, from));
  return new CsrMatrix(slice(values, [from], [to]), minor, moved, [end - start, a.shape[1]]);
}
