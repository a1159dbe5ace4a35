import fc from "fast-check";
import { expect, test } from "vitest";
import { setBackend } from "../../src/backends/current.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import { isFloat } from "../../src/dtype.ts";
import { loadGraph } from "../../src/graphs/index.ts";
import * as g from "../../src/index.ts";
import { pullback } from "../../src/transforms/differentiate.ts";
import { leaves, programs } from "../plan/programs.ts";
import { bitsOfAll, fileOf, through } from "./help.ts";

// GRADUS_PROGRAMS and GRADUS_SEED as for the programs of plans.
const numRuns = Number(process.env.GRADUS_PROGRAMS ?? 150);
const seed = Number(process.env.GRADUS_SEED ?? 1) + 70;
const [js, wasm] = [jsBackend(), wasmBackend()];
const all = programs(["f32", "f64", "i32", "bool"]);

test("a random program and its loaded graph give the same bits", () =>
  fc.assert(
    fc.asyncProperty(all, async (p) => {
      const f = (xs: readonly g.Tensor[]): g.Tensor[] => p.build(xs);
      const loaded = await through(f, leaves(p));
      expect(await bitsOfAll(loaded(leaves(p)))).toEqual(await bitsOfAll(g.jit(f)(leaves(p))));
    }),
    { numRuns, seed },
  ));

test("and so do their reverse passes: of the loaded function, and loaded themselves", () =>
  fc.assert(
    fc.asyncProperty(all, async (p) => {
      const f = (xs: readonly g.Tensor[]): g.Tensor[] => p.build(xs);
      const reverse =
        (of: typeof f) =>
        (xs: readonly g.Tensor[]): (g.Tensor | null)[] => {
          const ys = of(xs).filter((y) => isFloat(y.dtype));
          return pullback(ys, ys.map(g.cos), xs);
        };
      const loaded = await through(f, leaves(p));
      const expected = await bitsOfAll(g.jit(reverse(f))(leaves(p)));
      expect(await bitsOfAll(g.jit(reverse(loaded))(leaves(p)))).toEqual(expected);
      expect(await bitsOfAll((await through(reverse(f), leaves(p)))(leaves(p)))).toEqual(expected);
    }),
    { numRuns: numRuns / 3, seed },
  ));

test("a program saved on wasm computes on js what it computes there", () =>
  fc.assert(
    fc.asyncProperty(all, async (p) => {
      await setBackend(wasm);
      const f = (xs: readonly g.Tensor[]): g.Tensor[] => p.build(xs);
      const file = await fileOf(f, leaves(p));
      try {
        await setBackend(js);
        const loaded = await loadGraph<[readonly g.Tensor[]], g.Tensor[]>(file);
        const results = loaded(leaves(p));
        const expected = f(leaves(p));
        for (const [i, { error, t }] of p.outputs.entries()) {
          const [a, e] = [await (results[i] as g.Tensor).data(), await (expected[i] as g.Tensor).data()];
          expect((results[i] as g.Tensor).shape).toEqual(t.shape);
          const far = a.findIndex((x: number, k: number) => !(Math.abs(x - (e[k] as number)) <= 4 * error));
          expect(far).toBe(-1);
        }
      } finally {
        await setBackend(wasm);
      }
    }),
    { numRuns: numRuns / 3, seed },
  ));
