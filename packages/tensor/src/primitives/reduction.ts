import { isFloat } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { div, mul } from "../functions/arithmetic.ts";
import { astype } from "../functions/casting.ts";
import { equal } from "../functions/comparison.ts";
import { fullLike } from "../functions/fill.ts";
import { sum } from "../functions/reduction.ts";
import { broadcastInDim, flip, pad, permute, reshape, slice } from "../functions/shaping.ts";
import type { Index, ReduceOp } from "../ir/ir.ts";
import type { Primitive } from "../primitive.ts";
import { sizeOf } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";

export interface Reduction {
  readonly op: ReduceOp;
  /** Sorted axes that disappear. */
  readonly axes: readonly number[];
}

const kept = (rank: number, axes: readonly number[]): number[] =>
  Array.from({ length: rank }, (_, i) => i).filter((i) => !axes.includes(i));

/** `t` (a result of the reduction) spread over the shape of its input. */
const spread = (t: Tensor, out: Tensor<Reduction>): Tensor => {
  const x = out.inputs[0] as Tensor;
  return broadcastInDim(t, x.shape, kept(x.rank, out.attributes.axes));
};

/** Derivative of each reduction by its input, in the input's shape; null: zero almost everywhere. */
const local: Record<ReduceOp, ((x: Tensor, out: Tensor<Reduction>) => Tensor | null) | null> = {
  sum: () => null,
  prod: (x, out) => exclusiveProducts(x, out.attributes.axes),
  max: winners,
  min: winners,
  argmax: null,
  argmin: null,
};

/** For each element the product of all others over `axes`: the derivative of prod without a division. */
function exclusiveProducts(x: Tensor, axes: readonly number[]): Tensor {
  const order = [...kept(x.rank, axes), ...axes];
  const moved = permute(x, order);
  const n = sizeOf(axes.map((a) => x.shape[a] as number));
  if (x.size === 0) return x;
  return permute(
    reshape(others(reshape(moved, [x.size / n, n])), moved.shape),
    order.map((_, i) => order.indexOf(i)),
  );
}

/** The same for rows: each of a pair is multiplied with its partner, and with what is beside the pair. */
function others(rows: Tensor): Tensor {
  const [outer, n] = rows.shape as [number, number];
  if (n < 2) return fullLike(rows, 1);
  const half = Math.ceil(n / 2);
  const pairs = reshape(
    pad(
      rows,
      [
        [0, 0],
        [0, n % 2],
      ],
      1,
    ),
    [outer, half, 2],
  );
  const beside = reshape(others(apply(reduce, [pairs], { op: "prod", axes: [2] })), [outer, half, 1]);
  return slice(reshape(mul(flip(pairs, 2), beside), [outer, 2 * half]), [0, 0], [outer, n]);
}

// Ties share the derivative evenly.
function winners(x: Tensor, out: Tensor<Reduction>): Tensor {
  const mask = astype(equal(x, spread(out, out)), x.dtype);
  return div(mask, spread(sum(mask, out.attributes.axes), out));
}

/** Fold over axes. argmax and argmin give the row-major position among the reduced axes as i32. */
export const reduce: Primitive<Reduction> = {
  name: "reduce",
  infer([x], { op, axes }) {
    const { shape, dtype } = x as Tensor;
    if (dtype === "bool" && (op === "sum" || op === "prod"))
      throw new DTypeError(`${op}: x: bool cannot be added; cast it first`);
    return {
      shape: kept(shape.length, axes).map((i) => shape[i] as number),
      dtype: op === "argmax" || op === "argmin" ? "i32" : dtype,
    };
  },
  vjp(ct, out) {
    const x = out.inputs[0] as Tensor;
    const rule = local[out.attributes.op];
    if (rule === null || !isFloat(x.dtype)) return [null];
    const factor = rule(x, out);
    return [factor === null ? spread(ct, out) : mul(spread(ct, out), factor)];
  },
  jvp([dx], out) {
    const x = out.inputs[0] as Tensor;
    const rule = local[out.attributes.op];
    if (!dx || rule === null || !isFloat(x.dtype)) return null;
    const factor = rule(x, out);
    return sum(factor === null ? dx : mul(dx, factor), out.attributes.axes);
  },
  batch: ([x], _, __, out) =>
    apply(reduce, [x as Tensor], { op: out.attributes.op, axes: out.attributes.axes.map((a) => a + 1) }),
  lower: {
    kind: "reduce",
    op: (node) => node.attributes.op,
    extents: (node) => node.attributes.axes.map((a) => (node.inputs[0] as Tensor).shape[a] as number),
    emit(b, node, index, inner) {
      const x = node.inputs[0] as Tensor;
      const { axes } = node.attributes;
      let o = 0;
      return b.value(
        x,
        x.shape.map((_, i) => (axes.includes(i) ? inner[axes.indexOf(i)] : index[o++]) as Index),
      );
    },
  },
};
