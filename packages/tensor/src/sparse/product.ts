import { isFloat } from "../dtype.ts";
import { mul } from "../functions/arithmetic.ts";
import { zeros } from "../functions/fill.ts";
import { gather, scatterAdd } from "../functions/indexing.ts";
import { sum } from "../functions/reduction.ts";
import { reshape } from "../functions/shaping.ts";
import { apply, type Tensor } from "../tensor.ts";
import { CooMatrix, CscMatrix, type CsrMatrix, type SparseMatrix, settled } from "./matrix.ts";
import { type Pattern, sampledProduct, sparseProduct } from "./primitive.ts";
import { entryRows } from "./structure.ts";

/** A matrix as the primitives have it: of compressed columns, the transpose. */
interface Form {
  readonly major: Tensor;
  readonly minor: Tensor;
  readonly pattern: Pattern;
  readonly transposed: boolean;
}

function formOf(a: SparseMatrix): Form {
  const [m, n] = a.shape;
  if (a instanceof CooMatrix)
    return {
      major: a.rows,
      minor: a.columns,
      pattern: { compressed: false, rows: m, columns: n },
      transposed: false,
    };
  const { indices, indptr } = a as CsrMatrix | CscMatrix;
  const transposed = a instanceof CscMatrix;
  const [rows, columns] = transposed ? [n, m] : [m, n];
  return { major: indptr, minor: indices, pattern: { compressed: true, rows, columns }, transposed };
}

const row = (t: Tensor): Tensor => reshape(t, [1, ...t.shape]);

/** The row of each entry whose table says where rows start. */
const expanded = (indptr: Tensor, entries: number): Tensor =>
  settled(reshape(apply(entryRows, [row(indptr)], { entries }), [entries]))[0];

/** Row and column (i32 [nnz]) of each entry. */
export function coordinates(a: SparseMatrix): [rows: Tensor, columns: Tensor] {
  if (a instanceof CooMatrix) return [a.rows, a.columns];
  const { indices, indptr } = a as CsrMatrix | CscMatrix;
  const major = expanded(indptr, a.nnz);
  return a instanceof CscMatrix ? [indices, major] : [major, indices];
}

/** A x [n, k], or Aᵀ x; both in one dtype. Integers, which wrap, are gathered and scattered. */
export function times(a: SparseMatrix, x: Tensor, transpose: boolean): Tensor {
  if (isFloat(a.dtype)) {
    const { major, minor, pattern, transposed } = formOf(a);
    const y = apply(sparseProduct, [row(a.values), row(major), row(minor), row(x)], {
      ...pattern,
      transposed: transposed !== transpose,
    });
    return reshape(y, y.shape.slice(1));
  }
  const [rows, columns] = coordinates(a);
  const [to, from] = transpose ? [columns, rows] : [rows, columns];
  const out = zeros([a.shape[transpose ? 1 : 0], x.shape[1] as number], { dtype: x.dtype });
  return x.size === 0 ? out : scatterAdd(out, to, mul(reshape(a.values, [a.nnz, 1]), gather(x, from)));
}

/** Row r of x [m, k] times row c of y [n, k] for each entry (r, c) of a's pattern: [nnz]. */
export function sampled(a: SparseMatrix, x: Tensor, y: Tensor): Tensor {
  if (isFloat(x.dtype)) {
    const { major, minor, pattern, transposed } = formOf(a);
    const factors = transposed ? [y, x] : [x, y];
    return reshape(apply(sampledProduct, [row(major), row(minor), ...factors.map(row)], pattern), [a.nnz]);
  }
  const [rows, columns] = coordinates(a);
  return a.nnz === 0 ? zeros([0], { dtype: x.dtype }) : sum(mul(gather(x, rows), gather(y, columns)), 1);
}
