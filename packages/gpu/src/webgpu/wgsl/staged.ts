import type { DType, Instruction, Kernel } from "@gradus/tensor";
import { dtypes } from "@gradus/tensor";
import { affine } from "@gradus/tensor/backend";
import { cone } from "../parts/kernels.ts";
import { Block } from "./block.ts";
import type { Factor, Product } from "./factors.ts";
import { Fold } from "./fold.ts";
import { indexText, valueText } from "./instructions.ts";
import { positions, product } from "./positions.ts";
import { type Bound, type Program, program, spread } from "./program.ts";
import { packed, perWord, registers } from "./types.ts";

/** How a product is shared out: each invocation of a workgroup of `down` × `across` makes a tile of `rows` × `columns` (multiples of 4) elements. */
export interface Stages {
  readonly down: number;
  readonly across: number;
  readonly rows: number;
  readonly columns: number;
}

/** Terms that are staged at a time. */
const TERMS = 16;
const options: readonly Stages[] = [
  { down: 16, across: 16, rows: 4, columns: 4 },
  { down: 8, across: 16, rows: 4, columns: 4 },
  { down: 8, across: 8, rows: 4, columns: 4 },
  { down: 2, across: 32, rows: 4, columns: 4 },
  { down: 32, across: 2, rows: 4, columns: 4 },
];
/** Workgroups that keep a GPU busy. */
const BUSY = 128;

/** The stages that read least from memory, with little work for nothing and workgroups enough; null where a product has too few rows or columns. */
export function stagesFor(
  { left, right, batch, depth }: Product,
  loops: readonly number[],
  always: boolean,
): Stages | null {
  const groups = product(batch.map((l) => loops[l] as number));
  if (left.loops.length === 0 || right.loops.length === 0) return null;
  if (!always && (Math.min(left.size, right.size) < 8 || depth < 8)) return null;
  let [best, lowest] = [null as Stages | null, Number.POSITIVE_INFINITY];
  for (const s of options) {
    const [m, n] = [s.down * s.rows, s.across * s.columns];
    const [tall, wide] = [Math.ceil(left.size / m), Math.ceil(right.size / n)];
    const work = (tall * m * wide * n) / (left.size * right.size);
    const idle = Math.max(1, BUSY / (groups * tall * wide));
    const cost = work * idle * (1 + 16 / m + 16 / n);
    if (cost < lowest) [best, lowest] = [s, cost];
  }
  return best;
}

/** Whether elements of the result that share a word are neighbours in the columns. */
export function wordsFit({ loops, buffers, stores }: Kernel, { right }: Product): boolean {
  const per = perWord(buffers[stores[0]?.buffer as number]?.dtype as DType);
  const last = loops.reduce((found, n, l) => (n > 1 ? l : found), -1);
  return per === 1 || (right.loops.at(-1) === last && (loops[last] as number) % per === 0);
}

/**
 * A product in stages: a workgroup loads {@link TERMS} terms of the rows and columns of its tile into its own memory, each element once, and every
 * invocation then adds up its part from there.
 */
export function printStaged(
  kernel: Kernel,
  { left, right, batch, depth }: Product,
  { down, across, rows, columns }: Stages,
  bound: readonly Bound[],
  buffer: (b: number) => string,
): Program {
  const { loops, reduce, inner, outer, accumulators, buffers } = kernel;
  const extents = [...loops, ...reduce];
  const lanes = down * across;
  const [sum] = accumulators as [Kernel["accumulators"][number]];
  const [store] = kernel.stores as [Kernel["stores"][number]];
  const mul = inner[sum.value] as Instruction;
  const fold = new Fold(sum, 0, mul.dtype);
  const terms = reduce.map((_, i) => loops.length + i);
  const loop = (l: number): string => `l${l}`;
  const found = (ls: readonly number[], name: (l: number) => string, from: string): string[] =>
    positions(
      ls.map((l) => extents[l] as number),
      (i) => name(ls[i] as number),
      from,
    );

  // What is computed of loop variables, as functions of them.
  const single = loops.flatMap((n, l) => (n === 1 ? [`let l${l} = 0;`] : []));
  const make = (
    name: string,
    first: string,
    ls: readonly number[],
    list: readonly Instruction[],
    value: number,
  ): string => {
    const depth = list === outer ? 0 : reduce.length;
    const rest = { buffer, accumulator: () => "sum" };
    const block = new Block(list, "w", loops.length, depth, [], new Set(), null, rest);
    const type = registers[(list[value] as Instruction).dtype];
    const lines = [...single, ...block.levels.flat(), `return ${block.name(value, [])};`];
    return `fn ${name}(${[first, ...ls.map((l) => `l${l}: i32`)].filter((p) => p !== "").join(", ")}) -> ${type} {\n${lines.join("\n")}\n}`;
  };

  /** One of the two factors: `side` rows or columns of the tile, in fours. */
  const stage = (
    name: string,
    f: Factor,
    side: number,
  ): { memory: string; declared: string; before: string[]; load: string[]; pitch: number } => {
    const type = registers[(inner[f.value] as Instruction).dtype];
    const last = f.loops.at(-1) as number;
    const [list, place] = cone(inner, [f.value]);
    const along = list.some((x) => x.op === "load" && affine(x.index, extents.length)?.strides[last] === 1);
    const fours = side / 4;
    // neighbours do not write to the same bank
    const pitch = along ? fours : fours + 1;
    const [before, load] = [[] as string[], [] as string[]];
    for (let p = 0; p * lanes < TERMS * fours; p++) {
      const s = `${name}${p}`;
      const e = p === 0 ? "i32(lane)" : `(i32(lane) + ${p * lanes})`;
      before.push(
        along
          ? `let ${s}q = ${e} % ${fours}; let ${s}t = ${e} / ${fours};`
          : `let ${s}q = ${e} / ${TERMS}; let ${s}t = ${e} % ${TERMS};`,
      );
      for (let i = 0; i < 4; i++)
        before.push(...found(f.loops, (l) => `${s}_${i}l${l}`, `(${name}start + ${s}q * 4 + ${i})`));
      const call = (i: number): string =>
        `${name}(${[...batch.map(loop), ...f.loops.map((l) => `${s}_${i}l${l}`), ...terms.map((l) => `${s}l${l}`)].join(", ")})`;
      const four = `vec4<${type}>(${[0, 1, 2, 3].map(call).join(", ")})`;
      const target = `${name}memory[${s}t * ${pitch} + ${s}q]`;
      const inside =
        depth % TERMS === 0 ? [] : [`if (start + ${s}t >= ${depth}) { ${target} = vec4<${type}>(); } else {`];
      const lines = [...inside, ...found(terms, (l) => `${s}l${l}`, `(start + ${s}t)`), `${target} = ${four};`];
      if (inside.length > 0) lines.push("}");
      const all = (p + 1) * lanes <= TERMS * fours;
      load.push(all ? `{ ${lines.join("\n")} }` : `if (${s}t < ${TERMS} && ${s}q < ${fours}) { ${lines.join("\n")} }`);
    }
    return {
      memory: `var<workgroup> ${name}memory: array<vec4<${type}>, ${TERMS * pitch}>;`,
      declared: make(name, "", [...batch, ...f.loops, ...terms], list, place.get(f.value) as number),
      before,
      load,
      pitch,
    };
  };
  const [tall, wide] = [down * rows, across * columns];
  const [a, b] = [stage("left", left, tall), stage("right", right, wide)];
  const every = (f: (i: number, j: number) => string): string[] =>
    Array.from({ length: rows * columns }, (_, e) => f(Math.floor(e / columns), e % columns));
  const result = buffers[store.buffer]?.dtype as DType;
  const per = perWord(result);

  const fetch = (name: string, pitch: number, n: number, position: string): string[] =>
    Array.from(
      { length: n / 4 },
      (_, q) => `let ${name}${q} = ${name}memory[t * ${pitch} + ${position} * ${n / 4} + ${q}];`,
    );
  const lane = (name: string, i: number): string => `${name}${i >> 2}.${"xyzw"[i & 3]}`;
  const step = (i: number, j: number): string => {
    const value = (n: number): string => (n === left.value ? lane("left", i) : lane("right", j));
    const names = { value, loop, buffer, accumulator: String };
    return fold.step(
      `_${i}_${j}`,
      valueText(mul, (n) => (inner[n] as Instruction).dtype, names),
      "",
    );
  };

  const wanted = outer.find((x) => x.op === "accumulator")?.dtype ?? sum.dtype;
  const named =
    (i: number, j: number) =>
    (l: number): string =>
      left.loops.includes(l)
        ? `row${i}l${l}`
        : right.loops.includes(l)
          ? `column${j}l${l}`
          : loops[l] === 1
            ? "0"
            : `l${l}`;
  const all = loops.map((_, l) => l).filter((l) => loops[l] !== 1);
  const value = (i: number, j: number): string =>
    `value(a0result_${i}_${j}${all.map((l) => `, ${named(i, j)(l)}`).join("")})`;
  const put = (i: number, j: number): string => {
    if (j % per !== 0) return "";
    const index = indexText(store.index, { value: String, loop: named(i, j), buffer, accumulator: String });
    const width = 8 * dtypes[result].bytes;
    const word =
      per === 1
        ? value(i, j)
        : Array.from({ length: per }, (_, k) => `(${packed(result, value(i, j + k))} << ${k * width}u)`).join(" | ");
    const inside = [
      ...(left.size % tall === 0 ? [] : [`row + ${i} < ${left.size}`]),
      ...(right.size % wide === 0 ? [] : [`column + ${j} < ${right.size}`]),
    ];
    const text = `${buffer(store.buffer)}[${per === 1 ? index : `(${index}) / ${per}`}] = ${word};`;
    return inside.length === 0 ? text : `if (${inside.join(" && ")}) { ${text} }`;
  };

  const tiles = [Math.ceil(left.size / tall), Math.ceil(right.size / wide)] as const;
  const { workgroups, number } = spread(product(batch.map((l) => extents[l] as number)) * tiles[0] * tiles[1]);
  const body = [
    `let number = i32(${number});`,
    ...positions(
      [...batch.map((l) => extents[l] as number), ...tiles],
      (i) => (i < batch.length ? `l${batch[i]}` : i === batch.length ? "tileRow" : "tileColumn"),
      "number",
    ),
    `let y = i32(lane) / ${across}; let x = i32(lane) % ${across};`,
    `let leftstart = tileRow * ${tall}; let rightstart = tileColumn * ${wide};`,
    ...a.before,
    ...b.before,
    ...every((i, j) => fold.start(`_${i}_${j}`)),
    `for (var start = 0; start < ${depth}; start += ${TERMS}) {`,
    ...a.load,
    ...b.load,
    "workgroupBarrier();",
    `for (var t = 0; t < ${TERMS}; t++) {`,
    ...fetch("left", a.pitch, rows, "y"),
    ...fetch("right", b.pitch, columns, "x"),
    ...every(step),
    "}",
    "workgroupBarrier();",
    "}",
    `let row = leftstart + y * ${rows}; let column = rightstart + x * ${columns};`,
    ...Array.from({ length: rows }, (_, i) => found(left.loops, (l) => `row${i}l${l}`, `(row + ${i})`)).flat(),
    ...Array.from({ length: columns }, (_, j) =>
      found(right.loops, (l) => `column${j}l${l}`, `(column + ${j})`),
    ).flat(),
    ...every((i, j) => fold.finish(`_${i}_${j}`, wanted)),
    ...every(put).filter((line) => line !== ""),
  ];
  const declarations = [
    a.memory,
    b.memory,
    a.declared,
    b.declared,
    make("value", `sum: ${registers[wanted]}`, all, outer, store.value),
  ];
  return program(kernel.name, bound, lanes, workgroups, declarations.join("\n"), body.join("\n"));
}
