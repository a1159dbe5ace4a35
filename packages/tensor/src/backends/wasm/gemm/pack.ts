import { Code } from "../assembler.ts";
import type { Kind } from "./tile.ts";
import { type Term, words } from "./words.ts";

/**
 * Where the elements of a factor lie: that of line l (row of a, column of b) and depth k at `base + lines[l] + depths[k]`. The tables lie in memory; bit 0
 * of an entry says that the next entry is one element further on.
 */

/** Elements of depth that are packed at once. */
const STEP = 4;

/**
 * Parameters: base, table of lines, table of depths, lines, depth, padded depth, target. Panels of `width` lines, depth first; lines beyond the
 * edge double the last one, as nobody reads what they give, depths beyond it are zero. Where four lines lie side by side they are copied as vectors; where
 * four depths do, blocks of 4 × 4 are transposed in registers.
 */
export function packing(kind: Kind, width: number): Code {
  const c = new Code(7);
  const [base, lineTable, depthTable, lines, depth, padded, target] = [0, 1, 2, 3, 4, 5, 6];
  const { bytes, dtype } = kind;
  const { local, set, push, plus, times, minus, and, below, smaller, count } = words(c);
  const [p, k, row, u, last, whole] = [local(), local(), local(), local(), local(), local()];
  const offset = Array.from({ length: width }, local);
  const step = Array.from({ length: STEP }, local);
  const groups: { from: number; size: 2 | 4 }[] = [];
  for (let at = 0; at < width; at += groups.at(-1)?.size as number)
    groups.push({ from: at, size: width - at >= 4 ? 4 : 2 });
  /** Pushes 1 if all but the last of the entries name each its neighbour. */
  const runs = (entries: readonly number[]): void => push(and(...entries.slice(0, -1), { i32: 1 }));
  /** Pushes the address of a line and a depth, without the flags. */
  const address = (l: number, d: number): void => push(and(plus(base, l, d), { i32: -4 }));
  const element = (l: number, d: number, to: number): void => {
    c.get(target);
    address(l, d);
    c.memory(`${dtype}.load`);
    c.memory(`${dtype}.store`, to);
  };
  const full = (group: { from: number; size: 2 | 4 }): void => {
    const at = offset.slice(group.from, group.from + group.size);
    const to = (u: number, l = 0): number => (u * width + group.from + l) * bytes;
    const single = (): void => {
      for (let u = 0; u < STEP; u++) at.forEach((l, i) => element(l, step[u] as number, to(u, i)));
    };
    if (dtype === "f64") {
      single();
      return;
    }
    runs(at);
    c.choose(
      null,
      () => {
        for (let u = 0; u < STEP; u++) {
          c.get(target);
          address(at[0] as number, step[u] as number);
          if (group.size === 4) {
            c.memory("v128.load");
            c.memory("v128.store", to(u));
          } else {
            c.memory("v128.load64_zero");
            c.storeHalf(to(u), 0);
          }
        }
      },
      () => {
        runs(step);
        c.choose(null, () => transpose(at, to), single);
      },
    );
  };
  const vectors = Array.from({ length: 4 }, () => c.local("v128"));
  const halves = Array.from({ length: 4 }, () => c.local("v128"));
  /** Four depths of four (or two) lines: loaded along the depth, stored along the lines. */
  const transpose = (at: readonly number[], to: (u: number) => number): void => {
    at.forEach((l, i) => {
      address(l, step[0] as number);
      c.memory("v128.load");
      c.set(vectors[i] as number);
    });
    const mix = (a: number, b: number, ...lanes: [number, number, number, number]): void => {
      c.get(a);
      c.get(b);
      c.shuffle(...lanes);
    };
    const [v0, v1, v2, v3] = vectors as [number, number, number, number];
    const [h0, h1, h2, h3] = halves as [number, number, number, number];
    mix(v0, v1, 0, 4, 1, 5);
    c.set(h0);
    mix(v0, v1, 2, 6, 3, 7);
    c.set(h1);
    if (at.length === 2) {
      for (let u = 0; u < STEP; u++) {
        c.get(target);
        c.get(u < 2 ? h0 : h1);
        c.storeHalf(to(u), (u % 2) as 0 | 1);
      }
      return;
    }
    mix(v2, v3, 0, 4, 1, 5);
    c.set(h2);
    mix(v2, v3, 2, 6, 3, 7);
    c.set(h3);
    for (let u = 0; u < STEP; u++) {
      c.get(target);
      if (u % 2 === 0) mix(u < 2 ? h0 : h1, u < 2 ? h2 : h3, 0, 1, 4, 5);
      else mix(u < 2 ? h0 : h1, u < 2 ? h2 : h3, 2, 3, 6, 7);
      c.memory("v128.store", to(u));
    }
  };
  const advance = (by: number): void => set(target, target, { i32: by });
  /** Reads an entry of a table. */
  const entry = (table: number, index: Term, to: number): void => {
    push(table, times(index, { i32: 4 }));
    c.memory("i32.load");
    c.set(to);
  };
  /** Fewer than four depths, and zeros after the last. */
  const tail = (): void =>
    count(u, whole, padded, { i32: 1 }, () => {
      below(u, depth);
      c.choose(
        null,
        () => {
          entry(depthTable, u, row);
          offset.forEach((o, l) => element(o, row, l * bytes));
        },
        () => {
          for (let l = 0; l < width; l++) {
            c.get(target);
            c[dtype](0);
            c.memory(`${dtype}.store`, l * bytes);
          }
        },
      );
      advance(width * bytes);
    });
  set(last, minus(lines, { i32: 1 }));
  set(whole, and(depth, { i32: -STEP }));
  count(p, { i32: 0 }, lines, { i32: width }, () => {
    offset.forEach((o, l) => {
      set(row, smaller(plus(p, { i32: l }), last));
      entry(lineTable, row, o);
      // The last line has no neighbour.
      set(
        o,
        and(
          o,
          plus({ i32: -2 }, () => below(row, last)),
        ),
      );
    });
    count(k, { i32: 0 }, whole, { i32: STEP }, () => {
      step.forEach((s, u) => entry(depthTable, plus(k, { i32: u }), s));
      for (const g of groups) full(g);
      advance(STEP * width * bytes);
    });
    tail();
  });
  return c;
}
