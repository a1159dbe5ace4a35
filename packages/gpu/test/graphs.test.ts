import { getBackend, setBackend, treeLeaves, wasmBackend } from "@gradus/tensor";
import { loadGraph } from "@gradus/tensor/graphs";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { fileOf } from "../../tensor/test/graphs/help.ts";
import { model, point } from "../../tensor/test/graphs/model.ts";
import { leaves, type Program, programs } from "../../tensor/test/plan/programs.ts";
import { gpujs } from "../src/gpujs/index.ts";
import { type WebGPUBackend, webgpu } from "../src/index.ts";
import { unavailable } from "./adapter.ts";

const saved = await fileOf(model, point());
const read = async (): Promise<number[][]> => {
  const loaded = await loadGraph<[unknown], unknown>(saved);
  return Promise.all(treeLeaves(loaded(point())).map(async (t) => [...(await t.data())]));
};
const near = (actual: readonly number[][], expected: readonly number[][]): void =>
  actual.forEach((r, k) => {
    r.forEach((x, i) => {
      expect(Math.abs(x - expected[k]![i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(x)));
    });
  });

test("a model that was saved on wasm runs on gpujs", async () => {
  const [before, expected] = [getBackend(), await read()];
  const backend = await gpujs({ mode: "cpu", warn: () => undefined });
  await setBackend(backend);
  try {
    near(await read(), expected);
  } finally {
    await setBackend(before);
    backend.destroy();
  }
});

describe.skipIf(unavailable !== null)("graphs that were saved on wasm run on webgpu", async () => {
  const before = getBackend();
  const wasm = wasmBackend();
  const gpu = unavailable === null ? await webgpu() : (null as unknown as WebGPUBackend);
  afterAll(async () => {
    await setBackend(before);
    gpu.destroy();
  });

  test("the model", async () => {
    const expected = await read();
    await setBackend(gpu);
    near(await read(), expected);
    await setBackend(before);
  });

  const agree = async (p: Program): Promise<void> => {
    await setBackend(wasm);
    const f = (xs: ReturnType<typeof leaves>): unknown => p.build(xs);
    const file = await fileOf(f, leaves(p));
    const on = async (backend: Parameters<typeof setBackend>[0]): Promise<number[][]> => {
      await setBackend(backend);
      const loaded = await loadGraph<[unknown], unknown>(file);
      return Promise.all(treeLeaves(loaded(leaves(p))).map(async (t) => [...(await t.data())]));
    };
    const [expected, actual] = [await on(wasm), await on(gpu)];
    p.outputs.forEach(({ error, name }, k) => {
      const far = actual[k]!.findIndex((x, i) => !(Math.abs(x - expected[k]![i]!) <= 4 * error));
      if (far >= 0) throw new Error(`${name}: element ${far} is ${actual[k]![far]} instead of ${expected[k]![far]}`);
    });
  };

  test("random programs", () =>
    fc.assert(fc.asyncProperty(programs(["f32", "i32", "bool"]), agree), { numRuns: 40, seed: 71 }));
});
