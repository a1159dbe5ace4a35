import { checkTensor } from "../../check.ts";
import { promote } from "../../dtype.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import { broadcastShapes, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { astype } from "../casting.ts";
import { broadcastTo } from "../shaping.ts";

/** Throws unless `x` is an f32 or f64 tensor. */
export function checkReal(op: string, x: unknown, argument: string): asserts x is Tensor {
  checkTensor(op, x, argument);
  if (x.dtype !== "f32" && x.dtype !== "f64")
    throw new DTypeError(`${op}: ${argument}: expected f32 or f64, got ${x.dtype}; cast it first`);
}

/** Throws unless `x` has at least two axes. */
export function checkRank(op: string, x: Tensor, argument: string): void {
  if (x.rank < 2) throw new ShapeError(`${op}: ${argument}: expected rank 2 or more, got ${show(x.shape)}`);
}

/** Throws unless `x` holds f32 or f64 matrices. */
export function checkMatrix(op: string, x: unknown, argument: string): asserts x is Tensor {
  checkReal(op, x, argument);
  checkRank(op, x, argument);
}

/** Throws unless `x` holds square f32 or f64 matrices. */
export function checkSquare(op: string, x: unknown, argument: string): asserts x is Tensor {
  checkMatrix(op, x, argument);
  if (x.shape.at(-1) !== x.shape.at(-2))
    throw new ShapeError(`${op}: ${argument}: expected square matrices, got ${show(x.shape)}`);
}

/** Both in one dtype and on the same leading axes. Throws ShapeError unless `b` has `rows` rows. */
export function pair(op: string, a: Tensor, b: Tensor, rows: number, name = "a"): [a: Tensor, b: Tensor] {
  if (b.shape.at(-2) !== rows)
    throw new ShapeError(`${op}: b: expected ${rows} rows to go with ${name} ${show(a.shape)}, got ${show(b.shape)}`);
  const lead = broadcastShapes(op, a.shape.slice(0, -2), b.shape.slice(0, -2), [name, "b"]);
  const dtype = promote(a.dtype, b.dtype);
  return [a, b].map((x) => broadcastTo(astype(x, dtype), [...lead, ...x.shape.slice(-2)])) as [Tensor, Tensor];
}
