import fc from "fast-check";
import { expect, test } from "vitest";
import * as g from "../../src/index.ts";

const number = fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 2.5);

/** The first NaN, or else the first of the largest. */
function first(column: readonly number[], sign: number): number {
  const nan = column.findIndex((x) => Number.isNaN(x));
  return nan >= 0 ? nan : column.findIndex((x) => column.every((y) => sign * x >= sign * y));
}

test("the first winner of each column, four columns at a time and one by one", async () => {
  await g.setBackend(g.wasmBackend());
  const table = fc
    .record({ rows: fc.integer({ min: 1, max: 6 }), columns: fc.integer({ min: 1, max: 41 }) })
    .chain(({ rows, columns }) =>
      fc.array(fc.array(number, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
    );
  await fc.assert(
    fc.asyncProperty(table, fc.constantFrom("f16", "f32", "f64"), async (rows, dtype) => {
      const x = g.tensor(rows, { dtype });
      for (const [op, sign] of [
        [g.argmax, 1],
        [g.argmin, -1],
      ] as const) {
        const expected = (rows[0] as number[]).map((_, c) =>
          first(
            rows.map((r) => r[c] as number),
            sign,
          ),
        );
        expect([...(await op(x, 0).data())]).toEqual(expected);
      }
    }),
  );
});

test("outer products, batched, are the products of all pairs", async () => {
  await g.setBackend(g.wasmBackend());
  for (const dtype of ["f32", "f64"] as const) {
    const [a, b] = [
      g.reshape(g.arange(0, 150, 1, { dtype }), [3, 50, 1]),
      g.reshape(g.arange(0, 51, 1, { dtype }), [3, 1, 17]),
    ];
    const expected = Array.from({ length: 3 * 50 * 17 }, (_, i) => {
      const [n, row, column] = [Math.floor(i / 850), Math.floor((i % 850) / 17), i % 17];
      return (50 * n + row) * (17 * n + column);
    });
    expect([...(await g.matmul(a, b).data())]).toEqual(expected);
  }
});
