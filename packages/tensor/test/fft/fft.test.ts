import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { definition, distance, f64, noise, pair, read, readPair } from "./help.ts";

const apart = (actual: { re: number[] } | unknown, expected: unknown): number => {
  const [p, q] = [actual, expected] as [ReturnType<typeof definition>, ReturnType<typeof definition>];
  return Math.max(distance(p.re, q.re), distance(p.im, q.im));
};
const random = (n: number, seed = 1): { re: number[]; im: number[] } => ({
  re: noise(n, seed),
  im: noise(n, seed + 7),
});

describe.each(["js", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => g.setBackend(backend === "js" ? g.jsBackend() : g.wasmBackend()));

  const lengths = [...Array.from({ length: 64 }, (_, i) => i + 1), 74, 97, 120, 127, 360, 509, 625, 1001, 1024];
  test.each(lengths)("the transform of %i by its definition, both ways, complex and real", async (n) => {
    const x = random(n, n);
    expect(apart(await readPair(g.fft(pair(x))), definition(x))).toBeLessThan(1e-14 * (n + 10));
    const back = definition(x, true);
    expect(apart(await readPair(g.ifft(pair(x), { norm: "forward" })), back)).toBeLessThan(1e-14 * (n + 10));
    const reals = { re: x.re, im: x.re.map(() => 0) };
    expect(apart(await readPair(g.fft(f64(x.re))), definition(reals))).toBeLessThan(1e-14 * (n + 10));
    expect(apart(await readPair(g.ifft(f64(x.re), { norm: "forward" })), definition(reals, true))).toBeLessThan(
      1e-14 * (n + 10),
    );
  });

  test.each([4099, 6561, 10007, 3 * 4099, 65536, 65537, 60000])("large: %i, and back", async (n) => {
    const x = random(n, 3);
    const y = g.fft(pair(x));
    // a few elements by the definition
    const values = await readPair(y);
    for (const k of [0, 1, 17, n - 1]) {
      let [re, im] = [0, 0];
      for (let j = 0; j < n; j++) {
        const t = (-2 * Math.PI * ((j * k) % n)) / n;
        re += (x.re[j] as number) * Math.cos(t) - (x.im[j] as number) * Math.sin(t);
        im += (x.re[j] as number) * Math.sin(t) + (x.im[j] as number) * Math.cos(t);
      }
      expect(Math.hypot((values.re[k] as number) - re, (values.im[k] as number) - im)).toBeLessThan(1e-10);
    }
    expect(apart(await readPair(g.ifft(y)), x)).toBeLessThan(1e-14);
    // Parseval
    const energy = (z: { re: readonly number[]; im: readonly number[] }): number =>
      z.re.reduce((s, a, i) => s + a * a + (z.im[i] as number) ** 2, 0);
    expect(energy(values) / n / energy(x)).toBeCloseTo(1, 12);
  });

  test.each(["f32", "f16"] as const)("%s to its own precision", async (dtype) => {
    const x = random(96);
    const rounded = { re: g.astype(f64(x.re), dtype), im: g.astype(f64(x.im), dtype) };
    const exact = await readPair({ re: g.astype(rounded.re, "f64"), im: g.astype(rounded.im, "f64") });
    const y = g.fft(rounded);
    expect(y.re.dtype).toBe(dtype);
    expect(apart(await readPair(y), definition(exact))).toBeLessThan(dtype === "f32" ? 1e-7 : 1e-3);
  });

  test("integers are taken as f32", async () => {
    const y = g.fft(g.tensor([1, 2, 3, 4], { dtype: "i32" }));
    expect([y.re.dtype, await read(y.re), await read(y.im)]).toEqual(["f32", [10, -2, -2, -2], [0, 2, 0, -2]]);
  });

  test("only one part is computed where only one is used", async () => {
    const x = random(12);
    expect(distance(await read(g.fft(pair(x)).re), definition(x).re)).toBeLessThan(1e-14);
    expect(distance(await read(g.fft(pair(x)).im), definition(x).im)).toBeLessThan(1e-14);
    expect(distance(await read(g.fft(f64(x.re)).im), definition({ re: x.re, im: x.re.map(() => 0) }).im)).toBeLessThan(
      1e-14,
    );
  });

  test("jit changes nothing", async () => {
    const x = pair(random(60), [3, 20]);
    const f = (z: g.Complex): g.Complex => g.ifft(g.complexMul(g.fft(z), g.fft(z)), { axis: 0 });
    expect(await readPair(g.jit(f)(x))).toEqual(await readPair(f(x)));
  });
});

test("linearity, shift and inverse for any length", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 0, max: 300 }),
      fc.integer(),
      async (n, d, seed) => {
        const [x, y] = [random(n, seed), random(n, seed + 1)];
        const sum = { re: g.add(g.mul(f64(x.re), 2), f64(y.re)), im: g.add(g.mul(f64(x.im), 2), f64(y.im)) };
        const [a, b] = [g.fft(pair(x)), g.fft(pair(y))];
        const combined = { re: g.add(g.mul(a.re, 2), b.re), im: g.add(g.mul(a.im, 2), b.im) };
        expect(apart(await readPair(g.fft(sum)), await readPair(combined))).toBeLessThan(1e-13);
        expect(apart(await readPair(g.ifft(a)), x)).toBeLessThan(1e-13);
        // a delay turns the spectrum
        const rolled = { re: g.roll(f64(x.re), d), im: g.roll(f64(x.im), d) };
        const turn = g.complexPolar(1, f64(Array.from({ length: n }, (_, k) => (-2 * Math.PI * ((k * d) % n)) / n)));
        expect(apart(await readPair(g.fft(rolled)), await readPair(g.complexMul(a, turn)))).toBeLessThan(1e-12);
      },
    ),
    { numRuns: 40 },
  );
});

describe("options", () => {
  const x = random(24, 5);
  test("n crops or pads", async () => {
    const short = { re: x.re.slice(0, 10), im: x.im.slice(0, 10) };
    expect(apart(await readPair(g.fft(pair(x), { n: 10 })), definition(short))).toBeLessThan(1e-14);
    const long = { re: [...x.re, 0, 0, 0], im: [...x.im, 0, 0, 0] };
    expect(apart(await readPair(g.fft(pair(x), { n: 27 })), definition(long))).toBeLessThan(1e-13);
  });
  test("axis", async () => {
    const y = await readPair(g.fft(pair(x, [4, 3, 2]), { axis: 1 }));
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 2; j++) {
        const at = (k: number): number => 6 * i + 2 * k + j;
        const row = definition({
          re: [0, 1, 2].map((k) => x.re[at(k)] as number),
          im: [0, 1, 2].map((k) => x.im[at(k)] as number),
        });
        expect(
          distance(
            [0, 1, 2].map((k) => y.re[at(k)] as number),
            row.re,
          ),
        ).toBeLessThan(1e-14);
        expect(
          distance(
            [0, 1, 2].map((k) => y.im[at(k)] as number),
            row.im,
          ),
        ).toBeLessThan(1e-14);
      }
  });
  test.each([
    ["backward", 1],
    ["ortho", 1 / Math.sqrt(24)],
    ["forward", 1 / 24],
  ] as const)("norm %s", async (norm, scale) => {
    const y = g.fft(pair(x), { norm });
    const expected = definition(x);
    expect(
      distance(
        await read(y.re),
        expected.re.map((v) => v * scale),
      ),
    ).toBeLessThan(1e-13);
    expect(apart(await readPair(g.ifft(y, { norm })), x)).toBeLessThan(1e-14);
    expect(distance(await read(g.irfft(g.rfft(f64(x.re), { norm }), { norm })), x.re)).toBeLessThan(1e-14);
    expect(distance(await read(g.hfft(g.ihfft(f64(x.re), { norm }), { norm })), x.re)).toBeLessThan(1e-14);
    expect(distance(await read(g.irfftn(g.rfftn(f64(x.re, [2, 3, 4]), { norm }), { norm })), x.re)).toBeLessThan(1e-14);
  });
});

describe("transforms of reals", () => {
  test.each([1, 2, 3, 4, 7, 10, 16, 31, 37, 74])("of length %i are halves of the complex ones", async (n) => {
    const x = noise(n, n);
    const full = definition({ re: x, im: x.map(() => 0) });
    const m = Math.floor(n / 2) + 1;
    const y = g.rfft(f64(x));
    expect(distance(await read(y.re), full.re.slice(0, m))).toBeLessThan(1e-13);
    expect(distance(await read(y.im), full.im.slice(0, m))).toBeLessThan(1e-13);
    expect(distance(await read(g.irfft(y, { n })), x)).toBeLessThan(1e-14);
    const h = g.ihfft(f64(x));
    expect(
      distance(
        await read(h.re),
        full.re.slice(0, m).map((v) => v / n),
      ),
    ).toBeLessThan(1e-13);
    expect(
      distance(
        await read(h.im),
        full.im.slice(0, m).map((v) => -v / n),
      ),
    ).toBeLessThan(1e-13);
    expect(distance(await read(g.hfft(h, { n })), x)).toBeLessThan(1e-13);
  });
  test("irfft does not count imaginary parts at the ends", async () => {
    const y = { re: f64([1, 2, 3]), im: f64([5, 1, -7]) };
    const z = { re: f64([1, 2, 3]), im: f64([0, 1, 0]) };
    expect(distance(await read(g.irfft(y)), await read(g.irfft(z)))).toBeLessThan(1e-15);
  });
});

describe("several axes", () => {
  const x = random(60, 9);
  test("fftn is fft along each; ifftn undoes it; rfftn is a half", async () => {
    const z = pair(x, [3, 4, 5]);
    const one = [2, 1, 0].reduce<g.Complex>((y, axis) => g.fft(y, { axis }), z);
    expect(apart(await readPair(g.fftn(z)), await readPair(one))).toBeLessThan(1e-14);
    expect(apart(await readPair(g.ifftn(g.fftn(z))), x)).toBeLessThan(1e-14);
    expect(apart(await readPair(g.ifft2(g.fft2(z))), x)).toBeLessThan(1e-14);
    const half = g.fftn(f64(x.re, [3, 4, 5]));
    const cut = { re: g.slice(half.re, [], [3, 4, 3]), im: g.slice(half.im, [], [3, 4, 3]) };
    expect(apart(await readPair(g.rfftn(f64(x.re, [3, 4, 5]))), await readPair(cut))).toBeLessThan(1e-14);
    expect(distance(await read(g.irfftn(cut, { n: [3, 4, 5] })), x.re)).toBeLessThan(1e-14);
    expect(distance(await read(g.irfft2(g.rfft2(f64(x.re, [3, 5, 4])))), x.re)).toBeLessThan(1e-14);
  });
  test("n alone names the last axes", async () => {
    const z = pair(x, [3, 4, 5]);
    expect(g.fftn(z, { n: [6, 7] }).re.shape).toEqual([3, 6, 7]);
    expect(g.fft2(z, { n: [6, 7], axes: [0, 1] }).re.shape).toEqual([6, 7, 5]);
  });
});

describe("derivatives", () => {
  const weights = f64(noise(40, 77));
  const weigh = (z: g.Complex): g.Tensor => {
    const flat = g.concat([g.flatten(z.re), g.flatten(z.im)]);
    return g.sum(g.mul(g.mul(flat, flat), g.slice(weights, [0], [flat.size])));
  };
  test.each([5, 6, 8, 17])("the adjoint of the transform of %i is the conjugate one", async (n) => {
    const [x, u] = [random(n, 1), random(n, 2)];
    const [gre, gim] = g.grad(
      ((re: g.Tensor, im: g.Tensor) => {
        const y = g.fft({ re, im });
        return g.add(g.sum(g.mul(y.re, f64(u.re))), g.sum(g.mul(y.im, f64(u.im))));
      }) as never,
      { argnums: [0, 1] } as never,
    )(...([f64(x.re), f64(x.im)] as never[])) as unknown as [g.Tensor, g.Tensor];
    expect(apart(await readPair({ re: gre, im: gim }), definition(u, true))).toBeLessThan(1e-14);
  });
  test("a gradient by a pair is a pair, under vmap too", async () => {
    const x = pair(random(18, 4), [3, 6]);
    const f = (z: g.Complex): g.Tensor => weigh(g.fft(z));
    const batched = (await readPair(g.vmap(g.grad(f as never) as never)(x as never) as unknown as g.Complex)) as {
      re: number[];
      im: number[];
    };
    const rows = await Promise.all(
      [0, 1, 2].map((i) => readPair(g.grad(f as never)({ re: g.at(x.re, i), im: g.at(x.im, i) } as never) as never)),
    );
    expect(
      distance(
        batched.re,
        rows.flatMap((r) => r.re),
      ),
    ).toBeLessThan(1e-14);
    expect(
      distance(
        batched.im,
        rows.flatMap((r) => r.im),
      ),
    ).toBeLessThan(1e-14);
  });
});

describe("convolution", () => {
  const slow = (a: readonly number[], b: readonly number[]): number[] =>
    Array.from({ length: a.length + b.length - 1 }, (_, k) => a.reduce((s, x, j) => s + x * (b[k - j] ?? 0), 0));
  test.each([
    [1, 1],
    [5, 3],
    [3, 5],
    [40, 17],
    [8, 8],
  ])("%i by %i in all modes", async (n, m) => {
    const [a, b] = [noise(n, 1), noise(m, 2)];
    const full = slow(a, b);
    const at = (kept: number): number[] => {
      const from = Math.floor((full.length - kept) / 2);
      return full.slice(from, from + kept);
    };
    expect(distance(await read(g.fftConvolve(f64(a), f64(b))), full)).toBeLessThan(1e-14);
    expect(distance(await read(g.fftConvolve(f64(a), f64(b), { mode: "same" })), at(n))).toBeLessThan(1e-14);
    expect(
      distance(await read(g.fftConvolve(f64(a), f64(b), { mode: "valid" })), at(Math.abs(n - m) + 1)),
    ).toBeLessThan(1e-14);
  });
  test("in two dimensions it is conv with the kernel turned round", async () => {
    const [a, b] = [f64(noise(30, 1), [5, 6]), f64(noise(6, 2), [2, 3])];
    const expected = g.conv(g.reshape(a, [1, 1, 5, 6]), g.reshape(g.flip(b), [1, 1, 2, 3]), { padding: [1, 2] });
    expect(distance(await read(g.fftConvolve(a, b)), await read(expected))).toBeLessThan(1e-14);
  });
  test("other axes broadcast", async () => {
    const [a, b] = [f64(noise(15, 1), [3, 5]), f64(noise(4, 2), [1, 4])];
    const rows = [0, 1, 2].map((i) => g.fftConvolve(g.at(a, i), g.at(b, 0)));
    expect(distance(await read(g.fftConvolve(a, b, { axes: [1] })), await read(g.stack(rows)))).toBeLessThan(1e-14);
  });
});

describe("cosine transforms", () => {
  const slow: Record<2 | 3, (x: readonly number[], k: number) => number> = {
    2: (x, k) => 2 * x.reduce((s, v, j) => s + v * Math.cos((Math.PI * k * (2 * j + 1)) / (2 * x.length)), 0),
    3: (x, k) =>
      x.reduce((s, v, j) => s + (j === 0 ? 1 : 2) * v * Math.cos((Math.PI * j * (2 * k + 1)) / (2 * x.length)), 0),
  };
  test.each([1, 2, 3, 4, 5, 8, 9, 16, 33])("of length %i by the definition, orthogonal and inverse", async (n) => {
    const x = noise(n, n + 1);
    for (const type of [2, 3] as const) {
      const y = x.map((_, k) => slow[type](x, k));
      expect(distance(await read(g.dct(f64(x), { type })), y)).toBeLessThan(1e-14);
      for (const norm of ["backward", "ortho", "forward"] as const) {
        expect(distance(await read(g.idct(g.dct(f64(x), { type, norm }), { type, norm })), x)).toBeLessThan(1e-14);
      }
      const orthogonal = await read(g.dct(f64(x), { type, norm: "ortho" }));
      const energy = (v: readonly number[]): number => v.reduce((s, a) => s + a * a, 0);
      expect(Math.abs(energy(orthogonal) - energy(x))).toBeLessThan(1e-13 * Math.max(1, energy(x)));
    }
  });
  test("along another axis, cropped", async () => {
    const x = f64(noise(12, 3), [4, 3]);
    const expected = g.stack(
      [0, 1, 2].map((j) => g.dct(g.slice(g.at(x, null, j), [0], [3]))),
      1,
    );
    expect(distance(await read(g.dct(x, { axis: 0, n: 3 })), await read(expected))).toBeLessThan(1e-14);
  });
});

test("frequencies and shifts", async () => {
  const close = async (t: g.Tensor, e: number[]): Promise<void> =>
    expect(distance(await read(t), e)).toBeLessThan(1e-7);
  await close(g.fftfreq(4), [0, 0.25, -0.5, -0.25]);
  await close(g.fftfreq(5, { spacing: 0.1 }), [0, 2, 4, -4, -2]);
  await close(g.fftfreq(1), [0]);
  await close(g.rfftfreq(5), [0, 0.2, 0.4]);
  await close(g.rfftfreq(4, { spacing: 2 }), [0, 0.125, 0.25]);
  for (const n of [1, 4, 5]) {
    const x = f64(noise(n * 3, n), [n, 3]);
    expect(await read(g.ifftshift(g.fftshift(x)))).toEqual(await read(x));
  }
  expect(await read(g.fftshift(g.fftfreq(5)))).toEqual((await read(g.fftfreq(5))).toSorted((a, b) => a - b));
});

test("complex numbers", async () => {
  const [a, b] = [g.complex(f64([3, 0]), f64([4, 0])), g.complex(f64([1, 1]), -2)];
  expect(await readPair(g.complexMul(a, b))).toEqual({ re: [11, 0], im: [-2, 0] });
  expect(await readPair(g.complexAdd(a, b))).toEqual({ re: [4, 1], im: [2, -2] });
  expect(await readPair(g.complexConj(a))).toEqual({ re: [3, 0], im: [-4, -0] });
  expect(await read(g.complexAbs(a))).toEqual([5, 0]);
  expect(distance(await read(g.complexAngle(a)), [Math.atan2(4, 3), 0])).toBeLessThan(1e-15);
  const slope = g.grad((re: g.Tensor) => g.sum(g.complexAbs({ re, im: f64([4, 0]) })))(f64([3, 0]));
  expect(await read(slope)).toEqual([0.6, 0]);
});
