import { expect, test } from "vitest";
import { arange, eye, full, linspace, oneHot, tensor, tril, triu, zeros } from "../../src/index.ts";

test("creation gives the values it names", async () => {
  expect(
    await tensor([
      [1, 2],
      [3, 4],
    ]).array(),
  ).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(tensor([true, false]).dtype).toBe("bool");
  const source = Float32Array.of(1, 2);
  const copy = tensor(source);
  source[0] = 9;
  expect(await copy.array()).toEqual([1, 2]);
  expect(await full([2], 7, { dtype: "i32" }).array()).toEqual([7, 7]);
  expect(await arange(1, 2, 0.5).array()).toEqual([1, 1.5]);
  expect(await linspace(0, 1, 3).array()).toEqual([0, 0.5, 1]);
  expect(await eye(2, 3).array()).toEqual([
    [1, 0, 0],
    [0, 1, 0],
  ]);
  expect(await oneHot(tensor([2, 0], { dtype: "i32" }), 3).array()).toEqual([
    [0, 0, 1],
    [1, 0, 0],
  ]);
  expect(await tril(full([2, 2], 1)).array()).toEqual([
    [1, 0],
    [1, 1],
  ]);
  expect(await triu(full([2, 2], 1)).array()).toEqual([
    [1, 1],
    [0, 1],
  ]);
  expect(zeros([0, 3]).size).toBe(0);
});

test("at takes positions, ranges, all and lists", async () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(await x.at(0).array()).toEqual([1, 2, 3]);
  expect(await x.at("...", -1).array()).toEqual([3, 6]);
  expect(await x.at(1, "...", -1).item()).toBe(6);
  expect(await x.at(null, -1).array()).toEqual([3, 6]);
  expect(await x.at(null, [null, null, -1]).array()).toEqual([
    [3, 2, 1],
    [6, 5, 4],
  ]);
  expect(await x.at(null, [0, 3, 2]).array()).toEqual([
    [1, 3],
    [4, 6],
  ]);
  expect(await x.at(tensor([1, 1], { dtype: "i32" })).array()).toEqual([
    [4, 5, 6],
    [4, 5, 6],
  ]);
});
