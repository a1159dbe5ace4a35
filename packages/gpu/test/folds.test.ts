import * as g from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unavailable } from "./adapter.ts";
import { backendsFor, on } from "./kinds.ts";

/** Whole numbers, so that sums are exact in any order. */
const whole = (shape: readonly number[], dtype: "f32" | "i32" | "f16" | "bool"): g.Tensor => {
  const x = g.floor(g.mul(g.uniform(g.key(1), shape), 5)).sub(2);
  return dtype === "bool" ? g.greater(x, 1) : g.astype(x, dtype);
};
const folds = { sum: g.sum, max: g.max, min: g.min } as const;

describe.skipIf(unavailable !== null)("long folds of few results", async () => {
  const wasm = g.wasmBackend({ threads: 1 });
  const kinds = (await backendsFor([{ cpu: true }, { cpu: false }])).map(
    (backend, i) => [["a CPU", "a GPU"][i] as string, backend] as const,
  );

  test.each(kinds)("on %s are exact along any axes", (_, backend) =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom("sum", "max", "min"),
        fc.constantFrom("f32", "i32", "f16", "bool"),
        fc.constantFrom<[number[], number | number[] | undefined]>(
          [[40000], undefined],
          [[3, 20000], -1],
          [[20000, 3], 0],
          [
            [2, 100, 3, 300],
            [1, 3],
          ],
          [[5, 16411], -1],
        ),
        async (op, dtype, [shape, axes]) => {
          const f = (): g.Tensor[] => {
            const x = whole(shape, dtype);
            return [folds[op](op === "sum" && dtype !== "f32" ? g.astype(x, "i32") : x, axes as number)];
          };
          expect(await on(backend, f)).toEqual(await on(wasm, f));
        },
      ),
      { numRuns: 12, seed: 2 },
    ),
  );

  test.each(kinds)("on %s take two kernels, one of which is wide", async (_, backend) => {
    await g.setBackend(backend);
    const x = g.normal(g.key(2), [40000]);
    await g.realize(x);
    await x.data();
    const { dispatches } = await backend.profile(() => g.sum(x).data());
    expect(dispatches).toBe(2);
  });
});
