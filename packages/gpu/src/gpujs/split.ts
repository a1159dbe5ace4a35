import type { DType, Index, Instruction, Kernel, Term } from "@gradus/tensor";
import { neutral } from "@gradus/tensor/backend";

/** Folds of fewer terms stay whole: a second pass over memory costs more. */
const LONG = 2048;
/** Threads that keep a GPU busy. */
const THREADS = 8192;
/** Fewest terms of one part along the axis that is cut. */
const PART = 16;

/** A fold cut in two: `first` folds parts of one axis into a buffer of its own, its last; `second` folds the parts, its last buffer but one. */
export interface Halves {
  readonly first: Kernel;
  readonly second: Kernel;
  readonly parts: { readonly dtype: DType; readonly size: number };
}

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
const loop = (number: number, extent: number, coefficient = 1): Term => ({
  coefficient,
  atom: { kind: "loop", loop: number, extent },
});

/** Cuts a long fold with few results, so that more threads share it; null for all other kernels. */
export function splitFold(k: Kernel): Halves | null {
  const [fold] = k.accumulators;
  if (fold === undefined || k.accumulators.length > 1 || fold.op === "argmax" || fold.op === "argmin") return null;
  const results = product(k.loops);
  const extent = Math.max(...k.reduce);
  const count = Math.min(Math.ceil(extent / PART), Math.ceil(THREADS / results));
  if (product(k.reduce) < LONG || results === 0 || count < 2) return null;
  const axis = k.loops.length + k.reduce.indexOf(extent);
  // The parts take turns, so that neighbours read neighbours: a part is every cut-th term.
  const cut = Math.ceil(count / 4) * 4;
  const size = Math.ceil(extent / cut);
  const part = k.loops.length;

  // A loop of the fold moves up by one for the loop over parts; the one that is cut is loop · cut + part.
  const index = (e: Index): Index => ({
    constant: e.constant,
    terms: e.terms.flatMap(({ coefficient, atom }): Term[] => {
      if (atom.kind === "value") return [{ coefficient, atom }];
      if (atom.kind !== "loop") return [{ coefficient, atom: { ...atom, of: index(atom.of) } }];
      if (atom.loop < part) return [{ coefficient, atom }];
      if (atom.loop !== axis) return [loop(atom.loop + 1, atom.extent, coefficient)];
      return [loop(part, cut, coefficient), loop(axis + 1, size, coefficient * cut)];
    }),
  });
  const { buffer: out } = k.stores[0] as Kernel["stores"][number];
  const renumbered = <T extends Instruction>(x: T): T =>
    x.op === "load" && x.buffer > out ? { ...x, buffer: x.buffer - 1 } : x;
  const moved = k.inner.map((x): Instruction => {
    if (x.op === "index") return { ...x, index: index(x.index) };
    if (x.op !== "load" && x.op !== "guard") return x;
    const guards = x.guards.map((g) => ({ ...g, of: index(g.of) }));
    return x.op === "guard" ? { ...x, guards } : renumbered({ ...x, guards, index: index(x.index) });
  });
  const from = (k.inner[fold.value] as Instruction).dtype;
  const wide: DType = from === "f16" ? "f32" : from === "f32" || from === "u32" ? from : "i32";
  const parts = { dtype: wide, size: results * cut };
  let value = fold.value;
  if (cut * size > extent) {
    // Some parts are shorter: what is beyond the end must not count.
    const of: Index = { constant: 0, terms: [loop(part, cut), loop(axis + 1, size, cut)] };
    const n = moved.push(
      { op: "guard", dtype: "bool", guards: [{ of, low: 0, high: extent }] },
      { op: "const", dtype: from, value: neutral(fold.op, from) },
    );
    value = moved.push({ op: "where", dtype: from, a: n - 2, b: value, c: n - 1 }) - 1;
  }
  const position = flat([...k.loops, cut]);
  const inputs = k.buffers.filter((_, i) => i !== out);
  const { contraction: _, ...plain } = k;
  return {
    parts,
    first: {
      ...plain,
      loops: [...k.loops, cut],
      reduce: k.reduce.map((n, i) => (k.loops.length + i === axis ? size : n)),
      inner: moved,
      accumulators: [{ ...fold, value }],
      outer: [{ op: "accumulator", dtype: wide, a: 0 }],
      buffers: [...inputs, parts],
      stores: [{ buffer: inputs.length, index: position, value: 0 }],
    },
    second: {
      ...plain,
      reduce: [cut],
      inner: [{ op: "load", dtype: wide, buffer: inputs.length, index: position, guards: [], fill: 0 }],
      accumulators: [{ ...fold, value: 0 }],
      outer: k.outer.map(renumbered),
      buffers: [...inputs, parts, k.buffers[out] as Kernel["buffers"][number]],
      stores: k.stores.map((s) => ({ ...s, buffer: inputs.length + 1 })),
    },
  };
}

/** Row-major position of loops 0, 1, … of these extents. */
function flat(extents: readonly number[]): Index {
  const terms: Term[] = [];
  let stride = 1;
  for (let i = extents.length - 1; i >= 0; i--) {
    const extent = extents[i] as number;
    if (extent > 1) terms.unshift(loop(i, extent, stride));
    stride *= extent;
  }
  return { constant: 0, terms };
}
