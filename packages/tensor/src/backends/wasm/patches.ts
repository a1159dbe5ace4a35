import {
  addIndex,
  constantIndex,
  divIndex,
  flattenIndex,
  loopIndex,
  modIndex,
  offsetIndex,
  scaleIndex,
} from "../../ir/index-expr.ts";
import type { Contraction, Guard, Index, Kernel, Operand } from "../../ir/ir.ts";

type Conv = Extract<Contraction, { kind: "conv" }>;

const at = (list: readonly number[], i: number): number => list[i] as number;
const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
const strided = (o: Operand, index: readonly Index[]): Index =>
  index.reduce((e, x, i) => addIndex(e, scaleIndex(x, at(o.strides, i))), constantIndex(o.offset));

/** Sizes of the product that a convolution becomes: for each image, kernels [m, k] times patches [k, n]. */
export function sizes({ conv }: Conv): { m: number; n: number; k: number } {
  return { m: conv.outChannels, n: product(conv.output), k: conv.inChannels * product(conv.kernel) };
}

function copy(
  name: string,
  loops: readonly number[],
  sizes: readonly [number, number],
  load: (axes: readonly Index[]) => { index: Index; guards: readonly Guard[] },
): Kernel {
  const axes = loops.map((extent, i) => loopIndex(i, extent));
  const { index, guards } = load(axes);
  return {
    kind: "loops",
    name,
    loops,
    reduce: [],
    inner: [],
    accumulators: [],
    outer: [{ op: "load", dtype: "f32", buffer: 0, index, guards, fill: 0 }],
    buffers: sizes.map((size) => ({ dtype: "f32", size })),
    stores: [{ buffer: 1, index: flattenIndex(axes, loops), value: 0 }],
  };
}

/** Extents of the input that the windows pass over, padding and dilation included. */
export function spans({ conv }: Conv): number[] {
  return conv.output.map(
    (o, i) => (o - 1) * at(conv.stride, i) + (at(conv.kernel, i) - 1) * at(conv.rhsDilation, i) + 1,
  );
}

/**
 * Copies the input to [n, ci, …spans], with zeros where there is padding or dilation, so that copying patches needs no questions asked. Null when
 * the input can be read as it is.
 */
export function padKernel(c: Conv, inputSize: number): Kernel | null {
  const { conv, a } = c;
  const span = spans(c);
  const inside = conv.input.every((n, i) => conv.low[i] === 0 && conv.lhsDilation[i] === 1 && at(span, i) <= n);
  if (inside) return null;
  const loops = [conv.batch, conv.inChannels, ...span];
  return copy("pad", loops, [inputSize, product(loops)], ([n, ci, ...rest]) => {
    const guards: Guard[] = [];
    const position = conv.input.map((size, i) => {
      const dilation = at(conv.lhsDilation, i);
      const p = offsetIndex(rest[i] as Index, -at(conv.low, i));
      guards.push({ of: p, low: 0, high: (size - 1) * dilation + 1 });
      if (dilation === 1) return p;
      guards.push({ of: modIndex(p, dilation), low: 0, high: 1 });
      return divIndex(p, dilation);
    });
    return { index: strided(a, [n as Index, ci as Index, ...position]), guards };
  });
}

/** Copies the patch under every output position: [n, ci, …kernel, …out] from buffer 0 (the input as `source` describes it) to buffer 1. */
export function patchKernel({ conv }: Conv, source: Operand, size: number): Kernel {
  const d = conv.kernel.length;
  const loops = [conv.batch, conv.inChannels, ...conv.kernel, ...conv.output];
  return copy("patches", loops, [size, product(loops)], ([n, ci, ...rest]) => {
    const position = conv.input.map((_, i) =>
      addIndex(
        scaleIndex(rest[d + i] as Index, at(conv.stride, i)),
        scaleIndex(rest[i] as Index, at(conv.rhsDilation, i)),
      ),
    );
    return { index: strided(source, [n as Index, ci as Index, ...position]), guards: [] };
  });
}

/** Copies the kernels to [co, ci, …kernel], contiguous. */
export function weightKernel({ conv, b }: Conv, size: number): Kernel {
  const loops = [conv.outChannels, conv.inChannels, ...conv.kernel];
  return copy("weights", loops, [size, product(loops)], (axes) => ({ index: strided(b, axes), guards: [] }));
}
