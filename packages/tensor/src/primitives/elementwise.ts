import { type DType, dtypes } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { add, div, mul, neg, pow, rem, sub } from "../functions/arithmetic.ts";
import { astype } from "../functions/casting.ts";
import { equal, less } from "../functions/comparison.ts";
import * as f from "../functions/elementary.ts";
import { fullLike, zerosLike } from "../functions/fill.ts";
import { where } from "../functions/selection.ts";
import type { BinaryOp, UnaryOp } from "../ir/ir.ts";
import type { Primitive } from "../primitive.ts";
import { sameShape, show } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { alignBatch } from "./batching.ts";

const at = (ts: readonly Tensor[], i: number): Tensor => ts[i] as Tensor;

type Kinds = "float" | "number" | "any" | "bits";
const accepts: Record<Kinds, (d: DType) => boolean> = {
  float: (d) => dtypes[d].kind === "float",
  number: (d) => d !== "bool",
  bits: (d) => dtypes[d].kind !== "float",
  any: () => true,
};
const wanted: Record<Kinds, string> = {
  float: "a float dtype",
  number: "a number",
  bits: "an integer or bool",
  any: "",
};

function check(name: string, kinds: Kinds, inputs: readonly Tensor[]): void {
  const [a, ...rest] = inputs as readonly [Tensor, ...Tensor[]];
  if (!accepts[kinds](a.dtype))
    throw new DTypeError(`${name}: x: expected ${wanted[kinds]}, got ${a.dtype}; cast it first`);
  for (const b of rest) {
    if (b.dtype !== a.dtype) throw new DTypeError(`${name}: dtypes differ: ${a.dtype} and ${b.dtype}`);
    if (!sameShape(a.shape, b.shape))
      throw new ShapeError(`${name}: shapes differ: ${show(a.shape)} and ${show(b.shape)}`);
  }
}

/** `t` times a derivative: a tensor, or one of the two numbers that need no product. */
const times = (t: Tensor, d: Tensor | 1 | -1): Tensor => (d === 1 ? t : d === -1 ? neg(t) : mul(t, d));

/** `d(x, y)`: derivative of y = f(x) as a function of both; null where it is zero almost everywhere. */
function unary(
  op: UnaryOp,
  kinds: Kinds,
  d: ((x: Tensor, y: Tensor) => Tensor | -1) | null,
  result?: DType,
): Primitive<null> {
  const chain = (t: Tensor | null, out: Tensor): Tensor | null =>
    t === null || d === null ? null : times(t, d(at(out.inputs, 0), out));
  return {
    name: op,
    infer(inputs) {
      check(op, kinds, inputs);
      return { shape: at(inputs, 0).shape, dtype: result ?? at(inputs, 0).dtype };
    },
    vjp: (ct, out) => [chain(ct, out)],
    jvp: ([dx], out) => chain(dx as Tensor | null, out),
    batch: (inputs) => apply(primitives[op] as Primitive<null>, inputs, null),
    lower: {
      kind: "map",
      pointwise: true,
      emit: (b, node, index) => b.unary(op, node.dtype, b.value(at(node.inputs, 0), index)),
    },
  };
}

type Partial2 = (a: Tensor, b: Tensor, y: Tensor) => Tensor | 1 | -1;

/** Partial derivatives by the first and the second operand. */
function binary(op: BinaryOp, kinds: Kinds, da: Partial2 | null, db: Partial2 | null, result?: DType): Primitive<null> {
  const partial = (t: Tensor | null, d: Partial2 | null, out: Tensor): Tensor | null =>
    t === null || d === null || dtypes[out.dtype].kind !== "float"
      ? null
      : times(t, d(at(out.inputs, 0), at(out.inputs, 1), out));
  return {
    name: op,
    infer(inputs) {
      check(op, kinds, inputs);
      return { shape: at(inputs, 0).shape, dtype: result ?? at(inputs, 0).dtype };
    },
    vjp: (ct, out) => [partial(ct, da, out), partial(ct, db, out)],
    jvp([ta, tb], out) {
      const p = partial(ta as Tensor | null, da, out);
      const q = partial(tb as Tensor | null, db, out);
      return p === null ? q : q === null ? p : add(p, q);
    },
    batch: (inputs, batched, size) => apply(primitives[op] as Primitive<null>, alignBatch(inputs, batched, size), null),
    lower: {
      kind: "map",
      pointwise: true,
      emit: (b, node, index) =>
        b.binary(op, node.dtype, b.value(at(node.inputs, 0), index), b.value(at(node.inputs, 1), index)),
    },
  };
}

const one = (): 1 => 1;
const minusOne = (): -1 => -1;
// At a tie both operands get half, so that the derivative is symmetric.
const share = (wins: (a: Tensor, b: Tensor) => Tensor) => (a: Tensor, b: Tensor) =>
  where(equal(a, b), fullLike(a, 0.5), astype(wins(a, b), a.dtype));

/** Elementwise primitives by name: the accepted kinds and the derivative, a line each. */
const primitives: Record<UnaryOp | BinaryOp, Primitive<null>> = {
  neg: unary("neg", "number", minusOne),
  abs: unary("abs", "number", (x) => f.sign(x)),
  sign: unary("sign", "number", null),
  floor: unary("floor", "float", null),
  ceil: unary("ceil", "float", null),
  round: unary("round", "float", null),
  trunc: unary("trunc", "float", null),
  sqrt: unary("sqrt", "float", (_, y) => div(0.5, y)),
  exp: unary("exp", "float", (_, y) => y),
  expm1: unary("expm1", "float", (_, y) => add(y, 1)),
  log: unary("log", "float", (x) => div(1, x)),
  log1p: unary("log1p", "float", (x) => div(1, add(x, 1))),
  sin: unary("sin", "float", (x) => f.cos(x)),
  cos: unary("cos", "float", (x) => neg(f.sin(x))),
  tan: unary("tan", "float", (_, y) => add(mul(y, y), 1)),
  asin: unary("asin", "float", (x) => div(1, f.sqrt(sub(1, mul(x, x))))),
  acos: unary("acos", "float", (x) => div(-1, f.sqrt(sub(1, mul(x, x))))),
  atan: unary("atan", "float", (x) => div(1, add(mul(x, x), 1))),
  sinh: unary("sinh", "float", (x) => f.cosh(x)),
  cosh: unary("cosh", "float", (x) => f.sinh(x)),
  tanh: unary("tanh", "float", (_, y) => sub(1, mul(y, y))),
  asinh: unary("asinh", "float", (x) => div(1, f.sqrt(add(mul(x, x), 1)))),
  acosh: unary("acosh", "float", (x) => div(1, f.sqrt(sub(mul(x, x), 1)))),
  atanh: unary("atanh", "float", (x) => div(1, sub(1, mul(x, x)))),
  erf: unary("erf", "float", (x) => mul(2 / Math.sqrt(Math.PI), f.exp(neg(mul(x, x))))),
  sigmoid: unary("sigmoid", "float", (_, y) => mul(y, sub(1, y))),
  not: unary("not", "bits", null),
  isnan: unary("isnan", "float", null, "bool"),
  add: binary("add", "number", one, one),
  sub: binary("sub", "number", one, minusOne),
  mul: binary(
    "mul",
    "any",
    (_, b) => b,
    (a) => a,
  ),
  div: binary(
    "div",
    "number",
    (_, b) => div(1, b),
    (_, b, y) => neg(div(y, b)),
  ),
  rem: binary("rem", "number", one, (a, b) => neg(f.trunc(div(sub(a, rem(a, b)), b)))),
  // d/db a^b = a^b log a, which is 0 at a = 0 (b > 0); the inner `where` keeps NaN out of higher derivatives.
  pow: binary(
    "pow",
    "float",
    (a, b) => mul(b, where(equal(b, 0), zerosLike(a), pow(a, where(equal(b, 0), fullLike(b, 1), sub(b, 1))))),
    (a, _, y) => where(equal(a, 0), zerosLike(a), mul(y, f.log(where(equal(a, 0), fullLike(a, 1), a)))),
  ),
  atan2: binary(
    "atan2",
    "float",
    (a, b) => div(b, add(mul(a, a), mul(b, b))),
    (a, b) => neg(div(a, add(mul(a, a), mul(b, b)))),
  ),
  max: binary(
    "max",
    "any",
    share((a, b) => less(b, a)),
    share((a, b) => less(a, b)),
  ),
  min: binary(
    "min",
    "any",
    share((a, b) => less(a, b)),
    share((a, b) => less(b, a)),
  ),
  eq: binary("eq", "any", null, null, "bool"),
  lt: binary("lt", "any", null, null, "bool"),
  le: binary("le", "any", null, null, "bool"),
  and: binary("and", "bits", null, null),
  or: binary("or", "bits", null, null),
  xor: binary("xor", "bits", null, null),
  shl: binary("shl", "bits", null, null),
  shr: binary("shr", "bits", null, null),
};

export { primitives as elementwise };

/** `where(c, a, b)`: condition bool, branches of one dtype, all of one shape. */
export const select: Primitive<null> = {
  name: "where",
  infer([c, a, b]) {
    const [p, q, r] = [c, a, b] as [Tensor, Tensor, Tensor];
    if (p.dtype !== "bool") throw new DTypeError(`where: condition: expected bool, got ${p.dtype}`);
    check("where", "any", [q, r]);
    if (!sameShape(p.shape, q.shape))
      throw new ShapeError(`where: shapes differ: ${show(p.shape)} and ${show(q.shape)}`);
    return q;
  },
  vjp: (ct, out) => [null, where(at(out.inputs, 0), ct, zerosLike(ct)), where(at(out.inputs, 0), zerosLike(ct), ct)],
  jvp: ([, da, db], out) =>
    da || db ? where(at(out.inputs, 0), da ?? zerosLike(db as Tensor), db ?? zerosLike(da as Tensor)) : null,
  batch: (inputs, batched, size) => apply(select, alignBatch(inputs, batched, size), null),
  lower: {
    kind: "map",
    pointwise: true,
    emit: (b, node, index) =>
      b.where(
        node.dtype,
        b.value(at(node.inputs, 0), index),
        b.value(at(node.inputs, 1), index),
        b.value(at(node.inputs, 2), index),
      ),
  },
};
