import type { Instruction, Kernel } from "@gradus/tensor";
import { Block } from "./block.ts";
import { Fold, meet } from "./fold.ts";
import { positions } from "./positions.ts";
import { type Bound, type Program, program, spread } from "./program.ts";
import type { Target } from "./schedule.ts";
import { memoryType, registers } from "./types.ts";

/** A kernel that works on rows, or on one number for each of them. */
export interface RowStep {
  readonly kernel: Kernel;
  /** Buffers of the plan, in the order of the kernel's. */
  readonly buffers: readonly number[];
  /** Whether each element of a row gives one of the result. */
  readonly each: boolean;
  /** Output loops that count rows. */
  readonly outer: number;
}

/** Kernels that go along the same rows, one after another, as one. */
export interface Rows {
  readonly rows: number;
  readonly n: number;
  readonly steps: readonly RowStep[];
}

/** Where a result of a step is: in memory, for others to read, and in variables of the invocations, for the steps after it. */
export interface Home {
  readonly memory: boolean;
  readonly kept: boolean;
}

/** Rows that an invocation folds on its own are at most so long; so many elements of one it keeps. */
const ALONE = 32;
const MOST_KEPT = 16;
const MOST_LANES = 256;
const LANES = 64;

/** Invocations that share a row. */
export function lanesFor(n: number, { cpu }: Target): number {
  if (cpu || n <= ALONE) return 1;
  return Math.min(MOST_LANES, Math.max(LANES, 2 ** Math.ceil(Math.log2(n / 8))));
}

/** Whether a row's elements, of which each invocation has some, fit into variables. */
export const keeps = (n: number, lanes: number): boolean => n <= (lanes === 1 ? ALONE : MOST_KEPT * lanes);

/** The shader of some rows. `memory`: the buffers of the plan that are bound, in that order; `homes`: where the results of the steps are. */
export function printRows(
  { rows, n, steps }: Rows,
  memory: readonly number[],
  homes: ReadonlyMap<number, Home>,
  target: Target,
): Program {
  const lanes = lanesFor(n, target);
  const turns = Math.ceil(n / lanes);
  const near = target.subgroups ? target.subgroupSize : 1;
  const alone = lanes === 1;
  const bound = new Map<number, Bound>();
  const declarations: string[] = [];
  const body: string[] = [];
  const columns = (list: readonly number[], first: number, lines: readonly string[]): string => {
    const inside = [...positions(list, (i) => `l${first + i}`, "c"), ...lines].join("\n");
    return `for (var k = 0; k < ${turns}; k++) {
let c = ${alone ? "k" : `k * ${lanes} + i32(lane)`};
${turns * lanes === n ? inside : `if (c < ${n}) {\n${inside}\n}`}
}`;
  };
  steps.forEach(({ kernel, buffers, each, outer }, s) => {
    const { loops, reduce, accumulators } = kernel;
    const store = kernel.stores[0] as Kernel["stores"][number];
    const out = buffers[store.buffer] as number;
    buffers.forEach((b, i) => {
      const { dtype } = kernel.buffers[i] as Kernel["buffers"][number];
      if (bound.has(b) || (homes.has(b) && !homes.get(b)?.memory)) return;
      bound.set(b, { buffer: memory.indexOf(b), name: `b${b}`, type: memoryType(dtype), written: homes.has(b) });
    });
    const inner = each ? loops.slice(outer) : reduce;
    const folds = accumulators.map((a, i) => new Fold(a, 16 * s + i, (kernel.inner[a.value] as Instruction).dtype));
    if (lanes > near) declarations.push(...folds.map((f) => f.shared(lanes)));
    const rest = {
      buffer: (b: number): string => `b${buffers[b]}`,
      accumulator: (a: number): string => (folds[a] as Fold).result,
      kept: (x: Extract<Instruction, { op: "load" }>) => {
        const b = buffers[x.buffer] as number;
        if (!homes.get(b)?.kept) return null;
        const whole = (kernel.buffers[x.buffer] as Kernel["buffers"][number]).size === rows;
        return whole ? { text: `r${b}`, depth: 0 } : { text: `e${b}[k]`, depth: inner.length };
      },
    };
    const block = (
      list: readonly Instruction[],
      prefix: string,
      depth: number,
      after?: (names: readonly string[]) => string[],
    ) => new Block(list, prefix, outer, depth, [], new Set(), null, rest, (_, names) => after?.(names) ?? []);
    const { memory: written, kept } = homes.get(out) as Home;
    const type = registers[(kernel.buffers[store.buffer] as Kernel["buffers"][number]).dtype];
    const begin = positions(loops.slice(0, outer), (i) => `l${i}`, "row");
    if (each) {
      if (kept) declarations.push(`var<private> e${out}: array<${type}, ${turns}>;`);
      const elements = block(kernel.outer, "v", inner.length, (names) => {
        const value = names[store.value] as string;
        return [
          ...(kept ? [`e${out}[k] = ${value};`] : []),
          ...(written ? [`b${out}[row * ${n} + c] = ${value};`] : []),
        ];
      });
      body.push(
        "{",
        ...begin,
        ...(elements.levels[0] as string[]),
        columns(inner, outer, elements.levels.slice(1).flat()),
        "}",
      );
      return;
    }
    if (kept) declarations.push(`var<private> r${out}: ${type};`);
    body.push("{", ...begin);
    if (folds.length > 0) {
      const terms = block(kernel.inner, "w", inner.length, (names) =>
        folds.map((f, i) => f.step("", names[accumulators[i]?.value as number] as string, "c")),
      );
      body.push(
        ...folds.map((f) => f.start("")),
        ...(terms.levels[0] as string[]),
        columns(inner, outer, terms.levels.slice(1).flat()),
        ...meet(folds, "", lanes, near),
        ...folds.map((f, i) => {
          const x = kernel.outer.find((y) => y.op === "accumulator" && y.a === i);
          return f.finish("", x?.dtype ?? "f32");
        }),
      );
    }
    const result = block(kernel.outer, "v", 0);
    const value = result.name(store.value, []);
    body.push(...(result.levels[0] as string[]), ...(kept ? [`r${out} = ${value};`] : []));
    if (written) body.push(alone ? `b${out}[row] = ${value};` : `if (lane == 0u) { b${out}[row] = ${value}; }`);
    body.push("}");
  });
  const { workgroups, number } = spread(alone ? Math.ceil(rows / LANES) : rows);
  return program(
    steps.map(({ kernel }) => kernel.name).join(", "),
    [...bound.values()],
    alone ? LANES : lanes,
    workgroups,
    declarations.join("\n"),
    `let row = i32(${alone ? `${number} * ${LANES}u + lane` : number});\nif (row >= ${rows}) { return; }\n${body.join("\n")}`,
  );
}
