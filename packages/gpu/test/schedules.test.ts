import * as g from "@gradus/tensor";
import fc from "fast-check";
import { describe, test } from "vitest";
import { unavailable } from "./adapter.ts";
import { backendsFor } from "./kinds.ts";

// Kernels are spread differently on a GPU and on a CPU that plays one. Both must give what wasm gives, whatever the shapes.
const extent = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(12, 16, 31, 64));
const long = fc.oneof(extent, fc.constantFrom(256, 300, 1030), fc.constantFrom(256, 300, 700));

const targets = {
  "a CPU": { cpu: true, always: true },
  "a CPU without subgroups": { cpu: true, subgroups: false, always: true },
  "a GPU": { cpu: false },
};

interface Case {
  readonly text: string;
  readonly f: () => g.Tensor;
}
const small = (shape: number[], seed: number): g.Tensor =>
  g.div(g.floor(g.mul(g.uniform(g.key(seed), shape), 17)), 8).sub(1);

/** A matrix product; of which operands are transposed, `flip` tells. */
const product = ([m, k, n, flip]: readonly [number, number, number, number]): Case => ({
  text: `matmul [${m},${k}] [${k},${n}] ${flip}`,
  f: () => g.matmul(flip & 1 ? small([k, m], 1).T : small([m, k], 1), flip & 2 ? small([n, k], 2).T : small([k, n], 2)),
});

/** Sums of products in their many forms, and folds that choose; all results are exact in f32. */
const cases: fc.Arbitrary<Case> = fc.oneof(
  fc.tuple(extent, long, extent, fc.integer({ min: 0, max: 3 })).map(product),
  fc
    .tuple(extent, long, extent, fc.constantFrom("sum", "max", "min", "argmax"), fc.integer({ min: 0, max: 2 }))
    .map(([a, b, c, op, axis]) => ({
      text: `${op} of [${a},${b},${c}] over ${axis}`,
      f: () => {
        const x = small([a, b, c], 3);
        return op === "argmax"
          ? g.argmax(x, axis)
          : op === "max"
            ? g.max(x, axis)
            : op === "min"
              ? g.min(x, axis)
              : g.sum(x, axis);
      },
    })),
  fc
    .tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 3, max: 12 }),
      fc.constantFrom(1, 2, 3),
      fc.constantFrom(1, 2),
      fc.constantFrom("forward", "by x", "by w"),
    )
    .map(([n, ci, co, size, kernel, stride, what]) => ({
      text: `conv [${n},${ci},${size},${size}] with ${co} of ${kernel}, stride ${stride}, ${what}`,
      f: () => {
        const [x, w] = [small([n, ci, size, size], 4), small([co, ci, kernel, kernel], 5)];
        const y = g.conv(x, w, { stride, padding: 1 });
        if (what === "forward") return y;
        return g.gradient(y, what === "by x" ? x : w, { cotangent: small([...y.shape], 6) });
      },
    })),
);

describe.skipIf(unavailable !== null)("schedules", async () => {
  const wasm = g.wasmBackend({ threads: 1 });
  const kinds = (await backendsFor(Object.values(targets))).map(
    (backend, i) => [Object.keys(targets)[i] as string, backend] as const,
  );

  test.each(kinds)("for %s", (_, backend) =>
    fc.assert(
      fc.asyncProperty(cases, async ({ f, text }) => {
        await g.setBackend(wasm);
        const expected = await f().data();
        await g.setBackend(backend);
        const actual = await f().data();
        const wrong = actual.findIndex((x, i) => x !== expected[i]);
        if (wrong >= 0) throw new Error(`${text}: element ${wrong} is ${actual[wrong]} instead of ${expected[wrong]}`);
      }),
      { numRuns: 40, seed: 7, examples: [0, 1, 2, 3].map((flip): [Case] => [product([31, 300, 64, flip])]) },
    ),
  );
});
