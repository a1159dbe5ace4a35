import { afterEach, describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";

describe("debugNaNs", () => {
  afterEach(() => g.debugNaNs(false));

  test("names the operation, the element and the operand", () => {
    g.debugNaNs(true);
    const x = g.tensor([
      [4, 1],
      [9, -1],
    ]);
    const y = x.mul(2).log().add(1).sum();
    expect(() => y.dataSync()).toThrow(g.NonFiniteError);
    expect(() => y.dataSync()).toThrow("debugNaNs: log made the first NaN, at [1,1] of [2,2] (f32), from -2");
    g.debugNaNs(false);
    expect(y.itemSync()).toBeNaN();
  });

  test("in jitted functions and in gradients; donated arguments survive", () => {
    g.debugNaNs(true);
    const f = g.jit((x: g.Tensor) => g.sqrt(x).sum(), { donate: [0] });
    const x = g.realize(g.tensor([4, -4]).mul(1));
    expect(() => f(x)).toThrow(/sqrt made the first NaN, at \[1\] of \[2\] \(f32\), from -4/);
    expect([...x.dataSync()]).toEqual([4, -4]);
    const zero = g.tensor(0);
    const norm = (t: g.Tensor): g.Tensor => g.where(g.greater(t, 1), g.sqrt(t), g.sqrt(t.mul(t)).mul(0));
    expect(() => g.grad(norm)(zero).dataSync()).toThrow(/debugNaNs: \w+ made the first NaN/);
  });

  test("given NaNs are named as such; infinities, integers and finite programs pass; nothing leaks", () => {
    g.debugNaNs(true);
    const x = g.tensor([1, Number.NaN]);
    const before = g.memory().liveBuffers;
    expect(() => x.add(1).dataSync()).toThrow("debugNaNs: a given tensor holds a NaN, at [1] of [2] (f32)");
    expect(g.memory().liveBuffers).toBe(before);
    expect(g.tensor([0]).log().dataSync()[0]).toBe(Number.NEGATIVE_INFINITY);
    expect(g.tensor([1, 2], { dtype: "i32" }).add(1).dataSync()).toEqual(Int32Array.of(2, 3));
    expect(() => g.debugNaNs(1 as never)).toThrow(/enabled/);
  });
});

test("out of memory names what is in use and what the plan needs, and loses nothing", () => {
  const x = g.realize(g.tensor([1, 2, 3]).mul(1));
  const live = g.memory();
  const huge = g.exp(g.broadcastTo(x, [700_000_000, 3]));
  expect(() => huge.dataSync()).toThrow(g.OutOfMemoryError);
  expect(() => huge.dataSync()).toThrow(
    /^wasm: cannot allocate .* dispose tensors, .*the plan needs 84000000\d\d bytes at its peak/,
  );
  expect(g.memory().liveBytes).toBe(live.liveBytes);
  expect([...x.dataSync()]).toEqual([1, 2, 3]);
});
