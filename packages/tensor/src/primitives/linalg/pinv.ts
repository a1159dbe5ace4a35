import { add, neg, sub } from "../../functions/arithmetic.ts";
import { matmul } from "../../functions/matmul.ts";
import { transpose } from "../../functions/shaping.ts";
import type { Primitive } from "../../primitive.ts";
import type { Tensor } from "../../tensor.ts";
import { svdInto } from "./kernels/svd.ts";
import { core, matrixPrimitive } from "./rules.ts";

/**
 * Moore–Penrose inverse of A [..., m, n]; singular values up to rcond·s₀ count as 0. Tangent (Golub and Pereyra 1973), right where the rank is constant:
 * −P·Ȧ·P + P·Pᵀ·Ȧᵀ·(I − A·P) + (I − P·A)·Ȧᵀ·Pᵀ·P.
 */
export const pinvPrimitive: Primitive<{ readonly rcond: number }> = matrixPrimitive({
  name: "pinv",
  parts: ([a]) => {
    const { shape, dtype } = a as Tensor;
    const [m, n] = core(shape);
    return [{ shape: [...shape.slice(0, -2), n, m], dtype }];
  },
  tangents([da], { inputs }, parts) {
    if (!da) return [null];
    const [a, p] = [inputs[0], parts[0]] as [Tensor, Tensor];
    const [dt, pt] = [transpose(da), transpose(p)];
    const left = matmul(p, matmul(pt, dt));
    const right = matmul(dt, matmul(pt, p));
    return [
      add(
        neg(matmul(p, matmul(da, p))),
        add(sub(left, matmul(matmul(left, a), p)), sub(right, matmul(p, matmul(a, right)))),
      ),
    ];
  },
  run(m, n, [a], [p], { rcond }) {
    const out = p as Float64Array;
    const k = Math.min(m, n);
    const [u, s, v] = [new Float64Array(m * k), new Float64Array(k), new Float64Array(k * n)];
    svdInto(a as Float64Array, m, n, s, u, k, v, k);
    out.fill(0);
    for (let r = 0; r < k; r++) {
      const length = s[r] as number;
      if (length <= rcond * (s[0] as number)) continue;
      for (let i = 0; i < n; i++) {
        const x = (v[r * n + i] as number) / length;
        for (let j = 0; j < m; j++) out[i * m + j]! += x * (u[j * k + r] as number);
      }
    }
  },
});
