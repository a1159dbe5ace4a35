export { add, diagonal, mul, sliceRows, sub, sum } from "./algebra.ts";
export { coalesce, type DiagsOptions, diags, fromDense, fromTriplets, identity, kron } from "./build.ts";
export { type Transposed, toCoo, toCsc, toCsr, toDense, transpose } from "./convert.ts";
export { matmul, matvec, sampledDenseDense } from "./matmul.ts";
export { CooMatrix, CscMatrix, CsrMatrix, coo, csc, csr, SparseMatrix, withValues } from "./matrix.ts";
export { multiply, symbolicProduct } from "./multiply.ts";
