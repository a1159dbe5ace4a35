import { checkTensor } from "../check.ts";
import { promote } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { astype } from "../functions/casting.ts";
import { gather } from "../functions/indexing.ts";
import { reshape } from "../functions/shaping.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { indexTable } from "./build.ts";
import { toCsr } from "./convert.ts";
import { CooMatrix, CsrMatrix, checkRange, checkSparse, read, type SparseMatrix } from "./matrix.ts";
import { times } from "./product.ts";

/** Structure of a product: entry `slot[t]` of the result is the sum over its terms t of entry `left[t]` of a times entry `right[t]` of b. */
interface Terms {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly slot: Int32Array;
  readonly indices: Int32Array;
  readonly indptr: Int32Array;
}

interface Rows {
  readonly indices: Int32Array;
  readonly indptr: Int32Array;
}

/** Row by row (Gustavson, "Two fast algorithms for sparse matrices", 1978): the columns that a row of the result has, ascending, and the terms of each. */
function termsOf(a: Rows, b: Rows, columns: number): Terms {
  const startOf = (k: number): number => b.indptr[k] as number;
  let count = 0;
  for (let j = 0; j < a.indices.length; j++) {
    const k = a.indices[j] as number;
    count += startOf(k + 1) - startOf(k);
  }
  const [left, right, slot] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  const indices = new Int32Array(count);
  const indptr = new Int32Array(a.indptr.length);
  const place = new Int32Array(columns).fill(-1);
  let [term, nnz] = [0, 0];
  for (let r = 0; r + 1 < a.indptr.length; r++) {
    const [first, base] = [term, nnz];
    for (let j = a.indptr[r] as number; j < (a.indptr[r + 1] as number); j++) {
      const k = a.indices[j] as number;
      for (let i = startOf(k); i < startOf(k + 1); i++, term++) {
        const column = b.indices[i] as number;
        left[term] = j;
        right[term] = i;
        if ((place[column] as number) >= base) continue;
        place[column] = nnz;
        indices[nnz++] = column;
      }
    }
    const found = indices.subarray(base, nnz).sort();
    for (let i = 0; i < found.length; i++) place[found[i] as number] = base + i;
    for (let t = first; t < term; t++) slot[t] = place[b.indices[right[t] as number] as number] as number;
    indptr[r + 1] = nnz;
  }
  return { left, right, slot, indices: indices.slice(0, nnz), indptr };
}

async function rowsOf(op: string, a: CsrMatrix, argument: string): Promise<Rows> {
  const indices = await read(op, a.indices, argument);
  checkRange(op, indices, a.shape[1], argument);
  return { indices, indptr: await read(op, a.indptr, argument) };
}

/**
 * The product of sparse matrices of two given patterns, its structure found once: a function of matrices with those patterns, or of their entries, that needs no
 * data to be read, so that it works in jit, vmap and grad. Differentiable by the entries of both to any order.
 *
 * @param a - sparse [m, n]
 * @param b - sparse [n, p]
 * @returns a function of the entries of `a` and `b`, each [nnz] in the order of its {@link toCsr} form, that gives the product [m, p] by compressed rows
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when inner sizes differ, {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless both are sparse, {@link @gradus/tensor!index.TraceError | TraceError} for a traced structure
 * @example
 * ```ts
 * const squared = await symbolicProduct(a, a);
 * grad((v: Tensor) => squared(v, v).values.sum())(a.values);
 * ```
 */
export async function symbolicProduct(a: SparseMatrix, b: SparseMatrix): Promise<(a: Tensor, b: Tensor) => CsrMatrix> {
  return structured("symbolicProduct", a, b);
}

async function structured(op: string, a: SparseMatrix, b: SparseMatrix): Promise<(a: Tensor, b: Tensor) => CsrMatrix> {
  checkSparse(op, a);
  checkSparse(op, b, "b");
  if (a.shape[1] !== b.shape[0])
    throw new ShapeError(
      `${op}: inner sizes differ: a is ${show(a.shape)}, b is ${show(b.shape)} (${a.shape[1]} ≠ ${b.shape[0]})`,
    );
  const [p, q] = [toCsr(a), toCsr(b)];
  const terms = termsOf(await rowsOf(op, p, "a"), await rowsOf(op, q, "b"), b.shape[1]);
  const [left, right, slot, indices, indptr] = [terms.left, terms.right, terms.slot, terms.indices, terms.indptr].map(
    indexTable,
  ) as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const nnz = terms.indices.length;
  return (x, y) => {
    for (const [name, t, n] of [
      ["a", x, p.nnz],
      ["b", y, q.nnz],
    ] as const)
      checkEntries(op, t, name, n);
    const dtype = promote(x.dtype, y.dtype);
    // the entries of the product are a sparse matrix, of the terms, times those of b
    const matrix = new CooMatrix(gather(astype(x, dtype), left), slot, right, [nnz, q.nnz]);
    const values = reshape(times(matrix, reshape(astype(y, dtype), [q.nnz, 1]), false), [nnz]);
    return new CsrMatrix(values, indices, indptr, [a.shape[0], b.shape[1]]);
  };
}

function checkEntries(op: string, values: Tensor, argument: string, nnz: number): void {
  checkTensor(op, values, argument);
  if (values.rank !== 1 || values.size !== nnz)
    throw new ShapeError(`${op}: ${argument}: expected the ${nnz} entries, got ${show(values.shape)}`);
  if (values.dtype === "bool") throw new DTypeError(`${op}: ${argument}: expected numbers, got bool; cast it first`);
}

/**
 * The product of two sparse matrices. Its structure depends on theirs, so this is a promise; {@link symbolicProduct} finds it once for many products.
 * Differentiable by the entries of both.
 *
 * @param a - sparse [m, n]
 * @param b - sparse [n, p]
 * @returns compressed rows [m, p], columns ascending; an entry that comes out as 0 stays
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when inner sizes differ, {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless both are sparse, {@link @gradus/tensor!index.TraceError | TraceError} for a traced structure
 */
export async function multiply(a: SparseMatrix, b: SparseMatrix): Promise<CsrMatrix> {
  const product = await structured("multiply", a, b);
  return product(toCsr(a).values, toCsr(b).values);
}
