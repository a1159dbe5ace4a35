import { afterEach, expect, test } from "vitest";
import * as g from "../../src/index.ts";

const initial = g.getBackend();
afterEach(() => g.setBackend(initial));

test("a tensor computed elsewhere is not taken along silently, and to() copies it", async () => {
  const x = g.mul(g.tensor([1, 2, 3]), 2).realize();
  const js = g.jsBackend();
  await g.setBackend(js);
  expect(() => g.add(x, 1).dataSync()).toThrow(/lies on the wasm backend, and plans run on js; copy it by await to/);
  const moved = await g.to({ x, list: [x, x.shape] }, js);
  expect(Array.from(g.add(moved.x, 1).dataSync())).toEqual([3, 5, 7]);
  expect(moved.list[1]).toEqual([3]);
  expect(Array.from(x.dataSync())).toEqual([2, 4, 6]);
});

test("values given by the host go to whatever backend runs the plan, and leave the one before", async () => {
  const wasm = g.wasmBackend();
  await g.setBackend(wasm);
  const given = g.tensor(Float32Array.from({ length: 2000 }, (_, i) => i));
  const sum = (): number => g.tidy(() => g.sum(given)).dataSync()[0] as number;
  expect(sum()).toBe(1999000);
  expect(wasm.memory().liveBytes).toBeGreaterThanOrEqual(8000);
  const js = g.jsBackend();
  await g.setBackend(js);
  expect(sum()).toBe(1999000);
  expect(wasm.memory().liveBytes).toBeLessThan(8000);
  expect(js.memory().liveBytes).toBeGreaterThanOrEqual(8000);
  given.dispose();
  expect(js.memory().liveBytes).toBeLessThan(8000);
});

test("to() of what is no longer there, or has no value, says so", async () => {
  const gone = g.tensor([1]);
  gone.dispose();
  await expect(g.to([gone], g.jsBackend())).rejects.toThrow(g.DisposedError);
  let inside: Promise<unknown> = Promise.resolve();
  g.jit((x: g.Tensor) => {
    inside = g.to(x, g.jsBackend());
    return x;
  })(g.tensor([1]));
  await expect(inside).rejects.toThrow(g.TraceError);
});
