import * as g from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unavailable } from "./adapter.ts";
import { backendsFor, on } from "./kinds.ts";

const dtypes = ["f32", "f16", "i32", "u32", "i8", "u8", "bool"] as const;
const special = [Number.NaN, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, -1];

/** Numbers with many equals among them. */
function numbers(dtype: (typeof dtypes)[number], shape: readonly number[], seed: number): g.Tensor {
  let state = seed;
  const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    if (dtype === "f32" || dtype === "f16")
      return state >>> 30 === 0 ? (special[(state >>> 8) % 7] as number) : ((state >>> 12) % 4001) / 8 - 200;
    if (dtype === "bool") return state >>> 31;
    if (dtype === "u8") return state >>> 24;
    if (dtype === "i8") return state >> 24;
    return dtype === "u32" ? state : state | 0;
  });
  return g.reshape(g.tensor(data, { dtype }), shape);
}
// rows of one invocation, of a workgroup, and of several
const length = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom(128, 1024, 1025, 2500));

describe.skipIf(unavailable !== null)("sorting", async () => {
  const js = g.jsBackend();
  const kinds = (await backendsFor([{ cpu: true }, { cpu: false }])).map(
    (backend, i) => [["a CPU", "a GPU"][i] as string, backend] as const,
  );
  const same = async (backend: g.Backend, f: () => readonly g.Tensor[]): Promise<void> => {
    const [actual, expected] = [await on(backend, f), await on(js, f)];
    // −0 is not 0 here
    expect(actual).toStrictEqual(expected);
  };

  test.each(kinds)("on %s gives values and positions as js does, to the bit", (_, backend) =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...dtypes),
        fc.tuple(fc.integer({ min: 0, max: 3 }), length, fc.constantFrom(1, 1, 2)),
        fc.integer({ min: 0, max: 2 }),
        fc.boolean(),
        fc.nat(),
        (dtype, [a, b, c], turn, descending, seed) => {
          const shape = [a, b, c];
          // the long axis in any place
          const turned = [...shape.slice(turn), ...shape.slice(0, turn)];
          const axis = (1 - turn + 3) % 3;
          return same(backend, () => {
            const x = numbers(dtype, turned, seed);
            return [g.sort(x, axis, { descending }), g.argsort(x, axis, { descending })];
          });
        },
      ),
      { numRuns: 20, seed: 5 },
    ),
  );

  test.each(kinds)("on %s finds the largest, both parts at once", (_, backend) =>
    same(backend, () => g.topK(numbers("f32", [3, 3000], 1), 20)),
  );

  test.each(kinds)("on %s searches as js does, before and after equals", (_, backend) =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...dtypes),
        fc.integer({ min: 1, max: 3 }),
        length,
        fc.integer({ min: 0, max: 90 }),
        fc.constantFrom("left", "right"),
        fc.nat(),
        (dtype, rows, n, m, side, seed) =>
          same(backend, () => [
            g.searchsorted(g.sort(numbers(dtype, [rows, n], seed)), numbers(dtype, [rows, m], seed + 1), { side }),
          ]),
      ),
      { numRuns: 12, seed: 6 },
    ),
  );

  test.each(kinds)("on %s takes one submission", async (_, backend) => {
    await g.setBackend(backend);
    const x = numbers("f32", [2, 5000], 3);
    const { submissions, dispatches } = await backend.profile(() => g.sort(x).data());
    expect(submissions).toBe(1);
    expect(dispatches).toBeGreaterThan(1);
  });
});
