import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { inner, near, read, x } from "./help.ts";

type Tensor = g.Tensor;
const size = fc.integer({ min: 1, max: 7 });
const sizes = fc
  .integer({ min: 1, max: 3 })
  .chain((d) => fc.array(fc.tuple(size, size), { minLength: d, maxLength: d }));
const check = (property: fc.IAsyncProperty<never> | unknown, numRuns = 40): Promise<void> =>
  fc.assert(property as fc.IAsyncProperty<unknown>, { numRuns, seed: 7 });

/** Every way to interpolate, to given sizes. */
const ways: Readonly<Record<string, g.InterpolateOptions>> = {
  nearest: { mode: "nearest" },
  nearestExact: { mode: "nearestExact" },
  linear: { mode: "linear" },
  "linear, aligned": { mode: "linear", alignCorners: true },
  "linear, antialias": { mode: "linear", antialias: true },
  cubic: { mode: "cubic" },
  "cubic, aligned": { mode: "cubic", alignCorners: true },
  "cubic, antialias": { mode: "cubic", antialias: true },
  area: { mode: "area" },
};
const methods = ["nearest", "linear", "cubic", "lanczos3", "lanczos5"] as const;

describe.each(Object.entries(ways))("interpolate %s", (_, options) => {
  test("at the same size nothing changes, bit by bit", () =>
    check(
      fc.asyncProperty(sizes, async (pairs) => {
        const t = x(3, 2, 1, ...pairs.map(([n]) => n));
        expect(await read(g.interpolate(t, { ...options, size: t.shape.slice(2) }))).toEqual(await read(t));
        expect(await read(g.interpolate(t, { ...options, scale: 1 }))).toEqual(await read(t));
      }),
      15,
    ));
  test("a constant stays what it is", () =>
    check(
      fc.asyncProperty(sizes, async (pairs) => {
        const t = g.full([1, 1, ...pairs.map(([n]) => n)], 3, { dtype: "f64" });
        const y = g.interpolate(t, { ...options, size: pairs.map(([, m]) => m) });
        await near(y, new Array(y.size).fill(3));
      }),
      15,
    ));
  test("the pullback is the transpose", () =>
    check(
      fc.asyncProperty(sizes, async (pairs) => {
        const t = x(3, 1, 2, ...pairs.map(([n]) => n));
        const f = (v: Tensor): Tensor => g.interpolate(v, { ...options, size: pairs.map(([, m]) => m) });
        const y = x(5, 1, 2, ...pairs.map(([, m]) => m));
        const [pulled] = g.vjp(f, t)[1](y) as [Tensor];
        await near(inner(f(t), y), [await inner(t, pulled).item()]);
      }),
      15,
    ));
});

test("linear interpolation with aligned corners keeps affine functions", () =>
  check(
    fc.asyncProperty(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 20 }), async (n, m) => {
      const line = g.reshape(g.linspace(-1, 2, n, { dtype: "f64" }), [1, 1, n]);
      const y = g.interpolate(line, { size: m, mode: "linear", alignCorners: true });
      await near(y, await read(g.linspace(-1, 2, m, { dtype: "f64" })));
    }),
  ));

test.each(methods)("resize by %s keeps constants and works on every axis by itself", (method) =>
  check(
    fc.asyncProperty(sizes, fc.boolean(), async (pairs, antialias) => {
      const [from, to] = [pairs.map(([n]) => n), pairs.map(([, m]) => m)];
      const options = { method, antialias };
      await near(g.resize(g.full(from, -2, { dtype: "f64" }), to, options), new Array(g.zeros(to).size).fill(-2));
      const t = x(2, ...from);
      const axes = from.map((_, i) => i);
      const one = axes.reduce((y, axis) => g.resize(y, y.shape.with(axis, to[axis] as number), options), t);
      await near(g.resize(t, to, options), await read(one));
    }),
    25,
  ),
);

test("the nearest element keeps its dtype, and nothing else about it changes", async () => {
  for (const dtype of ["u8", "i32", "bool", "f16"] as const)
    for (const size of [2, 5, 6]) {
      const t = g.tensor([1, 0, 3], { shape: [1, 1, 3], dtype });
      const y = g.interpolate(t, { size });
      expect(y.dtype).toBe(dtype);
      const values = dtype === "bool" ? [1, 0, 1] : [1, 0, 3];
      expect(await read(y)).toEqual(Array.from({ length: size }, (_, o) => values[Math.floor((o * 3) / size)]));
    }
});

test("floats keep their dtype, integers become f32", () => {
  for (const dtype of ["f16", "f32", "f64"] as const)
    expect(g.interpolate(g.ones([1, 1, 3], { dtype }), { size: 4, mode: "cubic" }).dtype).toBe(dtype);
  expect(g.resize(g.ones([3], { dtype: "i32" }), [4]).dtype).toBe("f32");
});

test("an infinite neighbour of weight 0 is not read", async () => {
  const t = g.tensor([1, Number.POSITIVE_INFINITY, 3], { shape: [1, 1, 3] });
  const y = g.interpolate(t, { size: 5, mode: "linear", alignCorners: true });
  expect(await read(y)).toEqual([1, Infinity, Infinity, Infinity, 3]);
  const pull = g.vjp((v: Tensor) => g.interpolate(v, { size: 2, mode: "nearest" }), x(1, 1, 1, 5))[1];
  const [back] = pull(g.tensor([Number.POSITIVE_INFINITY, 1], { shape: [1, 1, 2], dtype: "f64" })) as [Tensor];
  expect(await read(back)).toEqual([Infinity, 0, 1, 0, 0]);
});

const identity = (d: number): Tensor =>
  g.reshape(g.concat([g.eye(d, d, { dtype: "f64" }), g.zeros([d, 1], { dtype: "f64" })], 1), [1, d, d + 1]);

describe.each(["linear", "nearest", "cubic"] as const)("gridSample %s", (mode) => {
  test.each(["zeros", "border", "reflection"] as const)("of the identity is the input, %s", (padding) =>
    check(
      fc.asyncProperty(sizes, fc.boolean(), async (pairs, alignCorners) => {
        const shape = pairs.map(([n]) => n);
        const t = x(4, 1, 2, ...shape);
        const grid = g.affineGrid(identity(shape.length), shape, { alignCorners });
        await near(g.gridSample(t, grid, { mode, padding, alignCorners }), await read(t), 1e-10);
      }),
      15,
    ),
  );
  if (mode !== "nearest")
    test("of a finer or coarser identity is interpolate, with the border going on", () =>
      check(
        fc.asyncProperty(sizes, fc.boolean(), async (pairs, alignCorners) => {
          const to = pairs.map(([, m]) => m);
          const t = x(4, 1, 2, ...pairs.map(([n]) => n));
          // of one element, the grid has the middle where interpolate has the first element
          fc.pre(!alignCorners || !to.includes(1));
          const y = g.gridSample(t, g.affineGrid(identity(to.length), to, { alignCorners }), {
            mode,
            padding: "border",
            alignCorners,
          });
          await near(y, await read(g.interpolate(t, { size: to, mode, alignCorners })), 1e-10);
        }),
      ));
});

test("gridSample by a shift of whole elements moves the input, zeros coming in", async () => {
  const t = x(1, 1, 1, 3, 5);
  const theta = g.tensor([1, 0, 0.5, 0, 1, 0], { shape: [1, 2, 3], dtype: "f64" }); // 0.5 of [−1, 1] is one of 4 steps
  const y = g.gridSample(t, g.affineGrid(theta, [3, 5], { alignCorners: true }), { alignCorners: true });
  const moved = g.pad(g.slice(t, [0, 0, 0, 1], [1, 1, 3, 5]), [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 1],
  ]);
  await near(y, await read(moved));
});

test("gridSample far outside, and of an infinite place, is its padding", async () => {
  const t = x(1, 1, 1, 2, 2);
  const places = [1e30, -1e30, -1e9, 1e12, 5, Number.POSITIVE_INFINITY];
  const grid = g.tensor(places, { shape: [1, 3, 2], dtype: "f64" });
  await near(g.gridSample(t, grid), [0, 0, 0], 0);
  const [, b, c, d] = (await read(t)) as [number, number, number, number];
  await near(g.gridSample(t, grid, { padding: "border" }), [b, c, d], 0);
});

test("adaptive pooling is the mean and the largest of ⌊o·n/m⌋ … ⌈(o+1)·n/m⌉", () =>
  check(
    fc.asyncProperty(size, size, async (n, m) => {
      const t = x(6, 1, 1, n);
      const values = await read(t);
      const parts = Array.from({ length: m }, (_, o) =>
        values.slice(Math.floor((o * n) / m), Math.ceil(((o + 1) * n) / m)),
      );
      await near(
        g.adaptiveAvgPool(t, m),
        parts.map((p) => p.reduce((a, b) => a + b) / p.length),
      );
      await near(
        g.adaptiveMaxPool(t, m),
        parts.map((p) => Math.max(...p)),
      );
    }),
  ));

test("where sizes divide, adaptive pooling is pooling", async () => {
  const t = x(6, 2, 3, 4, 6);
  await near(g.adaptiveAvgPool(t, [2, 3]), await read(g.avgPool(t, 2)));
  await near(g.adaptiveMaxPool(t, [2, 3]), await read(g.maxPool(t, 2)));
});
