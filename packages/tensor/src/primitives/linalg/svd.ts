import { add, div, mul, sub } from "../../functions/arithmetic.ts";
import { matmul } from "../../functions/matmul.ts";
import { concat, expandDims, transpose } from "../../functions/shaping.ts";
import type { Primitive } from "../../primitive.ts";
import type { Tensor } from "../../tensor.ts";
import { diagonalOf } from "./diagonal.ts";
import { svdInto } from "./kernels/svd.ts";
import { corner } from "./lu.ts";
import { largest, safeReciprocal } from "./masks.ts";
import { columnsFrom, complementTangent } from "./qr.ts";
import { core, matrixPrimitive } from "./rules.ts";

/**
 * Left vectors U (columns), singular values (descending) and right vectors Vᵀ (rows) of A [..., m, n]; U and Vᵀ are square if `full`.
 *
 * Tangent (Townsend 2016): with P = Uᵀ·Ȧ·V, ṡ = diag(P), and the skew Ω of U̇ = U·Ω, V̇ = V·Ψ from Ω + Ψ = (P + Pᵀ)/(sⱼ − sᵢ) and
 * Ω − Ψ = (P − Pᵀ)/(sⱼ + sᵢ). Quotients by what rounding cannot tell from 0 are 0; the second one needs no distinct values, so that the
 * polar factor U·Vᵀ has its derivative also where singular values repeat.
 */
export const svdPrimitive: Primitive<{ readonly full: boolean }> = matrixPrimitive({
  name: "svd",
  parts: ([a], { full }) => {
    const { shape, dtype } = a as Tensor;
    const [m, n] = core(shape);
    const [lead, k] = [shape.slice(0, -2), Math.min(m, n)];
    return [
      { shape: [...lead, m, full ? m : k], dtype },
      { shape: [...lead, k], dtype },
      { shape: [...lead, full ? n : k, n], dtype },
    ];
  },
  tangents([da], { inputs }, parts) {
    if (!da) return [null, null, null];
    const [left, s, right] = parts as [Tensor, Tensor, Tensor];
    const [m, n] = core((inputs[0] as Tensor).shape);
    const k = Math.min(m, n);
    const [u, vt] = [corner(left, m, k), corner(right, k, n)];
    const v = transpose(vt);
    const inner = matmul(transpose(u), matmul(da, v));
    const [column, row] = [expandDims(s, -1), expandDims(s, -2)];
    const scale = expandDims(largest(s), -1);
    const quotient = (x: Tensor, by: Tensor): Tensor => mul(x, safeReciprocal(by, scale, Math.max(m, n)));
    const both = quotient(add(inner, transpose(inner)), sub(row, column));
    const apart = quotient(sub(inner, transpose(inner)), add(row, column));
    /** What of Ȧ·V (or Ȧᵀ·U) lies outside the space of the vectors, over s. */
    const outside = (basis: Tensor, image: Tensor): Tensor =>
      quotient(sub(image, matmul(basis, matmul(transpose(basis), image))), row);
    let du = matmul(u, div(add(both, apart), 2));
    let dv = matmul(v, div(sub(both, apart), 2));
    if (m > k) du = add(du, outside(u, matmul(da, v)));
    if (n > k) dv = add(dv, outside(v, matmul(transpose(da), u)));
    const whole = (basis: Tensor, d: Tensor, all: Tensor): Tensor =>
      all.shape.at(-1) === k ? d : concat([d, complementTangent(basis, d, columnsFrom(all, k))], -1);
    return [whole(u, du, left), diagonalOf(inner), transpose(whole(v, dv, transpose(right)))];
  },
  run(m, n, [a], [u, s, v], { full }) {
    const k = Math.min(m, n);
    svdInto(a as Float64Array, m, n, s ?? new Float64Array(k), u ?? null, full ? m : k, v ?? null, full ? n : k);
  },
});
