import { isFloat } from "../dtype.ts";
import { addIndex, divIndex, modIndex, offsetIndex, scaleIndex } from "../ir/index-expr.ts";
import type { Guard, Index } from "../ir/ir.ts";
import type { Primitive } from "../primitive.ts";
import type { Shape } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";

/** Windows over the last axes: where each starts, and how many there are. */
export interface Frames {
  /** Sizes of those axes without windows. */
  readonly input: Shape;
  readonly size: Shape;
  readonly count: Shape;
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** Zeros before each axis. */
  readonly low: readonly number[];
}

const at = (a: readonly number[], i: number): number => a[i] as number;
const leading = (x: Tensor, axes: number): number[] => x.shape.slice(0, x.rank - axes);

/** Every window side by side: [.., …input] → [.., …size, …count]; outside there are zeros. */
export const unfoldPrimitive: Primitive<Frames> = {
  name: "unfold",
  infer: ([x], { input, size, count }) => ({
    shape: [...leading(x as Tensor, input.length), ...size, ...count],
    dtype: (x as Tensor).dtype,
  }),
  vjp: (ct, out) => [isFloat(out.dtype) ? apply(foldPrimitive, [ct], out.attributes) : null],
  jvp: ([dx], out) => (dx ? apply(unfoldPrimitive, [dx], out.attributes) : null),
  batch: (inputs, _, __, out) => apply(unfoldPrimitive, inputs, out.attributes),
  lower: {
    kind: "map",
    emit(b, node, index) {
      const x = node.inputs[0] as Tensor;
      const { input, stride, dilation, low } = node.attributes;
      const [d, lead] = [input.length, x.rank - input.length];
      const position = input.map((_, i) =>
        offsetIndex(
          addIndex(
            scaleIndex(index[lead + i] as Index, at(dilation, i)),
            scaleIndex(index[lead + d + i] as Index, at(stride, i)),
          ),
          -at(low, i),
        ),
      );
      const guards = position.map((of, i) => ({ of, low: 0, high: at(input, i) }));
      return b.guarded(guards, x.dtype, () => b.value(x, [...index.slice(0, lead), ...position]), 0);
    },
  },
};

const strided = ({ stride, dilation }: Frames, i: number): boolean => at(stride, i) > 1 && at(dilation, i) === 1;

/** The adjoint of {@link unfoldPrimitive}: windows added up where they overlap, [.., …size, …count] → [.., …input]. */
export const foldPrimitive: Primitive<Frames> = {
  name: "fold",
  infer: ([y], { input }) => ({
    shape: [...leading(y as Tensor, 2 * input.length), ...input],
    dtype: (y as Tensor).dtype,
  }),
  vjp: (ct, out) => [isFloat(out.dtype) ? apply(unfoldPrimitive, [ct], out.attributes) : null],
  jvp: ([dy], out) => (dy ? apply(foldPrimitive, [dy], out.attributes) : null),
  batch: (inputs, _, __, out) => apply(foldPrimitive, inputs, out.attributes),
  lower: {
    kind: "reduce",
    op: () => "sum",
    extents: ({ attributes }) =>
      attributes.size.map((n, i) => (strided(attributes, i) ? Math.ceil(n / at(attributes.stride, i)) : n)),
    emit(b, node, index, inner) {
      const y = node.inputs[0] as Tensor;
      const { input, size, count, stride, dilation, low } = node.attributes;
      const lead = node.rank - input.length;
      const guards: Guard[] = [];
      const [place, window]: [Index[], Index[]] = [[], []];
      input.forEach((_, i) => {
        const [s, r] = [at(stride, i), inner[i] as Index];
        const p = offsetIndex(index[lead + i] as Index, at(low, i));
        if (strided(node.attributes, i)) {
          // of the windows that hold this element, the last one has it in place p mod s, each earlier one s further on
          const k = addIndex(modIndex(p, s), scaleIndex(r, s));
          const w = addIndex(divIndex(p, s), scaleIndex(r, -1));
          guards.push({ of: k, low: 0, high: at(size, i) }, { of: w, low: 0, high: at(count, i) });
          place.push(k);
          window.push(w);
          return;
        }
        // place r of the window that starts there, if one does: at a multiple of the stride
        const start = addIndex(p, scaleIndex(r, -at(dilation, i)));
        guards.push({ of: start, low: 0, high: (at(count, i) - 1) * s + 1 });
        if (s > 1) guards.push({ of: modIndex(start, s), low: 0, high: 1 });
        place.push(r);
        window.push(s > 1 ? divIndex(start, s) : start);
      });
      return b.guarded(guards, y.dtype, () => b.value(y, [...index.slice(0, lead), ...place, ...window]), 0);
    },
  },
};
