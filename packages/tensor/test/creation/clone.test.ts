import { expect, test } from "vitest";
import { add, clone, grad, jit, mul, sum, type Tensor, tensor, vmap } from "../../src/index.ts";

test("a clone outlives its original, given or computed", async () => {
  for (const x of [tensor([1, -0, Number.NaN]), add(tensor([1, 2]), 1), tensor([true, false])]) {
    const before = await x.array();
    const copy = clone(x);
    x.dispose();
    expect(copy.dtype).toBe(x.dtype);
    expect(await copy.array()).toEqual(before);
    expect(await copy.clone().array()).toEqual(before);
  }
});

test("the original outlives its clone", async () => {
  const x = tensor([1, 2]);
  x.clone().dispose();
  expect(await x.array()).toEqual([1, 2]);
});

test("a clone is safe from donation", async () => {
  const step = jit((w: Tensor) => mul(w, 2), { donate: [0] });
  const w = tensor([1, 2]);
  const kept = clone(w);
  expect(await step(w).array()).toEqual([2, 4]);
  expect(await kept.array()).toEqual([1, 2]);
});

test("derivatives pass through, in every transform", async () => {
  const f = (x: Tensor): Tensor => sum(mul(clone(x), x));
  const x = tensor([1, 2]);
  expect(await grad(f)(x).array()).toEqual([2, 4]);
  expect(await jit(grad(f))(x).array()).toEqual([2, 4]);
  expect(await vmap(grad(f))(tensor([[1, 2]])).array()).toEqual([[2, 4]]);
});

test("realize and argmin are methods", async () => {
  const x = tensor([[3, 1, 2]]);
  const y = x.mul(2);
  expect(y.realize()).toBe(y);
  expect(y.inputs).toEqual([]);
  expect(await x.argmin().item()).toBe(1);
  expect((await x.argmin(1, { keepDims: true }).array()) as number[][]).toEqual([[1]]);
});
