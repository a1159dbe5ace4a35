import { expect, test } from "vitest";
import { avgPool, grad, ones, type Tensor, tensor } from "../../src/index.ts";

const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], { shape: [1, 1, 3, 3], dtype: "f64" });

test("the mean of what is there: ones stay ones", async () => {
  for (const options of [
    { padding: 1 },
    { padding: 1, stride: 2 },
    { padding: 1, dilation: 2, stride: 1 },
    { padding: "same", stride: 2 },
  ] as const) {
    const y = avgPool(ones([2, 3, 5, 4]), 3, { ...options, countIncludePad: false });
    expect(new Set(await y.data())).toEqual(new Set([1]));
  }
});

test("a corner is the mean of four, or of nine with zeros", async () => {
  const corner = (countIncludePad: boolean): Promise<number> =>
    avgPool(x, 3, { padding: 1, stride: 1, countIncludePad }).at(0, 0, 0, 0).item();
  expect(await corner(false)).toBe((1 + 2 + 4 + 5) / 4);
  expect(await corner(true)).toBeCloseTo((1 + 2 + 4 + 5) / 9, 12);
});

test("without padding both are equal, and the derivative spreads by the count", async () => {
  expect(await avgPool(x, 2, { stride: 1, countIncludePad: false }).array()).toEqual(
    await avgPool(x, 2, { stride: 1 }).array(),
  );
  const f = (t: Tensor): Tensor => avgPool(t, 3, { padding: 1, stride: 1, countIncludePad: false }).at(0, 0, 0, 0);
  expect(await grad(f)(x).at(0, 0).array()).toEqual([
    [0.25, 0.25, 0],
    [0.25, 0.25, 0],
    [0, 0, 0],
  ]);
});
