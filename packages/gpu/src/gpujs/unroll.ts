import type { Accumulator, DType, Index, Instruction, Kernel, Term } from "@gradus/tensor";
import { indexKey } from "@gradus/tensor/backend";

/** A loop of which one thread does several neighbouring steps. */
export interface Tile {
  readonly loop: number;
  readonly steps: number;
}

/** All steps of all tiles, those of the last one fastest. */
export function combinations(tiles: readonly Tile[]): number[][] {
  return tiles.reduce<number[][]>(
    (list, { steps }) => list.flatMap((at) => Array.from({ length: steps }, (_, k) => [...at, k])),
    [[]],
  );
}

/** An index with its loops replaced: each term of a loop by what `of` makes of it. */
export function replaced(e: Index, of: (loop: number, coefficient: number) => Index): Index {
  let { constant } = e;
  const terms: Term[] = [];
  for (const t of e.terms) {
    const { atom, coefficient } = t;
    if (atom.kind === "value") terms.push(t);
    else if (atom.kind === "loop") {
      const by = of(atom.loop, coefficient);
      constant += by.constant;
      terms.push(...by.terms);
    } else {
      const inside = replaced(atom.of, of);
      const { by } = atom;
      // Whole multiples leave nothing over.
      if (inside.terms.some((x) => x.coefficient % by !== 0)) {
        terms.push({ coefficient, atom: { ...atom, of: inside } });
        continue;
      }
      const quotient = Math.floor(inside.constant / by);
      constant += coefficient * (atom.kind === "div" ? quotient : inside.constant - quotient * by);
      if (atom.kind === "div")
        terms.push(...inside.terms.map((x) => ({ ...x, coefficient: (coefficient * x.coefficient) / by })));
    }
  }
  return { constant, terms };
}

/** Instructions with every index replaced. */
export const replacedIn = (list: readonly Instruction[], index: (e: Index) => Index): Instruction[] =>
  list.map((x) => ({
    ...x,
    ...("guards" in x ? { guards: x.guards.map((g) => ({ ...g, of: index(g.of) })) } : {}),
    ...("index" in x ? { index: index(x.index) } : {}),
  }));

/** A list to which instructions are added, none of them twice. */
class List {
  readonly all: Instruction[] = [];
  private readonly known = new Map<string, number>();

  add(x: Instruction): number {
    const { index, guards, ...rest } = x as Instruction & {
      index?: Index;
      guards?: readonly { of: Index; low: number; high: number }[];
    };
    const number = x.op === "const" ? x.value : x.op === "load" ? x.fill : 0;
    const value = Object.is(number, -0) ? "-0" : String(number);
    const key = `${JSON.stringify(rest)} ${value} ${index === undefined ? "" : indexKey(index)} ${
      guards?.map((g) => `${g.low},${g.high},${indexKey(g.of)}`).join(";") ?? ""
    }`;
    let at = this.known.get(key);
    if (at === undefined) {
      at = this.all.push(x) - 1;
      this.known.set(key, at);
    }
    return at;
  }

  /** Adds a copy of a list whose indices and operands are moved; gives the places of its instructions. */
  copy(list: readonly Instruction[], index: (e: Index) => Index, accumulator: (a: number) => number): number[] {
    const places: number[] = [];
    const moved = (e: Index): Index => renumbered(index(e), places);
    for (const x of list) {
      const own = { ...replacedIn([x], moved)[0] } as Record<string, unknown>;
      if (x.op === "accumulator") own.a = accumulator(x.a);
      else for (const k of ["a", "b", "c"]) if (k in own) own[k] = places[own[k] as number];
      places.push(this.add(own as never));
    }
    return places;
  }
}

const renumbered = (e: Index, places: readonly number[]): Index => ({
  constant: e.constant,
  terms: e.terms.map(({ coefficient, atom }) => ({
    coefficient,
    atom:
      atom.kind === "value"
        ? { ...atom, instruction: places[atom.instruction] as number }
        : atom.kind === "loop"
          ? atom
          : { ...atom, of: renumbered(atom.of, places) },
  })),
});

/** The operation that joins two terms of a fold. */
function joined(
  kernel: Kernel,
  { op, value }: Accumulator,
): { readonly op: "add" | "max" | "min"; readonly dtype: DType } {
  const { dtype } = kernel.inner[value] as Instruction;
  return { op: op === "max" || op === "min" ? op : "add", dtype };
}

/**
 * The same kernel with fewer, larger steps: a point of its loops stores what the points of a tile of the original stored, in the order of {@link combinations}
 * of the `outputs`, each from a list of its own accumulators. Tiles of reduction loops, `terms`, divide their extents and are for sums of f32, maxima and minima; those of
 * output loops may reach beyond: such points read what is never used and must not be kept.
 */
export function unroll(kernel: Kernel, outputs: readonly Tile[], terms: readonly Tile[] = []): Kernel {
  if (outputs.length + terms.length === 0) return kernel;
  const { loops, reduce, contraction: _, ...rest } = kernel;
  const tiles = [...outputs, ...terms];
  const shifted =
    (at: readonly number[]) =>
    (e: Index): Index =>
      replaced(e, (loop, coefficient) => {
        const i = tiles.findIndex((t) => t.loop === loop);
        const steps = tiles[i]?.steps ?? 1;
        const extent = Math.ceil(([...loops, ...reduce][loop] as number) / steps);
        const constant = coefficient * (at[i] ?? 0);
        if (extent === 1) return { constant, terms: [] };
        return { constant, terms: [{ coefficient: coefficient * steps, atom: { kind: "loop", loop, extent } }] };
      });
  const fewer = (n: number, loop: number): number => Math.ceil(n / (tiles.find((t) => t.loop === loop)?.steps ?? 1));
  const [inner, outer] = [new List(), new List()];
  const accumulators: Accumulator[] = [];
  const stores: Kernel["stores"][number][] = [];
  const none = (): number => 0;
  for (const at of combinations(outputs)) {
    const copies = combinations(terms).map((k) => inner.copy(kernel.inner, shifted([...at, ...k]), none));
    const first = accumulators.length;
    for (const a of kernel.accumulators) {
      const value = copies
        .map((places) => places[a.value] as number)
        .reduce((sum, next) => inner.add({ ...joined(kernel, a), a: sum, b: next }));
      accumulators.push({ ...a, value });
    }
    const places = outer.copy(kernel.outer, shifted(at), (a) => first + a);
    for (const s of kernel.stores)
      stores.push({ ...s, index: renumbered(shifted(at)(s.index), places), value: places[s.value] as number });
  }
  return {
    ...rest,
    loops: loops.map(fewer),
    reduce: reduce.map((n, i) => fewer(n, loops.length + i)),
    inner: inner.all,
    outer: outer.all,
    accumulators,
    stores,
  };
}
