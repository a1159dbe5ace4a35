import { add, neg, sub } from "../../functions/arithmetic.ts";
import { eye, tril } from "../../functions/creation.ts";
import { zeros, zerosLike } from "../../functions/fill.ts";
import { matmul } from "../../functions/matmul.ts";
import { concat, slice, transpose } from "../../functions/shaping.ts";
import type { Primitive } from "../../primitive.ts";
import type { Tensor } from "../../tensor.ts";
import { LARGE } from "./blocks.ts";
import { formQ, householder } from "./kernels/householder.ts";
import { corner } from "./lu.ts";
import { reflectors } from "./reflectors.ts";
import { core, matrixPrimitive } from "./rules.ts";
import { solveTriangle } from "./triangular-solve.ts";

/** Columns from `from` on of the last axis. */
export const columnsFrom = (x: Tensor, from: number): Tensor =>
  slice(x, [...x.shape.slice(0, -1).map(() => 0), from], []);

/**
 * Change of an orthonormal complement that moves with its space alone: −Q₁·(Q̇₁ᵀ·Q₂). Any rotation within the complement could be added.
 */
export const complementTangent = (q: Tensor, dq: Tensor, complement: Tensor): Tensor =>
  neg(matmul(q, matmul(transpose(dq), complement)));

/**
 * A = Q·R of A [..., m, n] by Householder reflections: Q [..., m, k] and R [..., k, n], where k = m if `complete`, else min(m, n).
 * Tangent (Walter and Lehmann 2018; wide and complete as in Roberts and Roberts 2020): with C = QᵀȦR⁻¹ of the leading columns and the skew part
 * Ω = tril(C, −1) − tril(C, −1)ᵀ, Q̇ = ȦR⁻¹ + Q·(Ω − C) and Ṙ = Qᵀ·(Ȧ − Q̇·R).
 */
export const qrPrimitive: Primitive<{ readonly complete: boolean }> = matrixPrimitive({
  name: "qr",
  parts: ([a], { complete }) => {
    const { shape, dtype } = a as Tensor;
    const [m, n] = core(shape);
    const k = complete ? m : Math.min(m, n);
    const lead = shape.slice(0, -2);
    return [
      { shape: [...lead, m, k], dtype },
      { shape: [...lead, k, n], dtype },
    ];
  },
  tangents([da], { inputs }, parts) {
    if (!da) return [null, null];
    const [q, r] = parts as [Tensor, Tensor];
    const [m, n] = core((inputs[0] as Tensor).shape);
    const k = Math.min(m, n);
    const [basis, triangle] = [corner(q, m, k), corner(r, k, k)];
    const scaled = transpose(solveTriangle(triangle, transpose(corner(da, m, k)), { transposed: true }));
    const inner = matmul(transpose(basis), scaled);
    const below = tril(inner, -1);
    const skew = sub(below, transpose(below));
    const dBasis = add(scaled, matmul(basis, sub(skew, inner)));
    const dLeft = matmul(sub(inner, skew), triangle);
    // columns beyond the first k: of Qᵀ·A with Q as it moves
    const dRight =
      n > k ? sub(matmul(transpose(basis), columnsFrom(da, k)), matmul(skew, columnsFrom(corner(r, k, n), k))) : null;
    const dr = dRight ? concat([dLeft, dRight], -1) : dLeft;
    const size = q.shape.at(-1) as number;
    if (size === k) return [dBasis, dr];
    const rest = columnsFrom(q, k);
    return [
      concat([dBasis, complementTangent(basis, dBasis, rest)], -1),
      concat([dr, zerosLike(slice(r, [...r.shape.slice(0, -2).map(() => 0), k], []))], -2),
    ];
  },
  run(m, n, [a], [q, r], { complete }) {
    const work = a as Float64Array;
    const tau = new Float64Array(Math.min(m, n));
    const k = complete ? m : Math.min(m, n);
    householder(work, m, n, tau, null);
    if (r !== null && r !== undefined)
      for (let i = 0; i < k; i++) for (let j = 0; j < n; j++) r[i * n + j] = j >= i ? (work[i * n + j] as number) : 0;
    if (q) formQ(work, m, n, tau, q, k);
  },
  blocked([a], { complete }) {
    const [m, n] = core((a as Tensor).shape);
    const k = Math.min(m, n);
    return k <= LARGE ? null : factorBlocked(a as Tensor, complete ? m : k);
  },
});

/** Q = 1 − V·T·Vᵀ, its first columns, and R; columns beyond the m-th are Qᵀ·A. */
function factorBlocked(a: Tensor, columns: number): Tensor[] {
  const [m, n] = core(a.shape);
  const k = Math.min(m, n);
  const lead = a.shape.slice(0, -2);
  const [v, t, top] = reflectors(corner(a, m, k));
  const one = eye(m, columns, { dtype: a.dtype });
  const q = sub(one, matmul(v, matmul(t, transpose(corner(v, columns, k)))));
  const r = n > k ? concat([top, matmul(transpose(q), columnsFrom(a, k))], -1) : top;
  return [q, columns > k ? concat([r, zeros([...lead, columns - k, n], { dtype: a.dtype })], -2) : r];
}
