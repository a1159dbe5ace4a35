import { expect, test } from "vitest";
import { arange, meshgrid, tensor, tri, tril, triu } from "../../src/index.ts";

test("tri is the mask of tril", async () => {
  expect(await tri(2, 3).array()).toEqual([
    [1, 0, 0],
    [1, 1, 0],
  ]);
  expect(await tri(3, 3, -1, { dtype: "bool" }).array()).toEqual([
    [false, false, false],
    [true, false, false],
    [true, true, false],
  ]);
  const x = arange(12).add(1).reshape([3, 4]);
  for (const k of [-3, -1, 0, 2, 4]) {
    expect(await tril(x, k).array()).toEqual(await x.mul(tri(3, 4, k)).array());
    expect(
      await tril(x, k)
        .add(triu(x, k + 1))
        .array(),
    ).toEqual(await x.array());
  }
  expect(tri(0).shape).toEqual([0, 0]);
});

test("meshgrid: each vector runs along its own axis", async () => {
  const [a, b, c] = [tensor([1, 2, 3]), tensor([4, 5]), tensor([6, 7, 8, 9], { dtype: "i32" })];
  const ij = meshgrid([a, b, c], { indexing: "ij" });
  expect(ij.map((t) => t.shape)).toEqual([
    [3, 2, 4],
    [3, 2, 4],
    [3, 2, 4],
  ]);
  expect(ij.map((t) => t.dtype)).toEqual(["f32", "f32", "i32"]);
  const [x, y, z] = await Promise.all(ij.map((t) => t.at(2, 0, 3).item()));
  expect([x, y, z]).toEqual([3, 4, 9]);
  const xy = meshgrid([a, b, c]);
  for (const [i, t] of xy.entries())
    expect(await t.permute([1, 0, 2]).array()).toEqual(await (ij[i] as typeof t).array());
  expect(await (meshgrid([a])[0] as typeof a).array()).toEqual([1, 2, 3]);
});
