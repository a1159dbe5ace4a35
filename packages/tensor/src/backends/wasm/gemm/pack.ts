import { Code } from "../assembler.ts";
import type { Kind } from "./tile.ts";

/**
 * Where the elements of a factor lie: that of line l (row of a, column of b) and depth k at `base + lines[l] + depths[k]`. The tables lie in memory; bit 0
 * of an entry says that the next entry is one element further on.
 */

/** Elements of depth that are packed at once. */
const STEP = 4;

/**
 * Parameters: base, table of lines, table of depths, lines, depth, padded depth, target. Panels of `width` lines, depth first, zeros beyond the edges. Where
 * four lines lie side by side they are copied as vectors; where four depths do, blocks of 4 × 4 are transposed in registers.
 */
export function packing(kind: Kind, width: number): Code {
  const c = new Code(7);
  const [base, lineTable, depthTable, lines, depth, padded, target] = [0, 1, 2, 3, 4, 5, 6];
  const { bytes, dtype } = kind;
  const local = (): number => c.local("i32");
  const [p, k, line, row, from] = [local(), local(), local(), local(), local()];
  const offset = Array.from({ length: width }, local);
  const step = Array.from({ length: STEP }, local);
  const groups: { from: number; size: 2 | 4 }[] = [];
  for (let at = 0; at < width; at += groups.at(-1)?.size as number)
    groups.push({ from: at, size: width - at >= 4 ? 4 : 2 });
  /** Pushes 1 if the first `n` of the entries name each its neighbour. */
  const runs = (entries: readonly number[], n: number): void => {
    entries.slice(0, n - 1).forEach((e, i) => {
      c.get(e);
      if (i > 0) c.op("i32.and");
    });
    c.i32(1);
    c.op("i32.and");
  };
  /** Pushes the address of a line and a depth, without the flags. */
  const address = (l: number, d: number): void => {
    c.get(base);
    c.get(l);
    c.op("i32.add");
    c.get(d);
    c.op("i32.add");
    c.i32(-4);
    c.op("i32.and");
  };
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
    runs(at, group.size);
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
        runs(step, STEP);
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
  const advance = (pointer: number, by: number): void => {
    c.get(pointer);
    c.i32(by);
    c.op("i32.add");
    c.set(pointer);
  };
  const entry = (table: number, index: number, to: number, extra: number): void => {
    c.get(table);
    c.get(index);
    c.i32(4);
    c.op("i32.mul");
    c.op("i32.add");
    c.memory("i32.load", 4 * extra);
    c.set(to);
  };
  /** Element by element, with zeros beyond the edges. */
  const edge = (): void => {
    for (let u = 0; u < STEP; u++)
      offset.forEach((_, l) => {
        c.get(target);
        c.get(p);
        c.i32(l);
        c.op("i32.add");
        c.get(lines);
        c.op("i32.lt_s");
        c.get(k);
        c.i32(u);
        c.op("i32.add");
        c.get(depth);
        c.op("i32.lt_s");
        c.op("i32.and");
        c.choose(
          dtype,
          () => {
            entry(lineTable, p, line, l);
            entry(depthTable, k, row, u);
            address(line, row);
            c.memory(`${dtype}.load`);
          },
          () => (dtype === "f32" ? c.f32(0) : c.f64(0)),
        );
        c.memory(`${dtype}.store`, (u * width + l) * bytes);
      });
  };
  c.i32(0);
  c.set(p);
  c.loop(
    p,
    () => c.get(lines),
    width,
    () => {
      // Lines that fill the panel; the flags of the last entry in the table say nothing, and are not asked for.
      c.get(p);
      c.i32(width);
      c.op("i32.add");
      c.get(lines);
      c.op("i32.le_s");
      c.tee(from);
      c.choose(null, () => {
        offset.forEach((o, l) => entry(lineTable, p, o, l));
      });
      c.i32(0);
      c.set(k);
      c.loop(
        k,
        () => c.get(padded),
        STEP,
        () => {
          c.get(k);
          c.i32(STEP);
          c.op("i32.add");
          c.get(depth);
          c.op("i32.le_s");
          c.get(from);
          c.op("i32.and");
          c.choose(
            null,
            () => {
              step.forEach((s, u) => entry(depthTable, k, s, u));
              for (const g of groups) full(g);
            },
            edge,
          );
          advance(target, STEP * width * bytes);
        },
      );
    },
  );
  return c;
}
