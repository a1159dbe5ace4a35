import type { Accumulator, Instruction, Kernel } from "../../ir/ir.ts";
import { neutral } from "../../primitives/window.ts";
import { type Access, four } from "./access.ts";
import type { Code } from "./assembler.ts";
import type { Bounds } from "./tiles.ts";

/** Rows of which columns are folded at a time: as many as memory can be read from side by side. */
export const CHUNK = 16;
/** Shorter rows are folded column by column. */
const LEAST_COLUMNS = 64;

const joining = {
  f32: { sum: "f32x4.add", prod: "f32x4.mul", max: "f32x4.max", min: "f32x4.min" },
  i32: { sum: "i32x4.add", prod: "i32x4.mul", max: "i32x4.max_s", min: "i32x4.min_s" },
} as const;

/** A fold of columns whose results can gather where they are stored. */
interface Column {
  readonly extent: number;
  readonly sum: Accumulator;
  readonly store: { readonly buffer: number; readonly index: Kernel["stores"][number]["index"] };
}

/** Locals that say where a part of the reduction loop begins and ends. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The one fold of a kernel if it is of many rows and many columns, and nothing else needs the place of its results. */
export function columnsOf({ loops, reduce, accumulators, inner, outer, buffers, stores }: Kernel): Column | null {
  const [extent = 0, ...others] = reduce;
  const [sum, store] = [accumulators[0], stores[0]];
  if (others.length > 0 || accumulators.length !== 1 || stores.length !== 1 || !sum || !store) return null;
  if (extent < 2 * CHUNK || (loops.at(-1) as number) < LEAST_COLUMNS || !(sum.op in joining.f32)) return null;
  const reads = [...inner, ...outer].some((x) => x.op === "load" && x.buffer === store.buffer);
  return reads || buffers[store.buffer]?.dtype !== sum.dtype ? null : { extent, sum, store };
}

interface Parts {
  /** The loop over columns. */
  readonly bounds: Bounds;
  readonly access: Access;
  /** Vectors of columns that are folded together. */
  readonly sideBySide: number;
  /** Folds part of the rows; gives locals, one per shift. */
  fold(shifts: readonly number[], range: Range): number[];
  /** The result is the fold itself. */
  readonly plain: boolean;
  /** What follows the fold that `result` pushes. */
  finish(result: () => void): void;
  /** Runs `body` at the last columns, if some are left. */
  rest(body: () => void): void;
}

/** Folds columns a few rows at a time, so that memory is read in long runs; what they come to gathers where the results will lie. */
export function foldColumns(c: Code, { extent, sum, store }: Column, o: Parts): void {
  const { i, start, end } = o.bounds;
  const range = { from: c.local("i32"), to: c.local("i32") };
  const total = c.local("v128");
  const zero = (): void => c.constant4(sum.dtype === "f32" ? "f32" : "i32", neutral(sum.op, sum.dtype));
  const join = (part: number): void => {
    c.get(total);
    c.get(part);
    c.op(joining[sum.dtype as "f32" | "i32"][sum.op as "sum"]);
    c.set(total);
  };
  const chunks = (body: () => void): void => {
    c.i32(0);
    c.set(range.from);
    const next = (): void => {
      c.get(range.from);
      c.i32(CHUNK);
      c.op("i32.add");
      c.tee(range.to);
      c.i32(extent);
      c.get(range.to);
      c.i32(extent);
      c.op("i32.lt_s");
      c.op("select");
      c.set(range.to);
      body();
    };
    c.loop(range.from, () => c.i32(extent), CHUNK, next);
  };
  const along = (vectors: number, body: () => void): void => {
    const limit = (): void => {
      end();
      c.i32(4 * vectors - 1);
      c.op("i32.sub");
    };
    c.loop(i, limit, 4 * vectors, body);
  };
  const begin = (): void => {
    start();
    c.set(i);
  };
  const gathered: Instruction & { op: "load" } = { op: "load", dtype: sum.dtype, ...store, guards: [], fill: 0 };
  chunks(() => {
    begin();
    for (const vectors of [o.sideBySide, 1])
      along(vectors, () => {
        const shifts = Array.from({ length: vectors }, (_, v) => 4 * v);
        o.fold(shifts, range).forEach((part, v) => {
          const at = { ...four, shift: 4 * v };
          c.get(range.from);
          c.op("i32.eqz");
          c.choose("v128", zero, () => o.access.loadLanes(gathered, -1, at));
          c.set(total);
          join(part);
          o.access.store({ ...store, value: 0 }, total, at);
        });
      });
  });
  if (!o.plain) {
    begin();
    along(1, () => o.finish(() => o.access.loadLanes(gathered, -1, four)));
  }
  o.rest(() => {
    zero();
    c.set(total);
    chunks(() => {
      for (const part of o.fold([0], range)) join(part);
    });
    o.finish(() => c.get(total));
  });
}
