import { isFloat } from "../../dtype.ts";
import type { Primitive } from "../../primitive.ts";
import { broadcastShapes, type Shape } from "../../shape.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { astype } from "../casting.ts";
import { meet, real, type TensorLike } from "../operands.ts";
import { broadcastTo } from "../shaping.ts";

/** Two operands as floats of one dtype and shape; integers are taken as f32. */
export function meetReal(
  op: string,
  a: TensorLike,
  b: TensorLike,
  names: readonly [string, string] = ["a", "b"],
): [Tensor, Tensor] {
  const [p, q] = meet(op, floatBeside(op, a, b, names[0]), floatBeside(op, b, a, names[1]), names);
  return isFloat(p.dtype) ? [p, q] : [astype(p, "f32"), astype(q, "f32")];
}

/** A tensor of integers beside a plain number is made f32, so that fractions keep their value. */
function floatBeside(op: string, x: TensorLike, other: TensorLike, argument: string): TensorLike {
  return typeof x === "number" || typeof x === "boolean" || typeof other === "object" ? x : real(op, x, argument);
}

/** Three operands as floats of one dtype and shape. */
export function meetThree(
  op: string,
  list: readonly [TensorLike, TensorLike, TensorLike],
  names: readonly [string, string, string],
): [Tensor, Tensor, Tensor] {
  const [p, q] = meetReal(op, list[0], list[1], [names[0], names[1]]);
  const [r, s] = meetReal(op, p, list[2], [names[0], names[2]]);
  const shape: Shape = broadcastShapes(op, r.shape, q.shape, [names[0], names[1]]);
  return [r, astype(q, r.dtype), s].map((t) => broadcastTo(t, shape)) as [Tensor, Tensor, Tensor];
}

/** Elementwise function of one real argument, of any real dtype; integers are taken as f32. */
export type UnaryFunction = (x: TensorLike) => Tensor;
/** Elementwise function of two real arguments, which broadcast. */
export type BinaryFunction = (a: TensorLike, b: TensorLike) => Tensor;

/** A function of one real tensor. */
export const one =
  (primitive: Primitive<null>): UnaryFunction =>
  (x) =>
    apply(primitive, [real(primitive.name, x)], null);

/** A function of two, broadcast. */
export const two =
  (primitive: Primitive<null>, names: readonly [string, string] = ["a", "b"]): BinaryFunction =>
  (a, b) =>
    apply(primitive, meetReal(primitive.name, a, b, names), null);
