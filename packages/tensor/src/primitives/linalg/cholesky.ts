import { mul } from "../../functions/arithmetic.ts";
import { tril } from "../../functions/creation.ts";
import { matmul } from "../../functions/matmul.ts";
import { transpose } from "../../functions/shaping.ts";
import type { Primitive } from "../../primitive.ts";
import type { Tensor } from "../../tensor.ts";
import { choleskyInPlace } from "./kernels/cholesky.ts";
import { halfDiagonal } from "./masks.ts";
import { matrixPrimitive } from "./rules.ts";
import { solveTriangle } from "./triangular-solve.ts";

/** Lower L with L·Lᵀ = A, of symmetric A [..., n, n], of which the lower triangle is read. Tangent: L·Φ(L⁻¹·Ȧ·L⁻ᵀ) with Φ the lower triangle, diagonal halved. */
export const choleskyPrimitive: Primitive<null> = matrixPrimitive({
  name: "cholesky",
  parts: ([a]) => [a as Tensor],
  tangents([da], _, [l]) {
    if (!da || !l) return [null];
    const half = solveTriangle(l, da, { lower: true });
    const inner = transpose(solveTriangle(l, transpose(half), { lower: true }));
    return [matmul(l, mul(tril(inner), halfDiagonal(l)))];
  },
  run(_, n, [a], [l]) {
    const out = l as Float64Array;
    out.set(a as Float64Array);
    choleskyInPlace(out, n);
  },
});
