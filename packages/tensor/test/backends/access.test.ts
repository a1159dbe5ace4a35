import { expect, test } from "vitest";
import * as g from "../../src/index.ts";

// The first buffers of a heap lie at the very start of memory: an address in front of it wraps around to 4 GiB.
test.each([
  ["a column", (x: g.Tensor) => g.transpose(x)],
  ["every third element", (x: g.Tensor) => g.slice(x, [0, 0], [5, 99], [1, 3])],
  ["a flipped row", (x: g.Tensor) => g.flip(x, 1)],
])("padding in front of %s of the first buffer reads nothing in front of the memory", async (_, look) => {
  await g.setBackend(g.wasmBackend());
  const x = g.reshape(g.tensor(Float32Array.from({ length: 500 }, (_, i) => i + 1)), [5, 100]);
  const y = look(x);
  for (const low of [1, 3, 7, 40]) {
    const padded = g.pad(y, [
      [0, 0],
      [low, 5],
    ]);
    const [rows, columns] = y.shape as [number, number];
    const values = await y.data();
    const width = columns + low + 5;
    const expected = Array.from({ length: rows * width }, (_, i) => {
      const j = (i % width) - low;
      return j >= 0 && j < columns ? values[Math.floor(i / width) * columns + j] : 0;
    });
    expect([...(await padded.data())]).toEqual(expected);
    // the same inside a fold over the padded axis, several vectors side by side
    const wide = g.pad(g.transpose(y), [
      [low, 0],
      [17, 9],
    ]);
    const sums = g.sum(wide, 0);
    const rowSums = Array.from({ length: rows }, (_, r) =>
      [...values.slice(r * columns, (r + 1) * columns)].reduce((a, b) => a + b, 0),
    );
    expect([...(await sums.data())]).toEqual([...new Array(17).fill(0), ...rowSums, ...new Array(9).fill(0)]);
  }
});
