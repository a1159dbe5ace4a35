import { type DType, dtypes, isFloat } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { astype } from "../functions/casting.ts";
import { zeros } from "../functions/fill.ts";
import { sum } from "../functions/reduction.ts";
import { concat, flip, permute, reshape, slice } from "../functions/shaping.ts";
import {
  constantIndex,
  divIndex,
  flattenIndex,
  modIndex,
  offsetIndex,
  scaleIndex,
  unflattenIndex,
} from "../ir/index-expr.ts";
import type { Guard, Index } from "../ir/ir.ts";
import type { Primitive } from "../primitive.ts";
import { type Shape, show } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { alignBatch } from "./batching.ts";

const first = (node: { readonly inputs: readonly Tensor[] }): Tensor => node.inputs[0] as Tensor;

/** Conversion to another dtype; between floats its derivative is the conversion back. */
export const cast: Primitive<{ readonly dtype: DType }> = {
  name: "cast",
  infer: ([x], { dtype }) => ({ shape: (x as Tensor).shape, dtype }),
  vjp: (ct, out) => [isFloat(out.dtype) && isFloat(first(out).dtype) ? astype(ct, first(out).dtype) : null],
  jvp: ([dx], out) => (dx && isFloat(out.dtype) ? astype(dx, out.dtype) : null),
  batch: (inputs, _, __, out) => apply(cast, inputs, out.attributes),
  lower: {
    kind: "map",
    pointwise: true,
    emit: (b, node, index) => b.unary("cast", node.dtype, b.value(first(node), index)),
  },
};

/** The same bits read as another dtype of the same width. */
export const bitcast: Primitive<{ readonly dtype: DType }> = {
  name: "bitcast",
  infer([x], { dtype }) {
    if (dtypes[(x as Tensor).dtype].bytes !== dtypes[dtype].bytes)
      throw new ShapeError(`bitcast: ${(x as Tensor).dtype} and ${dtype} differ in width`);
    return { shape: (x as Tensor).shape, dtype };
  },
  vjp: () => [null],
  jvp: () => null,
  batch: (inputs, _, __, out) => apply(bitcast, inputs, out.attributes),
  lower: { kind: "map", emit: (b, node, index) => b.unary("bitcast", node.dtype, b.value(first(node), index)) },
};

export const reshapePrimitive: Primitive<{ readonly shape: Shape }> = {
  name: "reshape",
  infer: ([x], { shape }) => ({ shape, dtype: (x as Tensor).dtype }),
  vjp: (ct, out) => [reshape(ct, first(out).shape)],
  jvp: ([dx], out) => (dx ? reshape(dx, out.shape) : null),
  batch: ([x], _, size, out) => reshape(x as Tensor, [size, ...out.shape]),
  lower: {
    kind: "map",
    view: true,
    emit: (b, node, index) => b.value(first(node), unflattenIndex(flattenIndex(index, node.shape), first(node).shape)),
  },
};

/** `axes[i]` is the axis of the result that input axis i becomes; all others are new, and size-1 axes may grow. */
export const broadcast: Primitive<{ readonly shape: Shape; readonly axes: readonly number[] }> = {
  name: "broadcast",
  infer: ([x], { shape }) => ({ shape, dtype: (x as Tensor).dtype }),
  vjp(ct, out) {
    const x = first(out);
    const { axes, shape } = out.attributes;
    const summed = shape
      .map((_, i) => i)
      .filter((i) => !axes.includes(i) || (x.shape[axes.indexOf(i)] === 1 && shape[i] !== 1));
    return [summed.length === 0 ? ct : reshape(sum(ct, summed), x.shape)];
  },
  jvp: ([dx], out) => (dx ? apply(broadcast, [dx], out.attributes) : null),
  batch: ([x], _, size, out) =>
    apply(broadcast, [x as Tensor], {
      shape: [size, ...out.shape],
      axes: [0, ...out.attributes.axes.map((a) => a + 1)],
    }),
  lower: {
    kind: "map",
    view: true,
    emit: (b, node, index) =>
      b.value(
        first(node),
        node.attributes.axes.map((a, i) => (first(node).shape[i] === 1 ? constantIndex(0) : (index[a] as Index))),
      ),
  },
};

export const permutePrimitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: "permute",
  infer: ([x], { axes }) => ({ shape: axes.map((a) => (x as Tensor).shape[a] as number), dtype: (x as Tensor).dtype }),
  vjp: (ct, out) => [permute(ct, inverse(out.attributes.axes))],
  jvp: ([dx], out) => (dx ? permute(dx, out.attributes.axes) : null),
  batch: ([x], _, __, out) => permute(x as Tensor, [0, ...out.attributes.axes.map((a) => a + 1)]),
  lower: {
    kind: "map",
    view: true,
    emit: (b, node, index) =>
      b.value(
        first(node),
        inverse(node.attributes.axes).map((a) => index[a] as Index),
      ),
  },
};

const inverse = (axes: readonly number[]): number[] => axes.map((_, i) => axes.indexOf(i));

/** Elements `start, start + step, …` below `stop` of each axis; steps are positive. */
export const slicePrimitive: Primitive<{
  readonly start: readonly number[];
  readonly stop: readonly number[];
  readonly step: readonly number[];
}> = {
  name: "slice",
  infer: ([x], { start, stop, step }) => ({
    shape: start.map((s, i) => Math.max(0, Math.ceil(((stop[i] as number) - s) / (step[i] as number)))),
    dtype: (x as Tensor).dtype,
  }),
  vjp(ct, out) {
    const { start, step } = out.attributes;
    const x = first(out);
    if (out.size === 0) return [zeros(x.shape, { dtype: ct.dtype })];
    const high = x.shape.map(
      (n, i) => n - (start[i] as number) - ((out.shape[i] as number) - 1) * (step[i] as number) - 1,
    );
    return [apply(padPrimitive, [ct], { low: start, high, interior: step.map((s) => s - 1), value: 0 })];
  },
  jvp: ([dx], out) => (dx ? apply(slicePrimitive, [dx], out.attributes) : null),
  batch: ([x], _, size, out) => {
    const { start, stop, step } = out.attributes;
    return apply(slicePrimitive, [x as Tensor], { start: [0, ...start], stop: [size, ...stop], step: [1, ...step] });
  },
  lower: {
    kind: "map",
    view: true,
    emit: (b, node, index) => {
      const { start, step } = node.attributes;
      return b.value(
        first(node),
        index.map((e, i) => offsetIndex(scaleIndex(e, step[i] as number), start[i] as number)),
      );
    },
  },
};

export const flipPrimitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: "flip",
  infer: ([x]) => x as Tensor,
  vjp: (ct, out) => [flip(ct, out.attributes.axes)],
  jvp: ([dx], out) => (dx ? flip(dx, out.attributes.axes) : null),
  batch: ([x], _, __, out) =>
    flip(
      x as Tensor,
      out.attributes.axes.map((a) => a + 1),
    ),
  lower: {
    kind: "map",
    view: true,
    emit: (b, node, index) =>
      b.value(
        first(node),
        index.map((e, i) =>
          node.attributes.axes.includes(i) ? offsetIndex(scaleIndex(e, -1), (node.shape[i] as number) - 1) : e,
        ),
      ),
  },
};

interface Padding {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
  readonly value: number;
}

/** `low` and `high` elements around each axis (negative ones cut off) and `interior` ones between neighbours. */
export const padPrimitive: Primitive<Padding> = {
  name: "pad",
  infer([x], { low, high, interior }) {
    const shape = (x as Tensor).shape.map(
      (n, i) => n + Math.max(0, n - 1) * (interior[i] as number) + (low[i] as number) + (high[i] as number),
    );
    if (shape.some((n) => n < 0))
      throw new ShapeError(`pad: padding: cuts off more than there is of ${show((x as Tensor).shape)}`);
    return { shape, dtype: (x as Tensor).dtype };
  },
  vjp(ct, out) {
    const { low, high, interior } = out.attributes;
    const zero = low.map(() => 0);
    const grown = apply(padPrimitive, [ct], {
      low: low.map((n) => Math.max(0, -n)),
      high: high.map((n) => Math.max(0, -n)),
      interior: zero,
      value: 0,
    });
    const start = low.map((n) => Math.max(0, n));
    const stop = grown.shape.map((n, i) => n - Math.max(0, high[i] as number));
    return [apply(slicePrimitive, [grown], { start, stop, step: interior.map((n) => n + 1) })];
  },
  jvp: ([dx], out) => (dx ? apply(padPrimitive, [dx], { ...out.attributes, value: 0 }) : null),
  batch: ([x], _, __, out) => {
    const { low, high, interior, value } = out.attributes;
    return apply(padPrimitive, [x as Tensor], {
      low: [0, ...low],
      high: [0, ...high],
      interior: [0, ...interior],
      value,
    });
  },
  lower: {
    kind: "map",
    emit(b, node, index) {
      const { low, interior, value } = node.attributes;
      const x = first(node);
      const guards: Guard[] = [];
      const inner = index.map((e, i) => {
        const n = x.shape[i] as number;
        const step = (interior[i] as number) + 1;
        const shifted = offsetIndex(e, -(low[i] as number));
        const last = n === 0 ? 0 : (n - 1) * step + 1;
        if ((low[i] as number) > 0 || last + (low[i] as number) < (node.shape[i] as number))
          guards.push({ of: shifted, low: 0, high: last });
        if (step === 1) return shifted;
        guards.push({ of: modIndex(shifted, step), low: 0, high: 1 });
        return divIndex(shifted, step);
      });
      return b.guarded(guards, node.dtype, () => b.value(x, inner), value);
    },
  },
};

/** Inputs one after another along `axis`. */
export const concatPrimitive: Primitive<{ readonly axis: number }> = {
  name: "concat",
  infer(inputs, { axis }) {
    const x = inputs[0] as Tensor;
    return {
      shape: x.shape.map((n, i) => (i === axis ? inputs.reduce((s, t) => s + (t.shape[i] as number), 0) : n)),
      dtype: x.dtype,
    };
  },
  vjp(ct, out) {
    const { axis } = out.attributes;
    let from = 0;
    return out.inputs.map((t) => {
      const to = from + (t.shape[axis] as number);
      const piece = slice(
        ct,
        ct.shape.map((_, i) => (i === axis ? from : 0)),
        ct.shape.map((n, i) => (i === axis ? to : n)),
      );
      from = to;
      return piece;
    });
  },
  jvp(tangents, out) {
    if (tangents.every((t) => t === null)) return null;
    return concat(
      tangents.map((t, i) => t ?? zeros((out.inputs[i] as Tensor).shape, { dtype: out.dtype })),
      out.attributes.axis,
    );
  },
  batch: (inputs, batched, size, out) => concat(alignBatch(inputs, batched, size), out.attributes.axis + 1),
  lower: {
    kind: "map",
    emit(b, node, index) {
      const { axis } = node.attributes;
      const along = index[axis] as Index;
      // A sum over guarded pieces would do for numbers only; nested choices do for every dtype.
      let from = 0;
      const pieces = node.inputs.map((t) => {
        const start = from;
        from += t.shape[axis] as number;
        return { t, start, end: from };
      });
      const piece = (i: number): number => {
        const { t, start, end } = pieces[i] as { t: Tensor; start: number; end: number };
        const inside = (): number =>
          b.value(
            t,
            index.map((e, k) => (k === axis ? offsetIndex(e, -start) : e)),
          );
        if (pieces.length === 1) return inside();
        const guards = [{ of: along, low: start, high: end }];
        const here = b.guarded(guards, node.dtype, inside, 0);
        if (i === pieces.length - 1) return here;
        const rest = piece(i + 1);
        return b.choose(guards, node.dtype, here, rest);
      };
      return piece(0);
    },
  },
};

/** 0, 1, 2, … along `axis`. */
export const iotaPrimitive: Primitive<{ readonly shape: Shape; readonly dtype: DType; readonly axis: number }> = {
  name: "iota",
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  vjp: () => [],
  jvp: () => null,
  batch: (_, __, ___, out) => out,
  lower: {
    kind: "map",
    emit: (b, node, index) => b.unary("cast", node.dtype, b.index(index[node.attributes.axis] as Index)),
  },
};

/** The value of `x` under an identity that no simplification may merge with `x`, available only after `after`. */
export const barrierPrimitive: Primitive<{ readonly id: number }> = {
  name: "barrier",
  infer: ([x]) => x as Tensor,
  vjp: (ct) => [ct, null],
  jvp: ([dx]) => dx as Tensor | null,
  batch: (inputs, batched, size, out) =>
    apply(barrierPrimitive, alignBatch(inputs, [batched[0] as boolean, true], size), out.attributes),
  lower: { kind: "alias" },
};

let nextBarrier = 1;
export const barrier = (x: Tensor, after: Tensor): Tensor => apply(barrierPrimitive, [x, after], { id: nextBarrier++ });

/** Identity that lets no derivative through. */
export const stopPrimitive: Primitive<null> = {
  name: "stopGradient",
  infer: ([x]) => x as Tensor,
  vjp: () => [null],
  jvp: () => null,
  batch: ([x]) => apply(stopPrimitive, [x as Tensor], null),
  lower: { kind: "alias" },
};
