import { crossEntropy, Linear } from "@gradus/nn";
import type { Tensor } from "@gradus/tensor";
import {
  add,
  dispose,
  grad,
  jit,
  key,
  matmul,
  memory,
  mul,
  normal,
  square,
  sub,
  sum,
  tensor,
  vmap,
} from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as o from "../src/index.ts";

const f64 = { dtype: "f64" } as const;
const stats = (rows: readonly (readonly number[])[]): Promise<o.GradientStats> =>
  o.gradientStats(tensor(rows as number[][], f64));
const sizes = { first: 2, largest: 1000 } as const;

describe("tests of batches", () => {
  const first = [[1, 0], [3, 2], [2, -2]]; // biome-ignore format: rows of a matrix
  const second = [[1, 0.5], [3, 2], [2, -1], [4, 0.5]]; // biome-ignore format: rows of a matrix
  test("by hand", async () => {
    expect(await stats(first)).toEqual({
      size: 3,
      normSquared: 4,
      variance: 5,
      inner: 4,
      orthogonal: 4,
      coordinate: Number.POSITIVE_INFINITY,
    });
    const s = await stats(second);
    const wanted = { normSquared: 6.5, variance: 3.1666666667, inner: 12.0416666667, orthogonal: 1.3141025641 };
    for (const [name, v] of Object.entries(wanted)) expect(s[name as "inner"]).toBeCloseTo(v, 9);
  });
  test("the sizes they ask for", async () => {
    const half = { ...sizes, eta: 0.5, theta: 0.5, nu: 0.5 };
    const s = await stats(first);
    const raw = (test: o.BatchTest, options: object = half): number =>
      o.wantedBatchSize(s, { ...sizes, ...options, test });
    expect([raw("norm"), raw("inner-product"), raw("augmented"), raw("coordinate")]).toEqual([
      5,
      1,
      4,
      Number.POSITIVE_INFINITY,
    ]);
    const next = (test: o.BatchTest): number => o.adaptiveBatchSize({ ...half, first: 3, test }).next(s);
    expect([next("norm"), next("inner-product"), next("augmented"), next("coordinate")]).toEqual([5, 3, 4, 1000]);
    expect(o.adaptiveBatchSize({ ...sizes, eta: 0.25 }).next(s)).toBe(20);
    const t = await stats(second);
    const at = { ...sizes, eta: 0.25, theta: 0.25, nu: 0.25 };
    expect(o.wantedBatchSize(t, at)).toBeCloseTo(7.794872, 6);
    expect(o.wantedBatchSize(t, { ...at, test: "inner-product" })).toBeCloseTo(4.560158, 6);
    expect(o.wantedBatchSize(t, { ...at, test: "augmented", theta: 1e9 })).toBeCloseTo(3.234714, 6);
    expect(o.wantedBatchSize(t, { ...at, test: "coordinate" })).toBeCloseTo(96, 9);
  });

  const number = fc.double({ min: -3, max: 3, noNaN: true });
  const rows = fc
    .integer({ min: 1, max: 5 })
    .chain((k) => fc.array(fc.array(number, { minLength: k, maxLength: k }), { minLength: 2, maxLength: 9 }));
  test("Pythagoras; the norm test asks for as much as both others together; the scale of the loss does not matter", async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.double({ min: 0.01, max: 100, noNaN: true }), async (g, c) => {
        const s = await stats(g);
        if (s.normSquared < 1e-3) return;
        const close = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThan(1e-9 * (1 + Math.abs(a)));
        close(s.variance, s.inner / s.normSquared + s.orthogonal);
        const same = { ...sizes, eta: 0.3, theta: 0.3, nu: 0.3 };
        const raw = (test: o.BatchTest, from = s): number => o.wantedBatchSize(from, { ...same, test });
        close(raw("norm"), raw("inner-product") + s.orthogonal / (0.09 * s.normSquared));
        expect(raw("augmented")).toBeLessThanOrEqual(raw("norm") * (1 + 1e-12));
        const scaled = await stats(g.map((row) => row.map((v) => v * c)));
        for (const test of ["norm", "inner-product", "augmented"] as const) close(raw(test), raw(test, scaled));
      }),
      { numRuns: 60 },
    );
  });
  test("equal examples are enough; each of them twice", async () => {
    expect((await stats([[1, 2], [1, 2], [1, 2]])).variance).toBe(0); // biome-ignore format: rows of a matrix
    expect(o.adaptiveBatchSize(sizes).next(await stats([[1, 2], [1, 2]]))).toBe(2); // biome-ignore format: rows of a matrix
    const [once, twice] = [await stats(second), await stats([...second, ...second])];
    expect(twice.variance).toBeCloseTo((once.variance * 2 * 3) / 7, 12);
    expect(twice.normSquared).toBeCloseTo(once.normSquared, 12);
  });
  test("sizes never fall, stay within bounds, and stay where gradients vanish", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { minLength: 1, maxLength: 8 }), async (batches) => {
        const size = o.adaptiveBatchSize({ first: 4, largest: 100, eta: 0.5 });
        for (const g of batches) size.next(await stats(g));
        size.history.forEach((b, i) => {
          expect(b).toBeGreaterThanOrEqual(size.history[i - 1] ?? 4);
          expect(b).toBeLessThanOrEqual(100);
        });
      }),
      { numRuns: 20 },
    );
    expect(o.adaptiveBatchSize({ ...sizes, first: 7 }).next(await stats([[0, 0], [0, 0]]))).toBe(7); // biome-ignore format: rows of a matrix
    const seldom = o.adaptiveBatchSize({ ...sizes, every: 2 });
    expect(seldom.due).toBe(true);
    seldom.next(null);
    expect(seldom.due).toBe(false);
  });
});

describe("optimizers on ½ (4 x² + y²) from (1, 1)", () => {
  const bowl = (x: Tensor): Tensor => mul(sum(mul(tensor([4, 1], f64), square(x))), 0.5);
  const path = (optimizer: o.Optimizer, steps: number): number[] => {
    let [x, s] = [tensor([1, 1], f64), optimizer.init(tensor([1, 1], f64))];
    const seen: number[] = [];
    for (let t = 0; t < steps; t++) {
      const [u, next] = optimizer.update(grad(bowl)(x), s, x);
      [x, s] = [o.applyUpdates(x, u), next];
      seen.push(...(x.dataSync() as unknown as number[]));
    }
    return seen;
  };
  test.each<[string, o.Optimizer, number[], number]>([
    [
      "adagrad",
      o.adagrad({ learningRate: 0.1 }),
      [0.9, 0.9, 0.8331035268, 0.8331035269, 0.7804561814, 0.7804561814],
      9,
    ],
    [
      "adagradNorm",
      o.adagradNorm({ learningRate: 0.1, initial: 0 }),
      [0.90298575, 0.9757464375, 0.8381114691, 0.9582210091, 0.7870792171, 0.9436345913],
      6,
    ],
    [
      "adagradNorm, from 0.01",
      o.adagradNorm({ learningRate: 0.1 }),
      [0.903014271, 0.9757535678, 0.8381492796, 0.9582310743],
      6,
    ],
  ])("%s", (_, optimizer, wanted, digits) => {
    const got = path(optimizer, wanted.length / 2);
    wanted.forEach((w, i) => expect(got[i]).toBeCloseTo(w, digits));
  });
  test("by rows: each output of a layer has a sum of its own", () => {
    const rule = o.scaleByAdagradNorm({ granularity: "row", initial: 0 });
    const p = tensor([[1, 1], [1, 1]], f64); // biome-ignore format: rows of a matrix
    const [u] = rule.update(tensor([[3, 4], [0, 2]], f64), rule.init(p), p); // biome-ignore format: rows of a matrix
    expect([...u.dataSync()]).toEqual([0.6, 0.8, 0, 1]);
  });
  test("schedules of the examples seen", () => {
    const rule = o.scaleBySamples(o.piecewise([1, 10], [8]));
    const p = tensor([1]);
    let s = rule.init(p);
    const rates: number[] = [];
    for (const size of [3, 5, 2]) {
      const [u, next] = rule.update(tensor([1]), s, p, { batch: normal(key(0), [size, 2]) });
      s = next;
      rates.push(u.itemSync() as number);
    }
    expect(rates).toEqual([-1, -1, -10]);
  });
});

describe("trainAdaptive", () => {
  const x = normal(key(1), [90, 4]);
  const y = tensor(
    Array.from({ length: 90 }, (_, i) => i % 3),
    { dtype: "i32" },
  );
  const loss = (m: Linear, b: { x: Tensor; y: Tensor }): Tensor => crossEntropy(m.call(b.x) as Tensor, b.y);
  const net = (): Linear => new Linear(4, 3, { key: key(2) });
  const run = (
    more: Partial<o.AdaptiveOptions<Linear, { x: Tensor; y: Tensor }>> = {},
  ): Promise<o.AdaptiveResult<Linear>> =>
    o.trainAdaptive(net(), {
      optimizer: o.adagrad({ learningRate: 0.1 }),
      loss,
      dataset: { x, y },
      samples: 400,
      batchSize: { first: 8, largest: 90, eta: 0.5 },
      ...more,
    });

  test.each(["norm", "inner-product", "augmented", "coordinate"] as const)(
    "the statistics are those of the gradients of all examples, in parts or not: %s",
    async (name) => {
      for (const microBatch of [64, 10]) {
        const seen: o.AdaptiveStep<Linear>[] = [];
        const values: number[][] = [];
        const before = [net()];
        await run({
          microBatch,
          samples: 90,
          // A batch of 85 is rounded up to whole parts, that is, to all 90 examples, and is still to be tested.
          batchSize: { first: 85, largest: 90, eta: 0.5, theta: 0.2, nu: 0.3, test: name },
          optimizer: o.sgd({ learningRate: 0 }),
          onStep: (step) => {
            seen.push(step);
            values.push([...step.model.weight.dataSync()] as number[]);
          },
        });
        expect(values[0]).toEqual([...before[0]!.weight.dataSync()]);
        expect(seen.length).toBe(1);
        for (const { stats: found, size } of seen) {
          expect([size, found?.size]).toEqual([90, 90]);
          const each = vmap((b: { x: Tensor; y: Tensor }) =>
            grad((m: Linear) => loss(m, { x: b.x.reshape([1, 4]), y: b.y.reshape([1]) }))(net()),
          );
          const wanted = await o.gradientStats(each({ x, y }));
          expect(found!.variance / wanted.variance).toBeCloseTo(1, 4);
          expect(found!.normSquared / wanted.normSquared).toBeCloseTo(1, 4);
          if (name === "coordinate") expect(found!.coordinate / wanted.coordinate).toBeCloseTo(1, 2);
          if (name !== "inner-product" && name !== "augmented") continue;
          expect(found!.inner / wanted.inner).toBeCloseTo(1, 3);
          expect(found!.orthogonal / wanted.orthogonal).toBeCloseTo(1, 3);
        }
      }
    },
  );

  test("statistics of known gradients: a linear loss has its rows as gradients", async () => {
    const rows = tensor([[1, 0.5], [3, 2], [2, -1], [4, 0.5]]); // biome-ignore format: rows of a matrix
    const wanted = await o.gradientStats(rows);
    for (const test of ["norm", "augmented", "coordinate"] as const)
      for (const microBatch of [2, 4]) {
        const found: (o.GradientStats | null)[] = [];
        await o.trainAdaptive(tensor([0.3, 1]), {
          optimizer: o.sgd({ learningRate: 0.1 }),
          loss: (w: Tensor, b: Tensor) => sum(matmul(b, w.reshape([2, 1]))).mul(1 / (b.shape[0] as number)),
          dataset: rows,
          samples: 4,
          // Larger than all examples: the first batch is the whole set.
          batchSize: { first: 3, largest: 4, eta: 0.5, test },
          microBatch,
          onStep: ({ stats: s, size }) => {
            if (size === 4) found.push(s);
          },
        });
        if (microBatch === 4) continue;
        const s = found[0]!;
        expect(s.variance).toBeCloseTo(wanted.variance, 4);
        if (test === "augmented")
          expect([s.inner, s.orthogonal].map((v) => v.toFixed(4))).toEqual(
            [wanted.inner, wanted.orthogonal].map((v) => v.toFixed(4)),
          );
        if (test === "coordinate") expect(s.coordinate).toBeCloseTo(wanted.coordinate, 3);
      }
  });

  test("with a size that is fixed it is plain training", async () => {
    const fixed = await run({ batchSize: { first: 90, largest: 90 }, samples: 360, microBatch: 30 });
    expect(fixed.sizes).toEqual([90, 90, 90, 90]);
    const optimizer = o.adagrad({ learningRate: 0.1 });
    let [m, s] = [net(), optimizer.init(net())];
    for (let t = 0; t < 4; t++) {
      const [u, next] = optimizer.update(grad((p: Linear) => loss(p, { x, y }))(m), s, m);
      [m, s] = [o.applyUpdates(m, u), next];
    }
    const [a, b] = [await fixed.model.weight.data(), await m.weight.data()];
    b.forEach((v, i) => expect(a[i]).toBeCloseTo(v as number, 5));
  });

  test("sizes grow, faster for smaller η; samples are counted; it can be stopped; the same key, the same run", async () => {
    const mean = (r: o.AdaptiveResult<Linear>): number => r.sizes.reduce((a, b) => a + b) / r.sizes.length;
    const [loose, tight, again] = [
      await run({ batchSize: { first: 8, largest: 90, eta: 2 } }),
      await run(),
      await run(),
    ];
    expect(mean(tight)).toBeGreaterThan(mean(loose));
    expect(tight.sizes).toEqual(tight.sizes.toSorted((a, b) => a - b));
    expect(tight.sizes.slice(0, -1).reduce((a, b) => a + b, 0)).toBeLessThan(400);
    expect([...again.model.weight.dataSync()]).toEqual([...tight.model.weight.dataSync()]);
    const controller = new AbortController();
    const stopped = await run({
      signal: controller.signal,
      onStep: ({ step }) => (step === 1 ? controller.abort() : undefined),
    });
    expect(stopped).toMatchObject({ completed: false });
    expect(stopped.sizes.length).toBe(2);
  });

  test("memory: what a run leaves behind is its result", async () => {
    const given = net();
    const go = async (): Promise<void> => {
      const { model, optimizer } = await o.trainAdaptive(given, {
        optimizer: o.adagradNorm({ learningRate: 0.1 }),
        loss,
        dataset: { x, y },
        samples: 300,
        batchSize: { first: 8, largest: 80, eta: 0.7, test: "coordinate" },
        microBatch: 16,
      });
      dispose([model, optimizer]);
    };
    await go();
    const before = memory().liveBytes;
    await go();
    expect(memory().liveBytes).toBe(before);
  });

  test("the squared length of a linear layer's gradient: ‖δ‖² (‖a‖² + 1)", async () => {
    const [a, w, target] = [normal(key(4), [5], f64), normal(key(5), [3, 5], f64), normal(key(6), [3], f64)];
    const f = (p: { w: Tensor; b: Tensor }): Tensor =>
      sum(square(sub(add(matmul(p.w, a.reshape([5, 1])).reshape([3]), p.b), target))).mul(0.5);
    const g = jit(grad(f))({ w, b: tensor([0, 0, 0], f64) });
    const delta = g.b;
    const wanted = (sum(square(delta)).itemSync() as number) * ((sum(square(a)).itemSync() as number) + 1);
    expect(
      (sum(square(g.w))
        .add(sum(square(g.b)))
        .itemSync() as number) / wanted,
    ).toBeCloseTo(1, 10);
  });
});
