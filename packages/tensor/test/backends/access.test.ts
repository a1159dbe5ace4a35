import { expect, test } from "vitest";
import * as g from "../../src/index.ts";

// The first buffers of a heap lie at the very start of memory: an address in front of it wraps around to 4 GiB.
const looks: readonly (readonly [string, (x: g.Tensor) => g.Tensor, at: (row: number, column: number) => number])[] = [
  ["a column", (x) => g.transpose(x), (r, c) => 100 * c + r + 1],
  ["every third element", (x) => g.slice(x, [0, 0], [5, 99], [1, 3]), (r, c) => 100 * r + 3 * c + 1],
  ["a flipped row", (x) => g.flip(x, 1), (r, c) => 100 * r + 100 - c],
];
test.each(looks)(
  "padding in front of %s of the first buffer reads nothing in front of the memory",
  async (_, look, at) => {
    for (const low of [1, 3, 7, 40]) {
      await g.setBackend(g.wasmBackend());
      const y = look(g.reshape(g.tensor(Float32Array.from({ length: 500 }, (_, i) => i + 1)), [5, 100]));
      const [rows, columns] = y.shape as [number, number];
      const width = columns + low + 5;
      const padded = await g
        .pad(y, [
          [0, 0],
          [low, 5],
        ])
        .data();
      const expected = Array.from({ length: rows * width }, (_, i) => {
        const [row, column] = [Math.floor(i / width), (i % width) - low];
        return column >= 0 && column < columns ? at(row, column) : 0;
      });
      expect([...padded]).toEqual(expected);
    }
  },
);

test.each(looks)("folds over %s, padded on both sides, too", async (_, look, at) => {
  for (const low of [1, 7, 40]) {
    await g.setBackend(g.wasmBackend());
    const y = look(g.reshape(g.tensor(Float32Array.from({ length: 500 }, (_, i) => i + 1)), [5, 100]));
    const [rows, columns] = y.shape as [number, number];
    const sums = await g
      .sum(
        g.pad(y, [
          [low, 0],
          [17, 9],
        ]),
        0,
      )
      .data();
    const expected = Array.from({ length: columns + 26 }, (_, j) => {
      if (j < 17 || j >= 17 + columns) return 0;
      return Array.from({ length: rows }, (_, r) => at(r, j - 17)).reduce((a, b) => a + b, 0);
    });
    expect([...sums]).toEqual(expected);
  }
});
