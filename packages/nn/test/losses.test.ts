import type { Tensor } from "@gradus/tensor";
import { gather, grad, logSoftmax, mul, oneHot, sigmoid, softmax, stack, tensor, zeros } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import {
  accuracy,
  bceWithLogits,
  contrastive,
  cosineEmbedding,
  crossEntropy,
  huber,
  klDivergence,
  l1,
  mse,
  nll,
  smoothL1,
  tripletMargin,
} from "../src/index.ts";
import { close, filled, same } from "./help.ts";

const logits = [
  [1, 2, -1],
  [0.5, 0, 3],
];
const soft = (row: readonly number[]): number[] => {
  const total = row.reduce((s, v) => s + Math.exp(v), 0);
  return row.map((v) => Math.exp(v) / total);
};
const f64 = { dtype: "f64" } as const;

describe("crossEntropy", () => {
  const byHand = logits.map((row, i) => -Math.log(soft(row)[[1, 0][i]!]!));
  const labels = tensor([1, 0], { dtype: "i32" });
  test("integer labels, each reduction", async () => {
    const x = tensor(logits, f64);
    const none = await crossEntropy(x, labels, { reduction: "none" }).data();
    for (const i of [0, 1]) expect(none[i]).toBeCloseTo(byHand[i]!, 12);
    expect(await crossEntropy(x, labels, { reduction: "sum" }).item()).toBeCloseTo(byHand[0]! + byHand[1]!, 12);
    expect(await crossEntropy(x, labels).item()).toBeCloseTo((byHand[0]! + byHand[1]!) / 2, 12);
  });
  test("one-hot labels agree; u8 labels agree", async () => {
    const x = tensor(logits, f64);
    const hot = tensor(
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
      f64,
    );
    const wanted = await crossEntropy(x, labels).item();
    expect(await crossEntropy(x, hot).item()).toBe(wanted);
    expect(await crossEntropy(x, tensor([1, 0], { dtype: "u8" })).item()).toBe(wanted);
  });
  test("label smoothing", async () => {
    const e = 0.1;
    const wanted = logits.map(
      (row, i) => -soft(row).reduce((s, p, c) => s + ((c === [1, 0][i] ? 1 - e : 0) + e / 3) * Math.log(p), 0),
    );
    expect(await crossEntropy(tensor(logits, f64), labels, { labelSmoothing: e, reduction: "sum" }).item()).toBeCloseTo(
      wanted[0]! + wanted[1]!,
      12,
    );
  });
  test("its gradient is (softmax - one-hot) / n", async () => {
    const g = await grad((x: ReturnType<typeof zeros>) => crossEntropy(x, labels))(tensor(logits, f64)).data();
    for (const [i, row] of logits.entries())
      for (const [c, p] of soft(row).entries())
        expect(g[i * 3 + c]).toBeCloseTo((p - (c === [1, 0][i] ? 1 : 0)) / 2, 12);
  });
  test("large logits neither overflow nor lose the loss", async () => {
    expect(await crossEntropy(tensor([[1000, 0]]), tensor([1], { dtype: "i32" })).item()).toBe(1000);
  });
  test("a label out of range is seen", async () => {
    const got = await crossEntropy(tensor(logits), tensor([3, -1], { dtype: "i32" }), { reduction: "none" }).data();
    expect([...got]).toEqual([Number.NaN, Number.NaN]);
  });
  test("errors", () => {
    expect(() => crossEntropy(zeros([2, 3]), zeros([3], { dtype: "i32" }))).toThrow(
      "labels: [3] are not class indices for logits [2,3]; expected [2]",
    );
    expect(() => crossEntropy(zeros([2, 3]), zeros([2]))).toThrow("labels: [2] are not probabilities for logits [2,3]");
    expect(() => crossEntropy(zeros([2, 3]), zeros([2], { dtype: "bool" }))).toThrow("bool is no class index");
    expect(() => crossEntropy(zeros([2, 3], { dtype: "i32" }), labels)).toThrow("i32 is not a float dtype");
    expect(() => crossEntropy(zeros([2, 3]), labels, { labelSmoothing: 2 })).toThrow(
      "labelSmoothing: 2 is outside [0, 1]",
    );
    expect(() => crossEntropy(zeros([2, 3]), labels, { reduction: "max" as never })).toThrow(
      'reduction: "max" is unknown',
    );
    expect(() => crossEntropy(zeros([]), labels)).toThrow("logits: expected [..., classes], got []");
  });
});

test("mse", async () => {
  expect(await mse(tensor([1, 2]), tensor([1, 4])).item()).toBe(2);
  expect(await mse(tensor([1, 2]), tensor([0, 4]), { reduction: "sum" }).item()).toBe(5);
  expect(() => mse(zeros([2, 1]), zeros([2]))).toThrow("mse: target: [2] is not the prediction's shape [2,1]");
});

test("accuracy", async () => {
  expect(
    await accuracy(
      tensor([
        [1, 2],
        [3, 0],
        [0, 1],
        [5, 6],
      ]),
      tensor([1, 0, 0, 1], { dtype: "u8" }),
    ).item(),
  ).toBe(0.75);
  expect(() => accuracy(zeros([2, 3]), zeros([3], { dtype: "i32" }))).toThrow("accuracy: labels: [3]");
});

describe("crossEntropy with weights and labels that do not count", () => {
  const x = filled([5, 3], { scale: 2 });
  const labels = tensor([2, 0, 1, 0, 2], { dtype: "i32" });
  const weights = tensor([0.5, 2, 1.5], f64);
  const logp = logSoftmax(x);
  const parts = async (): Promise<number[][]> => (await logp.array()) as number[][];
  test("weights, and the mean by them", async () => {
    const rows = await parts();
    const w = [0.5, 2, 1.5];
    const y = [2, 0, 1, 0, 2];
    const each = y.map((c, i) => -w[c]! * rows[i]![c]!);
    const none = crossEntropy(x, labels, { classWeights: weights, reduction: "none" });
    close(await none.data(), each, 12);
    const total = each.reduce((a, b) => a + b);
    expect(await crossEntropy(x, labels, { classWeights: weights }).item()).toBeCloseTo(
      total / y.reduce((s, c) => s + w[c]!, 0),
      12,
    );
    const epsilon = 0.2;
    const smooth = y.map((_, i) => 0.8 * each[i]! - (epsilon / 3) * rows[i]!.reduce((s, l, k) => s + w[k]! * l, 0));
    close(
      await crossEntropy(x, labels, { classWeights: weights, labelSmoothing: epsilon, reduction: "none" }).data(),
      smooth,
      12,
    );
    const hot = oneHot(labels, 3, f64);
    close(
      await crossEntropy(x, hot, { classWeights: weights, labelSmoothing: epsilon, reduction: "none" }).data(),
      smooth,
      12,
    );
  });
  test("examples that do not count are as if they were not there", async () => {
    const some = tensor([2, -100, 1, -100, 2], { dtype: "i32" });
    const rest = tensor([0, 2, 4], { dtype: "i32" });
    for (const options of [{}, { classWeights: weights }, { labelSmoothing: 0.1 }]) {
      const wanted = crossEntropy(gather(x, rest), gather(labels, rest), options);
      expect(await crossEntropy(x, some, { ...options, ignoreIndex: -100 }).item()).toBeCloseTo(
        await wanted.item(),
        12,
      );
    }
    const g = grad((t: Tensor) => crossEntropy(t, some, { ignoreIndex: -100 }))(x);
    expect(await g.at(1).abs().sum().item()).toBe(0);
  });
  test("nll of log-softmax is cross-entropy; a class that cannot be does no harm elsewhere", async () => {
    expect(await nll(logp, labels, { ignoreIndex: 0 }).item()).toBeCloseTo(
      await crossEntropy(x, labels, { ignoreIndex: 0 }).item(),
      12,
    );
    const never = Number.NEGATIVE_INFINITY;
    const masked = tensor([[1, 1, never]], f64);
    const one = (c: number): Tensor => tensor([c], { dtype: "i32" });
    expect(await crossEntropy(masked, one(0)).item()).toBeCloseTo(Math.log(2), 12);
    expect(await crossEntropy(masked, one(2)).item()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("losses of two tensors", () => {
  const [a, b] = [filled([3, 4], { scale: 2 }), filled([3, 4], { seed: 5 })];
  const pairs = async (f: (d: number) => number): Promise<number[]> => {
    const [x, y] = [await a.data(), await b.data()];
    return [...x].map((v, i) => f(v - y[i]!));
  };
  test.each<[string, (x: Tensor, y: Tensor, o: object) => Tensor, (d: number) => number]>([
    ["mse", mse, (d) => d * d],
    ["l1", l1, Math.abs],
    [
      "huber",
      (x, y, o) => huber(x, y, { ...o, delta: 0.7 }),
      (d) => (Math.abs(d) < 0.7 ? (d * d) / 2 : 0.7 * (Math.abs(d) - 0.35)),
    ],
    [
      "smoothL1",
      (x, y, o) => smoothL1(x, y, { ...o, beta: 0.7 }),
      (d) => (Math.abs(d) < 0.7 ? (d * d) / 1.4 : Math.abs(d) - 0.35),
    ],
  ])("%s", async (_, loss, one) => {
    const wanted = await pairs(one);
    close(await loss(a, b, { reduction: "none" }).data(), wanted, 12);
    expect(await loss(a, b, {}).item()).toBeCloseTo(wanted.reduce((s, v) => s + v) / 12, 12);
    expect(await loss(a, b, { reduction: "sum" }).item()).toBeCloseTo(
      wanted.reduce((s, v) => s + v),
      12,
    );
  });
  test("bceWithLogits is the cross-entropy of two classes, and finite at ±1000", async () => {
    const t = sigmoid(b);
    const two = stack([a, a.mul(0)], -1);
    const wanted = crossEntropy(two, stack([t, t.neg().add(1)], -1));
    expect(await bceWithLogits(a, t).item()).toBeCloseTo(await wanted.item(), 12);
    const weight = tensor([1, 2, 3, 4], f64);
    const p = sigmoid(a);
    const written = mul(weight, mul(t, p.log()))
      .add(mul(t.neg().add(1), p.neg().add(1).log()))
      .neg();
    await same(bceWithLogits(a, t, { positiveWeight: weight, reduction: "none" }), written, 12);
    const far = tensor([1000, -1000, 1000, -1000], f64);
    close(await bceWithLogits(far, tensor([1, 0, 0, 1], f64), { reduction: "none" }).data(), [0, 0, 1000, 1000], 12);
    const g = grad((x: Tensor) => bceWithLogits(x, tensor([1, 0, 0, 1], f64), { reduction: "sum" }))(far);
    close(await g.data(), [0, 0, 1, -1], 12);
  });
  test("klDivergence: not negative, 0 of itself, cross-entropy less entropy; zeros are allowed", async () => {
    const [p, q] = [softmax(a), logSoftmax(b)];
    const d = await klDivergence(q, p, { reduction: "none" }).data();
    const h = mul(p, p.log()).sum(-1);
    close(d, await crossEntropy(b, p, { reduction: "none" }).add(h).data(), 12);
    expect(Math.min(...d)).toBeGreaterThan(0);
    expect(await klDivergence(logSoftmax(a), p).item()).toBeCloseTo(0, 12);
    await same(klDivergence(q, p.log(), { logTarget: true }), klDivergence(q, p), 12);
    expect(await klDivergence(tensor([[0, 0]], f64).sub(Math.log(2)), tensor([[1, 0]], f64)).item()).toBeCloseTo(
      Math.log(2),
      12,
    );
  });
  test("contrastive", async () => {
    const d = await a.sub(b).pow(2).sum(-1).sqrt().data();
    const got = await contrastive(a, b, tensor([1, 0, 0]), { margin: 3, reduction: "none" }).data();
    close(got, [d[0]! ** 2 / 2, Math.max(0, 3 - d[1]!) ** 2 / 2, Math.max(0, 3 - d[2]!) ** 2 / 2], 12);
    const g = grad((x: Tensor) => contrastive(x, x, tensor([0, 0, 0])))(a);
    expect([...(await g.data())].every(Number.isFinite)).toBe(true);
  });
  test("tripletMargin", async () => {
    const c = filled([3, 4], { seed: 9 });
    const dist = async (x: Tensor, y: Tensor): Promise<number[]> => [...(await x.sub(y).pow(2).sum(-1).sqrt().data())];
    const [ap, an, pn] = [await dist(a, b), await dist(a, c), await dist(b, c)];
    close(
      await tripletMargin(a, b, c, { margin: 0.5, reduction: "none" }).data(),
      ap.map((d, i) => Math.max(0, d - an[i]! + 0.5)),
      12,
    );
    close(
      await tripletMargin(a, b, c, { swap: true, reduction: "none" }).data(),
      ap.map((d, i) => Math.max(0, d - Math.min(an[i]!, pn[i]!) + 1)),
      12,
    );
  });
  test("cosineEmbedding", async () => {
    const [x, y] = [(await a.array()) as number[][], (await b.array()) as number[][]];
    const dot = (u: number[], v: number[]): number => u.reduce((s, n, i) => s + n * v[i]!, 0);
    const cos = x.map((u, i) => dot(u, y[i]!) / Math.sqrt(dot(u, u) * dot(y[i]!, y[i]!)));
    const got = await cosineEmbedding(a, b, tensor([1, -1, 3]), { margin: -0.5, reduction: "none" }).data();
    close([...got].slice(0, 2), [1 - cos[0]!, Math.max(0, cos[1]! + 0.5)], 12);
    expect(got[2]).toBeNaN();
    expect(await cosineEmbedding(a.mul(0), b, tensor([1, 1, 1])).item()).toBe(1);
  });
});
