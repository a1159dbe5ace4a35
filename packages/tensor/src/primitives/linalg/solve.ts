import { add, neg } from "../../functions/arithmetic.ts";
import { matmul } from "../../functions/matmul.ts";
import { stopGradient, transpose } from "../../functions/shaping.ts";
import type { Primitive } from "../../primitive.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { transposeInto } from "./kernels/product.ts";
import { luPrimitive } from "./lu.ts";
import { matrixPrimitive } from "./rules.ts";
import { solveColumns } from "./triangular-solve.ts";

/** X with A·X = B, for A [..., n, n] and B [..., n, k] on the same leading axes. */
export function solveSquare(a: Tensor, b: Tensor): Tensor {
  const [lu, , permutation] = applyMany(luPrimitive, [stopGradient(a)], null) as [Tensor, Tensor, Tensor];
  return applyMany(solvePrimitive, [a, lu, permutation, b], { transposed: false })[0] as Tensor;
}

interface Side {
  /** Solve with Aᵀ. */
  readonly transposed: boolean;
}

/**
 * Solution of A·X = B from A, its packed LU factors, their permutation, and B. Derivatives flow to A and B, never through the factors, which serve
 * every further solution: tangent A⁻¹·(Ḃ − Ȧ·X).
 */
export const solvePrimitive: Primitive<Side> = matrixPrimitive<Side>({
  name: "solve",
  parts: ([, , , b]) => [b as Tensor],
  tangents([da, , , db], { inputs: [a, lu, permutation], attributes }, [x]) {
    if (!da && !db) return [null];
    const moved = da ? neg(matmul(attributes.transposed ? transpose(da) : da, x as Tensor)) : null;
    const right = db && moved ? add(db, moved) : ((db ?? moved) as Tensor);
    return applyMany(solvePrimitive, [a, lu, permutation, right] as Tensor[], attributes);
  },
  cotangents([ct], { inputs: [a, lu, permutation], attributes: { transposed } }, [x], needs) {
    const given = [a, lu, permutation, ct] as Tensor[];
    const flow = applyMany(solvePrimitive, given, { transposed: !transposed })[0] as Tensor;
    if (!needs(a as Tensor)) return [null, null, null, flow];
    const outer = transposed ? matmul(x as Tensor, transpose(flow)) : matmul(flow, transpose(x as Tensor));
    return [neg(outer), null, null, flow];
  },
  run(n, _, [, lu, permutation, b], [x], { transposed }) {
    const [factors, order, right, out] = [lu, permutation, b, x] as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const k = n === 0 ? 0 : right.length / n;
    const work = new Float64Array(right.length);
    if (!transposed) {
      for (let i = 0; i < n; i++) work.set(right.subarray(order[i]! * k, (order[i]! + 1) * k), i * k);
      solveColumns(factors, n, work, work, true, true);
      solveColumns(factors, n, work, out, false, false);
      return;
    }
    const flipped = new Float64Array(n * n);
    transposeInto(flipped, factors, n, n);
    solveColumns(flipped, n, right, work, true, false);
    solveColumns(flipped, n, work, work, false, true);
    for (let i = 0; i < n; i++) out.set(work.subarray(i * k, (i + 1) * k), order[i]! * k);
  },
});
