import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { inner, near, read, x } from "./help.ts";

type Tensor = g.Tensor;
const from = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const run = <T>(arbitrary: fc.Arbitrary<T>, f: (value: T) => Promise<void>, numRuns = 40): Promise<void> =>
  fc.assert(fc.asyncProperty(arbitrary, f), { numRuns, seed: 11 });

type Axis = { readonly [name in "n" | "k" | "stride" | "dilation" | "low" | "high"]: number };

/** One axis of a convolution whose kernel fits. */
const axis = fc
  .record({ n: from(1, 6), k: from(1, 3), stride: from(1, 3), dilation: from(1, 2), low: from(0, 2), high: from(0, 2) })
  .filter((a) => a.n + a.low + a.high >= (a.k - 1) * a.dilation + 1);
const axes = fc.array(axis, { minLength: 1, maxLength: 3 });
const split = (list: readonly Axis[]) => ({
  n: list.map((a) => a.n),
  k: list.map((a) => a.k),
  options: {
    stride: list.map((a) => a.stride),
    dilation: list.map((a) => a.dilation),
    padding: list.map((a): [number, number] => [a.low, a.high]),
  },
});

test("convTranspose is the adjoint of conv", () =>
  run(fc.tuple(axes, from(1, 2)), async ([list, groups]) => {
    const { n, k, options } = split(list);
    const [t, w] = [x(1, 2, 2 * groups, ...n), x(2, 3 * groups, 2, ...k)];
    const y = g.conv(t, w, { ...options, groups });
    const ct = x(3, ...y.shape);
    // of the inputs that give an output of this size, outputPadding tells which
    const outputPadding = list.map((a) => (a.n + a.low + a.high - (a.k - 1) * a.dilation - 1) % a.stride);
    const back = g.convTranspose(ct, w, { ...options, groups, outputPadding });
    expect(back.shape).toEqual(t.shape);
    await near(inner(y, ct), [await inner(t, back).item()]);
  }));

test('convTranspose "same" undoes the size of a strided conv', () =>
  run(fc.tuple(from(1, 5), from(1, 4), from(1, 3)), async ([n, k, stride]) => {
    const y = x(1, 1, 1, n);
    const w = x(2, 1, 1, k);
    const back = g.convTranspose(y, w, { stride, padding: "same" });
    expect(back.shape).toEqual([1, 1, n * stride]);
    const t = x(4, 1, 1, n * stride);
    await near(inner(g.conv(t, w, { stride, padding: "same" }), y), [await inner(t, back).item()]);
  }));

test("a product with the unfolded input is the convolution", () =>
  run(axes, async (list) => {
    const { n, k, options } = split(list);
    const [t, w] = [x(1, 2, 3, ...n), x(2, 4, 3, ...k)];
    const y = g.matmul(g.reshape(w, [4, -1]), g.unfold(t, k, options));
    await near(y, await read(g.conv(t, w, options)));
  }));

test("fold is the adjoint of unfold, and adds up each element as often as windows cover it", () =>
  run(axes, async (list) => {
    const { n, k, options } = split(list);
    const t = x(1, 1, 2, ...n);
    const columns = g.unfold(t, k, options);
    const y = x(2, ...columns.shape);
    await near(inner(columns, y), [await inner(t, g.fold(y, n, k, options)).item()]);
    const [pulled] = g.vjp((v: Tensor) => g.unfold(v, k, options), t)[1](y) as [Tensor];
    await near(g.fold(y, n, k, options), await read(pulled), 0);
    const cover = g.fold(g.unfold(g.onesLike(t), k, options), n, k, options);
    await near(g.fold(columns, n, k, options), await read(g.mul(t, cover)));
  }));

/** Every window holds an element, by trying. */
function touches({ n, k, stride, dilation, low, high }: Axis): boolean {
  for (let start = -low; start + (k - 1) * dilation < n + high; start += stride)
    if (!Array.from({ length: k }, (_, j) => start + j * dilation).some((p) => p >= 0 && p < n)) return false;
  return true;
}

/** Padding below the size of a window, as poolings ask for. */
const below = ({ k, dilation, low, high }: Axis): boolean => Math.max(low, high) < (k - 1) * dilation + 1;

test("maxPool refuses windows that hold no element, and takes the others", () =>
  run(
    axes,
    async (list) => {
      const { n, k, options } = split(list);
      const t = x(1, 1, 1, ...n);
      if (!list.every(touches)) expect(() => g.maxPool(t, k, options)).toThrow(g.ArgumentError);
      else if (list.every(below)) expect((await read(g.maxPool(t, k, options))).every(Number.isFinite)).toBe(true);
    },
    200,
  ));

describe.each(["f64", "u8", "bool", "i8"] as const)("argmaxPool of %s", (dtype) => {
  test("points at the largest element, inside, also where padding ties", () =>
    run(
      axes,
      async (list) => {
        const { n, k, options } = split(list);
        fc.pre(list.every((a) => touches(a) && below(a)));
        for (const t of [g.astype(g.mul(x(7, 1, 2, ...n), 3), dtype), g.zeros([1, 2, ...n], { dtype })]) {
          const places = g.argmaxPool(t, k, options);
          const plane = n.reduce((a, b) => a * b);
          const found = await read(places);
          expect(found.every((p) => p >= 0 && p < plane)).toBe(true);
          const taken = g.takeAlongAxis(g.reshape(t, [1, 2, plane]), g.reshape(places, [1, 2, -1]));
          expect(await read(taken)).toEqual(await read(g.maxPool(t, k, options)));
        }
      },
      25,
    ));
});

test("the largest of windows of −∞ alone takes its derivative inside", async () => {
  const t = g.full([1, 1, 3], Number.NEGATIVE_INFINITY, { dtype: "f64" });
  const pull = g.vjp((v: Tensor) => g.maxPool(v, 3, { padding: 2, stride: 1, dilation: 1 }), t)[1];
  const [d] = pull(g.ones([1, 1, 5], { dtype: "f64" })) as [Tensor];
  expect(await read(g.sum(d))).toEqual([5]);
});

test("what was unpooled pools to the same", () =>
  run(fc.tuple(from(1, 3), from(1, 3), from(1, 3), from(1, 3)), async ([h, w, p, q]) => {
    const t = g.add(x(8, 2, 1, h * p, w * q), 1);
    const [y, places] = [g.maxPool(t, [p, q]), g.argmaxPool(t, [p, q])];
    const back = g.maxUnpool(y, places, [h * p, w * q]);
    expect(await read(g.maxPool(back, [p, q]))).toEqual(await read(y));
    await near(g.sum(back), [await g.sum(y).item()]);
  }));

test("lpPool: p = 1 adds magnitudes, large p comes near the largest, zeros have the derivative 0", async () => {
  const t = x(3, 1, 1, 6);
  await near(g.lpPool(t, 1, 2), await read(g.mul(g.avgPool(g.abs(t), 2), 2)));
  await near(g.lpPool(t, 200, 2), await read(g.lpPool(t, Number.POSITIVE_INFINITY, 2)), 0.01);
  const slope = g.grad((v: Tensor) => g.sum(g.lpPool(v, 2, 2)));
  await near(slope(g.tensor([0, 0, 3, 4], { shape: [1, 1, 4], dtype: "f64" })), [0, 0, 0.6, 0.8]);
});

test("pixelUnshuffle undoes pixelShuffle, in any number of axes", () =>
  run(fc.tuple(fc.array(from(1, 3), { minLength: 1, maxLength: 3 }), from(1, 3)), async ([shape, factor]) => {
    const t = x(5, 2, 2 * factor ** shape.length, ...shape);
    const y = g.pixelShuffle(t, factor);
    expect(y.shape).toEqual([2, 2, ...shape.map((n) => n * factor)]);
    expect(await read(g.pixelUnshuffle(y, factor))).toEqual(await read(t));
  }));

test("localResponseNorm of one channel is elementwise", async () => {
  const t = x(5, 2, 1, 3);
  const expected = g.div(t, g.pow(g.add(g.mul(g.mul(t, t), 0.2), 2), 0.75));
  await near(g.localResponseNorm(t, 1, { alpha: 0.2, k: 2 }), await read(expected));
});

/** Where the element at i of an axis of n that goes on for ever is found. */
const source: Readonly<Record<g.PadMode, (i: number, n: number) => number>> = {
  edge: (i, n) => Math.min(Math.max(i, 0), n - 1),
  wrap: (i, n) => ((i % n) + n) % n,
  symmetric(i, n) {
    const k = ((i % (2 * n)) + 2 * n) % (2 * n);
    return k < n ? k : 2 * n - 1 - k;
  },
  reflect(i, n) {
    if (n === 1) return 0;
    const period = 2 * (n - 1);
    const k = ((i % period) + period) % period;
    return k < n ? k : period - k;
  },
};

test.each(Object.entries(source))("pad %s continues the axis by any amount, in every dtype", (mode, at) =>
  run(fc.tuple(from(1, 6), from(0, 40), from(0, 40), fc.constantFrom("f64", "i32", "u8", "bool")), async (c) => {
    const [n, low, high, dtype] = c as [number, number, number, g.DType];
    const t = g.astype(g.mul(x(9, n), 7), dtype);
    const values = await read(t);
    const y = g.pad(t, [[low, high]], mode as g.PadMode);
    expect(y.dtype).toBe(dtype);
    expect(await read(y)).toEqual(Array.from({ length: low + n + high }, (_, i) => values[at(i - low, n)]));
  }),
);
