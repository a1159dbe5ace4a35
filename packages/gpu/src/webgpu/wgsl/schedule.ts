import type { Index, Instruction, Kernel } from "@gradus/tensor";
import { affine } from "@gradus/tensor/backend";
import { loadsOf, type Tile, vectors } from "./block.ts";

/** What schedules depend on: a CPU that plays a GPU has few cores, and its workgroups wait for one another at a price. */
export interface Target {
  readonly cpu: boolean;
}

/** How a kernel is spread: which loops an invocation does several steps of, and whether a workgroup folds together. */
export interface Schedule {
  readonly tiles: readonly Tile[];
  readonly together: boolean;
}

const LANES = 64;
const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Loops under an index. */
function* loopsOf(e: Index): Generator<number | null> {
  for (const { atom } of e.terms) {
    if (atom.kind === "loop") yield atom.loop;
    else if (atom.kind === "value") yield null;
    else yield* loopsOf(atom.of);
  }
}

/** Of each load in the fold, the output loops that it depends on; null for what depends on data. */
function dependencies(inner: readonly Instruction[], outputs: number): (ReadonlySet<number> | null)[] {
  return inner.flatMap((x) => {
    if (x.op !== "load") return [];
    const found = [x.index, ...x.guards.map((g) => g.of)].flatMap((e) => [...loopsOf(e)]);
    if (found.includes(null)) return [null];
    return [new Set(found.filter((l): l is number => l !== null && l < outputs))];
  });
}

/** Elements that an invocation holds at most. */
const MOST = 64;
/** Products that are written out one after another at most. */
const LONGEST = 256;

/** Steps worth a try: what divides a loop, and powers of two. */
const stepsFor = (n: number): number[] =>
  [2, 3, 4, 5, 6, 7, 8].filter((s) => s <= n && (n % s === 0 || (n > 8 && (s === 4 || s === 8))));

/** The tiles that leave the fewest loads per product: of one or two output loops, and of the innermost reduction loop, with enough invocations left. */
function tilesFor({ loops, inner, reduce, accumulators }: Kernel, least: number): readonly Tile[] {
  const loads = dependencies(inner, loops.length);
  if (accumulators.length !== 1 || accumulators[0]?.op !== "sum" || loads.length < 2 || product(reduce) < 4) return [];
  if (loads.includes(null)) return [];
  const size = product(loops);
  const options = loops.flatMap((n, loop) =>
    loads.some((on) => on?.has(loop)) ? stepsFor(n).map((steps) => ({ loop, steps })) : [],
  );
  /** Loads per product; steps beyond the end of a loop are work for nothing. */
  const cost = (tiles: readonly Tile[]): number => {
    const done = product(tiles.map((t) => t.steps));
    const wasted = tiles.map(({ loop, steps }) => {
      const n = loops[loop];
      return n === undefined ? 1 : (Math.ceil(n / steps) * steps) / n;
    });
    return (product(wasted) * (done + 2 * loadsOf(inner, tiles, vectors([inner], tiles)))) / done;
  };
  const terms = reduce.at(-1) as number;
  const last = loops.length + reduce.length - 1;
  const unrolled = [2, 3, 4, 5, 7].filter((s) => terms % s === 0).map((steps) => ({ loop: last, steps }));
  let [best, lowest] = [[] as readonly Tile[], Number.POSITIVE_INFINITY];
  const consider = (tiles: readonly Tile[]): void => {
    const steps = product(tiles.map((t) => t.steps));
    if (steps > MOST || size / steps < least) return;
    for (const all of [tiles, ...(steps > 1 ? unrolled.map((t) => [...tiles, t]) : [])]) {
      if (product(all.map((t) => t.steps)) > LONGEST) continue;
      const c = cost(all);
      if (c < lowest * 0.99) [best, lowest] = [all, c];
    }
  };
  consider([]);
  // the last loops first: neighbours in memory
  for (const b of [...options].reverse()) {
    consider([b]);
    for (const a of options) if (a.loop < b.loop) consider([a, b]);
  }
  return best;
}

/** Chooses tiles first; a workgroup folds together what then leaves the device idle. */
export function schedule(kernel: Kernel, { cpu }: Target, tiled: boolean): Schedule {
  const { loops, reduce, inner, accumulators } = kernel;
  const terms = product(reduce);
  if (accumulators.length === 0) return { tiles: [], together: false };
  // A workgroup that folds together stands for all its lanes.
  const long = terms >= 4 * LANES;
  const tiles = tiled ? tilesFor(kernel, cpu ? 64 : long ? 256 : 8192) : [];
  const own = tiles.filter((t) => t.loop < loops.length);
  const elements = product(loops) / product(own.map((t) => t.steps));
  if (!long) return { tiles, together: false };
  // lanes that fold together share out single terms
  const apart = (together: boolean): Schedule => ({ tiles: together ? own : tiles, together });
  if (cpu) return apart(elements < 16 && terms >= 4096);
  const last = loops.length + reduce.length - 1;
  const rows = inner.some((x) => x.op === "load" && affine(x.index, last + 1)?.strides[last] === 1);
  const few = elements < 4096;
  return apart(few || (tiles.length === 0 && rows && (reduce.at(-1) as number) >= LANES && elements < 65536));
}
