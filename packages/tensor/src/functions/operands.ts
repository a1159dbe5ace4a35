import { checkTensor } from "../check.ts";
import { type DType, dtypes, fits, promote } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { broadcastShapes } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { scalar } from "./fill.ts";
import { broadcastTo } from "./shaping.ts";

/** What arithmetic takes: a tensor, or a plain number or boolean, which is weakly typed. */
export type TensorLike = Tensor | number | boolean;

/** The tensor itself, or a scalar of `dtype` (f32 if the number is a fraction and `dtype` holds integers). */
export function asTensor(op: string, x: TensorLike, dtype: DType | null, argument = "x"): Tensor {
  if (typeof x === "number") {
    const own = dtype === null ? "f32" : weak(x, dtype);
    if (!fits(own, x))
      throw new DTypeError(`${op}: ${argument}: ${x} does not fit ${own}, the other operand's dtype; cast that first`);
    return scalar(x, { dtype: own });
  }
  if (typeof x === "boolean") return scalar(x, { dtype: dtype ?? "bool" });
  checkTensor(op, x, argument);
  return x;
}

function weak(x: number, dtype: DType): DType {
  if (dtypes[dtype].kind === "float") return dtype;
  if (!Number.isInteger(x)) return "f32";
  return dtype === "bool" ? "i32" : dtype;
}

/** Both operands in one dtype and one shape. */
export function meet(
  op: string,
  a: TensorLike,
  b: TensorLike,
  names: readonly [string, string] = ["a", "b"],
): [Tensor, Tensor] {
  const p = asTensor(op, a, b instanceof Tensor ? b.dtype : null, names[0]);
  const q = asTensor(op, b, a instanceof Tensor ? a.dtype : null, names[1]);
  const dtype = promote(p.dtype, q.dtype);
  const shape = broadcastShapes(op, p.shape, q.shape, names);
  return [broadcastTo(astype(p, dtype), shape), broadcastTo(astype(q, dtype), shape)];
}

/** Integers become f32: what functions on real numbers do with them. */
export function real(op: string, x: TensorLike, argument = "x"): Tensor {
  const t = asTensor(op, x, null, argument);
  return dtypes[t.dtype].kind === "float" ? t : astype(t, "f32");
}

/** Throws DTypeError unless `x` holds integers or bool. */
export function checkIntegers(op: string, x: Tensor, argument: string): void {
  if (dtypes[x.dtype].kind === "float")
    throw new DTypeError(`${op}: ${argument}: expected integers, got ${x.dtype}; cast it first`);
}
