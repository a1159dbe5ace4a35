import type { BufferType, Index, Instruction, Kernel } from "@gradus/tensor";
import { product } from "./wgsl/positions.ts";
import type { Target } from "./wgsl/schedule.ts";

/** A fold in two kernels. Of the first, the result's buffer is `partial`; of the second, that is one more buffer. */
export interface Stages {
  readonly first: Kernel;
  readonly second: Kernel;
  readonly partial: BufferType;
}

/** Results at most, and terms at least, of a fold that is done in two stages; and results of the first stage that keep a device busy. */
const FEW = 64;
const LONG = 2 ** 14;
const busy = ({ cpu }: Target): number => (cpu ? 256 : 1024);

/** The largest divisor of `n` that is at most `most`. */
function divisor(n: number, most: number): number {
  for (let d = Math.min(n, most); d > 1; d--) if (n % d === 0) return d;
  return 1;
}

const terms = (extents: readonly number[], strides: readonly number[]): Index => ({
  constant: 0,
  terms: extents.flatMap((extent, loop) =>
    extent === 1 ? [] : [{ coefficient: strides[loop] as number, atom: { kind: "loop", loop, extent } as const }],
  ),
});
const rowMajor = (extents: readonly number[]): Index =>
  terms(
    extents,
    extents.map((_, l) => product(extents.slice(l + 1))),
  );

/** Few results of long folds: parts of a reduction loop are folded side by side, and then together. Null where one kernel is as good. */
export function stagesOf(kernel: Kernel, target: Target): Stages | null {
  const { loops, reduce, accumulators, inner, stores } = kernel;
  const [store, accumulator] = [stores[0], accumulators[0]];
  const size = product(loops);
  if (store === undefined || accumulator === undefined || accumulators.length > 1) return null;
  const { op } = accumulator;
  if (op === "argmax" || op === "argmin" || size > FEW || product(reduce) < LONG) return null;
  const longest = reduce.indexOf(Math.max(...reduce));
  const n = reduce[longest] as number;
  const parts = divisor(n, Math.floor(busy(target) / size));
  if (parts < 4) return null;
  const each = n / parts;
  const outputs = loops.length;
  // the part is one more output loop, before the reduction loops
  const moved = (e: Index): Index => ({
    constant: e.constant,
    terms: e.terms.flatMap(({ coefficient, atom }): Index["terms"][number][] => {
      if (atom.kind === "value") return [{ coefficient, atom }];
      if (atom.kind !== "loop") return [{ coefficient, atom: { ...atom, of: moved(atom.of) } }];
      if (atom.loop < outputs) return [{ coefficient, atom }];
      if (atom.loop !== outputs + longest) return [{ coefficient, atom: { ...atom, loop: atom.loop + 1 } }];
      return [
        { coefficient: coefficient * each, atom: { kind: "loop", loop: outputs, extent: parts } },
        ...(each === 1 ? [] : [{ coefficient, atom: { kind: "loop", loop: atom.loop + 1, extent: each } as const }]),
      ];
    }),
  });
  const instruction = (x: Instruction): Instruction => ({
    ...x,
    ...("index" in x ? { index: moved(x.index) } : {}),
    ...("guards" in x ? { guards: x.guards.map((g) => ({ ...g, of: moved(g.of) })) } : {}),
  });
  // f16 is rounded at the end
  const dtype = accumulator.dtype === "f16" ? "f32" : accumulator.dtype;
  const partial = { dtype, size: size * parts };
  const index = rowMajor([...loops, parts]);
  const { contraction: _, ...plain } = kernel;
  return {
    partial,
    first: {
      ...plain,
      loops: [...loops, parts],
      reduce: reduce.map((m, i) => (i === longest ? each : m)),
      inner: inner.map(instruction),
      accumulators: [{ ...accumulator, dtype }],
      outer: [{ op: "accumulator", dtype, a: 0 }],
      buffers: kernel.buffers.map((b, i) => (i === store.buffer ? partial : b)),
      stores: [{ buffer: store.buffer, index, value: 0 }],
    },
    second: {
      ...plain,
      reduce: [parts],
      inner: [{ op: "load", dtype, buffer: kernel.buffers.length, index, guards: [], fill: 0 }],
      accumulators: [{ ...accumulator, value: 0 }],
      buffers: [...kernel.buffers, partial],
    },
  };
}
