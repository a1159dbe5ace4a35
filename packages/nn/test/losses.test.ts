import { grad, tensor, zeros } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import { accuracy, crossEntropy, mse } from "../src/index.ts";

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
