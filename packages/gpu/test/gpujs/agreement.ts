import { type Backend, jsBackend, setBackend, type Tensor } from "@gradus/tensor";
import fc from "fast-check";
import { leaves, type Program, programs } from "../../../tensor/test/plan/programs.ts";

/** Random programs give on `backend` what they give on js, within the errors that the program allows for. Throws where they do not. */
export async function agreement(backend: Backend, numRuns: number, seed: number): Promise<void> {
  const js = jsBackend();
  const on = async (b: Backend, p: Program): Promise<number[][]> => {
    await setBackend(b);
    const ts: Tensor[] = p.build(leaves(p));
    return Promise.all(ts.map(async (t) => Array.from(await t.data())));
  };
  const agree = async (p: Program): Promise<void> => {
    const [actual, expected] = [await on(backend, p), await on(js, p)];
    p.outputs.forEach(({ t, error, name }, k) => {
      const [a, e] = [actual[k] as number[], expected[k] as number[]];
      if (a.length !== e.length) throw new Error(`${name}: ${a.length} elements instead of ${e.length}`);
      const far = a.findIndex((x, i) => !(Math.abs(x - (e[i] as number)) <= 4 * error));
      if (far >= 0)
        throw new Error(`${name} ${t.dtype} [${t.shape}]: element ${far} is ${a[far]} instead of ${e[far]} ± ${error}`);
    });
  };
  await fc.assert(fc.asyncProperty(programs(["f32", "f64", "i32", "bool"]), agree), { numRuns, seed });
}
