import { type DType, dtypes, promote } from "../dtype.ts";
import { ArgumentError, DTypeError } from "../errors.ts";
import { broadcastShapes } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { scalar } from "./fill.ts";
import { broadcastTo } from "./shaping.ts";

/** What arithmetic takes: a tensor, or a plain number or boolean, which is weakly typed. */
export type TensorLike = Tensor | number | boolean;

/** Throws ArgumentError unless `x` is a tensor. */
export function checkTensor(op: string, x: unknown, argument = "x"): asserts x is Tensor {
  if (!(x instanceof Tensor))
    throw new ArgumentError(
      `${op}: ${argument}: expected a tensor, got ${x === null ? "null" : typeof x}; wrap values by tensor(…)`,
    );
}

/** The tensor itself, or a scalar of `dtype` (f32 if the number is a fraction and `dtype` holds integers). */
export function asTensor(op: string, x: TensorLike, dtype: DType | null, argument = "x"): Tensor {
  if (typeof x === "number") return scalar(x, { dtype: dtype === null ? "f32" : weak(x, dtype) });
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
export function meet(op: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  const p = asTensor(op, a, b instanceof Tensor ? b.dtype : null, "a");
  const q = asTensor(op, b, a instanceof Tensor ? a.dtype : null, "b");
  const dtype = promote(p.dtype, q.dtype);
  const shape = broadcastShapes(op, p.shape, q.shape);
  return [broadcastTo(astype(p, dtype), shape), broadcastTo(astype(q, dtype), shape)];
}

/** Integers become f32: what functions on real numbers do with them. */
export function real(op: string, x: TensorLike): Tensor {
  const t = asTensor(op, x, null);
  return dtypes[t.dtype].kind === "float" ? t : astype(t, "f32");
}

/** Throws ArgumentError for an option that is not in `known`. */
export function checkOptions(op: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new ArgumentError(`${op}: options: expected an object`);
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw new ArgumentError(`${op}: ${name}: unknown option; use ${known.join(", ")}`);
}

/** Throws DTypeError unless `x` holds integers (bool included when `bool`). */
export function checkInteger(op: string, x: Tensor, argument: string): void {
  if (dtypes[x.dtype].kind === "float")
    throw new DTypeError(`${op}: ${argument}: expected integers, got ${x.dtype}; cast it first`);
}
