import { promote } from "../../dtype.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import { type Shape, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { astype } from "../casting.ts";
import { asTensor, type TensorLike } from "../operands.ts";
import { broadcastTo } from "../shaping.ts";

/** `values` in the dtype of `x`, which it must not lose digits in, spread over `shape` if that is given. Throws in the name of the argument. */
export function fitting(op: string, x: Tensor, values: TensorLike, argument = "values", shape?: Shape): Tensor {
  const t = asTensor(op, values, x.dtype, argument);
  if (promote(x.dtype, t.dtype) !== x.dtype)
    throw new DTypeError(`${op}: ${argument}: ${t.dtype} does not fit into ${x.dtype}; cast it first`);
  const y = astype(t, x.dtype);
  if (shape === undefined) return y;
  const lead = shape.length - y.rank;
  if (lead < 0 || y.shape.some((n, i) => n !== 1 && n !== shape[lead + i]))
    throw new ShapeError(`${op}: ${argument}: ${show(y.shape)} does not broadcast to ${show(shape)}`);
  return broadcastTo(y, shape);
}
