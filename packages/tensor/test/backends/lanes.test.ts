import fc from "fast-check";
import { expect, test } from "vitest";
import * as g from "../../src/index.ts";

test("rows of any length whose elements stand two or four times each, as they are and folded", async () => {
  await g.setBackend(g.wasmBackend({ threads: 1 }));
  const setting = fc.record({
    rows: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 37 }),
    times: fc.constantFrom(2, 3, 4),
    from: fc.integer({ min: 0, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(setting, async ({ rows, width, times, from }) => {
      const n = Math.ceil((from + width) / times);
      const value = (row: number, i: number): number => ((row * 7 + i * 5) % 23) + 1;
      const x = g.tensor(
        Array.from({ length: rows * n }, (_, i) => value(Math.floor(i / n), i % n)),
        {
          shape: [rows, n],
          dtype: "f32",
        },
      );
      const wide = g.reshape(g.broadcastTo(g.reshape(x, [rows, n, 1]), [rows, n, times]), [rows, n * times]);
      const y = g.slice(wide, [0, from], [rows, from + width]);
      // twice, as the outermost loop may begin anywhere
      const both = g.broadcastTo(g.reshape(y, [1, rows, width]), [2, rows, width]);
      const rest = g.mod(g.add(g.arange(0, width, 1, { dtype: "i32" }), from), times);
      const at = (row: number, i: number): number => value(row, Math.floor((from + i) / times));
      const columns = Array.from({ length: width }, (_, i) => i);
      const all = Array.from({ length: rows }, (_, r) => columns.map((i) => at(r, i)));
      const column = (f: (list: number[], i: number) => number): number[] =>
        [...columns, ...columns].map((i) =>
          f(
            all.map((r) => r[i] as number),
            i,
          ),
        );
      expect([...(await g.mul(y, 3).data())]).toEqual(all.flat().map((v) => 3 * v));
      expect([...(await g.sum(both, 1).data())]).toEqual(column((list) => list.reduce((a, b) => a + b, 0)));
      expect([...(await g.max(both, 1).data())]).toEqual(column((list) => Math.max(...list)));
      expect([...(await g.sum(g.mul(both, rest), 1).data())]).toEqual(
        column((list, i) => list.reduce((a, b) => a + b, 0) * ((from + i) % times)),
      );
    }),
    { numRuns: 150 },
  );
});
