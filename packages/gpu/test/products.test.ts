import * as g from "@gradus/tensor";
import fc from "fast-check";
import { describe, test } from "vitest";
import { unavailable } from "./adapter.ts";
import { backendsFor, on } from "./kinds.ts";

// Matrix products and convolutions in each way that they are spread over a device, small ones too, against the interpreter. All sums are exact in f32.
const targets = {
  "loads shared by subgroups": { cpu: true, subgroups: true, always: true },
  "tiles in registers": { cpu: true, subgroups: false, always: true },
  "stages in the memory of workgroups": { cpu: false, always: true },
  "a GPU": { cpu: false },
};

interface Case {
  readonly text: string;
  readonly f: () => g.Tensor;
}

const values = (shape: readonly number[], seed: number, dtype: "f32" | "f16" = "f32"): g.Tensor =>
  g.cast(g.div(g.floor(g.mul(g.uniform(g.key(seed), shape), 17)), 8).sub(1), dtype);

const extent = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 16, 20, 33, 64));
const depth = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 31, 48, 130, 300));
const batch = fc.constantFrom<readonly (readonly number[])[]>([], [[], [3]], [[2], []], [[2], [2]], [[2, 1], [3]]);

const product = fc
  .record({
    m: extent,
    k: depth,
    n: extent,
    batch,
    flip: fc.integer({ min: 0, max: 3 }),
    dtype: fc.constantFrom("f32", "f32", "f16"),
    before: fc.boolean(),
    after: fc.constantFrom("nothing", "bias and relu", "residual"),
  })
  .map(({ m, k, n, batch: [left = [], right = []], flip, dtype, before, after }): Case => {
    const a = [...left, ...(flip & 1 ? [k, m] : [m, k])];
    const b = [...right, ...(flip & 2 ? [n, k] : [k, n])];
    return {
      text: `${dtype} [${a}]${flip & 1 ? "ᵀ" : ""} [${b}]${flip & 2 ? "ᵀ" : ""}, ${before ? "of relu," : ""} then ${after}`,
      f: () => {
        const turned = (x: g.Tensor, turn: number): g.Tensor =>
          flip & turn ? g.permute(x, [...x.shape.slice(2).map((_, i) => i), x.rank - 1, x.rank - 2]) : x;
        const x = turned(values(a, 1, dtype), 1);
        const y = g.matmul(before ? g.relu(x) : x, turned(values(b, 2, dtype), 2));
        if (after === "nothing") return y;
        if (after === "residual") return g.add(y, values([...y.shape], 4, dtype));
        return g.relu(g.add(y, values([n], 3, dtype)));
      },
    };
  });

const convolution = fc
  .record({
    n: fc.integer({ min: 1, max: 3 }),
    groups: fc.constantFrom(1, 1, 2, 4),
    ci: fc.integer({ min: 1, max: 5 }),
    co: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(8, 17)),
    axes: fc.constantFrom(1, 2),
    size: fc.integer({ min: 5, max: 12 }),
    kernel: fc.constantFrom(1, 2, 3),
    stride: fc.constantFrom(1, 1, 2, 3),
    dilation: fc.constantFrom(1, 1, 2),
    padding: fc.constantFrom(0, 1, 2),
    what: fc.constantFrom("forward", "by x", "by w"),
  })
  .map(({ n, groups, ci, co, axes, size, kernel, stride, dilation, padding, what }): Case => {
    const spatial = (s: number): number[] => Array.from({ length: axes }, (_, i) => s + (s > 4 ? i : 0));
    const [from, weights] = [
      [n, groups * ci, ...spatial(size)],
      [groups * co, ci, ...spatial(kernel)],
    ];
    return {
      text: `conv [${from}] with [${weights}], ${JSON.stringify({ groups, stride, dilation, padding })}, ${what}`,
      f: () => {
        const [x, w] = [values(from, 4), values(weights, 5)];
        const y = g.conv(x, w, { stride, dilation, padding, groups });
        if (what === "forward") return y;
        return g.gradient(y, what === "by x" ? x : w, { cotangent: values([...y.shape], 6) });
      },
    };
  });

describe.skipIf(unavailable !== null)("products", async () => {
  const js = g.jsBackend();
  const backends = await backendsFor(Object.values(targets));
  const kinds = Object.keys(targets).flatMap((name, i) =>
    backends[i] === undefined ? [] : [[name, backends[i]] as const],
  );

  describe.each(kinds)("%s", (_, backend) => {
    const agree = async ({ text, f }: Case): Promise<void> => {
      const [[expected], [actual]] = [await on(js, () => [f()]), await on(backend, () => [f()])] as [
        g.HostArray[],
        g.HostArray[],
      ];
      const wrong = Array.from(actual as g.HostArray).findIndex((x, i) => x !== (expected as g.HostArray)[i]);
      if (wrong >= 0)
        throw new Error(`${text}: element ${wrong} is ${actual?.[wrong]} instead of ${expected?.[wrong]}`);
    };
    test("matrices", () => fc.assert(fc.asyncProperty(product, agree), { numRuns: 20, seed: 11 }));
    test("convolutions", () => fc.assert(fc.asyncProperty(convolution, agree), { numRuns: 20, seed: 12 }));
  });
});
