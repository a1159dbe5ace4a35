import { Code } from "../assembler.ts";
import { type Kind, UNROLL } from "./tile.ts";
import { type Term, words } from "./words.ts";

/** Columns of B that are packed at once. */
export const NC = 1024;

/** Parameters of the driver before start and end, in order. */
export const parameters = [
  "a",
  "aBatch",
  "aLines",
  "aDepths",
  "b",
  "bBatch",
  "bLines",
  "bDepths",
  "c",
  "cBatch",
  "m",
  "n",
  "k",
  "rowBlock",
  "columnBlock",
  "depthBlock",
  "panelsA",
  "scratch",
] as const;
const at = Object.fromEntries(parameters.map((name, i) => [name, i])) as Record<(typeof parameters)[number], number>;
const [start, end] = [parameters.length, parameters.length + 1];

/** Numbers of the functions of the product module that the driver calls. */
export interface Callees {
  readonly packA: number;
  readonly packB: number;
  readonly blocks: number;
}

/**
 * Products c[batch, m, n] = a[batch, m, k] · b[batch, k, n], cut into tasks: (batch, block of rows, block of columns) in row-major order, of which it does
 * those from start to end. `panelsA` is the distance in bytes from the scratch tile to the packed rows, between which the packed columns lie. A block that
 * the next task shares is packed once.
 */
export function driver({ bytes }: Kind, { packA, packB, blocks }: Callees): Code {
  const c = new Code(parameters.length + 2);
  const { local, set, push, term, plus, times, minus, over, rest, and, smaller, count } = words(c);
  const [down, across] = [local(), local()];
  const ceil = (x: Term, y: Term): Term => over(plus(x, y, { i32: -1 }), y);
  set(down, ceil(at.m, at.rowBlock));
  set(across, ceil(at.n, at.columnBlock));
  const [k0, depth, padded] = [local(), local(), local()];
  const [task, image, row, column] = [local(), local(), local(), local()];
  const [packedA, packedB, id] = [local(), local(), local()];
  const [m0, rows, n0, columns, part, width] = [local(), local(), local(), local(), local(), local()];
  const panelsB = plus(at.scratch, { i32: TILE_BYTES });
  const panelsA = plus(at.scratch, at.panelsA);
  /** Packs unless the block `which` is packed already, or only a part of it was. */
  const pack = (packed: number, which: () => void, always: Term | null, work: () => void): void => {
    which();
    c.set(id);
    c.get(id);
    c.get(packed);
    c.op("i32.ne");
    if (always !== null) {
      term(always);
      c.op("i32.or");
    }
    c.choose(null, () => {
      work();
      c.get(id);
      c.set(packed);
    });
  };
  /** The number of a block of a factor whose batches are all the same if their distance is 0. */
  const block = (distance: number, blocks: number, which: number): void => {
    set(id, image);
    c.i32(0);
    c.get(id);
    c.get(distance);
    c.op("i32.eqz");
    c.op("select");
    c.get(blocks);
    c.op("i32.mul");
    c.get(which);
    c.op("i32.add");
  };
  count(k0, { i32: 0 }, at.k, at.depthBlock, () => {
    set(depth, smaller(at.depthBlock, minus(at.k, k0)));
    set(padded, and(plus(depth, { i32: UNROLL - 1 }), { i32: -UNROLL }));
    for (const packed of [packedA, packedB]) set(packed, { i32: -1 });
    count(task, start, end, { i32: 1 }, () => {
      set(column, rest(task, across));
      set(id, over(task, across));
      set(row, rest(id, down));
      set(image, over(id, down));
      set(m0, times(row, at.rowBlock));
      set(rows, smaller(at.rowBlock, minus(at.m, m0)));
      set(n0, times(column, at.columnBlock));
      set(columns, smaller(at.columnBlock, minus(at.n, n0)));
      pack(
        packedA,
        () => block(at.aBatch, down, row),
        null,
        () => {
          push(at.a, times(image, at.aBatch));
          push(at.aLines, times(m0, { i32: 4 }));
          push(at.aDepths, times(k0, { i32: 4 }));
          for (const t of [rows, depth, padded, panelsA]) term(t);
          c.call(packA);
        },
      );
      count(part, { i32: 0 }, columns, { i32: NC }, () => {
        set(width, smaller({ i32: NC }, minus(columns, part)));
        pack(
          packedB,
          () => block(at.bBatch, across, column),
          () => {
            c.get(columns);
            c.i32(NC);
            c.op("i32.gt_s");
          },
          () => {
            push(at.b, times(image, at.bBatch));
            push(at.bLines, times(n0, { i32: 4 }), times(part, { i32: 4 }));
            push(at.bDepths, times(k0, { i32: 4 }));
            for (const t of [width, depth, padded, panelsB]) term(t);
            c.call(packB);
          },
        );
        term(panelsA);
        term(panelsB);
        push(at.c, times(image, at.cBatch), times(m0, at.n, { i32: bytes }), times(plus(n0, part), { i32: bytes }));
        for (const t of [rows, width, padded, times(at.n, { i32: bytes }), at.scratch]) term(t);
        c.get(k0);
        c.op("i32.eqz");
        c.call(blocks);
      });
    });
  });
  return c;
}

/**
 * A product of few rows and columns and great depth, cut along the depth: part p from start to end - depths from p · `rowBlock` on, `rowBlock` of them, a
 * multiple of the depth of a block - goes to the p-th of the matrices that begin at c, `cBatch` bytes apart. The other parameters are those of `driver`.
 */
export function deepDriver({ bytes }: Kind, { packA, packB, blocks }: Callees): Code {
  const c = new Code(parameters.length + 2);
  const { local, set, push, term, plus, times, minus, and, smaller, count } = words(c);
  const [part, first, k0, last, depth, padded] = [local(), local(), local(), local(), local(), local()];
  count(part, start, end, { i32: 1 }, () => {
    set(first, times(part, at.rowBlock));
    set(last, smaller(at.k, plus(first, at.rowBlock)));
    count(k0, first, last, at.depthBlock, () => {
      set(depth, smaller(at.depthBlock, minus(last, k0)));
      set(padded, and(plus(depth, { i32: UNROLL - 1 }), { i32: -UNROLL }));
      for (const [base, lines, depths, extent, target, pack] of [
        [at.a, at.aLines, at.aDepths, at.m, at.panelsA, packA],
        [at.b, at.bLines, at.bDepths, at.n, { i32: TILE_BYTES }, packB],
      ] as const) {
        c.get(base);
        c.get(lines);
        push(depths, times(k0, { i32: 4 }));
        for (const t of [extent, depth, padded]) c.get(t);
        push(at.scratch, target);
        c.call(pack);
      }
      push(at.scratch, at.panelsA);
      push(at.scratch, { i32: TILE_BYTES });
      push(at.c, times(part, at.cBatch));
      for (const t of [at.m, at.n, padded, times(at.n, { i32: bytes }), at.scratch]) term(t);
      c.get(k0);
      c.get(first);
      c.op("i32.eq");
      c.call(blocks);
    });
  });
  return c;
}

/** Room of the scratch tile at the beginning of scratch memory. */
export const TILE_BYTES = 256;
