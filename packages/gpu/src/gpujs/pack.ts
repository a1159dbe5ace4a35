import type { BufferType, Guard, Index, Instruction, Kernel, Term } from "@gradus/tensor";
import { texels } from "./lanes.ts";
import { perTexel } from "./layout.ts";
import type { Tile } from "./unroll.ts";

type Load = Extract<Instruction, { op: "load" }>;

/** An operand is copied when it is so many times smaller than the product. */
const SMALLER = 64;

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** A term of a loop. */
export const loopTerm = (loop: number, extent: number, coefficient = 1): Term => ({
  coefficient,
  atom: { kind: "loop", loop, extent },
});

/** Whether each step of the loops moves by whole texels. */
export function aligned(x: Load, kernel: Kernel, tiles: readonly Tile[]): boolean {
  const per = perTexel((kernel.buffers[x.buffer] as BufferType).dtype);
  return x.index.terms.every(({ coefficient, atom }) => {
    const steps = atom.kind === "loop" ? (tiles.find((t) => t.loop === atom.loop)?.steps ?? 1) : 1;
    return (coefficient * steps) % per === 0;
  });
}

/** The loops that a small operand depends on, the one last whose steps are to lie side by side in a copy of it; null when it is better read as it lies. */
export function packing(x: Load, kernel: Kernel, tiles: readonly Tile[]): number[] | null {
  const { loops, reduce, buffers } = kernel;
  const extents = [...loops, ...reduce];
  const terms = [x.index, ...x.guards.map((g) => g.of)].flatMap((e) => e.terms);
  if (perTexel((buffers[x.buffer] as BufferType).dtype) !== 4 || aligned(x, kernel, tiles)) return null;
  const used = new Set<number>();
  for (const { atom } of terms) {
    if (atom.kind !== "loop") return null;
    used.add(atom.loop);
  }
  const [along] = tiles.filter((t) => used.has(t.loop)).sort((a, b) => b.steps - a.steps);
  if (along === undefined) return null;
  const last = along.loop;
  const order = [...[...used].filter((l) => l !== last).sort((a, b) => a - b), last];
  return product(order.map((l) => extents[l] as number)) * SMALLER > product(extents) ? null : order;
}

/** A copy of an operand, padded to whole texels: the kernel that makes it, and the load that takes the place of the original. */
export interface Packed {
  readonly type: BufferType;
  /** Its last buffer is the copy. */
  readonly kernel: Kernel;
  readonly load: Load;
}

/** Copies what a load reads so that the steps of the last loop in `order` lie side by side. `buffer`: the number of the copy. */
export function packed(x: Load, kernel: Kernel, order: readonly number[], buffer: number): Packed {
  const { loops, reduce, buffers } = kernel;
  const all = [...loops, ...reduce];
  const extents = order.map((l, i) => {
    const extent = all[l] as number;
    return i === order.length - 1 ? Math.ceil(extent / 4) * 4 : extent;
  });
  const strides = extents.map((_, i) => product(extents.slice(i + 1)));
  const index = (e: Index): Index => ({
    constant: e.constant,
    terms: e.terms.flatMap(({ coefficient, atom }): Term[] => {
      if (atom.kind !== "loop") return [];
      const own = order.indexOf(atom.loop);
      return extents[own] === 1 ? [] : [loopTerm(own, extents[own] as number, coefficient)];
    }),
  });
  const place = (numbers: readonly number[], sizes: readonly number[]): Index => ({
    constant: 0,
    terms: numbers.flatMap((l, i) => (sizes[i] === 1 ? [] : [loopTerm(l, sizes[i] as number, strides[i] as number)])),
  });
  const guards = x.guards.map((g): Guard => ({ ...g, of: index(g.of) }));
  const type: BufferType = { dtype: x.dtype, size: product(extents) };
  return {
    type,
    kernel: texels({
      kind: "loops",
      name: `${kernel.name} operand`,
      loops: extents,
      reduce: [],
      inner: [],
      accumulators: [],
      outer: [{ ...x, index: index(x.index), guards }],
      buffers: [...buffers, type],
      stores: [{ buffer: buffers.length, index: place([...extents.keys()], extents), value: 0 }],
    }),
    load: {
      ...x,
      buffer,
      index: place(
        order,
        order.map((l) => all[l] as number),
      ),
      guards: [],
    },
  };
}
