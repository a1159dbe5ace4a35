import { checkTensor } from "../check.ts";
import { promote } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { matmulPrimitive } from "../primitives/matmul.ts";
import { broadcastShapes, show, sizeOf } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { broadcastTo, expandDims, reshape, squeeze } from "./shaping.ts";

/**
 * Matrix product over the last two axes; leading axes broadcast; a vector operand acts as row (a) or column (b).
 *
 * ```ts
 * matmul(ones([2, 3]), ones([3, 4])); // [2, 4]
 * ```
 * Throws ShapeError if inner sizes differ or leading axes do not broadcast.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkTensor("matmul", a, "a");
  checkTensor("matmul", b, "b");
  if (a.rank === 0 || b.rank === 0)
    throw new ShapeError(`matmul: scalars have no inner axis: a is ${show(a.shape)}, b is ${show(b.shape)}; use mul`);
  if (a.rank === 1) return squeeze(matmul(expandDims(a, 0), b), b.rank === 1 ? 0 : -2);
  if (b.rank === 1) return squeeze(matmul(a, expandDims(b, 1)), -1);
  const [m, k] = a.shape.slice(-2) as [number, number];
  const [inner, n] = b.shape.slice(-2) as [number, number];
  if (k !== inner)
    throw new ShapeError(`matmul: inner sizes differ: a is ${show(a.shape)}, b is ${show(b.shape)} (${k} ≠ ${inner})`);
  const dtype = promote(promote(a.dtype, b.dtype), a.dtype === "bool" && b.dtype === "bool" ? "i32" : a.dtype);
  const [p, q] = [astype(a, dtype), astype(b, dtype)];
  // One right factor for all: the leading axes of a are rows.
  if (b.rank === 2)
    return reshape(
      apply(matmulPrimitive, [reshape(p, [1, sizeOf(a.shape.slice(0, -1)), k]), reshape(q, [1, k, n])], null),
      [...a.shape.slice(0, -1), n],
    );
  const lead = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const batch = sizeOf(lead);
  const left = reshape(broadcastTo(p, [...lead, m, k]), [batch, m, k]);
  const right = reshape(broadcastTo(q, [...lead, k, n]), [batch, k, n]);
  return reshape(apply(matmulPrimitive, [left, right], null), [...lead, m, n]);
}
