import fc from "fast-check";
import { expect, test } from "vitest";
import * as g from "../../src/index.ts";

// Many zeros of either sign, so that they are often the result.
const number = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(0, -0, -1) },
  { weight: 20, arbitrary: fc.constantFrom(0, -0, 1) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity, 2.5, -2.5) },
);
const several = (n: number, of: readonly number[]): fc.Arbitrary<number[]> =>
  fc.array(fc.constantFrom(...of), { minLength: n, maxLength: n });
const list = (n: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    fc.array(number, { minLength: n, maxLength: n }),
    several(n, [-0, -1, -2]),
    several(n, [0, -0, -3]),
    several(n, [0, -0, 3]),
    several(n, [0, 1, 2]),
  );

test("max and min over rows, columns and all, of any size: NaN wins, and +0 is greater than −0", async () => {
  await g.setBackend(g.wasmBackend());
  const table = fc
    .record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 70 }) })
    .chain(({ rows, columns }) => fc.array(list(columns), { minLength: rows, maxLength: rows }));
  await fc.assert(
    fc.asyncProperty(table, async (rows) => {
      const x = g.tensor(rows);
      const columns = (rows[0] as number[]).map((_, c) => rows.map((r) => r[c] as number));
      for (const [op, of] of [
        [g.max, Math.max],
        [g.min, Math.min],
      ] as const) {
        expect([...(await op(x, 1).data())]).toEqual(rows.map((r) => of(...r)));
        expect([...(await op(x, 0).data())]).toEqual(columns.map((c) => of(...c)));
        expect([...(await op(x).data())]).toEqual([of(...rows.flat())]);
      }
    }),
  );
});

test("long rows are folded in blocks to the same", async () => {
  await g.setBackend(g.wasmBackend());
  for (const [sign, at] of [0, 5000, 9001].flatMap((at) => [[1, at] as const, [-1, at] as const])) {
    const x = new Float32Array(9002).fill(-sign);
    x[at] = 0;
    x[(at + 16) % x.length] = -0;
    const [low, high] = [g.min(g.tensor(x)), g.max(g.tensor(x))];
    expect([await low.item(), await high.item()]).toEqual(sign > 0 ? [-1, 0] : [-0, 1]);
    x[at] = Number.NaN;
    expect(await g.max(g.tensor(x)).item()).toBeNaN();
  }
});

test("maximum and minimum with a constant on either side, four at a time and one by one", async () => {
  await g.setBackend(g.wasmBackend());
  await fc.assert(
    fc.asyncProperty(list(11), number, async (values, constant) => {
      const x = g.tensor(values);
      for (const [op, of] of [
        [g.maximum, Math.max],
        [g.minimum, Math.min],
      ] as const) {
        const expected = values.map((v) => of(v, constant));
        expect([...(await op(x, constant).data())]).toEqual(expected);
        expect([...(await op(constant, x).data())]).toEqual(expected);
        expect([
          ...(await g
            .jit((t: g.Tensor) => op(t, constant))(x)
            .data()),
        ]).toEqual(expected);
      }
    }),
  );
});
