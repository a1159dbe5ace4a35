import * as g from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unavailable } from "./adapter.ts";
import { backendsFor, on } from "./kinds.ts";

// Steps that need nothing of one another run at once; results, and the memory that is in use, stay what they are.
const whole = (shape: number[], seed: number): g.Tensor => g.floor(g.mul(g.uniform(g.key(seed), shape), 17)).sub(8);

/** Functions of a matrix whose results are exact: maps, packed ones too, folds that lanes share or do not, folds that rows are read again after. */
const kinds = {
  map: (x) => g.add(g.mul(x, 3), 1),
  bool: (x) => g.greater(x, 0),
  bytes: (x) => g.cast(x, "i8"),
  "column sums": (x) => g.sum(x, 0),
  "row sums": (x) => g.sum(x, 1),
  "row argmax": (x) => g.argmax(x, 1),
  "below the row's maximum": (x) => g.sub(x, g.max(x, 1, { keepDims: true })),
  transpose: (x) => g.add(x.T, 1),
  product: (x) => g.matmul(x.T, x),
} satisfies Record<string, (x: g.Tensor) => g.Tensor>;
const names = Object.keys(kinds) as (keyof typeof kinds)[];

const step = fc.tuple(
  fc.constantFrom(...names),
  fc.integer({ min: 1, max: 20 }),
  fc.constantFrom(1, 3, 16, 40, 300, 600),
  fc.nat(3),
);

describe.skipIf(unavailable !== null)("steps side by side", async () => {
  const wasm = g.wasmBackend({ threads: 1 });
  const named = async () =>
    (await backendsFor([{ cpu: true }, { cpu: false }])).map((b, i) => [["a CPU", "a GPU"][i] as string, b] as const);
  const each = await named();
  /** Of which nobody has asked memory before. */
  const fresh = await named();

  /** Three parameters less sums, each of its own matrix. */
  const update = (ps: g.Tensor[], xs: g.Tensor[]): g.Tensor[] =>
    ps.map((p, i) => g.sub(p, g.mul(g.sum(xs[i] as g.Tensor, 0), 0.5)));
  const parameters = (): g.Tensor[] => [5, 70, 9].map((n, i) => g.realize(whole([n], i)));
  const matrices = (): g.Tensor[] => [5, 70, 9].map((n, i) => g.realize(whole([6 + i, n], 10 + i)));

  test.each(each)("on %s give what they give on wasm", (_, backend) =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 7 }), async (steps) => {
        const f = (): g.Tensor[] => {
          const xs = steps.map(([, m, n, seed]) => g.realize(whole([m, n], seed)));
          return g.jit((...given: g.Tensor[]) =>
            given.map((x, i) => kinds[(steps[i] as (typeof steps)[number])[0]](x)),
          )(...xs);
        };
        expect(await on(backend, f)).toEqual(await on(wasm, f));
      }),
      { numRuns: 25, seed: 7 },
    ),
  );

  test.each(each)("on %s are one kernel, whether or not results take the place of parameters", async (_, backend) => {
    const expected = await on(wasm, () => update(parameters(), matrices()));
    for (const donate of [[0], []]) {
      const f = g.jit(update, { donate });
      expect(await on(backend, () => f(parameters(), matrices()))).toEqual(expected);
      const given = [parameters(), matrices()] as const;
      const { dispatches } = await backend.profile(() => g.realize(f(...given)));
      expect(dispatches).toBe(1);
    }
  });

  test.each(each)("on %s run apart where one's result lies in what another reads", async (_, backend) => {
    const run = (): g.Tensor[] => {
      const [p, x] = [g.realize(whole([64], 1)), g.realize(whole([4, 64], 2))];
      return g.jit((p: g.Tensor, x: g.Tensor) => [g.sub(p, g.sum(x, 0)), g.sum(g.mul(p, x), 1), g.mul(p, 2)], {
        donate: [0],
      })(p, x);
    };
    const twice = (): g.Tensor[] => {
      const x = g.realize(whole([4, 64], 2));
      return g.jit((x: g.Tensor, y: g.Tensor) => [g.sum(x, 0), g.sum(y, 1)])(x, x);
    };
    for (const f of [run, twice]) expect(await on(backend, f)).toEqual(await on(wasm, f));
  });

  test.each(fresh)("on %s are not done early where that takes memory", async (_, backend) => {
    await g.setBackend(backend);
    const n = 256;
    const xs = Array.from({ length: 8 }, (_, i) => g.realize(whole([n, n], i)));
    const f = g.jit((...given: g.Tensor[]) =>
      given.flatMap((x) => {
        const y = g.tanh(g.exp(g.sin(x)));
        return [g.sum(y, 0), g.max(y, 1)];
      }),
    );
    await Promise.all(g.realize(f(...xs)).map((y) => y.data()));
    const { peakBytes } = backend.memory();
    const live = 8 * n * n * 4;
    expect(peakBytes - live).toBeLessThan(4 * n * n * 4);
  });
});
