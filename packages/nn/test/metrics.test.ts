import { jit, tensor } from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accuracy, auc, classScores, confusionMatrix, topKAccuracy } from "../src/index.ts";
import { close } from "./help.ts";

const ints = (list: readonly number[]): ReturnType<typeof tensor> => tensor([...list], { dtype: "i32" });

describe("topKAccuracy", () => {
  const logits = tensor([
    [3, 2, 1, 0],
    [1, 1, 1, 1],
    [0, 5, 5, 5],
    [Number.NaN, 1, 2, 3],
  ]);
  test.each([
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 0, 3, 1],
  ])("labels %i %i %i %i: by sorting, the first of equals first", async (...labels) => {
    const rows = (await logits.array()) as number[][];
    for (const k of [1, 2, 3, 4]) {
      const right = rows.filter((row, i) => {
        const order = row
          .map((_, c) => c)
          .toSorted((a, b) => {
            const [x, y] = [row[a]!, row[b]!].map((v) => (Number.isNaN(v) ? Number.POSITIVE_INFINITY : v)) as [
              number,
              number,
            ];
            return x === y ? a - b : y - x;
          });
        return order.slice(0, k).includes(labels[i]!);
      });
      expect(await topKAccuracy(logits, ints(labels), k).item()).toBe(right.length / 4);
    }
    expect(await topKAccuracy(logits, ints(labels), 1).item()).toBe(await accuracy(logits, ints(labels)).item());
  });
  test("a label that is no class is never right", async () => {
    expect(await topKAccuracy(tensor([[1, 2]]), ints([2]), 2).item()).toBe(0);
    expect(await topKAccuracy(tensor([[1, 2]]), ints([-1]), 5).item()).toBe(0);
  });
});

describe("confusion and the scores of classes", () => {
  const labels = [0, 0, 1, 2, 2, 2, 2, 1];
  const predictions = [0, 1, 1, 2, 2, 0, 2, 2];
  const matrix = confusionMatrix(ints(predictions), ints(labels), 4);
  test("counts", async () => {
    expect(await matrix.array()).toEqual([
      [1, 1, 0, 0],
      [0, 1, 1, 0],
      [1, 0, 3, 0],
      [0, 0, 0, 0],
    ]);
    expect(matrix.dtype).toBe("i32");
    const outside = confusionMatrix(ints([0, 4, -1]), ints([0, 1, 2]), 2);
    expect(await outside.array()).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });
  test("precision, recall, F1", async () => {
    const none = classScores(matrix, { average: "none" });
    close(await none.precision.data(), [1 / 2, 1 / 2, 3 / 4, 0], 6);
    close(await none.recall.data(), [1 / 2, 1 / 2, 3 / 4, 0], 6);
    close(await none.f1.data(), [1 / 2, 1 / 2, 3 / 4, 0], 6);
    const macro = classScores(matrix);
    expect(await macro.f1.item()).toBeCloseTo((0.5 + 0.5 + 0.75) / 4, 6);
    const micro = classScores(matrix, { average: "micro" });
    for (const score of [micro.precision, micro.recall, micro.f1]) expect(await score.item()).toBeCloseTo(5 / 8, 6);
    const uneven = classScores(
      tensor([
        [8, 2],
        [5, 5],
      ]),
      { average: "none" },
    );
    close(await uneven.precision.data(), [8 / 13, 5 / 7], 6);
    close(await uneven.recall.data(), [0.8, 0.5], 6);
    close(await uneven.f1.data(), [16 / 23, 10 / 17], 6);
  });
});

describe("auc", () => {
  test("the share of pairs in order, ties half", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.boolean()), { minLength: 1, maxLength: 30 }),
        async (list) => {
          let [pairs, right] = [0, 0];
          for (const [a, p] of list)
            for (const [b, q] of list)
              if (p && !q) {
                pairs++;
                right += a > b ? 1 : a === b ? 0.5 : 0;
              }
          const scores = tensor(list.map(([s]) => s));
          const labels = tensor(
            list.map(([, p]) => Number(p)),
            { dtype: "u8" },
          );
          const got = await auc(scores, labels).item();
          if (pairs === 0) expect(got).toBeNaN();
          else expect(got).toBeCloseTo(right / pairs, 6);
          expect(await jit(auc)(scores, labels).item()).toEqual(got);
        },
      ),
      { numRuns: 60 },
    );
  });
  test("a score that is no number is seen", async () => {
    expect(await auc(tensor([1, Number.NaN, 2]), ints([0, 1, 1])).item()).toBeNaN();
  });
});
