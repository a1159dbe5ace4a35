import { getBackend, jsBackend, setBackend, type Tensor } from "@gradus/tensor";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { leaves, type Program, programs } from "../../tensor/test/plan/programs.ts";
import { type WebGPUBackend, webgpu } from "../src/index.ts";
import { unavailable } from "./adapter.ts";

// GRADUS_PROGRAMS and GRADUS_SEED as for the programs of tensor.
const numRuns = Number(process.env.GRADUS_PROGRAMS ?? 200);
const seed = Number(process.env.GRADUS_SEED ?? 1);

describe.skipIf(unavailable !== null)("random programs on webgpu", async () => {
  const before = getBackend();
  const js = jsBackend();
  const gpu = unavailable === null ? await webgpu() : (null as unknown as WebGPUBackend);
  afterAll(async () => {
    await setBackend(before);
    gpu.destroy();
  });

  const on = async (backend: typeof js, p: Program): Promise<number[][]> => {
    await setBackend(backend);
    const ts: Tensor[] = p.build(leaves(p));
    const out: number[][] = [];
    for (const t of ts) out.push(Array.from(await t.data()));
    return out;
  };

  const agree = async (p: Program): Promise<void> => {
    const [actual, expected] = [await on(gpu, p), await on(js, p)];
    p.outputs.forEach(({ t, error, name }, k) => {
      const [a, e] = [actual[k] as number[], expected[k] as number[]];
      expect(a.length).toBe(e.length);
      const far = a.findIndex((x, i) => !(Math.abs(x - (e[i] as number)) <= 4 * error));
      if (far >= 0)
        throw new Error(`${name} ${t.dtype} [${t.shape}]: element ${far} is ${a[far]} instead of ${e[far]} ± ${error}`);
    });
  };

  test("of the dtypes that the device computes with", () =>
    fc.assert(fc.asyncProperty(programs(["f32", "i32", "bool"]), agree), { numRuns, seed: seed + 3 }));

  test("of these and f64, which goes to the CPU and back", () =>
    fc.assert(fc.asyncProperty(programs(["f32", "f64", "i32", "bool"]), agree), { numRuns, seed: seed + 4 }));
});
