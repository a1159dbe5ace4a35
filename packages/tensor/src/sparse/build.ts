import { anything, checkOptions, checkTensor, dtype as dtypeName, integer } from "../check.ts";
import { promote } from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError, TraceError } from "../errors.ts";
import { add, mul } from "../functions/arithmetic.ts";
import { astype } from "../functions/casting.ts";
import { type DTypeOption, ones } from "../functions/fill.ts";
import { gather } from "../functions/indexing.ts";
import { iota } from "../functions/iota.ts";
import { asTensor, type TensorLike } from "../functions/operands.ts";
import { segmentSum } from "../functions/segments.ts";
import { broadcastTo, concat, reshape } from "../functions/shaping.ts";
import { said } from "../said.ts";
import { type Shape, show } from "../shape.ts";
import { hostTensor, type Tensor } from "../tensor.ts";
import { toCsr } from "./convert.ts";
import {
  CooMatrix,
  CscMatrix,
  CsrMatrix,
  checkMatrixShape,
  checkRange,
  checkSparse,
  coo,
  read,
  type SparseMatrix,
  settled,
} from "./matrix.ts";
import { coordinates } from "./product.ts";
import { sortedEntries } from "./structure.ts";

/** An index table of numbers. */
export const indexTable = (data: Int32Array): Tensor => hostTensor(data, [data.length], "i32");

/** Compressed form of entries in any order, those at one place added. */
function joined(
  values: Tensor,
  major: Int32Array,
  minor: Int32Array,
  [m, n]: readonly [number, number],
): [values: Tensor, indices: Int32Array, indptr: Int32Array] {
  const nnz = major.length;
  const order = sortedEntries(major, minor, m, n);
  const [slots, indices, indptr] = [new Int32Array(nnz), new Int32Array(nnz), new Int32Array(m + 1)];
  let [count, row, column] = [0, -1, -1];
  for (let i = 0; i < nnz; i++) {
    const at = order[i] as number;
    if (major[at] !== row || minor[at] !== column) {
      [row, column] = [major[at] as number, minor[at] as number];
      (indptr[row + 1] as number)++;
      indices[count++] = column;
    }
    slots[at] = count - 1;
  }
  for (let r = 0; r < m; r++) (indptr[r + 1] as number) += indptr[r] as number;
  const sum = segmentSum(values, indexTable(slots), { numSegments: count });
  return [sum, indices.slice(0, count), indptr];
}

/**
 * The matrix with its entries sorted, by columns within rows (of compressed columns, by rows within columns), and those at one place added up. Their number
 * depends on the data, so this is a promise. Differentiable by the entries.
 *
 * @returns a matrix of the same form
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `a` is sparse, or for an index outside it; {@link @gradus/tensor!index.TraceError | TraceError} for a traced structure
 */
export async function coalesce<T extends SparseMatrix>(a: T): Promise<T> {
  checkSparse("coalesce", a);
  return joinedLike("coalesce", a) as Promise<T>;
}

async function joinedLike(op: string, a: SparseMatrix): Promise<SparseMatrix> {
  const columnsFirst = a instanceof CscMatrix;
  const [m, n] = a.shape;
  const [rows, columns] = coordinates(a);
  const [r, c] = [await read(op, rows, "rows"), await read(op, columns, "columns")];
  checkRange(op, r, m, "rows");
  checkRange(op, c, n, "columns");
  const [values, indices, indptr] = columnsFirst ? joined(a.values, c, r, [n, m]) : joined(a.values, r, c, [m, n]);
  const [minor, starts] = [indexTable(indices), indexTable(indptr)];
  if (columnsFirst) return new CscMatrix(values, minor, starts, a.shape);
  const result = new CsrMatrix(values, minor, starts, a.shape);
  return a instanceof CooMatrix ? new CooMatrix(values, ...coordinates(result), a.shape) : result;
}

/**
 * A matrix from triplets: the sum of values[i] at (rows[i], columns[i]). As its number of entries depends on the data, this is a promise. Differentiable by the
 * values.
 *
 * @param values - [k], any dtype but bool
 * @param rows - integers [k]
 * @param columns - integers [k]
 * @param shape - rows and columns of the matrix
 * @returns compressed rows, columns ascending, each place once
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes do not fit, {@link @gradus/tensor!index.DTypeError | DTypeError} for a bad dtype, {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an index outside the matrix,
 * {@link @gradus/tensor!index.TraceError | TraceError} for traced indices
 * @example
 * ```ts
 * const i = tensor([1, 0, 1], { dtype: "i32" });
 * await fromTriplets(tensor([2, 3, 4]), i, i, [2, 2]); // [[3, 0], [0, 6]]
 * ```
 */
export async function fromTriplets(values: Tensor, rows: Tensor, columns: Tensor, shape: Shape): Promise<CsrMatrix> {
  const named = <R>(f: () => R): R => {
    try {
      return f();
    } catch (e) {
      if (e instanceof Error) e.message = e.message.replace(/^coo: /, "fromTriplets: ");
      throw e;
    }
  };
  return toCsr(
    await joinedLike(
      "fromTriplets",
      named(() => coo(values, rows, columns, shape)),
    ),
  );
}

/**
 * The non-zero elements of a dense matrix (NaN among them). Their number depends on the data, so this is a promise. Differentiable by `x`.
 *
 * @param x - dense [m, n], any dtype but bool
 * @returns compressed rows, columns ascending
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} unless `x` is a matrix, {@link @gradus/tensor!index.DTypeError | DTypeError} for bool, {@link @gradus/tensor!index.TraceError | TraceError} for a traced `x`
 * @example
 * ```ts
 * (await fromDense(tensor([[0, 1], [2, 0]]))).nnz; // 2
 * ```
 */
export async function fromDense(x: Tensor): Promise<CsrMatrix> {
  checkTensor("fromDense", x);
  checkMatrixShape("fromDense", x.shape);
  if (x.dtype === "bool") throw new DTypeError("fromDense: x: expected numbers, got bool; cast it first");
  if (x.abstract)
    throw new TraceError("fromDense: x: is traced, so its structure is unknown; call it outside, or use withValues");
  const [m, n] = x.shape;
  const data = await x.data();
  const [places, indptr] = [new Int32Array(data.length), new Int32Array(m + 1)];
  let count = 0;
  for (let r = 0; r < m; r++) {
    for (let i = r * n; i < (r + 1) * n; i++) if (data[i] !== 0) places[count++] = i;
    indptr[r + 1] = count;
  }
  const kept = places.slice(0, count);
  const values = gather(reshape(x, [m * n]), indexTable(kept));
  return new CsrMatrix(values, indexTable(kept.map((i) => i % n)), indexTable(indptr), [m, n]);
}

/**
 * The identity [n, n], f32 unless told.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless n is a size, {@link @gradus/tensor!index.DTypeError | DTypeError} for an unknown dtype or bool
 */
export function identity(n: number, options: DTypeOption = {}): CsrMatrix {
  integer("[0, 2147483645]")("identity", n, "n");
  checkOptions("identity", options, { dtype: dtypeName });
  if (options.dtype === "bool") throw new DTypeError("identity: dtype: expected numbers, got bool");
  const [indices, indptr] = settled(iota([n], { dtype: "i32" }), iota([n + 1], { dtype: "i32" }));
  return new CsrMatrix(ones([n], options), indices, indptr, [n, n]);
}

/** Options of {@link diags}. */
export interface DiagsOptions {
  /** Rows and columns; default the square matrix in which the first diagonal fits. */
  readonly shape?: Shape;
}

const lengthOf = ([m, n]: readonly [number, number], k: number): number =>
  Math.max(0, Math.min(m + Math.min(k, 0), n - Math.max(k, 0)));

/**
 * A matrix with the given vectors on its diagonals: offset 0 is the main one, positive offsets lie above it. Scalars and numbers fill theirs. Differentiable by
 * the diagonals.
 *
 * @param diagonals - one vector, scalar or number per offset; a vector has the length of its diagonal
 * @param offsets - distinct integers
 * @returns compressed rows
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for bad offsets or options, or when there are none; {@link @gradus/tensor!index.ShapeError | ShapeError} for a vector of another length
 * @example
 * ```ts
 * diags([-1, 2, -1], [-1, 0, 1], { shape: [4, 4] }); // the second difference
 * ```
 */
export function diags(
  diagonals: readonly TensorLike[],
  offsets: readonly number[],
  options: DiagsOptions = {},
): CsrMatrix {
  if (!Array.isArray(diagonals) || diagonals.length === 0)
    throw new ArgumentError(`diags: diagonals: expected a list of vectors and numbers, got ${said(diagonals)}`);
  if (!Array.isArray(offsets) || offsets.length !== diagonals.length || new Set(offsets).size !== offsets.length)
    throw new ArgumentError(
      `diags: offsets: expected ${diagonals.length} distinct integers, one per diagonal, got ${said(offsets)}`,
    );
  checkOptions("diags", options, { shape: anything });
  offsets.forEach((k, i) => integer("[-2147483645, 2147483645]")("diags", k, `offsets[${i}]`));
  const given = diagonals.map((d, i) => asTensor("diags", d, null, `diagonals[${i}]`));
  const dtype = given
    .filter((_, i) => typeof diagonals[i] !== "number")
    .reduce<Tensor["dtype"] | null>((d, t) => (d === null ? t.dtype : promote(d, t.dtype)), null);
  if (dtype === "bool") throw new DTypeError("diags: diagonals: expected numbers, got bool; cast them first");
  const side = (given[0] as Tensor).size + Math.abs(offsets[0] as number);
  if (options.shape === undefined && given[0]?.rank === 0)
    throw new ArgumentError("diags: shape: is missing, and the first diagonal is a number, which fits any");
  const shape = options.shape ?? [side, side];
  checkMatrixShape("diags", shape);
  const parts = given.map((d, i) => {
    const k = offsets[i] as number;
    const length = lengthOf(shape, k);
    if (d.rank > 1 || (d.rank === 1 && d.size !== length))
      throw new ShapeError(
        `diags: diagonals[${i}]: expected shape [${length}], the length of diagonal ${k} of ${show(shape)}, got ${show(d.shape)}`,
      );
    const along = iota([length], { dtype: "i32" });
    return [broadcastTo(astype(d, dtype ?? "f32"), [length]), add(along, Math.max(0, -k)), add(along, Math.max(0, k))];
  });
  const [values, rows, columns] = [0, 1, 2].map((j) => concat(parts.map((p) => p[j] as Tensor))) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  return toCsr(new CooMatrix(values, ...settled(rows, columns), [...shape]));
}

/** Each of `p` with each of `q`, as one axis. */
const pairs = (p: Tensor, q: Tensor, f: (p: Tensor, q: Tensor) => Tensor): Tensor =>
  reshape(f(reshape(p, [p.size, 1]), reshape(q, [1, q.size])), [p.size * q.size]);

/**
 * The Kronecker product [m·p, n·q] of sparse [m, n] and [p, q]: block (i, j) is a[i, j] b. Differentiable by the entries of both.
 *
 * @returns compressed rows with nnz(a) · nnz(b) entries
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless both are sparse, {@link @gradus/tensor!index.ShapeError | ShapeError} when the result is too large
 * @example
 * ```ts
 * const d = diags([-1, 2, -1], [-1, 0, 1], { shape: [n, n] });
 * const laplacian = await coalesce(add(kron(d, identity(n)), kron(identity(n), d))); // 5-point stencil on n × n points
 * ```
 */
export function kron(a: SparseMatrix, b: SparseMatrix): CsrMatrix {
  checkSparse("kron", a);
  checkSparse("kron", b, "b");
  const shape = [a.shape[0] * b.shape[0], a.shape[1] * b.shape[1]];
  checkMatrixShape("kron", shape);
  const [p, q] = [coordinates(a), coordinates(b)];
  const place = (axis: 0 | 1): Tensor => pairs(p[axis], q[axis], (i, j) => add(mul(i, b.shape[axis]), j));
  const values = pairs(a.values, b.values, mul);
  return toCsr(new CooMatrix(values, ...settled(place(0), place(1)), shape));
}
