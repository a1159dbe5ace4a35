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

function copy(
  name: string,
  dtype: "f32" | "f64",
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
    outer: [{ op: "load", dtype, buffer: 0, index, guards, fill: 0 }],
    buffers: sizes.map((size) => ({ dtype, size })),
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
 * Copies the input to [n, ci, …spans], with zeros where there is padding or dilation, so that reading patches needs no questions asked. Null when
 * the input can be read as it is.
 */
export function padKernel(c: Conv, dtype: "f32" | "f64", inputSize: number): Kernel | null {
  const { conv, a } = c;
  const span = spans(c);
  const inside = conv.input.every((n, i) => conv.low[i] === 0 && conv.lhsDilation[i] === 1 && at(span, i) <= n);
  if (inside) return null;
  const loops = [conv.batch, conv.inChannels * conv.groups, ...span];
  return copy("pad", dtype, loops, [inputSize, product(loops)], ([n, ci, ...rest]) => {
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

/** Offsets in elements of all positions of a box, row-major, given the elements per step of each axis. */
function offsets(extents: readonly number[], steps: readonly number[]): number[] {
  return extents.reduce<number[]>(
    (list, extent, axis) => list.flatMap((o) => Array.from({ length: extent }, (_, i) => o + i * at(steps, axis))),
    [0],
  );
}

/**
 * A convolution as the product of kernels [co, ci·kernel] and patches [ci·kernel, positions] that nobody writes down: the offsets of their elements. With
 * `merged`, the positions of all images are one axis.
 */
export function patchOffsets(
  { conv, b }: Conv,
  source: Operand,
  merged: boolean,
): { readonly columns: number[]; readonly depths: number[]; readonly rows: number[]; readonly kernelDepths: number[] } {
  const space = source.strides.slice(2);
  const positions = conv.output.map((_, i) => at(space, i) * at(conv.stride, i));
  const taps = conv.kernel.map((_, i) => at(space, i) * at(conv.rhsDilation, i));
  return {
    columns: merged
      ? offsets([conv.batch, ...conv.output], [at(source.strides, 0), ...positions])
      : offsets(conv.output, positions),
    depths: offsets([conv.inChannels, ...conv.kernel], [at(source.strides, 1), ...taps]),
    rows: offsets([conv.outChannels], [at(b.strides, 0)]),
    kernelDepths: offsets([conv.inChannels, ...conv.kernel], b.strides.slice(1)),
  };
}

/** Brings the result for merged positions, [co, n, …out], into the order [n, co, …out]. */
export function unmergeKernel({ conv }: Conv, dtype: "f32" | "f64"): Kernel {
  const positions = product(conv.output);
  const loops = [conv.batch, conv.outChannels, positions];
  return copy("unmerge", dtype, loops, [product(loops), product(loops)], ([n, co, p]) => ({
    index: flattenIndex([co as Index, n as Index, p as Index], [conv.outChannels, conv.batch, positions]),
    guards: [],
  }));
}
