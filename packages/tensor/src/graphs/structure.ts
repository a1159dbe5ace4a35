import { dtypes, fits as holds, isFloat } from "../dtype.ts";
import type { BinaryOp, UnaryOp } from "../ir/ir.ts";
import type { Primitive } from "../primitive.ts";
import { elementwise, select } from "../primitives/elementwise.ts";
import { scatter, take } from "../primitives/indexing.ts";
import { reduce } from "../primitives/reduction.ts";
import {
  barrier,
  barrierPrimitive,
  bitcast,
  broadcast,
  cast,
  concatPrimitive,
  flipPrimitive,
  iotaPrimitive,
  padPrimitive,
  permutePrimitive,
  reshapePrimitive,
  slicePrimitive,
  stopPrimitive,
} from "../primitives/structure.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { dtype, integer, integers, number, sizes, word } from "./fields.ts";
import { ascending, completed, from, per, type Rules, rule, shared } from "./rule.ts";

type One = readonly [Tensor];

const binary: ReadonlySet<string> = new Set<BinaryOp>([
  ...(["add", "sub", "mul", "div", "rem", "pow", "atan2", "max", "min", "eq", "lt", "le"] as const),
  ...(["and", "or", "xor", "shl", "shr"] as const),
]);

/** Elementwise work, and what moves elements. */
export const structure = (): Rules => ({
  ...Object.fromEntries(
    (Object.entries(elementwise) as [UnaryOp | BinaryOp, Primitive<null>][]).map(([name, p]) => [
      name,
      rule(p, binary.has(name) ? 2 : 1, {}),
    ]),
  ),
  where: rule(select, 3, {}),
  cast: rule(cast, 1, { dtype }),
  bitcast: rule(bitcast, 1, { dtype }, ([x], a) => (x as Tensor).dtype !== "bool" && a.dtype !== "bool"),
  reshape: rule(reshapePrimitive, 1, { shape: sizes }, ([x], { shape }) => sizeOf(shape) === (x as Tensor).size),
  broadcast: rule(broadcast, 1, { shape: sizes, axes: sizes }, (inputs, { shape, axes }) => {
    const [x] = inputs as unknown as One;
    return (
      per(x.rank, axes) &&
      ascending(axes, shape.length) &&
      x.shape.every((n, i) => n === 1 || n === shape[axes[i] as number])
    );
  }),
  permute: rule(
    permutePrimitive,
    1,
    { axes: sizes },
    ([x], { axes }) =>
      per((x as Tensor).rank, axes) &&
      ascending(
        axes.toSorted((a, b) => a - b),
        axes.length,
      ),
  ),
  slice: rule(slicePrimitive, 1, { start: sizes, stop: sizes, step: integers(1) }, (inputs, { start, stop, step }) => {
    const [{ rank, shape }] = inputs as unknown as One;
    return per(rank, start, stop, step) && [start, stop].every((at) => at.every((p, i) => p <= (shape[i] as number)));
  }),
  flip: rule(flipPrimitive, 1, { axes: sizes }, ([x], { axes }) => {
    const { rank } = x as Tensor;
    return ascending(
      axes.toSorted((a, b) => a - b),
      rank,
    );
  }),
  pad: rule(
    padPrimitive,
    1,
    { low: integers(), high: integers(), interior: sizes, value: number },
    (inputs, { low, high, interior, value }) => {
      const [x] = inputs as unknown as One;
      return per(x.rank, low, high, interior) && (isFloat(x.dtype) || holds(x.dtype, value));
    },
  ),
  concat: rule(concatPrimitive, from(1), { axis: integer(0) }, (inputs, { axis }) => {
    const [x] = inputs as unknown as One;
    return (
      axis < x.rank &&
      inputs.every((t) => {
        const same = t.rank === x.rank && t.shape.every((n, i) => i === axis || n === x.shape[i]);
        return same && t.dtype === x.dtype;
      })
    );
  }),
  iota: rule(iotaPrimitive, 0, { shape: sizes, dtype, axis: integer(0) }, (_, { shape, axis }) => axis < shape.length),
  barrier: completed(barrierPrimitive, 2, {}, (_, [x, after]) => barrier(x as Tensor, after as Tensor).attributes),
  stopGradient: rule(stopPrimitive, 1, {}),
  reduce: rule(
    reduce,
    1,
    { op: word("sum", "prod", "max", "min", "argmax", "argmin"), axes: sizes },
    (inputs, { op, axes }) => {
      const [{ rank, shape }] = inputs as unknown as One;
      return ascending(axes, rank) && (op === "sum" || op === "prod" || axes.every((a) => shape[a] !== 0));
    },
  ),
  take: rule(take, 2, {}, (inputs) => {
    const [x, indices] = inputs as [Tensor, Tensor];
    if (!per(3, x.shape) || !per(2, indices.shape) || !shared(indices.shape[0], x.shape[0])) return false;
    return x.shape[1] !== 0 || indices.size === 0;
  }),
  scatter: rule(scatter, 3, { mode: word("add", "set", "max", "min") }, (inputs) => {
    const [base, indices, updates] = inputs as [Tensor, Tensor, Tensor];
    const [outer, , inner] = base.shape;
    return (
      per(3, base.shape, updates.shape) &&
      per(2, indices.shape) &&
      shared(indices.shape[0], outer) &&
      updates.dtype === base.dtype &&
      updates.shape.every((n, i) => n === [outer, indices.shape[1], inner][i])
    );
  }),
});

/** Numbers, that is, anything but bool. */
export const isNumber = ({ dtype }: Tensor): boolean => dtypes[dtype].kind !== "bool";
