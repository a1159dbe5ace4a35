import type { DType, Index, Instruction, Kernel, Term } from "@gradus/tensor";
import { addIndex, divIndex, modIndex, offsetIndex, rangeOf, scaleIndex } from "@gradus/tensor/backend";
import { product } from "./windows.ts";

type Load = Extract<Instruction, { op: "load" }>;

export const loop = (number: number, extent: number): Index =>
  extent === 1
    ? { constant: 0, terms: [] }
    : { constant: 0, terms: [{ coefficient: 1, atom: { kind: "loop", loop: number, extent } }] };

/** Row-major position of loops 0, 1, … of these extents. */
export const flat = (extents: readonly number[]): Index =>
  extents.reduce<Index>((e, n, l) => addIndex(scaleIndex(e, n), loop(l, n)), { constant: 0, terms: [] });

export const load = (dtype: DType, buffer: number, index: Index): Load => ({
  op: "load",
  dtype,
  buffer,
  index,
  guards: [],
  fill: 0,
});

/** An index with every loop variable replaced, simplified; `value` renumbers the instructions that it names. */
function replaced(e: Index, by: (l: number, extent: number) => Index, value: (n: number) => number): Index {
  return e.terms.reduce<Index>(
    (sum, { coefficient, atom }) => {
      let part: Index;
      if (atom.kind === "loop") part = by(atom.loop, atom.extent);
      else if (atom.kind === "value")
        part = { constant: 0, terms: [{ coefficient: 1, atom: { ...atom, instruction: value(atom.instruction) } }] };
      else part = (atom.kind === "div" ? divIndex : modIndex)(replaced(atom.of, by, value), atom.by);
      return addIndex(sum, scaleIndex(part, coefficient));
    },
    { constant: e.constant, terms: [] },
  );
}

const same = (n: number): number => n;

/** An instruction with every index mapped. */
function indexed(x: Instruction, f: (e: Index) => Index): Instruction {
  if (x.op === "index") return { ...x, index: f(x.index) };
  if (x.op !== "load" && x.op !== "guard") return x;
  const guards = x.guards.map((g) => ({ ...g, of: f(g.of) }));
  return x.op === "guard" ? { ...x, guards } : { ...x, guards, index: f(x.index) };
}

/** An instruction without guards that always hold; the constant that it is where one never does. */
function decided(x: Instruction): Instruction {
  if (x.op !== "load" && x.op !== "guard") return x;
  const guards = x.guards.filter((g) => {
    const [low, high] = rangeOf(g.of);
    return low < g.low || high >= g.high;
  });
  const never = guards.some((g) => {
    const [low, high] = rangeOf(g.of);
    return high < g.low || low >= g.high;
  });
  if (never) return { op: "const", dtype: x.dtype, value: x.op === "load" ? x.fill : 0 };
  if (x.op === "guard" && guards.length === 0) return { op: "const", dtype: "bool", value: 1 };
  return { ...x, guards };
}

/** The parts of a kernel that name loops, with every loop variable replaced. */
export function onLoops(
  k: Kernel,
  by: (l: number, extent: number) => Index,
): Pick<Kernel, "inner" | "outer" | "stores"> {
  const f = (e: Index): Index => replaced(e, by, same);
  return {
    inner: k.inner.map((x) => decided(indexed(x, f))),
    outer: k.outer.map((x) => decided(indexed(x, f))),
    stores: k.stores.map((s) => ({ ...s, index: f(s.index) })),
  };
}

/** Part of the loops and the reduction loops: `count` steps from `from` on, of each. */
export function restricted(k: Kernel, from: readonly number[], count: readonly number[]): Kernel {
  const { contraction: _, ...plain } = k;
  return {
    ...plain,
    loops: count.slice(0, k.loops.length),
    reduce: count.slice(k.loops.length),
    ...onLoops(k, (l) => offsetIndex(loop(l, count[l] as number), from[l] as number)),
  };
}

/** All output loops as one. */
export function flattened(k: Kernel): Kernel {
  const { contraction: _, ...plain } = k;
  const size = product(k.loops);
  const strides = k.loops.map((_, l) => product(k.loops.slice(l + 1)));
  return {
    ...plain,
    loops: [size],
    ...onLoops(k, (l, extent) =>
      l < k.loops.length
        ? modIndex(divIndex(loop(0, size), strides[l] as number), extent)
        : loop(l - k.loops.length + 1, extent),
    ),
  };
}

/** The index of every load and store of a buffer moved back by as many elements as `by` tells. */
export function moved(k: Kernel, by: (buffer: number) => number): Kernel {
  const list = (xs: readonly Instruction[]): Instruction[] =>
    xs.map((x) => (x.op === "load" ? { ...x, index: offsetIndex(x.index, -by(x.buffer)) } : x));
  return {
    ...k,
    inner: list(k.inner),
    outer: list(k.outer),
    stores: k.stores.map((s) => ({ ...s, index: offsetIndex(s.index, -by(s.buffer)) })),
  };
}

const valuesIn = (e: Index): number[] =>
  e.terms.flatMap(({ atom }) =>
    atom.kind === "value" ? [atom.instruction] : atom.kind === "loop" ? [] : valuesIn(atom.of),
  );

/** Positions of the instructions that an instruction reads. */
export function operandsOf(x: Instruction): number[] {
  if (x.op === "const" || x.op === "accumulator") return [];
  if (x.op === "index") return valuesIn(x.index);
  if (x.op === "load" || x.op === "guard")
    return [...x.guards.map((g) => g.of), ...(x.op === "load" ? [x.index] : [])].flatMap(valuesIn);
  return ["a", "b", "c"].flatMap((key) => (key in x ? [(x as unknown as Record<string, number>)[key] as number] : []));
}

/** The instructions that some results need, and where each went. */
export function cone(list: readonly Instruction[], results: readonly number[]): [Instruction[], Map<number, number>] {
  const needed = new Set(results);
  for (let i = list.length - 1; i >= 0; i--)
    if (needed.has(i)) for (const o of operandsOf(list[i] as Instruction)) needed.add(o);
  const to = new Map([...needed].sort((a, b) => a - b).map((old, i) => [old, i]));
  const at = (n: number): number => to.get(n) as number;
  const kept = [...to.keys()].map((i): Instruction => {
    const x = indexed(list[i] as Instruction, (e) => replaced(e, (l, n) => loop(l, n), at));
    if (x.op === "accumulator" || x.op === "const" || x.op === "index" || x.op === "load" || x.op === "guard") return x;
    const moved = Object.fromEntries(
      ["a", "b", "c"].flatMap((key) =>
        key in x ? [[key, at((x as unknown as Record<string, number>)[key] as number)]] : [],
      ),
    );
    return { ...x, ...moved } as Instruction;
  });
  return [kept, to];
}

/** The same kernel without what nobody needs: instructions, and folds. */
export function pruned(k: Kernel): Kernel {
  const [outer, outerTo] = cone(
    k.outer,
    k.stores.map((s) => s.value),
  );
  const folds = [...new Set(outer.flatMap((x) => (x.op === "accumulator" ? [x.a] : [])))].sort((a, b) => a - b);
  const accumulators = folds.map((a) => k.accumulators[a] as Kernel["accumulators"][number]);
  const [inner, innerTo] = cone(
    k.inner,
    accumulators.map((a) => a.value),
  );
  return {
    ...k,
    reduce: folds.length === 0 ? [] : k.reduce,
    inner,
    accumulators: accumulators.map((a) => ({ ...a, value: innerTo.get(a.value) as number })),
    outer: outer.map((x) => (x.op === "accumulator" ? { ...x, a: folds.indexOf(x.a) } : x)),
    stores: k.stores.map((s) => ({ ...s, value: outerTo.get(s.value) as number })),
  };
}

/** A kernel that stores a value of the outer list, computed by `values` more instructions after it, row-major in its last buffer. */
export function storing(k: Kernel, value: number, dtype: DType, index: Index, size: number): Kernel {
  const { contraction: _, ...plain } = k;
  return pruned({
    ...plain,
    buffers: [...k.buffers, { dtype, size }],
    stores: [{ buffer: k.buffers.length, index, value }],
  });
}

/** What the inner list computes at each point of all loops, as a kernel without folds: its outer list is the inner one. */
export const pointwise = (k: Kernel): Kernel => ({
  ...k,
  loops: [...k.loops, ...k.reduce],
  reduce: [],
  inner: [],
  accumulators: [],
  outer: k.inner,
});

export type { Load, Term };
