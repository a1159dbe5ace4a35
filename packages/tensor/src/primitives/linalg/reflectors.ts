import { GradientError } from "../../errors.ts";
import { neg, sub } from "../../functions/arithmetic.ts";
import { zeros } from "../../functions/fill.ts";
import { matmul } from "../../functions/matmul.ts";
import { transpose } from "../../functions/shaping.ts";
import type { Primitive } from "../../primitive.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { block, half, join, type Range, rowsOf } from "./blocks.ts";
import { compact, householder } from "./kernels/householder.ts";
import { core, matrixPrimitive } from "./rules.ts";

/** Columns that the routine takes at once: what it does grows with their number, products do the rest. */
const PANEL = 16;

/**
 * V [..., m, n], T [..., n, n] and R [..., n, n] with A = (1 − V·T·Vᵀ)·R of A [..., m, n], n ≤ m: unit lower V, upper T and R (Schreiber and Van Loan
 * 1989). A step of a factorisation, which has the derivative.
 */
export const reflectorsPrimitive: Primitive<null> = matrixPrimitive<null>({
  name: "reflectors",
  parts: ([a]) => {
    const { shape, dtype } = a as Tensor;
    const square = { shape: [...shape.slice(0, -2), core(shape)[1], core(shape)[1]], dtype };
    return [{ shape, dtype }, square, square];
  },
  tangents() {
    throw new GradientError("qr: reflectors have no derivative of their own; differentiate the factors");
  },
  run(m, n, [a], [v, t, r]) {
    const tau = new Float64Array(n);
    const room = (x: Float64Array | null | undefined, size: number): Float64Array => x ?? new Float64Array(size);
    householder(a as Float64Array, m, n, tau, null);
    compact(a as Float64Array, m, n, tau, room(v, m * n), room(t, n * n), room(r, n * n));
  },
});

/** The same by halves of the columns: the second half as the first leaves it (Elmroth and Gustavson 2000). */
export function reflectors(a: Tensor): readonly [v: Tensor, t: Tensor, r: Tensor] {
  const [m, n] = core(a.shape);
  if (n <= PANEL) return applyMany(reflectorsPrimitive, [a], null) as [Tensor, Tensor, Tensor];
  const h = half(n);
  const all: Range = [0, m];
  const [v1, t1, r1] = reflectors(block(a, all, [0, h]));
  const right = block(a, all, [h, n]);
  const rest = sub(right, matmul(v1, matmul(transpose(t1), matmul(transpose(v1), right))));
  const [v2, t2, r2] = reflectors(rowsOf(rest, [h, m]));
  const cross = neg(matmul(t1, matmul(matmul(transpose(rowsOf(v1, [h, m])), v2), t2)));
  const none = (rows: number, columns: number): Tensor =>
    zeros([...a.shape.slice(0, -2), rows, columns], { dtype: a.dtype });
  return [
    join([
      [rowsOf(v1, [0, h]), none(h, n - h)],
      [rowsOf(v1, [h, m]), v2],
    ]),
    join([
      [t1, cross],
      [none(n - h, h), t2],
    ]),
    join([
      [r1, rowsOf(rest, [0, h])],
      [none(n - h, h), r2],
    ]),
  ];
}
