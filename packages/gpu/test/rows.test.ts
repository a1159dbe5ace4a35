import * as g from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unavailable } from "./adapter.ts";
import { backendsFor, on } from "./kinds.ts";

/** Small multiples of 1/8, among them many equals. */
const some = (shape: readonly number[], seed: number): g.Tensor =>
  g.div(g.floor(g.mul(g.uniform(g.key(seed), shape), 33)), 8).sub(2);

const norm = (x: g.Tensor): g.Tensor => {
  const d = g.sub(x, g.mean(x, -1, { keepDims: true }));
  return g.div(d, g.sqrt(g.add(g.mean(g.mul(d, d), -1, { keepDims: true }), 1e-3)));
};
/** Chains that fold rows and go along them again. */
const chains: Readonly<Record<string, (x: g.Tensor) => g.Tensor[]>> = {
  softmax: (x) => [g.softmax(x)],
  logSoftmax: (x) => [g.logSoftmax(x)],
  logsumexp: (x) => [g.logsumexp(x, -1)],
  norm: (x) => [norm(x)],
  "derivative of softmax": (x) => [g.gradient(g.softmax(x), x, { cotangent: some([...x.shape], 9) })],
  "derivative of norm": (x) => [g.gradient(norm(x), x, { cotangent: some([...x.shape], 9) })],
  "shifted by the largest, and that": (x) => {
    const m = g.max(x, -1, { keepDims: true });
    return [g.sub(x, m), m, g.argmax(x, -1)];
  },
  "which are largest, and how many": (x) => {
    const largest = g.equal(x, g.max(x, -1, { keepDims: true }));
    return [g.sum(g.astype(largest, "i32"), -1), g.where(largest, g.mul(x, 2), x)];
  },
  "half precision between": (x) => [g.astype(g.softmax(g.astype(x, "f16")), "f32")],
};
const length = fc.oneof(fc.integer({ min: 2, max: 40 }), fc.constantFrom(64, 100, 513, 1024, 1500, 5000));

describe.skipIf(unavailable !== null)("rows", async () => {
  const wasm = g.wasmBackend({ threads: 1 });
  const named = ["a CPU", "a GPU", "a GPU with subgroups"];
  const kinds = (
    await backendsFor([
      { cpu: true, subgroups: false },
      { cpu: false, subgroups: false },
      { cpu: false, subgroups: true },
    ])
  ).map((backend, i) => [named[i] as string, backend] as const);

  test.each(kinds)("on %s give what wasm gives", (_, backend) =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(chains)),
        fc.oneof(fc.constantFrom([1], [3], [70], [2, 40])),
        length,
        fc.nat(1000),
        async (name, lead, n, seed) => {
          const f = (): g.Tensor[] => (chains[name] as (x: g.Tensor) => g.Tensor[])(some([...lead, n], seed));
          const bound = name === "half precision between" ? 2 ** -10 : 3e-5;
          const [actual, expected] = [await on(backend, f), await on(wasm, f)];
          actual.forEach((a, i) => {
            const e = expected[i] as g.HostArray;
            expect(a.length).toBe(e.length);
            const far = Array.from(a).findIndex(
              (x, k) => !(Math.abs(x - (e[k] as number)) <= bound * (1 + Math.abs(x))),
            );
            if (far >= 0) throw new Error(`${name} [${lead},${n}]: element ${far} of ${i} is ${a[far]}, not ${e[far]}`);
          });
        },
      ),
      { numRuns: 25, seed: 3 },
    ),
  );

  test.each(kinds)("on %s softmax, log-softmax and norms are one kernel", async (_, backend) => {
    await g.setBackend(backend);
    const x = g.normal(g.key(1), [128, 300]);
    await g.realize(x);
    await x.data();
    for (const name of ["softmax", "logSoftmax", "logsumexp", "norm"]) {
      const f = chains[name] as (x: g.Tensor) => g.Tensor[];
      const { dispatches, submissions } = await backend.profile(() => (f(x)[0] as g.Tensor).data());
      expect([name, dispatches, submissions]).toEqual([name, 1, 1]);
    }
  });

  test.each(kinds)("on %s a result may take the memory of an operand", async (_, backend) => {
    const f = (): g.Tensor[] => {
      const step = g.jit((x: g.Tensor) => g.softmax(x), { donate: [0] });
      return [step(some([80, 100], 4))];
    };
    const [[actual], [expected]] = [await on(backend, f), await on(wasm, f)];
    expect((actual as Float32Array).every((x, i) => Math.abs(x - (expected?.[i] as number)) < 1e-6)).toBe(true);
  });
});
