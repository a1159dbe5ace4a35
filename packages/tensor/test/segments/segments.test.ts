import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";

type Tensor = g.Tensor;
const ids = (list: readonly number[]): Tensor => g.tensor(Int32Array.from(list));
const f64 = (list: readonly number[]): Tensor => g.tensor(Float64Array.from(list));
type Sized = (x: Tensor, i: Tensor, options: { numSegments: number; sorted?: boolean }) => Tensor;

/** What each segment's list of numbers becomes. */
const folds: Readonly<Record<string, readonly [Sized, (xs: readonly number[]) => number]>> = {
  segmentSum: [g.segmentSum, (xs) => xs.reduce((a, b) => a + b, 0)],
  segmentMean: [g.segmentMean, (xs) => (xs.length === 0 ? 0 : xs.reduce((a, b) => a + b, 0) / xs.length)],
  segmentMax: [g.segmentMax, (xs) => Math.max(...xs)],
  segmentMin: [g.segmentMin, (xs) => Math.min(...xs)],
  segmentProd: [g.segmentProd, (xs) => xs.reduce((a, b) => a * b, 1)],
};

const problem = fc.tuple(
  fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -2, max: 6 })), { maxLength: 12 }),
  fc.integer({ min: 0, max: 5 }),
);

describe.each(Object.entries(folds))("%s", (_, [f, fold]) => {
  test("is the fold of each segment's rows; ids outside are dropped", async () => {
    await fc.assert(
      fc.asyncProperty(problem, async ([rows, n]) => {
        const expected = Array.from({ length: n }, (_, s) => fold(rows.filter((r) => r[1] === s).map((r) => r[0])));
        const actual = await f(f64(rows.map((r) => r[0])), ids(rows.map((r) => r[1])), { numSegments: n }).data();
        expect(actual.length).toBe(n);
        expected.forEach((e, i) => {
          expect(actual[i] as number).toBeCloseTo(e, 12);
        });
      }),
      { numRuns: 60 },
    );
  });

  test("sorted ids give the same, with the hint and without; so do columns", async () => {
    await fc.assert(
      fc.asyncProperty(problem, async ([unsorted, n]) => {
        const rows = unsorted.toSorted((a, b) => a[1] - b[1]);
        const x = f64(rows.map((r) => r[0]));
        const i = ids(rows.map((r) => r[1]));
        const plain = await f(x, i, { numSegments: n }).array();
        expect(await f(x, i, { numSegments: n, sorted: true }).array()).toEqual(plain);
        const columns = g.transpose(f(g.stack([x, x], 1), i, { numSegments: n }));
        expect(await columns.array()).toEqual([plain, plain]);
      }),
      { numRuns: 30 },
    );
  });
});

test("the number of segments is read when it is not given", async () => {
  const x = f64([1, 2, 3]);
  expect(await (await g.segmentSum(x, ids([0, 2, 2]))).array()).toEqual([1, 0, 5]);
  expect((await g.segmentMax(x, ids([-1, -3, -2]))).shape).toEqual([0]);
  expect((await g.segmentProd(f64([]), ids([]))).shape).toEqual([0]);
});

test("segments without rows have the identity of their fold, in every dtype", async () => {
  const empty = { numSegments: 1 };
  const none = (dtype: g.DType): Tensor => g.zeros([0], { dtype });
  expect(await g.segmentMax(none("f32"), ids([]), empty).array()).toEqual([-Infinity]);
  expect(await g.segmentMin(none("f16"), ids([]), empty).array()).toEqual([Infinity]);
  expect(await g.segmentMax(none("i32"), ids([]), empty).array()).toEqual([-2147483648]);
  expect(await g.segmentMin(none("i8"), ids([]), empty).array()).toEqual([127]);
  expect(await g.segmentMax(none("u32"), ids([]), empty).array()).toEqual([0]);
  expect(await g.segmentMin(none("u8"), ids([]), empty).array()).toEqual([255]);
  expect(await g.segmentProd(none("i32"), ids([]), empty).array()).toEqual([1]);
  const counts = g.segmentSum(g.tensor([true, false, true]), ids([0, 0, 0]), empty);
  expect([counts.dtype, await counts.array()]).toEqual(["i32", [2]]);
});

test("softmax of one segment is softmax; of all, each segment sums to 1, large elements included", async () => {
  const x = f64([1000, -3, 999, 2, -Infinity, 0.5, 7]);
  const i = ids([1, 0, 1, 0, 0, 9, -1]);
  const p = g.segmentSoftmax(x, i, { numSegments: 3 });
  const sums = await g.segmentSum(p, i, { numSegments: 3 }).data();
  expect(sums[0]).toBeCloseTo(1, 14);
  expect(sums[1]).toBeCloseTo(1, 14);
  expect(sums[2]).toBe(0);
  expect((await p.data()).slice(5)).toEqual(Float64Array.from([0, 0]));
  const one = await g.segmentSoftmax(x, ids([0, 0, 0, 0, 0, 0, 0]), { numSegments: 1 }).data();
  (await g.softmax(x).data()).forEach((e, k) => {
    expect(one[k]).toBeCloseTo(e, 14);
  });
  const slopes = await g
    .grad((t: Tensor) => g.sum(g.square(g.segmentSoftmax(t, i, { numSegments: 3 }))))(x)
    .data();
  expect(slopes.every(Number.isFinite)).toBe(true);
});

test("under vmap ids and data may each be batched", async () => {
  const x = g.tensor(Float64Array.from([1, 2, 3, 4, 5, 6]), { shape: [2, 3] });
  const i = g.tensor(Int32Array.from([0, 1, 0, 1, 1, 1]), { shape: [2, 3] });
  const f = (p: Tensor, q: Tensor): Tensor => g.segmentProd(p, q, { numSegments: 2 });
  expect(await g.vmap(f)(x, i).array()).toEqual([
    [3, 2],
    [1, 120],
  ]);
  expect(
    await g
      .vmap(f, { in: [null, 0] })(g.at(x, 0), i)
      .array(),
  ).toEqual([
    [3, 2],
    [1, 6],
  ]);
});
