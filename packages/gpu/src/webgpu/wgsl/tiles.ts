import type { Index, Instruction, Kernel } from "@gradus/tensor";
import { loadsOf, type Shared, type Tile, vectors } from "./block.ts";
import { product } from "./positions.ts";
import type { Schedule, Target } from "./schedule.ts";

type Load = Extract<Instruction, { op: "load" }>;
/** Of a schedule what says how products are tiled. */
export type Tiling = Omit<Schedule, "together">;

/** Loops under an index. */
export function* loopsOf(e: Index): Generator<number | null> {
  for (const { atom } of e.terms) {
    if (atom.kind === "loop") yield atom.loop;
    else if (atom.kind === "value") yield null;
    else yield* loopsOf(atom.of);
  }
}

/** The output loops that a load depends on; null: on data. */
function dependencies(x: Load, outputs: number): ReadonlySet<number> | null {
  const found = [x.index, ...x.guards.map((g) => g.of)].flatMap((e) => [...loopsOf(e)]);
  return found.includes(null) ? null : new Set(found.filter((l): l is number => l !== null && l < outputs));
}

/** Elements that an invocation holds at most, and products that are written out one after another. */
const [MOST, LONGEST] = [64, 256];
/** The same where loads are shared. */
const [MOST_SHARED, LONGEST_SHARED] = [128, 512];
/** Products below which shared loads are not worth their compilation. */
const SMALL = 2 ** 16;

/** Steps worth a try: what divides a loop, and powers of two. */
const stepsFor = (n: number): number[] =>
  [2, 3, 4, 5, 6, 7, 8].filter((s) => s <= n && (n % s === 0 || (n > 8 && (s === 4 || s === 8))));

/** The best way to tile a sum of products, one candidate after another. */
class Search {
  readonly #kernel: Kernel;
  readonly #cpu: boolean;
  readonly #loads: readonly Load[];
  readonly #unrolled: readonly number[];
  #lowest = Number.POSITIVE_INFINITY;
  best: Tiling;

  constructor(kernel: Kernel, cpu: boolean, loads: readonly Load[], none: Tiling) {
    this.#kernel = kernel;
    this.#cpu = cpu;
    this.#loads = loads;
    const terms = kernel.reduce.at(-1) as number;
    this.#unrolled = [1, 2, 3, 4, 5, 7].filter((s) => terms % s === 0 || (s === 4 && terms > 16));
    this.best = none;
  }

  extent(loop: number, tiles: readonly Tile[]): number {
    return Math.ceil((this.#kernel.loops[loop] as number) / (tiles.find((t) => t.loop === loop)?.steps ?? 1));
  }

  /** Takes a tiling if it is cheaper than the best so far, with the innermost reduction loop unrolled as far as it pays. */
  consider(tiling: Tiling, longest: number): void {
    const { loops, reduce, inner } = this.#kernel;
    const { shared, common, lanes } = tiling;
    const last = loops.length + reduce.length - 1;
    const own = product(tiling.tiles.map((t) => t.steps));
    const done = (which: (l: number) => boolean): number =>
      product(loops.map((_, l) => (which(l) ? this.extent(l, tiling.tiles) : 1)));
    const positions = done((l) => !common.includes(l));
    const all = done((l) => common.includes(l)) * (shared === null ? positions : Math.ceil(positions / lanes) * lanes);
    const waste = (all * own) / product(loops);
    for (const k of own === 1 ? [1] : this.#unrolled) {
      const tiles = k === 1 ? tiling.tiles : [...tiling.tiles, { loop: last, steps: k }];
      if (own * k > longest) continue;
      const found = loadsOf(inner, tiles, vectors([inner], tiles, shared), shared);
      // A CPU loads for the lanes of a vector one by one, and a step of a loop touches every sum that it carries along.
      const extra = this.#cpu ? own + 10 * found.elements + 2 * found.guards : 2 * (found.loads + found.guards);
      const cost = (waste * (own * k + extra)) / (own * k);
      if (cost < this.#lowest * 0.99) {
        this.#lowest = cost;
        this.best = { ...tiling, tiles };
      }
    }
  }

  /** Tiles of one or two output loops, with at least so many invocations left. */
  plain(least: number): void {
    const { loops } = this.#kernel;
    const deps = this.#loads.map((x) => dependencies(x, loops.length));
    const options = loops.flatMap((n, loop) =>
      deps.some((on) => on?.has(loop)) ? stepsFor(n).map((steps) => ({ loop, steps })) : [],
    );
    const { best } = this;
    const consider = (tiles: readonly Tile[]): void => {
      const steps = product(tiles.map((t) => t.steps));
      if (steps <= MOST && product(loops) / steps >= least) this.consider({ ...best, tiles }, LONGEST);
    };
    consider([]);
    // the last loops first: neighbours in memory
    for (const b of [...options].reverse()) {
      consider([b]);
      for (const a of options) if (a.loop < b.loop) consider([a, b]);
    }
  }

  /** All invocations of a workgroup at the same steps of the loops that one factor depends on, so that each loads a fourth of it. */
  shared(): void {
    const { loops } = this.#kernel;
    for (const x of this.#loads) {
      const common = [...(dependencies(x, loops.length) as ReadonlySet<number>)].sort((a, b) => a - b);
      const columns = loops.flatMap((n, loop) =>
        common.includes(loop) ? [] : stepsFor(n).map((steps) => ({ loop, steps })),
      );
      for (const row of common) {
        const loads = this.#loads.filter((y) => {
          const on = [...(dependencies(y, loops.length) as ReadonlySet<number>)];
          return on.includes(row) && on.every((l) => common.includes(l));
        });
        const shared: Shared = { row, loads: new Set(loads) };
        for (const steps of [4, 8, 16].filter((s) => s < 2 * (loops[row] as number)))
          for (const column of [null, ...columns]) {
            const tiles = [{ loop: row, steps }, ...(column === null ? [] : [column])];
            if (product(tiles.map((t) => t.steps)) > MOST_SHARED) continue;
            tiles.sort((a, b) => a.loop - b.loop);
            const count = (within: boolean): number =>
              product(loops.map((_, l) => (common.includes(l) === within ? this.extent(l, tiles) : 1)));
            // enough workgroups for a few cores
            const [groups, positions] = [count(true), count(false)];
            const room = (lanes: number): number => Math.ceil(positions / lanes) * lanes;
            const sizes = [64, 32, 16].filter((lanes) => groups * Math.ceil(positions / lanes) >= 16);
            const lanes = sizes.reduce((a, b) => (room(b) < room(a) ? b : a), sizes[0] ?? 8);
            this.consider({ tiles, shared, common, lanes }, LONGEST_SHARED);
          }
      }
    }
  }
}

/** How the sums of products of a kernel are tiled, if that is what it is, so that loads per product are few; `least`: invocations that have to be left. */
export function tilesFor(kernel: Kernel, { cpu, subgroups, always }: Target, least: number, none: Tiling): Tiling {
  const { loops, inner, reduce, accumulators } = kernel;
  const loads = inner.filter((x): x is Load => x.op === "load");
  if (accumulators.length !== 1 || accumulators[0]?.op !== "sum" || loads.length < 2) return none;
  if (!always && product(reduce) < 4) return none;
  if (loads.some((x) => dependencies(x, loops.length) === null)) return none;
  const search = new Search(kernel, cpu, loads, none);
  search.plain(least);
  const large = always || product(loops) * product(reduce) >= SMALL;
  if (cpu && subgroups && large && loads.every((x) => x.dtype !== "bool")) search.shared();
  return search.best;
}
