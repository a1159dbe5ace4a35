import fc from "fast-check";
import { expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { near, read, x } from "./help.ts";

const from = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const run = <T>(arbitrary: fc.Arbitrary<T>, f: (value: T) => Promise<void>, numRuns = 40): Promise<void> =>
  fc.assert(fc.asyncProperty(arbitrary, f), { numRuns, seed: 13 });
const shapes = from(1, 2).chain((d) =>
  fc.tuple(fc.array(from(1, 6), { minLength: d, maxLength: d }), fc.array(from(1, 6), { minLength: d, maxLength: d })),
);

test.each(["full", "same", "valid"] as const)(
  "convolve %s is fftConvolve; correlate is convolve with b turned",
  (mode) =>
    run(shapes, async ([p, q]) => {
      fc.pre(mode !== "valid" || p.every((n, i) => n >= (q[i] as number)));
      const [a, b] = [x(1, ...p), x(2, ...q)];
      await near(g.convolve(a, b, mode), await read(g.fftConvolve(a, b, { mode })), 1e-11);
      await near(g.correlate(a, b, mode), await read(g.convolve(a, g.flip(b), mode)));
    }),
);

test("convolve commutes, and integers stay integers", () =>
  run(shapes, async ([p, q]) => {
    const [a, b] = [x(1, ...p), x(2, ...q)];
    await near(g.convolve(a, b), await read(g.convolve(b, a)));
    const ints = g.convolve(g.ones(p, { dtype: "i32" }), g.ones(q, { dtype: "i32" }));
    expect(ints.dtype).toBe("i32");
    expect(await g.sum(ints).item()).toBe([...p, ...q].reduce((m, n) => m * n));
  }));

test("istft undoes stft where windows overlap", () =>
  run(fc.tuple(from(2, 9), from(1, 4), from(0, 20), fc.boolean(), fc.boolean()), async (c) => {
    const [size, quotient, more, normalized, tapered] = c;
    const hop = Math.max(1, Math.floor(size / (quotient + 1)));
    const t = x(3, 2, size + more);
    const window = tapered ? g.add(g.hann(size, { periodic: true, dtype: "f64" }), 0.1) : undefined;
    const options = { hop, normalized, ...(window && { window }) };
    const back = g.istft(g.stft(t, size, options), size, options);
    // the frames end with the last that fits
    const n = back.shape[1] as number;
    const common = Math.min(n, t.shape[1] as number);
    await near(g.slice(back, [0, 0], [2, common]), await read(g.slice(t, [0, 0], [2, common])), 1e-10);
  }));

test("what no window reaches comes back as 0, and has a finite derivative", async () => {
  const t = x(3, 9);
  const window = g.hann(4, { periodic: true, dtype: "f64" });
  const options = { hop: 4, window, center: false };
  const round = (v: g.Tensor): g.Tensor => g.istft(g.stft(v, 4, options), 4, options);
  const values = await read(t);
  await near(
    round(t),
    values.slice(0, 8).map((v, i) => (i % 4 === 0 ? 0 : v)),
    1e-12,
  );
  await near(
    g.grad((v: g.Tensor) => g.sum(round(v)))(t),
    values.map((_, i) => (i < 8 && i % 4 !== 0 ? 1 : 0)),
    1e-12,
  );
});

test("windows: symmetric ones are their mirror image; periodic ones are the first of one more", () =>
  run(from(2, 40), async (n) => {
    for (const f of [
      g.hann,
      g.hamming,
      g.blackman,
      g.bartlett,
      (m: number, o: g.WindowFunctionOptions) => g.kaiser(m, 6, o),
    ]) {
      const w = f(n, { dtype: "f64" });
      await near(w, await read(g.flip(w)), 1e-13);
      await near(f(n, { periodic: true, dtype: "f64" }), (await read(f(n + 1, { dtype: "f64" }))).slice(0, n), 1e-13);
    }
  }));

test("periodic Hann windows a quarter apart add up to 2", async () => {
  const w = g.hann(16, { periodic: true, dtype: "f64" });
  await near(g.sum(g.reshape(w, [4, 4]), 0), [2, 2, 2, 2]);
});

test("kaiser of a large beta does not overflow; of 0 it is 1", async () => {
  expect((await read(g.kaiser(9, 2000))).every(Number.isFinite)).toBe(true);
  await near(g.kaiser(5, 0), [1, 1, 1, 1, 1]);
});
