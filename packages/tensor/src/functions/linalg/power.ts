import { integer } from "../../check.ts";
import type { Tensor } from "../../tensor.ts";
import { eye } from "../creation.ts";
import { matmul } from "../matmul.ts";
import { broadcastTo } from "../shaping.ts";
import { checkSquare } from "./check.ts";
import { inv } from "./solve.ts";

/**
 * The n-th power of `a` [..., m, m] by repeated squaring; 0 gives the identity, a negative n powers of the inverse.
 *
 * @throws {@link ShapeError} unless `a` is square, {@link DTypeError} unless it is f32 or f64, {@link ArgumentError} unless n is an integer
 * @example
 * ```ts
 * matrixPower(tensor([[1, 1], [0, 1]]), 5); // [[1, 5], [0, 1]]
 * ```
 */
export function matrixPower(a: Tensor, n: number): Tensor {
  checkSquare("matrixPower", a, "a");
  integer("[-2147483648, 2147483647]")("matrixPower", n, "n");
  const size = a.shape.at(-1) as number;
  let result: Tensor | null = null;
  let base = n < 0 ? inv(a) : a;
  for (let left = Math.abs(n); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = result === null ? base : matmul(result, base);
    if (left > 1) base = matmul(base, base);
  }
  return result ?? broadcastTo(eye(size, size, { dtype: a.dtype }), a.shape);
}
