import type { BufferType, HostArray, Kernel } from "@gradus/tensor";
import * as g from "@gradus/tensor";
import { runKernel } from "@gradus/tensor/backend";
import fc from "fast-check";
import { expect, test } from "vitest";
import { texels } from "../../src/gpujs/lanes.ts";
import { tile } from "../../src/gpujs/tile.ts";

/** The kernels that a program is computed by. */
async function kernelsOf(program: () => g.Tensor): Promise<Kernel[]> {
  const found: Kernel[] = [];
  const js = g.jsBackend();
  const before = g.getBackend();
  const compile: g.Backend["compile"] = (plan) => {
    for (const { work } of plan.steps) if (work.kind === "loops") found.push(work);
    return js.compile(plan);
  };
  const backend: g.Backend = new Proxy(js, {
    get: (t, key) => (key === "compile" ? compile : key === "name" ? "listed" : Reflect.get(t, key)),
  });
  await g.setBackend(backend);
  try {
    await program().data();
  } catch {
    // Values do not matter here.
  }
  await g.setBackend(before);
  return found;
}

/** Small integers, whose sums of products are exact in any order. */
const numbers = ({ dtype, size }: BufferType, seed: number): HostArray => {
  const a = new g.dtypes[dtype].array(new ArrayBuffer(size * g.dtypes[dtype].bytes));
  for (let i = 0; i < size; i++) a[i] = ((i * 7 + seed) % 11) - 5;
  return a;
};

const arrays = (k: Kernel): HostArray[] => k.buffers.map((b, i) => numbers(b, i));
const result = (k: Kernel, own: readonly HostArray[]): HostArray => own[k.stores[0]?.buffer as number] as HostArray;

const size = fc.integer({ min: 1, max: 13 });
const data = (shape: readonly number[]): g.Tensor => g.realize(g.ones(shape));
/** Products and convolutions of all shapes, with what is fused before and after them; and folds and maps of rows of all lengths. */
const programs = fc.oneof(
  fc
    .record({ m: size, n: size, k: fc.integer({ min: 1, max: 70 }), turned: fc.boolean() })
    .map(({ m, n, k, turned }) => () => {
      const b = turned ? g.transpose(data([n, k])) : data([k, n]);
      return g.relu(g.add(g.matmul(g.neg(data([m, k])), b), data([n])));
    }),
  fc
    .record({
      batch: fc.integer({ min: 1, max: 3 }),
      ci: size,
      co: size,
      w: fc.integer({ min: 3, max: 9 }),
      padding: fc.constantFrom(0, 1),
    })
    .map(
      ({ batch, ci, co, w, padding }) =>
        () =>
          g.conv(data([batch, ci, w, w]), data([co, ci, 3, 3]), { padding }),
    ),
  fc.record({ m: size, n: size, axis: fc.constantFrom(0, 1), fold: fc.constantFrom(g.sum, g.max, g.min) }).map(
    ({ m, n, axis, fold }) =>
      () =>
        g.add(fold(g.mul(data([m, n]), 2), axis), 1),
  ),
  fc.record({ m: size, n: size }).map(
    ({ m, n }) =>
      () =>
        g.cast(g.mul(g.transpose(data([m, n])), data([m])), "i32"),
  ),
);

test("texels and tiles hold what the kernel gives", async () => {
  await fc.assert(
    fc.asyncProperty(programs, fc.constantFrom(1, 4, 8), async (program, draws) => {
      for (const kernel of await kernelsOf(program)) {
        const whole = arrays(kernel);
        runKernel(kernel, whole);
        const tiled = tile(kernel, draws);
        const own = arrays(kernel);
        if (tiled === null) runKernel(texels(kernel), own);
        else {
          own.push(...tiled.parts.map((p) => numbers(p, 3)));
          for (const k of tiled.kernels) runKernel(k, own);
        }
        expect(result(kernel, own)).toEqual(result(kernel, whole));
      }
    }),
    { numRuns: 200, seed: 1 },
  );
});

test("a thread makes 8 by 4 sums of a product, four terms at a time", async () => {
  const all = await kernelsOf(() => g.matmul(data([64, 64]), data([64, 64])));
  const kernel = all.find((k) => k.accumulators.length > 0);
  const { kernels, parts } = tile(kernel as Kernel, 8) as NonNullable<ReturnType<typeof tile>>;
  const [first] = kernels as [Kernel];
  expect(parts).toHaveLength(8);
  expect(first.accumulators).toHaveLength(32);
  expect(first.loops.reduce((a, b) => a * b, 1)).toBe((64 * 64) / 32);
  expect(first.reduce).toEqual([16]);
});
