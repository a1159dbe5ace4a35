import { stateDict } from "@gradus/nn";
import type { Tensor } from "@gradus/tensor";
import {
  add,
  dispose,
  flip,
  grad,
  hvp,
  key,
  memory,
  mul,
  normal,
  ones,
  sigmoid,
  sin,
  softmax,
  square,
  sum,
  tensor,
  treeMap,
} from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tasks } from "../src/boosting/tasks.ts";
import { type BoostedMlp, type BoostingOptions, gradientBoostedMlp, BoostedMlp as Model } from "../src/index.ts";

const f64 = { dtype: "f64" } as const;
const column = (xs: readonly number[]): Tensor => tensor([...xs], { shape: [xs.length, 1], ...f64 });
const item = (t: Tensor): number => t.itemSync() as number;
const values = (t: Tensor): number[] => [...t.dataSync()] as number[];
const { regression, binary, multiclass } = tasks;

describe("two classes", () => {
  const y = column([1, 1, 1, -1]);
  test("the start, residuals and loss", () => {
    const start = binary.start(y, false);
    expect(item(start.reshape([]))).toBeCloseTo(0.5493061, 7);
    const f = mul(ones([4, 1], f64), start);
    values(binary.residual(f, y)).forEach((r, i) => expect(r).toBeCloseTo([0.5, 0.5, 0.5, -1.5][i]!, 12));
    expect(item(binary.loss(f, y))).toBeCloseTo(0.5623351, 7);
  });
  test("one Newton step", () => {
    const f = mul(ones([4, 1], f64), binary.start(y, false));
    const h = column([1, 1, 1, -1]);
    expect(item(binary.step(f, y, h, false))).toBeCloseTo(1, 12);
    expect(item(binary.loss(add(f, h), y))).toBeCloseTo(0.1182811, 7);
    const other = column([0.5, 1, 0.2, -0.8]);
    const rho = item(binary.step(f, y, other, false));
    expect(rho).toBeCloseTo(1.4162349, 7);
    const p = binary.probability!(add(f, mul(other, 0.1 * rho)));
    expect(values(p)[0]).toBeCloseTo(0.7756051, 7);
  });
});

describe("several classes", () => {
  const oneHot = (labels: readonly number[], k = 3): Tensor =>
    tensor(
      labels.map((l) => Array.from({ length: k }, (_, c) => (c === l ? 1 : 0))),
      f64,
    );
  test("from zero, along the residuals, the step is K² / (K - 1)", () => {
    const y = oneHot([0, 1, 2, 0]);
    const f = y.mul(0);
    expect(item(multiclass.step(f, y, multiclass.residual(f, y), false))).toBeCloseTo(4.5, 12);
    const h = tensor([[0.5, -0.2, -0.3], [-0.1, 0.6, -0.4], [-0.3, -0.1, 0.5], [0.4, -0.3, 0]], f64); // biome-ignore format: rows of a matrix
    expect(item(multiclass.step(f, y, h, false))).toBeCloseTo(5.6622517, 7);
  });
  test("two classes as softmax: twice the binary step by the diagonal, the same by the whole Hessian", () => {
    const [u, yb, fb] = [
      [0.5, -1, 0.3],
      [1, -1, 1],
      [0.2, -0.3, 0.1],
    ];
    const twin = (xs: readonly number[]): Tensor =>
      tensor(
        xs.map((v) => [v, -v]),
        f64,
      );
    const y = oneHot(
      yb.map((v) => (v > 0 ? 0 : 1)),
      2,
    );
    expect(item(binary.step(column(fb), column(yb), column(u), false))).toBeCloseTo(1.1089556, 7);
    expect(item(multiclass.step(twin(fb), y, twin(u), false))).toBeCloseTo(2.2179112, 7);
    expect(item(multiclass.step(twin(fb), y, twin(u), true))).toBeCloseTo(1.1089556, 7);
  });
});

test("residuals are minus the derivative; the steps are Newton's along h", async () => {
  const number = fc.double({ min: -3, max: 3, noNaN: true });
  const rows = fc.array(fc.tuple(number, number, number), { minLength: 2, maxLength: 6 });
  await fc.assert(
    fc.property(rows, rows, fc.constantFrom("regression", "binary", "multiclass"), (a, b, name) => {
      const n = Math.min(a.length, b.length);
      const k = name === "binary" ? 1 : 3;
      const pick = (xs: readonly (readonly number[])[]): Tensor =>
        tensor(
          xs.slice(0, n).map((r) => r.slice(0, k)),
          f64,
        );
      const [f, h, task] = [pick(a), pick(b), tasks[name]];
      const y =
        name === "binary"
          ? tensor(
              a.slice(0, n).map((_, i) => [i % 2 ? 1 : -1]),
              f64,
            )
          : name === "multiclass"
            ? tensor(
                a.slice(0, n).map((_, i) => [0, 1, 2].map((c) => (c === i % 3 ? 1 : 0))),
                f64,
              )
            : pick(b.toReversed());
      const r = values(task.residual(f, y));
      values(grad((g: Tensor) => mul(task.loss(g, y), -n))(f)).forEach((v, i) => expect(v).toBeCloseTo(r[i]!, 9));
      const along = (rho: Tensor): Tensor => task.loss(add(f, mul(h, rho)), y);
      const [slope, curve] = [item(grad(along)(tensor(0, f64))), item(hvp(along, tensor(0, f64), tensor(1, f64)))];
      if (name !== "regression" && Math.abs(curve) > 1e-6)
        expect(item(task.step(f, y, h, true))).toBeCloseTo(-slope / curve, 6);
      if (name === "regression") expect(item(regression.step(f, y, h, false))).toBe(1);
    }),
    { numRuns: 40 },
  );
});

test("where there is no curvature there is no step", () => {
  expect(item(binary.step(column([400]), column([1]), column([1]), false))).toBe(0);
  expect(item(binary.step(column([1]), column([1]), column([0]), false))).toBe(0);
});

const model = (): BoostedMlp =>
  new Model({
    hidden: tensor([[0.5], [-1]], f64),
    hiddenBias: tensor([-0.1, 0.2], f64),
    output: tensor([[0.2, -0.15]], f64),
    blockBias: tensor([[0.03], [0.005]], f64),
    start: tensor([1.2], f64),
    task: "regression",
    activation: "logistic",
    unitsPerStep: 1,
    classes: [],
    steps: [0.1, 0.1],
    losses: [],
  });

describe("fusion", () => {
  test("by hand: two blocks of one unit", async () => {
    const staged: number[] = [];
    for await (const f of model().staged(tensor([[0.7]], f64))) staged.push(item(f.reshape([])));
    [1.2, 1.3424353, 1.2908042].forEach((v, i) => expect(staged[i]).toBeCloseTo(v, 7));
    const net = model().toModule();
    expect(item((net.call(tensor([[0.7]], f64)) as Tensor).reshape([]))).toBeCloseTo(1.2908042, 7);
    expect(values(stateDict(net).get("2.bias")!)[0]).toBeCloseTo(1.235, 12);
    expect(
      item(
        (
          model()
            .toModule({ units: 1 })
            .call(tensor([[0.7]], f64)) as Tensor
        ).reshape([]),
      ),
    ).toBeCloseTo(1.3424353, 7);
  });

  const x = normal(key(1), [60, 3], f64);
  const score = sum(mul(x, tensor([1, -2, 0.5], f64)), 1).add(sin(sum(square(x), 1)));
  const small = { units: 6, unitsPerStep: 2, learningRate: 0.5, maxIterations: 30 } as const;
  const labels = (cuts: readonly number[]): string[] =>
    values(score).map((v) => `class ${cuts.filter((c) => v > c).length}`);

  test.each<[string, BoostingOptions, Tensor | string[]]>([
    ["regression", { task: "regression", ...small }, score],
    ["binary", { task: "binary", ...small }, labels([0])],
    ["multiclass", { task: "multiclass", ...small }, labels([-0.5, 0.8])],
  ])("%s: the network is the sum of its blocks, with all units and with few; the loss falls", async (_, options, y) => {
    const found = await gradientBoostedMlp(options).fit(x, y);
    expect(found.units).toBe(6);
    expect(found.losses.length).toBe(4);
    expect(found.losses.at(-1)).toBeLessThan(found.losses[0]!);
    let t = 0;
    for await (const staged of found.staged(x)) {
      const direct = values(found.predict(x, { units: 2 * t }));
      values(staged).forEach((v, i) => expect(v).toBeCloseTo(direct[i]!, 12));
      if (t > 0) {
        const net = values(found.toModule({ units: 2 * t }).call(x) as Tensor);
        const scale = options.task === "binary" ? 2 : 1;
        net.forEach((v, i) => expect(v).toBeCloseTo(scale * direct[i]!, 10));
      }
      t++;
    }
    if (options.task === "regression") return;
    const p = values(found.predictProba(x));
    const logits = found.toModule().call(x) as Tensor;
    const plain = options.task === "binary" ? values(sigmoid(logits)) : values(softmax(logits, -1));
    const k = found.classes.length;
    expect(found.classes).toEqual([...new Set(y as string[])].toSorted());
    plain.forEach((v, i) => expect(options.task === "binary" ? p[2 * i + 1] : p[i]).toBeCloseTo(v, 10));
    for (let i = 0; i < 60; i++) expect(p.slice(k * i, k * i + k).reduce((a, b) => a + b)).toBeCloseTo(1, 10);
    const right = (y as string[]).filter((label, i) => {
      const row = p.slice(k * i, k * i + k);
      return found.classes[row.indexOf(Math.max(...row))] === label;
    });
    expect(right.length).toBeGreaterThan(45);
  });

  test("the order of blocks does not matter; the same key, the same model; another, another", async () => {
    const fit = (seed: number): Promise<BoostedMlp> =>
      gradientBoostedMlp({ task: "regression", ...small, key: key(seed) }).fit(x, score);
    const [a, b, c] = [await fit(1), await fit(1), await fit(2)];
    expect(values(a.hidden)).toEqual(values(b.hidden));
    expect(values(a.hidden)).not.toEqual(values(c.hidden));
    const flipped = new Model({
      ...a,
      hidden: flip(a.hidden, [0]),
      hiddenBias: flip(a.hiddenBias, [0]),
      output: flip(a.output, [1]),
      blockBias: flip(a.blockBias, [0]),
    } as never);
    values(flipped.predict(x)).forEach((v, i) => expect(v).toBeCloseTo(values(a.predict(x))[i]!, 12));
    expect(treeMap((t) => t, a)).toBeInstanceOf(Model);
  });

  test("one block of all rows with η = 1 is the net fitted to y - mean(y); a share of η leaves 1 - η of the error", async () => {
    const one = await gradientBoostedMlp({ task: "regression", units: 4, unitsPerStep: 4, subsample: 1, l2: 0 }).fit(
      x,
      score,
    );
    expect(one.steps).toEqual([1]);
    const mean = values(score).reduce((a, b) => a + b) / 60;
    expect(values(one.start)[0]).toBeCloseTo(mean, 12);
    // Data that a linear block of relu units fits exactly: each step then takes the same share of what is left.
    const line = mul(sum(mul(x, tensor([1, 1, 1], f64)), 1), 1);
    const shrinking = await gradientBoostedMlp({
      task: "regression",
      units: 24,
      unitsPerStep: 8,
      learningRate: 0.3,
      subsample: 1,
      l2: 0,
      maxIterations: 400,
      activation: "relu",
    }).fit(x, line);
    const [l0, , , l3] = shrinking.losses as [number, number, number, number];
    expect(Math.sqrt(l3 / l0)).toBeCloseTo(0.7 ** 3, 2);
  });

  test("stops early, tells, and can be stopped", async () => {
    const steps: number[] = [];
    const noise = normal(key(9), [60], f64);
    const found = await gradientBoostedMlp({
      task: "regression",
      ...small,
      units: 40,
      learningRate: 1,
      subsample: 1,
      earlyStopping: { x: normal(key(4), [30, 3], f64), y: normal(key(5), [30], f64), patience: 3 },
      onStep: ({ step, steps: all, validation }) => {
        steps.push(step);
        expect(all).toBe(20);
        expect(validation).not.toBeNull();
      },
    }).fit(x, noise);
    expect(steps.length).toBeLessThan(20);
    expect(found.units).toBe(2 * (steps.length - 3));
    const controller = new AbortController();
    const stopped = await gradientBoostedMlp({
      task: "regression",
      ...small,
      signal: controller.signal,
      onStep: ({ step }) => (step === 2 ? controller.abort() : undefined),
    }).fit(x, score);
    expect(stopped.units).toBe(4);
  });

  test("memory: what a fit leaves behind is its model", async () => {
    const booster = gradientBoostedMlp({ task: "binary", ...small });
    const y = labels([0]);
    dispose(await booster.fit(x, y));
    const before = memory().liveBytes;
    dispose(await booster.fit(x, y));
    expect(memory().liveBytes).toBe(before);
  });
});

describe("fit refuses", () => {
  const x = tensor([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: rows of a matrix
  const fit = (options: Partial<BoostingOptions>, a: unknown, b: unknown): Promise<unknown> =>
    gradientBoostedMlp({ task: "binary", units: 1, ...options }).fit(a as Tensor, b as Tensor);
  test.each<[string, () => Promise<unknown>]>([
    ["fit: x: expected two rows at least, got 1", () => fit({}, tensor([[1, 2]]), ["a"])],
    ["fit: x: expected float rows [n, inputs], got f32 [2]", () => fit({}, tensor([1, 2]), ["a", "b"])],
    ["fit: x: it has values that are not finite", () => fit({}, x.mul(Number.POSITIVE_INFINITY), ["a", "b", "a"])],
    ["fit: y: expected 3 targets", () => fit({}, x, ["a", "b"])],
    ['fit: y: all 3 labels are "a"; give two classes', () => fit({}, x, ["a", "a", "a"])],
    ["fit: y: 3 classes; binary tasks have two, use multiclass", () => fit({}, x, ["a", "b", "c"])],
    ["fit: y: it has values that are not finite", () => fit({ task: "regression" }, x, tensor([1, Number.NaN, 2]))],
    ["fit: x: a share of 0.1 draws none of 3 rows", () => fit({ subsample: 0.1 }, x, ["a", "b", "a"])],
    [
      'fit: y: "c" is none of the classes a, b',
      () => fit({ earlyStopping: { x, y: ["a", "c", "a"], patience: 1 } }, x, ["a", "b", "a"]),
    ],
    ["predict: x: expected [rows, 1], got [3,2]", async () => model().predict(x)],
    [
      "predict: units: expected a multiple of 1 in [0, 2], got 3",
      async () => model().predict(tensor([[1]], f64), { units: 3 }),
    ],
    ["predictProba: numbers have no probabilities", async () => model().predictProba(tensor([[1]], f64))],
    ["toModule: units: a network needs one unit at least", async () => model().toModule({ units: 0 })],
  ])("%s", async (message, f) => {
    await expect(f()).rejects.toThrow(message);
  });
});
