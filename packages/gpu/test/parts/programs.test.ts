import { getBackend, jsBackend, setBackend, type Tensor } from "@gradus/tensor";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { leaves, type Program, programs } from "../../../tensor/test/plan/programs.ts";
import { backendInParts } from "./run.ts";

const numRuns = Number(process.env.GRADUS_PROGRAMS ?? 200);
const seed = Number(process.env.GRADUS_SEED ?? 1);

describe("random programs cut for small devices", () => {
  const before = getBackend();
  afterAll(() => setBackend(before));
  const js = jsBackend();
  test("little memory in sight, four buffers", async () => {
    const limits = { buffer: 2 ** 30, binding: 192, alignment: 16, operands: 4, workgroups: 65535 };
    let [kernels, parts] = [0, 0];
    const cut = backendInParts(limits, (n) => {
      kernels++;
      parts += n;
    });
    const on = async (backend: typeof js, p: Program): Promise<number[][]> => {
      await setBackend(backend);
      const out: number[][] = [];
      for (const t of p.build(leaves(p)) as Tensor[]) out.push(Array.from(await t.data()));
      return out;
    };
    await fc.assert(
      fc.asyncProperty(programs(["f32", "i32", "bool", "i8"]), async (p) => {
        const [actual, expected] = [await on(cut, p), await on(js, p)];
        p.outputs.forEach(({ t, error, name }, k) => {
          const [a, e] = [actual[k] as number[], expected[k] as number[]];
          const far = a.findIndex((x, i) => !(Object.is(x, e[i]) || Math.abs(x - (e[i] as number)) <= 4 * error));
          if (far >= 0)
            throw new Error(`${name} ${t.dtype} [${t.shape}]: element ${far} is ${a[far]} instead of ${e[far]}`);
        });
      }),
      { numRuns, seed: seed + 5 },
    );
    // the limits were felt
    expect(parts).toBeGreaterThan(kernels);
  });
});
