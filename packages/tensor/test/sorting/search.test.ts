import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { make } from "../draw.ts";

const ordered = (a: number, b: number): number =>
  Number.isNaN(a) ? Number(!Number.isNaN(b)) : Number.isNaN(b) ? -1 : Number(a > b) - Number(a < b);
const numbers = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constantFrom(Number.NaN, 0.5, -0, 100));

/** The position by definition: how many come before. */
const count = (row: readonly number[], v: number, side: string): number =>
  row.filter((r) => (side === "left" ? ordered(r, v) < 0 : ordered(r, v) <= 0)).length;

describe("searchsorted", () => {
  test.each(["left", "right"] as const)("%s: counts what comes before, on any dtype", (side) => {
    fc.assert(
      fc.property(
        fc.array(numbers, { maxLength: 20 }),
        fc.array(numbers, { maxLength: 20 }),
        fc.constantFrom("f32", "f64", "f16", "i32", "i8"),
        (rows, values, dtype) => {
          const sorted = [...make(rows, [rows.length], dtype).dataSync()].sort(ordered);
          const wanted = make(values, [values.length], dtype);
          const found = g.searchsorted(make(sorted, [sorted.length], dtype), wanted, { side });
          expect([found.dtype, found.shape]).toEqual(["i32", [values.length]]);
          expect([...found.dataSync()]).toEqual([...wanted.dataSync()].map((v) => count(sorted, v, side)));
        },
      ),
      { numRuns: 60 },
    );
  });

  test.each(["left", "right"] as const)("%s: many values at once, in rows however uneven", (side) => {
    const wide = fc.oneof(
      fc.integer({ min: -50, max: 50 }),
      fc.double({ noNaN: true }),
      fc.constantFrom(Number.NaN, Infinity, -Infinity, 1.7e308, -1.7e308, 5e-324, 0, -0),
    );
    const row = fc.oneof(
      fc.array(wide, { maxLength: 40 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 200 }),
      fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 200 }),
    );
    fc.assert(
      fc.property(row, fc.array(wide, { maxLength: 30 }), fc.constantFrom("f32", "f64"), (rows, more, dtype) => {
        const sorted = [...make(rows, [rows.length], dtype).dataSync()].sort(ordered);
        // The elements themselves, what lies close by, and enough in all to be many.
        const wanted = [...sorted, ...sorted.map((x) => x * (1 + 1e-7)), ...more];
        while (wanted.length < 100) wanted.push(Math.sin(wanted.length) * 60);
        const values = make(wanted, [wanted.length], dtype);
        const found = g.searchsorted(make(sorted, [sorted.length], dtype), values, { side });
        expect([...found.dataSync()]).toEqual([...values.dataSync()].map((v) => count(sorted, v, side)));
      }),
      { numRuns: 100 },
    );
  });

  test("rows are searched each with its own values; vmap is the stack", () => {
    const rows = make([1, 2, 3, 4, 5, 6, 0, 0, 9], [3, 3], "f32");
    const values = make([2, 7, 5, 5, 0, 1], [3, 2], "f32");
    const each = g.unstack(rows).flatMap((r, i) => [...g.searchsorted(r, g.at(values, i)).dataSync()]);
    expect([...g.searchsorted(rows, values).dataSync()]).toEqual(each);
    expect([
      ...g
        .vmap((r: g.Tensor, v: g.Tensor) => g.searchsorted(r, v))(rows, values)
        .dataSync(),
    ]).toEqual(each);
    const shared = g.vmap((v: g.Tensor) => g.searchsorted(g.at(rows, 0), v))(values);
    expect([...shared.dataSync()]).toEqual([...g.searchsorted(g.at(rows, 0), values).dataSync()]);
    const other = g.vmap((r: g.Tensor) => g.searchsorted(r, g.at(values, 0)))(rows);
    expect([...other.dataSync()]).toEqual(
      g.unstack(rows).flatMap((r) => [...g.searchsorted(r, g.at(values, 0)).dataSync()]),
    );
  });

  test("a plain number, scalars, and errors", () => {
    expect(g.searchsorted(g.tensor([1, 2, 3]), 2).shape).toEqual([]);
    expect(g.searchsorted(g.tensor([1, 2, 3], { dtype: "i32" }), 1.5).itemSync()).toBe(1);
  });
});

test("digitize: the bin holds the element, for ascending and descending edges", () => {
  const up = [-1, 0, 0.5, 2];
  const x = [-2, -1, -0.5, 0, 0.25, 0.5, 1, 2, 3];
  for (const right of [false, true]) {
    const inBin = (v: number): number => up.filter((e) => (right ? e < v : e <= v)).length;
    expect([...g.digitize(g.tensor(x), g.tensor(up), { right }).dataSync()]).toEqual(x.map(inBin));
    const down = [...up].reverse();
    const inDown = (v: number): number => down.filter((e) => (right ? e >= v : e > v)).length;
    expect([...g.digitize(g.tensor(x), g.tensor(down), { right }).dataSync()]).toEqual(x.map(inDown));
  }
});

const pool = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN)), { maxLength: 30 });
const plain = fc.array(fc.integer({ min: -3, max: 6 }), { maxLength: 30 });
const distinct = (data: readonly number[]): number[] => [...new Set(data)].sort(ordered);

describe("positions and sets", () => {
  test("flatnonzero, nonzero and argwhere name the non-zero elements", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 24 }), async (data) => {
        const cut = data.slice(0, data.length - (data.length % 3));
        const x = make(cut, [cut.length / 3, 3], "f32");
        const flat = cut.flatMap((v, i) => (v ? [i] : []));
        expect([...(await (await g.flatnonzero(x)).data())]).toEqual(flat);
        const [rows, columns] = (await g.nonzero(x)) as [g.Tensor, g.Tensor];
        expect([...(await rows.data())]).toEqual(flat.map((i) => Math.floor(i / 3)));
        expect([...(await columns.data())]).toEqual(flat.map((i) => i % 3));
        const where = await g.argwhere(x);
        expect(where.shape).toEqual([flat.length, 2]);
        expect([...(await where.data())]).toEqual(flat.flatMap((i) => [Math.floor(i / 3), i % 3]));
        for (const size of [0, 2, 30]) {
          const sized = g.jit((t: g.Tensor) => g.flatnonzero(t, { size, fill: -1 }))(x);
          expect([...sized.dataSync()]).toEqual(Array.from({ length: size }, (_, i) => flat[i] ?? -1));
        }
      }),
      { numRuns: 20 },
    );
    expect((await g.argwhere(g.tensor(3))).shape).toEqual([1, 0]);
    await expect(g.jit((t: g.Tensor) => g.flatnonzero(t) as never)(g.tensor([1]))).rejects.toThrow(
      /^flatnonzero: x: is traced/,
    );
  });

  test("unique, its counts, places and first positions", async () => {
    await fc.assert(
      fc.asyncProperty(pool, async (data) => {
        const x = make(data, [data.length], "f32");
        const values = distinct(data);
        const u = await g.uniqueAll(x);
        expect([...(await u.values.data())]).toEqual(values);
        expect([...(await (await g.unique(x)).data())]).toEqual(values);
        const same = (a: number, b: number): boolean => ordered(a, b) === 0;
        expect([...(await u.counts.data())]).toEqual(values.map((v) => data.filter((d) => same(d, v)).length));
        expect([...(await u.indices.data())]).toEqual(values.map((v) => data.findIndex((d) => same(d, v))));
        expect([...(await u.inverse.data())]).toEqual(data.map((d) => values.findIndex((v) => same(d, v))));
        if (data.length === 0) return;
        const sized = g.uniqueCounts(x, { size: 9 });
        expect([...sized.values.dataSync()]).toEqual(
          Array.from({ length: 9 }, (_, i) => (i < values.length ? values[i] : values[0])),
        );
        expect(g.sum(sized.counts).itemSync()).toBe(data.length);
        expect([...g.unique(x, { size: 1, fill: 5 }).dataSync()]).toEqual([values[0]]);
        expect([...g.unique(x, { size: 9, fill: 5 }).dataSync()].slice(values.length)).toEqual(
          new Array(9 - values.length).fill(5),
        );
      }),
      { numRuns: 30 },
    );
  });

  test("isin and set operations", async () => {
    await fc.assert(
      fc.asyncProperty(plain, plain, async (a, b) => {
        const [x, y] = [make(a, [a.length], "i32"), make(b, [b.length], "i32")];
        expect([...g.isin(x, y).dataSync()]).toEqual(a.map((v) => Number(b.includes(v))));
        expect([...g.isin(x, y, { invert: true }).dataSync()]).toEqual(a.map((v) => Number(!b.includes(v))));
        expect([...(await (await g.intersect1d(x, y)).data())]).toEqual(distinct(a.filter((v) => b.includes(v))));
        expect([...(await (await g.union1d(x, y)).data())]).toEqual(distinct([...a, ...b]));
        expect([...(await (await g.setdiff1d(x, y)).data())]).toEqual(distinct(a.filter((v) => !b.includes(v))));
      }),
      { numRuns: 30 },
    );
  });

  test("extract, compress and place", async () => {
    const x = g.tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([...(await (await g.extract(g.greater(x, 2.5), x)).data())]).toEqual([3, 4, 5, 6]);
    expect(await (await g.compress(g.tensor([0, 1, 1]), x, 1)).array()).toEqual([
      [2, 3],
      [5, 6],
    ]);
    expect([...(await (await g.compress(g.tensor([0, 1, 1]), x)).data())]).toEqual([2, 3]);
    expect([...g.place(x, g.greater(x, 2), g.tensor([10, 20, 30])).dataSync()]).toEqual([1, 2, 10, 20, 30, 10]);
    const w = g.grad((t: g.Tensor) => g.place(t, g.greater(x, 2), g.tensor([10])).sum())(x);
    expect([...w.dataSync()]).toEqual([1, 1, 0, 0, 0, 0]);
  });
});
