import { isFloat } from "../dtype.ts";
import { addIndex, divIndex, flattenIndex, modIndex, scaleIndex } from "../ir/index-expr.ts";
import type { Guard, Index } from "../ir/ir.ts";
import type { Primitive } from "../primitive.ts";
import type { Shape } from "../shape.ts";
import { apply } from "../tensor.ts";
import { alignBatch } from "./batching.ts";

/** Windows over all axes of an input of shape `input` that neither overlap nor begin in padding. */
export interface Choice {
  readonly input: Shape;
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

const at = (a: readonly number[], i: number): number => a[i] as number;
const batched = (c: Choice, size: number): Choice => ({
  input: [size, ...c.input],
  size: [1, ...c.size],
  stride: [1, ...c.stride],
  dilation: [1, ...c.dilation],
});

/** Of each window of x the element whose row-major position in the window `code` (i32, in the shape of the windows) names. Linear in x. */
export const pick: Primitive<Choice> = {
  name: "pick",
  infer: ([x, code]) => ({ shape: code!.shape, dtype: x!.dtype }),
  vjp: (ct, out) => [isFloat(out.dtype) ? apply(place, [ct, out.inputs[1]!], out.attributes) : null, null],
  jvp: ([dx], out) => (dx ? apply(pick, [dx, out.inputs[1]!], out.attributes) : null),
  batch: (inputs, which, size, out) => apply(pick, alignBatch(inputs, which, size), batched(out.attributes, size)),
  lower: {
    kind: "reduce",
    op: () => "sum",
    extents: ({ attributes }) => attributes.size,
    emit(b, node, index, inner) {
      const [x, code] = node.inputs;
      const { input, size, stride, dilation } = node.attributes;
      const position = index.map((o, i) =>
        addIndex(scaleIndex(o, at(stride, i)), scaleIndex(inner[i] as Index, at(dilation, i))),
      );
      const guards = position.map((of, i) => ({ of, low: 0, high: at(input, i) }));
      const zero = b.constant(x!.dtype, 0);
      const here = b.binary("eq", "bool", b.value(code!, index), b.index(flattenIndex(inner, size)));
      return b.where(
        x!.dtype,
        here,
        b.guarded(guards, x!.dtype, () => b.value(x!, position), 0),
        zero,
      );
    },
  },
};

/** The adjoint of {@link pick}: each y where `code` names, zeros elsewhere. */
export const place: Primitive<Choice> = {
  name: "place",
  infer: ([y], { input }) => ({ shape: input, dtype: y!.dtype }),
  vjp: (ct, out) => [isFloat(out.dtype) ? apply(pick, [ct, out.inputs[1]!], out.attributes) : null, null],
  jvp: ([dy], out) => (dy ? apply(place, [dy, out.inputs[1]!], out.attributes) : null),
  batch: (inputs, which, size, out) => apply(place, alignBatch(inputs, which, size), batched(out.attributes, size)),
  lower: {
    kind: "map",
    emit(b, node, index) {
      const [y, code] = node.inputs;
      const { size, stride, dilation } = node.attributes;
      const guards: Guard[] = [];
      const window = index.map((p, i) => divIndex(p, at(stride, i)));
      const inside = index.map((p, i) => {
        const [r, d] = [modIndex(p, at(stride, i)), at(dilation, i)];
        guards.push({ of: window[i] as Index, low: 0, high: at(y!.shape, i) });
        guards.push({ of: r, low: 0, high: (at(size, i) - 1) * d + 1 }, { of: modIndex(r, d), low: 0, high: 1 });
        return divIndex(r, d);
      });
      const value = () =>
        b.where(
          y!.dtype,
          b.binary("eq", "bool", b.value(code!, window), b.index(flattenIndex(inside, size))),
          b.value(y!, window),
          b.constant(y!.dtype, 0),
        );
      return b.guarded(guards, y!.dtype, value, 0);
    },
  },
};
