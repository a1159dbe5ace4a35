import * as g from "@gradus/tensor";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { backendOn } from "../src/webgpu/backend.ts";
import { newDevice } from "../src/webgpu/device.ts";
import { Gpu } from "../src/webgpu/gpu.ts";
import { passesFor } from "../src/webgpu/wgsl/fft.ts";
import { unavailable } from "./adapter.ts";

const js = g.jsBackend();
/** All kinds of lengths: of small factors, primes, in one pass and in several. */
const length = fc.oneof(
  fc.integer({ min: 1, max: 64 }),
  fc.constantFrom(
    97,
    101,
    128,
    210,
    243,
    256,
    343,
    500,
    509,
    1001,
    1024,
    1331,
    2048,
    2049,
    2197,
    3000,
    4096,
    6561,
    8192,
    10007,
    65536,
  ),
);
/** In one pass, in two, of odd radices, and by a chirp. */
const both = new Set([105, 127, 1200]);
const rows = fc.integer({ min: 1, max: 5 });

describe.skipIf(unavailable !== null)("Fourier transforms on webgpu", async () => {
  const before = g.getBackend();
  const kinds: { name: string; backend: ReturnType<typeof backendOn> }[] = [];
  if (unavailable === null)
    for (const cpu of [false, true])
      kinds.push({ name: cpu ? "cpu" : "gpu", backend: backendOn(new Gpu(await newDevice({}), { cpu }), true) });
  afterAll(async () => {
    await g.setBackend(before);
    for (const { backend } of kinds) backend.destroy();
  });

  /** [re, im] of a transform of rows of normal numbers, on `backend`. */
  const on = async (backend: g.Backend, dtype: g.DType, shape: number[], what: string): Promise<number[]> => {
    await g.setBackend(backend);
    const draw = (seed: number): g.Tensor => g.astype(g.normal(g.key(seed), shape), dtype);
    const z = { re: draw(1), im: draw(2) };
    if (what === "to reals") return [...(await g.irfft(z).data())];
    const { re, im } = what === "of reals" ? g.rfft(z.re) : what === "fft" ? g.fft(z) : g.ifft(z);
    return [...(await re.data()), ...(await im.data())];
  };

  const errorOf = (a: readonly number[], e: readonly number[]): number => {
    let [wrong, size] = [0, 0];
    e.forEach((x, i) => {
      wrong += ((a[i] as number) - x) ** 2;
      size += x ** 2;
    });
    return Math.sqrt(wrong / Math.max(size, 1e-300));
  };

  test("differ from double precision by a few roundings per stage, relative to the whole", () =>
    fc.assert(
      fc.asyncProperty(
        rows,
        length,
        fc.constantFrom("fft", "ifft", "of reals", "to reals"),
        fc.constantFrom("f32" as const, "f16" as const),
        async (outer, n, what, dtype) => {
          if (what === "to reals" && n < 2) return;
          const e = await on(js, dtype, [outer, n], what);
          // where a CPU plays the GPU, the shaders that GPUs get take long to compile
          for (const { name, backend } of kinds.filter((k) => k.name === "cpu" || n <= 32 || both.has(n))) {
            const a = await on(backend, dtype, [outer, n], what);
            expect(a.length).toBe(e.length);
            const bound = 2 ** -24 * 1.5 * (1 + Math.log2(n)) + (dtype === "f16" ? 2 ** -11 : 0);
            const error = errorOf(a, e);
            if (!(error <= bound)) throw new Error(`${name}: error ${error} above ${bound}`);
          }
        },
      ),
      {
        numRuns: 15,
        seed: 1,
        examples: [
          [1, 8192, "fft", "f32"],
          [2, 509, "ifft", "f32"],
        ],
      },
    ));

  test("passes multiply to the length, and leave room for eight neighbours", () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom(2, 2, 2, 3, 5, 7, 11, 13), { maxLength: 12 }), fc.boolean(), (list, cpu) => {
        const n = list.reduce((a, b) => a * b, 1);
        const passes = passesFor(n, { cpu }).map((radices) => radices.reduce((a, b) => a * b, 1));
        expect(passes.reduce((a, b) => a * b, 1)).toBe(n);
        if (!cpu && n > 1024) expect(Math.max(...passes)).toBeLessThanOrEqual(128);
        expect(passes.length).toBeLessThanOrEqual(cpu ? list.length : Math.max(1, Math.ceil(Math.log2(n) / 5)));
      }),
    ));

  test("derivatives, vmap and other axes", async () => {
    const f = (): g.Tensor => {
      const x = g.normal(g.key(3), [6, 12, 5]);
      const power = (t: g.Tensor): g.Tensor => {
        const { re, im } = g.fft({ re: t, im: g.mul(t, 2) }, { axis: 0 });
        return g.sum(g.mul(g.add(g.square(re), g.square(im)), re));
      };
      return g.vmap(g.grad(power))(x);
    };
    await g.setBackend(js);
    const e = [...(await f().data())];
    for (const { backend } of kinds) {
      await g.setBackend(backend);
      expect(errorOf([...(await f().data())], e)).toBeLessThan(1e-5);
    }
  });

  test("are one submission: a pass where a row fits in a workgroup, two where it does not", async () => {
    const { backend } = kinds[0] as (typeof kinds)[number];
    await g.setBackend(backend);
    const passes = async (n: number): Promise<number> => {
      const z = g.realize({ re: g.normal(g.key(1), [3, n]), im: g.normal(g.key(2), [3, n]) });
      await z.re.data();
      const { submissions, kernels } = await backend.profile(() => g.realize(g.fft(z)).re.data());
      expect(submissions).toBe(1);
      return kernels.filter((k) => k.name === "fft").reduce((s, k) => s + k.runs, 0);
    };
    expect(await passes(256)).toBe(1);
    expect(await passes(1200)).toBe(2);
  });
});
