import { mul, sub } from "../../functions/arithmetic.ts";
import { tril } from "../../functions/creation.ts";
import { zerosLike } from "../../functions/fill.ts";
import { matmul } from "../../functions/matmul.ts";
import { transpose } from "../../functions/shaping.ts";
import type { Primitive } from "../../primitive.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { BLOCK, block, half, join, LARGE, type Range } from "./blocks.ts";
import { choleskyInPlace } from "./kernels/cholesky.ts";
import { halfDiagonal } from "./masks.ts";
import { matrixPrimitive } from "./rules.ts";
import { solveBlocked, solveTriangle } from "./triangular-solve.ts";

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
  blocked: ([a]) => (((a as Tensor).shape.at(-1) as number) > LARGE ? [factorBlocked(a as Tensor)] : null),
});

/** The factor of the first half of the rows, L₂₁ = A₂₁·L₁₁⁻ᵀ, and that of A₂₂ − L₂₁·L₂₁ᵀ, down to {@link BLOCK}. */
function factorBlocked(a: Tensor): Tensor {
  const n = a.shape.at(-1) as number;
  if (n <= BLOCK) return applyMany(choleskyPrimitive, [a], null)[0] as Tensor;
  const [top, bottom]: [Range, Range] = [
    [0, half(n)],
    [half(n), n],
  ];
  const first = factorBlocked(block(a, top, top));
  const left = transpose(block(a, bottom, top));
  const below = solveBlocked(first, left, { lower: true, transposed: false, unit: false });
  const rest = factorBlocked(sub(block(a, bottom, bottom), matmul(transpose(below), below)));
  return join([
    [first, zerosLike(below)],
    [transpose(below), rest],
  ]);
}
