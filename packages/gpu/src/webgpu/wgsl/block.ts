import type { DType, Guard, Index, Instruction } from "@gradus/tensor";
import { guardText, indexText, type Names, valueText } from "./instructions.ts";
import { literal, loaded, perWord } from "./types.ts";

/** A loop of which one invocation does several neighbouring steps at a time. */
export interface Tile {
  readonly loop: number;
  readonly steps: number;
}

/** Loads that neighbouring invocations share: all of them work on the same steps of loop `row`, and each loads one of four and gets the others. */
export interface Shared {
  readonly row: number;
  readonly loads: ReadonlySet<Instruction>;
}

type Load = Extract<Instruction, { op: "load" }>;

/** All steps of all tiles. */
export function combinations(tiles: readonly Tile[]): number[][] {
  return tiles.reduce<number[][]>(
    (list, { steps }) => list.flatMap((at) => Array.from({ length: steps }, (_, k) => [...at, k])),
    [[]],
  );
}

/** The index at the given steps: loop variables then stand at the first one. Those that a tile runs through altogether are gone, but for `row`. */
export function shifted(e: Index, tiles: readonly Tile[], at: readonly number[], row = -1): Index {
  let { constant } = e;
  const terms = e.terms.flatMap((t) => {
    const { atom } = t;
    if (atom.kind === "value") return t;
    if (atom.kind !== "loop") return { ...t, atom: { ...atom, of: shifted(atom.of, tiles, at, row) } };
    const i = tiles.findIndex(({ loop }) => loop === atom.loop);
    if (i < 0) return t;
    constant += t.coefficient * (at[i] as number);
    return (tiles[i] as Tile).steps === atom.extent && atom.loop !== row ? [] : t;
  });
  return { constant, terms };
}

/** Buffers that can be read four elements at a time: whole words, no guards, and every address but for its constant a multiple of 4. */
export function vectors(
  lists: readonly (readonly Instruction[])[],
  tiles: readonly Tile[],
  shared: Shared | null = null,
): ReadonlySet<number> {
  const [good, bad] = [new Set<number>(), new Set<number>()];
  for (const x of lists.flat()) {
    if (x.op !== "load") continue;
    const aligned = x.index.terms.every(({ coefficient, atom }) => {
      const single = atom.kind !== "loop" || (atom.loop === shared?.row && shared.loads.has(x));
      const steps = single ? 1 : (tiles.find((t) => t.loop === atom.loop)?.steps ?? 1);
      return (coefficient * steps) % 4 === 0;
    });
    const gains = tiles.some((t) =>
      x.index.terms.some(({ coefficient, atom }) => coefficient === 1 && atom.kind === "loop" && atom.loop === t.loop),
    );
    (perWord(x.dtype) === 1 && x.dtype !== "bool" && x.guards.length === 0 && aligned && gains ? good : bad).add(
      x.buffer,
    );
  }
  return new Set([...good].filter((b) => !bad.has(b)));
}

type Rest = Pick<Names, "buffer"> & {
  accumulator(a: number, at: readonly number[]): string;
  /** What a load gives that needs no memory, and how deep that stands. */
  kept?(x: Load): { readonly text: string; readonly depth: number } | null;
};

/**
 * Instructions at every combination of the tiles' steps. What is the same at several of them is computed once, and everything in the outermost reduction
 * loop that it can stand in.
 */
export class Block {
  /** Statements by depth: 0 before the reduction loops, d in the d-th of them. */
  readonly levels: string[][];
  readonly #list: readonly Instruction[];
  readonly #prefix: string;
  readonly #outputs: number;
  readonly #tiles: readonly Tile[];
  readonly #vectors: ReadonlySet<number>;
  readonly #shared: Shared | null;
  readonly #rest: Rest;
  /** Variables by what they hold, and how deep they stand. */
  readonly #known = new Map<string, string>();
  readonly #depth = new Map<string, number>();
  /** Names of the results by combination. */
  readonly #results = new Map<string, string[]>();

  /** @param outputs loops that are no reductions, @param depth reduction loops around the block, @param after innermost statements after each combination */
  constructor(
    list: readonly Instruction[],
    prefix: string,
    outputs: number,
    depth: number,
    tiles: readonly Tile[],
    vectors: ReadonlySet<number>,
    shared: Shared | null,
    rest: Rest,
    after: (at: readonly number[], names: readonly string[]) => readonly string[] = () => [],
  ) {
    this.#list = list;
    this.#prefix = prefix;
    this.#outputs = outputs;
    this.#tiles = tiles;
    this.#vectors = vectors;
    this.#shared = shared;
    this.#rest = rest;
    this.levels = Array.from({ length: depth + 1 }, () => []);
    for (const at of combinations(tiles)) {
      const names: string[] = [];
      this.#results.set(at.join(), names);
      for (const x of list) names.push(this.#print(x, at, names));
      // at once, so that few values wait
      (this.levels[depth] as string[]).push(...after(at, names));
    }
  }

  /** What result `n` is called at the given steps of the tiles. */
  name(n: number, at: readonly number[]): string {
    return (this.#results.get(at.join()) as string[])[n] as string;
  }

  /** A variable at a depth that holds `text`; `used` are those that the text reads. */
  #keep(text: string, depth: number): string {
    const found = this.#known.get(text);
    if (found !== undefined) return found;
    const name = `${this.#prefix}${this.#known.size}`;
    this.#known.set(text, name);
    this.#depth.set(name, depth);
    (this.levels[depth] as string[]).push(`let ${name} = ${text};`);
    return name;
  }

  #depthOf(e: Index, names: readonly string[]): number {
    return e.terms.reduce((depth, { atom }) => {
      if (atom.kind === "loop") return Math.max(depth, atom.loop - this.#outputs + 1);
      if (atom.kind === "value") return Math.max(depth, this.#depth.get(names[atom.instruction] as string) as number);
      return Math.max(depth, this.#depthOf(atom.of, names));
    }, 0);
  }

  #print(x: Instruction, at: readonly number[], names: readonly string[]): string {
    const own: Names = {
      buffer: this.#rest.buffer,
      accumulator: (a) => this.#rest.accumulator(a, at),
      value: (n) => names[n] as string,
      loop: (l) => `l${l}`,
    };
    if (x.op === "load") return this.#shared?.loads.has(x) ? this.#given(x, at, own) : this.#load(x, at, names, own);
    if (x.op === "guard") {
      const { text, depth } = this.#guards(x.guards, at, names, own);
      return this.#keep(text, depth);
    }
    if (x.op === "index") {
      const index = shifted(x.index, this.#tiles, at);
      return this.#keep(indexText(index, own), this.#depthOf(index, names));
    }
    let depth = 0;
    if (x.op !== "const" && x.op !== "accumulator")
      for (const k of ["a", "b", "c"] as const)
        if (k in x) {
          const operand = names[(x as unknown as Record<string, number>)[k] as number] as string;
          depth = Math.max(depth, this.#depth.get(operand) as number);
        }
    return this.#keep(
      valueText(x, (i) => (this.#list[i] as Instruction).dtype, own),
      depth,
    );
  }

  /** A condition of guards, each of which is computed where its loops are known. */
  #guards(
    guards: readonly Guard[],
    at: readonly number[],
    names: readonly string[],
    own: Names,
    row = -1,
  ): { text: string; depth: number } {
    let depth = 0;
    const parts = guards.map((g) => {
      const of = shifted(g.of, this.#tiles, at, row);
      const here = this.#depthOf(of, names);
      depth = Math.max(depth, here);
      return this.#keep(guardText({ ...g, of }, own), here);
    });
    return { text: parts.length === 0 ? "true" : parts.join(" && "), depth };
  }

  /** An address is added up on the way in. */
  #address(index: Index, names: readonly string[], own: Names): { text: string; depth: number } {
    const depth = this.#depthOf(index, names);
    let text = "";
    for (let d = 0; d <= depth; d++) {
      const terms = index.terms.filter((t) => this.#depthOf({ constant: 0, terms: [t] }, names) === d);
      if (terms.length === 0) continue;
      const here = indexText({ constant: 0, terms }, own);
      text = this.#keep(text === "" ? here : `${text} + ${here}`, d);
    }
    // a constant below zero is no index even where it is not used
    if (text === "") return { text: `${Math.max(0, index.constant)}`, depth };
    return { text: index.constant === 0 ? text : `${text} + ${index.constant}`, depth };
  }

  /** A load of which the invocation does a fourth: its own step of four, `s` steps from the first. */
  #given(x: Extract<Instruction, { op: "load" }>, at: readonly number[], own: Names): string {
    const { row } = this.#shared as Shared;
    const t = this.#tiles.findIndex(({ loop }) => loop === row);
    const step = at[t] as number;
    const first = at.map((k, i) => (i === t ? k - (k % 4) : k));
    const loop = (l: number): string => (l === row ? `s${l}` : `l${l}`);
    const value = this.#load(x, first, [], { ...own, loop }, row);
    return this.#keep(`subgroupBroadcast(${value}, ${step % 4}u)`, this.#depth.get(value) as number);
  }

  #load(x: Load, at: readonly number[], names: readonly string[], own: Names, row = -1): string {
    const kept = this.#rest.kept?.(x) ?? null;
    if (kept !== null) return this.#keep(kept.text, kept.depth);
    const index = shifted(x.index, this.#tiles, at, row);
    const buffer = own.buffer(x.buffer);
    if (this.#vectors.has(x.buffer)) {
      const lane = index.constant & 3;
      const four = this.#address({ ...index, constant: index.constant - lane }, names, own);
      const whole = this.#keep(`${buffer}[(${four.text}) >> 2u]`, four.depth);
      return this.#keep(`${whole}.${"xyzw"[lane]}`, four.depth);
    }
    const address = this.#address(index, names, own);
    const text = loaded(x.dtype, buffer, address.text);
    if (x.guards.length === 0) return this.#keep(text, address.depth);
    const condition = this.#guards(x.guards, at, names, own, row);
    // What lies outside a buffer is never read: WebGPU sees to that.
    return this.#keep(
      `select(${literal(x.dtype, x.fill)}, ${text}, ${condition.text})`,
      Math.max(address.depth, condition.depth),
    );
  }
}

/** How often a loop variable counts in an index, wherever it stands there; and whether it stands in a quotient or a remainder. */
function weight(e: Index, loop: number): { readonly coefficient: number; readonly bent: boolean } {
  let [coefficient, bent] = [0, false];
  for (const t of e.terms) {
    if (t.atom.kind === "loop" && t.atom.loop === loop) coefficient += t.coefficient;
    else if (t.atom.kind === "div" || t.atom.kind === "mod") {
      const inside = weight(t.atom.of, loop);
      if (inside.coefficient !== 0 || inside.bent) bent = true;
    }
  }
  return { coefficient, bent };
}

/** Loads and guards of one step of the innermost loop, about as {@link Block} prints them. */
export interface Loads {
  /** Elements or, where four are loaded at once, fours. */
  readonly loads: number;
  /** Elements. */
  readonly elements: number;
  readonly guards: number;
}

export function loadsOf(
  list: readonly Instruction[],
  tiles: readonly Tile[],
  wide: ReadonlySet<number>,
  shared: Shared | null = null,
): Loads {
  let [loads, elements, guards] = [0, 0, 0];
  for (const x of list) {
    if (x.op !== "load") continue;
    let offsets = [x.index.constant];
    let apart = 1;
    for (const { loop, steps } of tiles) {
      if (loop === shared?.row && shared.loads.has(x)) {
        apart *= Math.ceil(steps / 4);
        continue;
      }
      const { coefficient, bent } = weight(x.index, loop);
      if (bent) apart *= steps;
      else if (coefficient !== 0)
        offsets = offsets.flatMap((o) => Array.from({ length: steps }, (_, k) => o + k * coefficient));
    }
    const fours = wide.has(x.buffer);
    const count = new Set(fours ? offsets.map((o) => o >> 2) : offsets).size * apart;
    loads += count;
    elements += fours ? 4 * count : count;
    guards += count * x.guards.length;
  }
  return { loads, elements, guards };
}

export const suffix = (at: readonly number[]): string => at.map((k) => `_${k}`).join("");

/** The element type of a buffer that is read four at a time. */
export const vectorType = (dtype: DType): string => `vec4<${dtype}>`;
