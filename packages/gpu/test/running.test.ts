import * as g from "@gradus/tensor";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { backendOn } from "../src/webgpu/backend.ts";
import { newDevice } from "../src/webgpu/device.ts";
import { Gpu } from "../src/webgpu/gpu.ts";
import { unavailable } from "./adapter.ts";

const js = g.jsBackend();
const dtypes = ["f32", "f16", "i32", "u32", "i8", "u8", "bool"] as const;

/** Whole numbers from −2 to 2, so that sums are exact. */
const whole = (shape: number[], dtype: g.DType, seed: number): g.Tensor =>
  g.astype(g.sub(g.floor(g.mul(g.uniform(g.key(seed), shape), 5)), 2), dtype);

describe.skipIf(unavailable !== null)("running folds on webgpu", async () => {
  const before = g.getBackend();
  const kinds: { name: string; backend: ReturnType<typeof backendOn> }[] = [];
  if (unavailable === null)
    for (const cpu of [false, true])
      kinds.push({ name: cpu ? "cpu" : "gpu", backend: backendOn(new Gpu(await newDevice({}), { cpu }), true) });
  afterAll(async () => {
    await g.setBackend(before);
    for (const { backend } of kinds) backend.destroy();
  });
  const on = async (backend: g.Backend, f: () => g.Tensor): Promise<number[]> => {
    await g.setBackend(backend);
    return Array.from(await f().data());
  };
  const same = async (f: () => g.Tensor, close: (a: number, e: number) => boolean): Promise<void> => {
    const e = await on(js, f);
    for (const { name, backend } of kinds) {
      const a = await on(backend, f);
      const far = a.findIndex((x, i) => !close(x, e[i] as number));
      if (far >= 0) throw new Error(`${name}: element ${far} is ${a[far]} instead of ${e[far]}`);
    }
  };
  const exactly = (a: number, e: number): boolean => Object.is(a, e) || a === e;

  // few and long, many and short, side by side
  const shapes = fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 9000 }), fc.constant(1)),
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 1500 }), fc.integer({ min: 1, max: 5 })),
    fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 7 })),
  );

  test("running sums, maxima and minima of all dtypes are exact on whole numbers", () =>
    fc.assert(
      fc.asyncProperty(
        shapes,
        fc.constantFrom(...dtypes),
        fc.constantFrom(g.cumsum, g.cummax, g.cummin),
        fc.boolean(),
        (shape, dtype, f, reverse) => same(() => f(whole([...shape], dtype, 1), 1, { reverse }), exactly),
      ),
      { numRuns: 12, seed: 1 },
    ));

  test("recurrences of integers wrap alike, and those of floats differ by rounding", () =>
    fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom(...dtypes), fc.boolean(), (shape, dtype, reverse) => {
        const float = dtype === "f32" || dtype === "f16";
        const f = (): g.Tensor => {
          const a = float
            ? g.astype(g.sub(g.mul(g.uniform(g.key(2), [...shape]), 1.9), 0.95), dtype)
            : whole([...shape], dtype, 2);
          return g.recurrence(a, whole([...shape], dtype, 3), 1, { reverse });
        };
        const [unit, size] = [dtype === "f16" ? 2 ** -10 : 2 ** -23, 50];
        return same(f, float ? (a, e) => Math.abs(a - e) <= 8 * unit * size : exactly);
      }),
      { numRuns: 10, seed: 2 },
    ));

  const one = (n: number, at: Readonly<Record<number, number>>, rest: number): g.Tensor => {
    const x = new Float32Array(n).fill(rest);
    for (const [i, v] of Object.entries(at)) x[Number(i)] = v;
    return g.tensor(x);
  };

  test("products of factors that would overflow or vanish, taken by themselves, do not", async () => {
    const n = 9000;
    const close = (a: number, e: number): boolean => exactly(a, e) || Math.abs(a - e) <= 1e-5 * Math.abs(e);
    // 0 · huge, huge · tiny, and what was brought down before it grows
    await same(() => g.cumprod(one(n, { 0: 0 }, 1e30)), close);
    await same(() => g.cumprod(one(n, { 0: 1e30, 3000: 1e-20, 3001: 1e-20, 3002: 1e-20, 3500: 1e20 }, 1)), close);
    await same(() => g.cumprod(one(n, { 1: 1e-20, 2: 1e-15, 4000: 1e25, 8000: 1e25, 8001: 1e-30 }, 1)), close);
    await same(() => g.cumprod(one(n, { 10: Number.POSITIVE_INFINITY, 20: -1, 5000: 0 }, 1)), close);
    await same(() => g.cumsum(one(n, { 5: Number.NEGATIVE_INFINITY, 7000: Number.NaN }, 1)), close);
    await same(() => g.cummax(one(n, { 5: 3, 7000: Number.NaN }, 1)), close);
  });

  test("a stretch that overflows where the whole does not is gone along step by step", async () => {
    // h is 0 from 2000 on, whatever it is multiplied by; the stretch from 1999 on alone grows without bound
    const n = 9000;
    const f = (): g.Tensor => {
      const b = one(n, { 0: 1, 2000: -1 }, 0);
      const a = new Float32Array(n).fill(1);
      a.fill(1e10, 2001);
      return g.recurrence(g.tensor(a), b);
    };
    const expected = await on(js, f);
    expect(expected[1999]).toBe(1);
    expect(expected[n - 1]).toBe(0);
    await same(f, exactly);
  });

  test("scatter adds, and takes the largest and the smallest, in packed dtypes too", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...dtypes),
        fc.constantFrom(g.scatterAdd, g.scatterMax, g.scatterMin),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 40, max: 3000 }),
        fc.integer({ min: 1, max: 5 }),
        (dtype, scatter, n, m, inner) =>
          same(() => {
            const rows = g.astype(g.floor(g.mul(g.uniform(g.key(4), [m]), n)), "i32");
            return scatter(whole([n, inner], dtype, 5), rows, whole([m, inner], dtype, 6));
          }, exactly),
      ),
      { numRuns: 10, seed: 3 },
    ));
});
