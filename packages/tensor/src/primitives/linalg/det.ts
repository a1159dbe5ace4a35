import { add, mul, sub } from "../../functions/arithmetic.ts";
import { lessEqual, logicalOr } from "../../functions/comparison.ts";
import { eye } from "../../functions/creation.ts";
import { matmul } from "../../functions/matmul.ts";
import { prod, sum } from "../../functions/reduction.ts";
import { where } from "../../functions/selection.ts";
import { broadcastTo, expandDims, slice, stopGradient, transpose } from "../../functions/shaping.ts";
import type { Primitive } from "../../primitive.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { diagonalOf } from "./diagonal.ts";
import { cofactorsInto, determinantOf } from "./kernels/cofactor.ts";
import { epsilonOf, onDiagonal } from "./masks.ts";
import { core, matrixPrimitive } from "./rules.ts";
import { solveSquare } from "./solve.ts";
import { svdPrimitive } from "./svd.ts";

const outerAxes = (x: Tensor): Tensor => expandDims(expandDims(x, -1), -1);

/** Determinant of A [..., n, n]. Tangent: Σ Cᵢⱼ·Ȧᵢⱼ with the cofactors C, so that a singular matrix has its derivative too. */
export const detPrimitive: Primitive<null> = matrixPrimitive({
  name: "det",
  parts: ([a]) => {
    const { shape, dtype } = a as Tensor;
    return [{ shape: shape.slice(0, -2), dtype }];
  },
  tangents([da], { inputs }) {
    if (!da) return [null];
    const [cofactors] = applyMany(cofactorPrimitive, [inputs[0] as Tensor], null);
    return [sum(mul(cofactors as Tensor, da), [-2, -1])];
  },
  run(_, n, [a], [out]) {
    (out as Float64Array)[0] = determinantOf(a as Float64Array, n);
  },
});

/** Cofactors of A [..., n, n]: the derivative of its determinant. */
export const cofactorPrimitive: Primitive<null> = matrixPrimitive({
  name: "cofactors",
  parts: ([a]) => [a as Tensor],
  tangents([da], { inputs }) {
    const a = inputs[0] as Tensor;
    const n = core(a.shape)[0];
    if (!da || n === 0) return [null];
    const [u, s, vt] = applyMany(svdPrimitive, [a], { full: false }) as [Tensor, Tensor, Tensor];
    const lead = s.shape.slice(0, -1);
    const none = lead.map(() => 0);
    const least = slice(s, [...none, n - 1], []);
    const most = slice(s, none.concat(0), [...lead, 1]);
    const singular = expandDims(stopGradient(lessEqual(least, mul(most, n * epsilonOf(a.dtype)))), -1);
    return [where(singular, fromSingular(u, s, vt, da), fromInverse(a, da, singular))];
  },
  run(_, n, [a], [out]) {
    cofactorsInto(out as Float64Array, a as Float64Array, n);
  },
});

/** det(A)·(tr(A⁻¹Ȧ)·A⁻ᵀ − (A⁻¹ȦA⁻¹)ᵀ), with the identity for A where it has no inverse. */
function fromInverse(a: Tensor, da: Tensor, singular: Tensor): Tensor {
  const one = eye(core(a.shape)[0], undefined, { dtype: a.dtype });
  const regular = where(singular, one, a);
  const [det] = applyMany(detPrimitive, [regular], null);
  const change = solveSquare(regular, da);
  const inverse = solveSquare(regular, broadcastTo(one, a.shape));
  const inner = sub(mul(outerAxes(sum(diagonalOf(change), -1)), inverse), matmul(change, inverse));
  return mul(outerAxes(det as Tensor), transpose(inner));
}

/**
 * The same in the basis of the singular vectors, without a division: with F = UᵀȦV and Pᵢⱼ the product of all singular values but the i-th and
 * the j-th, det(U)·det(V)·U·(diag(P·diag(F)) − P ∘ Fᵀ)·Vᵀ.
 */
function fromSingular(u: Tensor, s: Tensor, vt: Tensor, da: Tensor): Tensor {
  const n = s.shape.at(-1) as number;
  const same = onDiagonal(n, n);
  const gone = logicalOr(expandDims(same, 0), expandDims(same, 1));
  const others = prod(where(gone, 1, expandDims(expandDims(s, -2), -2)), -1);
  const p = where(same, 0, others);
  const f = matmul(transpose(u), matmul(da, transpose(vt)));
  const diagonal = matmul(p, expandDims(diagonalOf(f), -1));
  const inner = add(where(same, diagonal, 0), mul(mul(p, transpose(f)), -1));
  const [du, dv] = [u, vt].map((x) => applyMany(detPrimitive, [stopGradient(x)], null)[0] as Tensor) as [
    Tensor,
    Tensor,
  ];
  return mul(outerAxes(mul(du, dv)), matmul(u, matmul(inner, vt)));
}
