import type { DType, Instruction, Kernel } from "@gradus/tensor";
import { dtypes } from "@gradus/tensor";
import { affine } from "@gradus/tensor/backend";
import { Block, combinations, shifted, suffix, type Tile, vectors, vectorType } from "./block.ts";
import { productOf } from "./factors.ts";
import { Fold, meet } from "./fold.ts";
import { fitted } from "./groups.ts";
import { indexText } from "./instructions.ts";
import { positions, product } from "./positions.ts";
import { type Bound, type Program, program, spread } from "./program.ts";
import { type Schedule, schedule, type Target } from "./schedule.ts";
import { printStaged, stagesFor, wordsFit } from "./staged.ts";
import { memoryType, packed, perWord, registers } from "./types.ts";

/** Invocations of a workgroup. */
const LANES = 64;

type Store = Kernel["stores"][number];

/** Whether the loops of a kernel can be printed: without f64, and with one result, written in the order of the loops. */
export function printable(kernel: Kernel): boolean {
  const { inner, outer, buffers, stores, loops, accumulators } = kernel;
  const dtypesIn = [...inner, ...outer, ...buffers, ...accumulators].map((x) => x.dtype);
  if (dtypesIn.includes("f64") || stores.length !== 1) return false;
  const flat = affine((stores[0] as Store).index, loops.length);
  return (
    flat !== null &&
    flat.constant === 0 &&
    loops.every((n, i) => n === 1 || flat.strides[i] === product(loops.slice(i + 1)))
  );
}

/** The buffers of a kernel as bindings: the last of them, the result, may be the same memory as operand `same`. Those in `wide` are read four elements at a time. */
function bind(
  kernel: Kernel,
  same: number,
  wide: ReadonlySet<number>,
): { bound: Bound[]; name: (b: number) => string } {
  const out = (kernel.stores[0] as Store).buffer;
  const used = new Set([...kernel.inner, ...kernel.outer].flatMap((x) => (x.op === "load" ? [x.buffer] : [])));
  const bound = kernel.buffers.flatMap(({ dtype }, b): Bound[] =>
    b === out || (used.has(b) && b !== same)
      ? [{ buffer: b, name: `b${b}`, type: wide.has(b) ? vectorType(dtype) : memoryType(dtype), written: b === out }]
      : [],
  );
  return { bound, name: (b) => `b${b === same ? out : b}` };
}

/** The text of one kernel in parts, for the tiles that its schedule says. */
class Parts {
  readonly folds: readonly Fold[];
  readonly #kernel: Kernel;
  readonly #tiles: readonly Tile[];
  readonly #outputTiles: readonly Tile[];
  /** Output loops that all invocations of a workgroup are at the same step of. */
  readonly #common: readonly number[];
  readonly #inner: Block;
  /** What is left over of the innermost reduction loop when it is unrolled, and its terms. */
  readonly #tail: Block | null;
  readonly #left: number;
  readonly #outer: Block;

  constructor(
    kernel: Kernel,
    { tiles, together, shared, common }: Schedule,
    wide: ReadonlySet<number>,
    buffer: (b: number) => string,
  ) {
    const { loops, reduce, inner, outer, accumulators } = kernel;
    this.#kernel = kernel;
    this.#common = common;
    this.#tiles = tiles;
    this.#outputTiles = tiles.filter((t) => t.loop < loops.length);
    this.folds = accumulators.map((a, i) => new Fold(a, i, (inner[a.value] as Instruction).dtype));
    const accumulator = (a: number, at: readonly number[]): string => `${(this.folds[a] as Fold).result}${suffix(at)}`;
    const rest = { buffer, accumulator };
    const position = together ? "r" : "position";
    const last = loops.length + reduce.length - 1;
    const terms = (prefix: string, tiles: readonly Tile[]): Block =>
      new Block(inner, prefix, loops.length, reduce.length, tiles, wide, shared, rest, (at, names) => {
        const own = suffix(at.filter((_, i) => (tiles[i] as Tile).loop < loops.length));
        return this.folds.map((f, i) => f.step(own, names[accumulators[i]?.value as number] as string, position));
      });
    this.#inner = terms("w", tiles);
    this.#left = reduce.length === 0 ? 0 : (reduce.at(-1) as number) % this.#steps(last);
    this.#tail =
      this.#left === 0
        ? null
        : terms(
            "x",
            tiles.map((t) => (t.loop === last ? { loop: last, steps: this.#left } : t)),
          );
    this.#outer = new Block(outer, "v", loops.length, 0, this.#outputTiles, wide, null, rest);
  }

  #steps(loop: number): number {
    return this.#tiles.find((t) => t.loop === loop)?.steps ?? 1;
  }

  #extent(loop: number): number {
    return Math.ceil((this.#kernel.loops[loop] as number) / this.#steps(loop));
  }

  /** Positions in the loops that invocations do not have in common, and in those that they have. */
  get own(): number {
    return product(this.#kernel.loops.map((_, l) => (this.#common.includes(l) ? 1 : this.#extent(l))));
  }
  get groups(): number {
    return product(this.#common.map((l) => this.#extent(l)));
  }

  /** Loop variables from the position `flat` of an invocation, and that of its workgroup in the common loops, `place`. */
  start(): string[] {
    const all = this.#kernel.loops.map((_, l) => l);
    const found = (loops: readonly number[], from: string): string[] =>
      positions(
        loops.map((l) => this.#extent(l)),
        (i) => (this.#steps(loops[i] as number) === 1 ? `l${loops[i]}` : `t${loops[i]}`),
        from,
      );
    return [
      ...found(this.#common, "place"),
      ...found(
        all.filter((l) => !this.#common.includes(l)),
        "flat",
      ),
      ...this.#outputTiles.map(({ loop, steps }) => `let l${loop} = t${loop} * ${steps};`),
      ...combinations(this.#outputTiles).flatMap((at) => this.folds.map((f) => f.start(suffix(at)))),
    ];
  }

  /** The fold over all reduction loops, one inside the other. */
  nest(): string[] {
    if (this.folds.length === 0) return [];
    const { loops, reduce } = this.#kernel;
    const finds = this.folds.some((f) => f.finds);
    const at = (d: number): string[] => [
      ...(this.#inner.levels[d] as string[]),
      ...(d < reduce.length ? (this.#tail?.levels[d] ?? []) : []),
    ];
    const lines = finds ? ["var position = 0;"] : [];
    let whole = 0;
    reduce.forEach((n, r) => {
      const l = `l${loops.length + r}`;
      const steps = this.#steps(loops.length + r);
      lines.push(...at(r));
      if (steps < n || steps === 1) lines.push(`for (var ${l} = 0; ${l} < ${n - (n % steps)}; ${l} += ${steps}) {`);
      else whole++;
    });
    lines.push(...at(reduce.length), ...(finds ? ["position++;"] : []));
    if (this.#tail !== null) {
      const l = `l${loops.length + reduce.length - 1}`;
      const rest = this.#tail.levels[reduce.length] as string[];
      lines.push("}", `let ${l} = ${(reduce.at(-1) as number) - this.#left};`, ...rest);
      whole++;
    }
    return [...lines, "}".repeat(reduce.length - whole)];
  }

  /** The fold over every LANES-th position. */
  shared(): string[] {
    const { loops, reduce } = this.#kernel;
    return [
      ...(this.#inner.levels[0] as string[]),
      `for (var r = i32(lane); r < ${product(reduce)}; r += ${LANES}) {`,
      ...positions(reduce, (i) => `l${loops.length + i}`, "r"),
      ...this.#inner.levels.slice(1).flat(),
      "}",
    ];
  }

  /** Folds what the lanes of a workgroup hold. */
  tree(near: number): string[] {
    return combinations(this.#outputTiles).flatMap((at) => meet(this.folds, suffix(at), LANES, near));
  }

  /** Statements from the folds' results to the values that are stored. */
  finish(): string[] {
    return [
      ...combinations(this.#outputTiles).flatMap((at) => this.folds.map((f) => f.finish(suffix(at), this.#wanted(f)))),
      ...(this.#outer.levels[0] as string[]),
    ];
  }

  #wanted(f: Fold): DType {
    const x = this.#kernel.outer.find((y) => y.op === "accumulator" && this.folds[y.a] === f);
    return x?.dtype ?? "f32";
  }

  /** Stores of whole words, one for each combination of steps, where `condition` holds. */
  stores(out: string, condition?: string): string[] {
    const store = this.#kernel.stores[0] as Store;
    const { loops } = this.#kernel;
    return combinations(this.#outputTiles).map((at) => {
      const index = indexText(shifted(store.index, this.#outputTiles, at), {
        value: (n) => this.#outer.name(n, at),
        loop: (l) => `l${l}`,
        buffer: String,
        accumulator: String,
      });
      const inside = condition === undefined ? [] : [condition];
      this.#outputTiles.forEach(({ loop, steps }, i) => {
        const [n, k] = [loops[loop] as number, at[i] as number];
        if (k > 0 && n % steps !== 0) inside.push(`l${loop} + ${k} < ${n}`);
      });
      const text = `${out}[${index}] = ${this.#outer.name(store.value, at)};`;
      return inside.length === 0 ? text : `if (${inside.join(" && ")}) { ${text} }`;
    });
  }

  /** The value that is stored, where there are no tiles. */
  get value(): string {
    return this.#outer.name((this.#kernel.stores[0] as Store).value, []);
  }
}

/**
 * The loops of a kernel as a shader. `same`: the operand in whose memory the result lies, or -1. An invocation makes one 32-bit word of the result, or
 * a tile of it; where elements are few and folds long, a workgroup does.
 */
export function printKernel(given: Kernel, same: number, target: Target): Program {
  const kernel = fitted(given);
  const { loops } = kernel;
  const store = kernel.stores[0] as Store;
  const { dtype } = kernel.buffers[store.buffer] as { dtype: DType };
  const per = perWord(dtype);
  const found = target.cpu ? null : productOf(kernel);
  const stages = found === null || !wordsFit(kernel, found) ? null : stagesFor(found, loops, target.always === true);
  if (found !== null && stages !== null) {
    const { bound, name } = bind(kernel, same, new Set());
    return printStaged(kernel, found, stages, bound, name);
  }
  const plan = schedule(kernel, target, per === 1);
  const { tiles, together, shared } = plan;
  const wide = vectors([kernel.inner, kernel.outer], tiles, shared);
  if (wide.has(same)) (wide as Set<number>).delete(same);
  const { bound, name } = bind(kernel, same, wide);
  const out = name(store.buffer);
  const parts = new Parts(kernel, plan, wide, name);
  const size = loops.reduce((n, extent, l) => n * Math.ceil(extent / (tiles.find((t) => t.loop === l)?.steps ?? 1)), 1);
  const words = Math.ceil(size / per);
  const width = 8 * dtypes[dtype].bytes;
  const elements = (element: string): string => `var bits = 0u;
for (var k = 0u; k < ${per}u && word * ${per}u + k < ${size}u; k++) {
${element}
}`;

  if (together) {
    const { workgroups, number } = spread(words);
    const near = target.subgroups ? target.subgroupSize : 1;
    const whole = (flat: string): string =>
      [`let flat = ${flat};`, ...parts.start(), ...parts.shared(), ...parts.tree(near), ...parts.finish()].join("\n");
    const body =
      per === 1
        ? `${whole("i32(word)")}\nif (lane == 0u) {\n${parts.stores(out).join("\n")}\n}`
        : `${elements(`${whole(`i32(word * ${per}u + k)`)}\nbits |= ${packed(dtype, parts.value)} << (k * ${width}u);`)}
if (lane == 0u) { ${out}[word] = bits; }`;
    return program(
      kernel.name,
      bound,
      LANES,
      workgroups,
      parts.folds.map((f) => f.shared(LANES)).join("\n"),
      `let word = ${number};\nif (word >= ${words}u) { return; }\n${body}`,
    );
  }

  if (shared !== null) {
    const rows = Math.ceil(parts.own / plan.lanes);
    const { workgroups, number } = spread(rows * parts.groups);
    const body = [
      `let number = i32(${number});\nlet place = number / ${rows};\nlet word = (number % ${rows}) * ${plan.lanes} + i32(lane);`,
      // all invocations have to load, those beyond the end too
      `let flat = min(word, ${parts.own - 1});\nlet live = word < ${parts.own};`,
      ...parts.start(),
      `let s${shared.row} = l${shared.row} + i32(subgroupExclusiveAdd(1u) & 3u);`,
      ...parts.nest(),
      ...parts.finish(),
      ...parts.stores(out, parts.own % plan.lanes === 0 ? undefined : "live"),
    ].join("\n");
    return program(kernel.name, bound, plan.lanes, workgroups, "", body);
  }

  const { workgroups, number } = spread(Math.ceil(words / LANES));
  const lines = [...parts.start(), ...parts.nest(), ...parts.finish()].join("\n");
  const head = `let word = ${number} * ${LANES}u + lane;\nif (word >= ${words}u) { return; }`;
  if (per === 1) {
    const body = `${head}\nlet flat = i32(word);\n${lines}\n${parts.stores(out).join("\n")}`;
    return program(kernel.name, bound, LANES, workgroups, "", body);
  }
  const declarations = `fn element(flat: i32) -> ${registers[dtype]} {\n${lines}\nreturn ${parts.value};\n}`;
  const body = `${head}
${elements(`let value = element(i32(word * ${per}u + k));\nbits |= ${packed(dtype, "value")} << (k * ${width}u);`)}
${out}[word] = bits;`;
  return program(kernel.name, bound, LANES, workgroups, declarations, body);
}
