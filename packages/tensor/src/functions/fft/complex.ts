import { checkTensor } from "../../check.ts";
import { promote } from "../../dtype.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { said } from "../../said.ts";
import { broadcastShapes, sameShape, show } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import { add, atan2, mul, neg, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { cos, sin } from "../elementary.ts";
import { zerosLike } from "../fill.ts";
import { real, type TensorLike } from "../operands.ts";
import { broadcastTo } from "../shaping.ts";
import { hypot } from "../special/powers.ts";

/**
 * Complex numbers: two float tensors of one shape. There is no complex dtype; the pair is a tree, so that `grad`, `vmap` and `jit` take it as any
 * other argument, and the derivative is by both parts as independent reals.
 */
export interface Complex {
  /** Real parts. */
  readonly re: Tensor;
  /** Imaginary parts. */
  readonly im: Tensor;
}

/** What transforms take: real numbers, or pairs. */
export type ComplexLike = Tensor | Complex;

/** The parts of `x` in one float dtype; `im` is null for a real tensor. Throws ArgumentError for anything else, ShapeError if the shapes differ. */
export function parts(op: string, x: ComplexLike, argument = "x"): { readonly re: Tensor; readonly im: Tensor | null } {
  if (x instanceof Tensor) return { re: real(op, x, argument), im: null };
  if (typeof x !== "object" || x === null || !("re" in x) || !("im" in x))
    throw new ArgumentError(`${op}: ${argument}: expected a tensor or { re, im }, got ${said(x)}`);
  checkTensor(op, x.re, `${argument}.re`);
  checkTensor(op, x.im, `${argument}.im`);
  if (!sameShape(x.re.shape, x.im.shape))
    throw new ShapeError(
      `${op}: ${argument}.im: shapes of the parts differ: ${show(x.re.shape)} and ${show(x.im.shape)}`,
    );
  const [re, im] = [real(op, x.re, argument), real(op, x.im, argument)];
  const dtype = promote(re.dtype, im.dtype);
  return { re: astype(re, dtype), im: astype(im, dtype) };
}

/** As {@link parts}, with zeros for the imaginary parts of real numbers. */
function pair(op: string, x: ComplexLike, argument = "x"): Complex {
  const { re, im } = parts(op, x, argument);
  return { re, im: im ?? zerosLike(re) };
}

/**
 * Complex numbers of their real and imaginary parts (default 0), broadcast.
 *
 * @throws {@link ShapeError} if shapes do not broadcast
 * @example
 * ```ts
 * complex(tensor([1, 2]), tensor([0, -1])); // 1, 2 − i
 * ```
 */
export function complex(re: TensorLike, im: TensorLike = 0): Complex {
  const [x, y] = [real("complex", re, "re"), real("complex", im, "im")];
  const dtype = promote(x.dtype, y.dtype);
  const shape = broadcastShapes("complex", x.shape, y.shape, ["re", "im"]);
  return { re: broadcastTo(astype(x, dtype), shape), im: broadcastTo(astype(y, dtype), shape) };
}

/** The conjugate re − i·im. Throws ArgumentError unless `x` is a tensor or a pair. */
export function complexConj(x: ComplexLike): Complex {
  const { re, im } = pair("complexConj", x);
  return { re, im: neg(im) };
}

function both(op: string, a: ComplexLike, b: ComplexLike): [Complex, Complex] {
  const [p, q] = [pair(op, a, "a"), pair(op, b, "b")];
  broadcastShapes(op, p.re.shape, q.re.shape);
  return [p, q];
}

/** a + b, broadcast. Throws ShapeError if shapes do not broadcast. */
export function complexAdd(a: ComplexLike, b: ComplexLike): Complex {
  const [p, q] = both("complexAdd", a, b);
  return { re: add(p.re, q.re), im: add(p.im, q.im) };
}

/**
 * The product a·b, broadcast.
 *
 * @throws {@link ShapeError} if shapes do not broadcast
 * @example
 * ```ts
 * const i = complex(tensor(0), tensor(1));
 * complexMul(i, i); // −1
 * ```
 */
export function complexMul(a: ComplexLike, b: ComplexLike): Complex {
  const [p, q] = both("complexMul", a, b);
  return { re: sub(mul(p.re, q.re), mul(p.im, q.im)), im: add(mul(p.re, q.im), mul(p.im, q.re)) };
}

/** |x|, without overflow; its derivative at 0 is 0. Throws ArgumentError unless `x` is a tensor or a pair. */
export function complexAbs(x: ComplexLike): Tensor {
  const { re, im } = pair("complexAbs", x);
  return hypot(re, im);
}

/** The angle of x in (−π, π]. Throws ArgumentError unless `x` is a tensor or a pair. */
export function complexAngle(x: ComplexLike): Tensor {
  const { re, im } = pair("complexAngle", x);
  return atan2(im, re);
}

/** radius·e^{i·angle}, broadcast. Throws ShapeError if shapes do not broadcast. */
export function complexPolar(radius: TensorLike, angle: TensorLike): Complex {
  const [r, a] = [real("complexPolar", radius, "radius"), real("complexPolar", angle, "angle")];
  broadcastShapes("complexPolar", r.shape, a.shape, ["radius", "angle"]);
  return { re: mul(r, cos(a)), im: mul(r, sin(a)) };
}
