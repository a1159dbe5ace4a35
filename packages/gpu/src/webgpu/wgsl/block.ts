import type { DType, Guard, Index, Instruction } from "@gradus/tensor";
import { guardText, indexText, type Names, valueText } from "./instructions.ts";
import { literal, loaded, perWord } from "./types.ts";

/** A loop of which one invocation does several neighbouring steps at a time. */
export interface Tile {
  readonly loop: number;
  readonly steps: number;
}

/** All steps of all tiles. */
export function combinations(tiles: readonly Tile[]): number[][] {
  return tiles.reduce<number[][]>(
    (list, { steps }) => list.flatMap((at) => Array.from({ length: steps }, (_, k) => [...at, k])),
    [[]],
  );
}

/** The index at the given steps: loop variables then stand at the first one. */
export function shifted(e: Index, tiles: readonly Tile[], at: readonly number[]): Index {
  let { constant } = e;
  const terms = e.terms.map((t) => {
    const { atom } = t;
    if (atom.kind === "value") return t;
    if (atom.kind !== "loop") return { ...t, atom: { ...atom, of: shifted(atom.of, tiles, at) } };
    const i = tiles.findIndex(({ loop }) => loop === atom.loop);
    if (i >= 0) constant += t.coefficient * (at[i] as number);
    return t;
  });
  return { constant, terms };
}

/** Buffers that can be read four elements at a time: whole words, no guards, and every address but for its constant a multiple of 4. */
export function vectors(lists: readonly (readonly Instruction[])[], tiles: readonly Tile[]): ReadonlySet<number> {
  const [good, bad] = [new Set<number>(), new Set<number>()];
  for (const x of lists.flat()) {
    if (x.op !== "load") continue;
    const aligned = x.index.terms.every(({ coefficient, atom }) => {
      const steps = atom.kind === "loop" ? (tiles.find((t) => t.loop === atom.loop)?.steps ?? 1) : 1;
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

/**
 * Instructions at every combination of the tiles' steps. What is the same at several of them is computed once, and everything in the outermost reduction
 * loop that it can stand in.
 */
export class Block {
  /** Statements by depth: 0 before the reduction loops, d in the d-th of them. */
  readonly levels: string[][];
  private readonly list: readonly Instruction[];
  private readonly prefix: string;
  private readonly outputs: number;
  private readonly tiles: readonly Tile[];
  private readonly vectors: ReadonlySet<number>;
  private readonly rest: Pick<Names, "buffer"> & { accumulator(a: number, at: readonly number[]): string };
  /** Variables by what they hold, and how deep they stand. */
  private readonly known = new Map<string, string>();
  private readonly depth = new Map<string, number>();
  /** Names of the results by combination. */
  private readonly results = new Map<string, string[]>();

  /** @param outputs loops that are no reductions, @param depth reduction loops around the block, @param after innermost statements after each combination */
  constructor(
    list: readonly Instruction[],
    prefix: string,
    outputs: number,
    depth: number,
    tiles: readonly Tile[],
    vectors: ReadonlySet<number>,
    rest: Block["rest"],
    after: (at: readonly number[], names: readonly string[]) => readonly string[] = () => [],
  ) {
    this.list = list;
    this.prefix = prefix;
    this.outputs = outputs;
    this.tiles = tiles;
    this.vectors = vectors;
    this.rest = rest;
    this.levels = Array.from({ length: depth + 1 }, () => []);
    for (const at of combinations(tiles)) {
      const names: string[] = [];
      this.results.set(at.join(), names);
      for (const x of list) names.push(this.print(x, at, names));
      // at once, so that few values wait
      (this.levels[depth] as string[]).push(...after(at, names));
    }
  }

  /** What result `n` is called at the given steps of the tiles. */
  name(n: number, at: readonly number[]): string {
    return (this.results.get(at.join()) as string[])[n] as string;
  }

  /** A variable at a depth that holds `text`; `used` are those that the text reads. */
  private keep(text: string, depth: number): string {
    const found = this.known.get(text);
    if (found !== undefined) return found;
    const name = `${this.prefix}${this.known.size}`;
    this.known.set(text, name);
    this.depth.set(name, depth);
    (this.levels[depth] as string[]).push(`let ${name} = ${text};`);
    return name;
  }

  private depthOf(e: Index, names: readonly string[]): number {
    return e.terms.reduce((depth, { atom }) => {
      if (atom.kind === "loop") return Math.max(depth, atom.loop - this.outputs + 1);
      if (atom.kind === "value") return Math.max(depth, this.depth.get(names[atom.instruction] as string) as number);
      return Math.max(depth, this.depthOf(atom.of, names));
    }, 0);
  }

  private print(x: Instruction, at: readonly number[], names: readonly string[]): string {
    const own: Names = {
      buffer: this.rest.buffer,
      accumulator: (a) => this.rest.accumulator(a, at),
      value: (n) => names[n] as string,
      loop: (l) => `l${l}`,
    };
    if (x.op === "load") return this.load(x, at, names, own);
    if (x.op === "guard") {
      const { text, depth } = this.guards(x.guards, at, names, own);
      return this.keep(text, depth);
    }
    if (x.op === "index") {
      const index = shifted(x.index, this.tiles, at);
      return this.keep(indexText(index, own), this.depthOf(index, names));
    }
    let depth = 0;
    if (x.op !== "const" && x.op !== "accumulator")
      for (const k of ["a", "b", "c"] as const)
        if (k in x) {
          const operand = names[(x as unknown as Record<string, number>)[k] as number] as string;
          depth = Math.max(depth, this.depth.get(operand) as number);
        }
    return this.keep(
      valueText(x, (i) => (this.list[i] as Instruction).dtype, own),
      depth,
    );
  }

  /** A condition of guards, each of which is computed where its loops are known. */
  private guards(
    guards: readonly Guard[],
    at: readonly number[],
    names: readonly string[],
    own: Names,
  ): { text: string; depth: number } {
    let depth = 0;
    const parts = guards.map((g) => {
      const of = shifted(g.of, this.tiles, at);
      const here = this.depthOf(of, names);
      depth = Math.max(depth, here);
      return this.keep(guardText({ ...g, of }, own), here);
    });
    return { text: parts.length === 0 ? "true" : parts.join(" && "), depth };
  }

  /** An address is added up on the way in. */
  private address(index: Index, names: readonly string[], own: Names): { text: string; depth: number } {
    const depth = this.depthOf(index, names);
    let text = "";
    for (let d = 0; d <= depth; d++) {
      const terms = index.terms.filter((t) => this.depthOf({ constant: 0, terms: [t] }, names) === d);
      if (terms.length === 0) continue;
      const here = indexText({ constant: 0, terms }, own);
      text = this.keep(text === "" ? here : `${text} + ${here}`, d);
    }
    if (text === "") return { text: `${index.constant}`, depth };
    return { text: index.constant === 0 ? text : `${text} + ${index.constant}`, depth };
  }

  private load(
    x: Extract<Instruction, { op: "load" }>,
    at: readonly number[],
    names: readonly string[],
    own: Names,
  ): string {
    const index = shifted(x.index, this.tiles, at);
    const buffer = own.buffer(x.buffer);
    if (this.vectors.has(x.buffer)) {
      const lane = index.constant & 3;
      const four = this.address({ ...index, constant: index.constant - lane }, names, own);
      const whole = this.keep(`${buffer}[(${four.text}) >> 2u]`, four.depth);
      return this.keep(`${whole}.${"xyzw"[lane]}`, four.depth);
    }
    const address = this.address(index, names, own);
    const text = loaded(x.dtype, buffer, address.text);
    if (x.guards.length === 0) return this.keep(text, address.depth);
    const condition = this.guards(x.guards, at, names, own);
    // What lies outside a buffer is never read: WebGPU sees to that.
    return this.keep(
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

/** Loads that one step of the innermost loop takes, about as {@link Block} prints them; a guard counts as one more. */
export function loadsOf(list: readonly Instruction[], tiles: readonly Tile[], wide: ReadonlySet<number>): number {
  let count = 0;
  for (const x of list) {
    if (x.op !== "load") continue;
    let offsets = [x.index.constant];
    let apart = 1;
    for (const { loop, steps } of tiles) {
      const { coefficient, bent } = weight(x.index, loop);
      if (bent) apart *= steps;
      else if (coefficient !== 0)
        offsets = offsets.flatMap((o) => Array.from({ length: steps }, (_, k) => o + k * coefficient));
    }
    if (wide.has(x.buffer)) offsets = offsets.map((o) => o >> 2);
    count += new Set(offsets).size * apart * (1 + x.guards.length);
  }
  return count;
}

export const suffix = (at: readonly number[]): string => at.map((k) => `_${k}`).join("");

/** The element type of a buffer that is read four at a time. */
export const vectorType = (dtype: DType): string => `vec4<${dtype}>`;
