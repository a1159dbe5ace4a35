import { add } from "../../functions/arithmetic.ts";
import { eye, tril, triu } from "../../functions/creation.ts";
import { takeAlongAxis } from "../../functions/indexing.ts";
import { matmul } from "../../functions/matmul.ts";
import { broadcastTo, expandDims, pad, slice, transpose } from "../../functions/shaping.ts";
import type { Primitive } from "../../primitive.ts";
import type { Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { luInPlace } from "./kernels/lu.ts";
import { core, matrixPrimitive } from "./rules.ts";
import { solveTriangle } from "./triangular-solve.ts";

/** Rows of `x` in the order that `permutation` gives. */
export const permuteRows = (x: Tensor, permutation: Tensor): Tensor =>
  takeAlongAxis(x, broadcastTo(expandDims(permutation, -1), x.shape), -2);

/** Zeros around the last two axes up to m×n. */
const padTo = (x: Tensor, m: number, n: number): Tensor => {
  const [p, q] = core(x.shape);
  return pad(x, [...x.shape.slice(0, -2).map(() => [0, 0] as const), [0, m - p], [0, n - q]]);
};

/** The last two axes from (i, j) to the end set to 0 but for ones on the diagonal from there. */
const withEye = (x: Tensor, from: number): Tensor => {
  const n = x.shape.at(-1) as number;
  const k = n - from;
  return add(
    x,
    pad(eye(k, k, { dtype: x.dtype }), [
      [from, 0],
      [from, 0],
    ]),
  );
};

/** The first `rows` × `columns` of the last two axes. */
export const corner = (x: Tensor, rows: number, columns: number): Tensor =>
  slice(x, [], [...x.shape.slice(0, -2), rows, columns]);

/** Unit lower L (m×m) and upper U (n×n), both completed by the identity, from the packed factors of an m×n matrix. */
export function unpackSquare(lu: Tensor): [l: Tensor, u: Tensor] {
  const [m, n] = core(lu.shape);
  const k = Math.min(m, n);
  const l = padTo(tril(corner(lu, m, k), -1), m, m);
  return [withEye(l, 0), withEye(padTo(triu(corner(lu, k, n)), n, n), k)];
}

const indices = (shape: Shape, size: number): { shape: Shape; dtype: "i32" } => ({
  shape: [...shape.slice(0, -2), size],
  dtype: "i32",
});

/**
 * Packed factors of P·A = L·U with partial pivoting, of A [..., m, n]; then the exchanges [..., min(m, n)] and the permutation [..., m] that they make.
 * Tangent (de Hoog, Anderssen and Lukas 2011): with M = L⁻¹·P·Ȧ·U⁻¹, L̇ = L·tril(M, −1) and U̇ = triu(M)·U.
 */
export const luPrimitive: Primitive<null> = matrixPrimitive({
  name: "lu",
  parts: ([a]) => {
    const { shape } = a as Tensor;
    const [m, n] = core(shape);
    return [a as Tensor, indices(shape, Math.min(m, n)), indices(shape, m)];
  },
  tangents([da], _, [lu, , permutation]) {
    if (!da) return [null, null, null];
    const [l, u] = unpackSquare(lu as Tensor);
    const left = solveTriangle(l, permuteRows(da, permutation as Tensor), { lower: true, unit: true });
    const middle = transpose(solveTriangle(u, transpose(left), { transposed: true }));
    return [add(matmul(l, tril(middle, -1)), matmul(triu(middle), u)), null, null];
  },
  run(m, n, [a], [lu, pivots, permutation]) {
    const out = lu ?? (a as Float64Array);
    out.set(a as Float64Array);
    luInPlace(out, m, n, pivots ?? new Float64Array(Math.min(m, n)), permutation ?? new Float64Array(m));
  },
});
