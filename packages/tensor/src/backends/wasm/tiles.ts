import { dtypes } from "../../dtype.ts";
import { affine } from "../../ir/index-expr.ts";
import type { Instruction, Kernel } from "../../ir/ir.ts";
import type { Code } from "./assembler.ts";

type Load = Extract<Instruction, { op: "load" }>;

/** Side of a tile: a cache line of f32, so that lines are used whole, read or written, before they go. */
const TILE = 16;

/** A loop: its variable, and what pushes where it begins and ends. */
export interface Bounds {
  readonly i: number;
  start(): void;
  end(): void;
}

/**
 * The loop that should run in tiles together with the last one: along it some operand lies in order that lies far apart along the last loop, as in
 * a transposition. Null if there is none. `lanes` is the loop that runs four elements at a time.
 */
export function acrossOf(kernel: Kernel, lanes: number | null): number | null {
  const last = kernel.loops.length - 1;
  if (last < 1 || kernel.accumulators.length > 0 || (lanes !== null && lanes !== last)) return null;
  for (let loop = 0; loop < last; loop++) {
    if ((kernel.loops[loop] as number) < 4 || (kernel.loops[last] as number) < 4) continue;
    // Where four run at a time, elements of other widths are gathered.
    if (kernel.outer.some((x) => x.op === "load" && runsAcross(x, loop, last + 1) && (lanes === null || ofFour(x))))
      return loop;
  }
  return null;
}

/** Elements of four bytes. */
export const ofFour = (x: Load): boolean => dtypes[x.dtype].bytes === 4;

/** True when a load runs in order along `loop` and jumps along the last of `loops`. */
export function runsAcross(x: Load, loop: number, loops: number): boolean {
  const strides = x.guards.length > 0 ? undefined : affine(x.index, loops)?.strides;
  return strides !== undefined && strides[loop] === 1 && Math.abs(strides[loops - 1] as number) > 1;
}

/**
 * Runs loops `p` and `q` (inside) in square tiles: `block` on four by four elements, `single` on those that are left; all by `single` if there is no
 * `block`.
 */
export function tiles(c: Code, p: Bounds, q: Bounds, single: () => void, block: (() => void) | null): void {
  const [rows, columns, rowsEnd, columnsEnd] = [c.local("i32"), c.local("i32"), c.local("i32"), c.local("i32")];
  const clipped = (from: number, end: () => void, to: number): void => {
    c.get(from);
    c.i32(TILE);
    c.op("i32.add");
    c.tee(to);
    end();
    c.get(to);
    end();
    c.op("i32.lt_s");
    c.op("select");
    c.set(to);
  };
  const side = block === null ? 1 : 4;
  const run = ({ i }: Bounds, from: number, to: number, body: () => void): void => {
    c.get(from);
    c.set(i);
    const limit = (): void => {
      c.get(to);
      c.i32(side - 1);
      c.op("i32.sub");
    };
    c.loop(i, limit, side, body);
  };
  p.start();
  c.set(rows);
  c.loop(rows, p.end, TILE, () => {
    clipped(rows, p.end, rowsEnd);
    q.start();
    c.set(columns);
    c.loop(columns, q.end, TILE, () => {
      clipped(columns, q.end, columnsEnd);
      run(p, rows, rowsEnd, () => run(q, columns, columnsEnd, block ?? single));
    });
  });
  if (block === null) return;
  /** Pushes how far whole blocks reach. */
  const whole = ({ start, end }: Bounds): void => {
    end();
    end();
    start();
    c.op("i32.sub");
    c.i32(3);
    c.op("i32.and");
    c.op("i32.sub");
  };
  p.start();
  c.set(p.i);
  c.loop(p.i, p.end, 1, () => {
    whole(q);
    q.start();
    c.get(p.i);
    whole(p);
    c.op("i32.lt_s");
    c.op("select");
    c.set(q.i);
    c.loop(q.i, q.end, 1, single);
  });
}

/** Transposes four vectors. */
export function turn(c: Code, rows: readonly number[]): number[] {
  const merge = (a: number, b: number, lanes: readonly [number, number, number, number]): number => {
    const v = c.local("v128");
    c.get(a);
    c.get(b);
    c.shuffle(...lanes);
    c.set(v);
    return v;
  };
  const [r0, r1, r2, r3] = rows as [number, number, number, number];
  const [a, b] = [merge(r0, r1, [0, 4, 1, 5]), merge(r2, r3, [0, 4, 1, 5])];
  const [d, e] = [merge(r0, r1, [2, 6, 3, 7]), merge(r2, r3, [2, 6, 3, 7])];
  return [merge(a, b, [0, 1, 4, 5]), merge(a, b, [2, 3, 6, 7]), merge(d, e, [0, 1, 4, 5]), merge(d, e, [2, 3, 6, 7])];
}
