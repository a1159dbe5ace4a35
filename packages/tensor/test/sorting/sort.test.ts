import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { make } from "../draw.ts";

const dtypes = ["f32", "f64", "f16", "i32", "u32", "i8", "u8", "bool"] as const;
const special = [Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, -1, 0.5, 1e-40, -1e-6, 255];

/** Numbers as a dtype holds them. */
const held = (data: readonly number[], dtype: g.DType): number[] => [...make(data, [data.length], dtype).dataSync()];
const after = (a: number, b: number): number =>
  Number.isNaN(a) ? Number(!Number.isNaN(b)) : Number.isNaN(b) ? -1 : a < b ? -1 : a > b ? 1 : 0;
/** The stable order by definition. */
const order = (row: readonly number[], descending: boolean): number[] =>
  row.map((_, i) => i).sort((p, q) => after(row[p] as number, row[q] as number) * (descending ? -1 : 1) || p - q);

const numbers = fc.oneof(
  fc.constantFrom(...special),
  fc.double({ min: -300, max: 300 }),
  fc.integer({ min: -3, max: 3 }),
);

describe.each([g.jsBackend(), g.wasmBackend()].map((b) => [b.name, b] as const))("on %s", (_, backend) => {
  test.each(dtypes)("sort and argsort of %s are the stable order, for short and long rows", async (dtype) => {
    await g.setBackend(backend);
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 300, max: 400 }), fc.constant(2500)),
        fc.integer({ min: 1, max: 3 }),
        fc.array(numbers, { minLength: 1, maxLength: 50 }),
        fc.boolean(),
        (n, outer, pool, descending) => {
          const data = held(
            Array.from({ length: outer * n }, (_, i) => (pool[(i * 7919) % pool.length] as number) * ((i % 5) + 1)),
            dtype,
          );
          const x = make(data, [outer, n], dtype);
          const rows = Array.from({ length: outer }, (_, o) => data.slice(o * n, (o + 1) * n));
          const picks = rows.map((row) => order(row, descending));
          const expected = rows.flatMap((row, o) => (picks[o] as number[]).map((i) => row[i] as number));
          const [values, indices] = [g.sort(x, -1, { descending }), g.argsort(x, -1, { descending })];
          expect([values.dtype, values.shape, indices.dtype]).toEqual([dtype, [outer, n], "i32"]);
          // apart, and both from one routine
          expect([...values.dataSync()]).toEqual(expected);
          expect([...indices.dataSync()]).toEqual(picks.flat());
          if (n === 0) return;
          const [v, i] = g.topK(x, n);
          const both = g.concat([g.astype(v, "f64"), g.astype(i, "f64")]).dataSync();
          const down = rows.map((row) => order(row, true));
          expect([...both]).toEqual([
            ...rows.flatMap((row, o) => (down[o] as number[]).map((k) => row[k] as number)),
            ...down.flat(),
          ]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

test("along any axis, of any rank", () => {
  const x = make(
    Array.from({ length: 24 }, (_, i) => (i * 7) % 13),
    [2, 3, 4],
    "f32",
  );
  for (const axis of [0, 1, 2, -1, -2, -3]) {
    const moved = g.moveaxis(x, axis, -1);
    expect(g.sort(x, axis).dataSync()).toEqual(g.moveaxis(g.sort(moved), -1, axis).dataSync());
    expect(g.takeAlongAxis(x, g.argsort(x, axis), axis).dataSync()).toEqual(g.sort(x, axis).dataSync());
  }
});

describe("derivatives", () => {
  const data = [0.3, -1.2, 2.5, 0.9, -0.4, 1.7];
  const weights = make([0.5, -1, 2, 0.25, 3, -0.75], [2, 3], "f64");
  const f = (x: g.Tensor): g.Tensor => g.sort(x).mul(g.sort(x)).mul(weights).mul(g.sort(x, 0)).sum();
  const x = make(data, [2, 3], "f64");

  test("reverse mode agrees with central differences", () => {
    const h = 1e-5;
    const slope = data.map((_, i) => {
      const at = (s: number): number =>
        f(
          make(
            data.map((v, k) => (k === i ? v + s : v)),
            [2, 3],
            "f64",
          ),
        ).itemSync();
      return (at(h) - at(-h)) / (2 * h);
    });
    g.grad(f)(x)
      .dataSync()
      .forEach((v, i) => expect(v).toBeCloseTo(slope[i] as number, 7));
  });

  test("forward and reverse mode are transposes, to second order", () => {
    const v = make([1, -0.5, 0.25, 2, 0.1, -1], [2, 3], "f64");
    const [, dy] = g.jvp(f, [x], [v]);
    expect(dy.itemSync()).toBeCloseTo(g.grad(f)(x).mul(v).sum().itemSync(), 10);
    const rr = g
      .grad((t: g.Tensor) => g.grad(f)(t).mul(v).sum())(x)
      .dataSync();
    const [, fr] = g.jvp(g.grad(f), [x], [v]);
    fr.dataSync().forEach((y, i) => expect(y).toBeCloseTo(rr[i] as number, 10));
    expect(Math.max(...rr.map(Math.abs))).toBeGreaterThan(0.1);
  });

  test("topK passes its cotangent to the elements it chose", () => {
    const top = (t: g.Tensor): g.Tensor =>
      g
        .topK(t, 2)[0]
        .mul(g.tensor([10, 1], { dtype: "f64" }))
        .sum();
    expect([
      ...g
        .grad(top)(make([3, 1, 4, 1.5], [4], "f64"))
        .dataSync(),
    ]).toEqual([1, 0, 10, 0]);
  });
});

test("vmap is the stack of its examples; jit is the eager result", () => {
  const x = make(
    Array.from({ length: 24 }, (_, i) => (i * 11) % 17),
    [4, 2, 3],
    "f32",
  );
  const f = (t: g.Tensor): g.Tensor => g.sort(t, 0).add(g.argsort(t, 1, { descending: true }));
  const stacked = g.stack(g.unstack(x).map(f)).dataSync();
  expect(g.vmap(f)(x).dataSync()).toEqual(stacked);
  expect(g.jit(g.vmap(f))(x).dataSync()).toEqual(stacked);
});

test("only what is used is computed", () => {
  const x = g.realize(g.tensor([2, 1]).mul(1));
  expect(g.explain(g.argsort(x))).toMatch(/argsort on b\d b\d$/m);
  expect(g.explain(g.sort(x))).toMatch(/sort on b\d b\d$/m);
});

test("lexsort sorts by the last key, then by those before it", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
        {
          minLength: 1,
          maxLength: 60,
        },
      ),
      (rows) => {
        const keys = [0, 1, 2].map((k) => g.tensor(rows.map((r) => r[k] as number)));
        const expected = rows
          .map((_, i) => i)
          .sort((p, q) => {
            const [a, b] = [rows[p] as number[], rows[q] as number[]];
            return (
              (a[2] as number) - (b[2] as number) ||
              (a[1] as number) - (b[1] as number) ||
              (a[0] as number) - (b[0] as number) ||
              p - q
            );
          });
        expect([...g.lexsort(keys).dataSync()]).toEqual(expected);
      },
    ),
    { numRuns: 30 },
  );
});

test("partition puts the k-th element in its place", () => {
  const x = g.tensor([5, 2, 9, 1, 7]);
  const p = [...g.partition(x, 2).dataSync()];
  expect(p[2]).toBe(5);
  expect(Math.max(...p.slice(0, 2))).toBeLessThanOrEqual(5);
  expect([...g.gather(x, g.argpartition(x, -1)).dataSync()].at(-1)).toBe(9);
});
