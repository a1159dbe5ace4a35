import { mul, sub } from "../../functions/arithmetic.ts";
import { matmul } from "../../functions/matmul.ts";
import { expandDims, transpose } from "../../functions/shaping.ts";
import type { Primitive } from "../../primitive.ts";
import type { Tensor } from "../../tensor.ts";
import { diagonalOf } from "./diagonal.ts";
import { eighInPlace } from "./kernels/eigh.ts";
import { largest, safeReciprocal } from "./masks.ts";
import { core, matrixPrimitive } from "./rules.ts";

/**
 * Eigenvalues [..., n], ascending, and eigenvectors (columns) of symmetric A [..., n, n], of which the lower triangle is read. Tangent (Giles 2008): with
 * M = Vᵀ·Ȧ·V, λ̇ = diag(M) and V̇ = V·(F ∘ M), Fᵢⱼ = 1/(λⱼ − λᵢ), 0 for eigenvalues that rounding cannot tell apart.
 */
export const eighPrimitive: Primitive<null> = matrixPrimitive({
  name: "eigh",
  parts: ([a]) => {
    const { shape, dtype } = a as Tensor;
    return [
      { shape: shape.slice(0, -1), dtype },
      { shape, dtype },
    ];
  },
  tangents([da], _, parts) {
    if (!da) return [null, null];
    const [w, v] = parts as [Tensor, Tensor];
    const inner = matmul(transpose(v), matmul(da, v));
    const gaps = sub(expandDims(w, -2), expandDims(w, -1));
    const f = safeReciprocal(gaps, expandDims(largest(w), -1), core(v.shape)[0]);
    return [diagonalOf(inner), matmul(v, mul(f, inner))];
  },
  run(_, n, [a], [w, v]) {
    eighInPlace(a as Float64Array, n, w ?? new Float64Array(n), v ?? null);
  },
});
