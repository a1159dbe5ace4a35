import type { Tensor } from "@gradus/tensor";
import { grad, jit, logSoftmax, tensor, vmap } from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ctc } from "../src/index.ts";
import { close, filled, some } from "./help.ts";

const f64 = { dtype: "f64" } as const;

/** −log of the sum over every sequence of classes that becomes these labels once repeats and blanks are taken out. */
function enumerated(logp: readonly (readonly number[])[], labels: readonly number[], blank: number): number {
  const classes = logp[0]?.length ?? 0;
  let total = 0;
  const walk = (at: number, path: number[], sum: number): void => {
    if (at === logp.length) {
      const once = path.filter((c, i) => c !== path[i - 1]).filter((c) => c !== blank);
      if (once.length === labels.length && once.every((c, i) => c === labels[i])) total += Math.exp(sum);
      return;
    }
    for (let c = 0; c < classes; c++) walk(at + 1, [...path, c], sum + logp[at]![c]!);
  };
  walk(0, [], 0);
  return -Math.log(total);
}
const loss = (logp: Tensor, labels: Tensor, blank: number, more: object = {}): Tensor =>
  ctc(logp, labels, { blank, reduction: "none", ...more });

test("the sum over all alignments, written out", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 2, max: 3 }),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 99 }),
      fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 4 }),
      async (frames, classes, blankAt, seed, picks) => {
        const blank = blankAt % classes;
        const others = Array.from({ length: classes }, (_, c) => c).filter((c) => c !== blank);
        const labels = picks.map((p) => others[p % others.length]!);
        const logp = logSoftmax(filled([1, frames, classes], { scale: 2, seed }));
        const rows = ((await logp.array()) as number[][][])[0]!;
        const wanted = enumerated(rows, labels, blank);
        const got = await loss(logp, tensor(labels, { shape: [1, labels.length], dtype: "i32" }), blank).item();
        if (wanted === Number.POSITIVE_INFINITY) expect(got).toBe(wanted);
        else expect(Math.abs(got - wanted)).toBeLessThan(1e-9 * (1 + wanted));
      },
    ),
    { numRuns: 100 },
  );
});

describe("a batch of sequences of several lengths", () => {
  const scores = filled([3, 6, 4], { scale: 2 });
  const logp = logSoftmax(scores);
  const labels = tensor(
    [
      [1, 1, 2],
      [3, 0, 0],
      [2, 3, 2],
    ],
    { dtype: "i32" },
  );
  const lengths = {
    inputLengths: tensor([6, 2, 5], { dtype: "i32" }),
    labelLengths: tensor([3, 1, 3], { dtype: "i32" }),
  };
  const alone = async (): Promise<number[]> => {
    const rows = (await logp.array()) as number[][][];
    return [
      enumerated(rows[0]!, [1, 1, 2], 0),
      enumerated(rows[1]!.slice(0, 2), [3], 0),
      enumerated(rows[2]!.slice(0, 5), [2, 3, 2], 0),
    ];
  };
  test("each as if alone; the mean divides by the number of labels", async () => {
    const each = await alone();
    close(await loss(logp, labels, 0, lengths).data(), each, 10);
    const mean = (each[0]! / 3 + each[1]! + each[2]! / 3) / 3;
    expect(await ctc(logp, labels, lengths).item()).toBeCloseTo(mean, 10);
    expect(await ctc(logp, labels, { ...lengths, reduction: "sum" }).item()).toBeCloseTo(
      each[0]! + each[1]! + each[2]!,
      10,
    );
  });
  test("its derivative is that of differences, and 0 past the end", async () => {
    const f = (t: Tensor): Tensor => ctc(logSoftmax(t), labels, lengths);
    const g = await grad(f)(scores).data();
    const data = [...(await scores.data())];
    const at = (values: number[]): Promise<number> => f(tensor(values, { shape: [3, 6, 4], ...f64 })).item();
    for (const i of [0, 5, 17, 24, 30, 50, 66]) {
      const by = (h: number): number[] => data.map((v, j) => (j === i ? v + h : v));
      expect(g[i]).toBeCloseTo(((await at(by(1e-5))) - (await at(by(-1e-5)))) / 2e-5, 8);
    }
    expect([...g].slice(24 + 8, 48)).toEqual(new Array(16).fill(0));
  });
  test("compiled, batched", async () => {
    const f = (t: Tensor): Tensor => loss(logSoftmax(t), labels, 0, lengths);
    close(await jit(f)(scores).data(), await alone(), 10);
    const both = await vmap(f)(tensor([...some(72, 2), ...some(72, 1, 3)], { shape: [2, 3, 6, 4], ...f64 })).data();
    close([...both].slice(0, 3), await alone(), 10);
  });
});

test("too few frames: infinite, or nothing, with derivative 0; labels that are none: NaN", async () => {
  const logp = logSoftmax(filled([1, 2, 3]));
  const twice = tensor([[1, 1]], { dtype: "i32" });
  expect(await loss(logp, twice, 0).item()).toBe(Number.POSITIVE_INFINITY);
  expect(await loss(logp, twice, 0, { zeroInfinity: true }).item()).toBe(0);
  for (const zeroInfinity of [true, false]) {
    const g = grad((t: Tensor) => loss(t, twice, 0, { zeroInfinity }).sum())(logp);
    expect([...(await g.data())]).toEqual(new Array(6).fill(0));
  }
  expect(await loss(logp, tensor([[3]], { dtype: "i32" }), 0).item()).toBeNaN();
  expect(await loss(logp, tensor([[0]], { dtype: "i32" }), 0).item()).toBeNaN();
  const never = tensor([[[0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]]], f64);
  expect(await loss(never, tensor([[1]], { dtype: "i32" }), 0).item()).toBe(Number.POSITIVE_INFINITY);
  expect(await loss(never, tensor([], { shape: [1, 0], dtype: "i32" }), 0).item()).toBeCloseTo(0, 12);
});

test("a thousand frames, in f32", async () => {
  const logp = logSoftmax(filled([1, 1000, 5], { dtype: "f32" }));
  const labels = tensor([Array.from({ length: 100 }, (_, i) => 1 + (i % 4))], { dtype: "i32" });
  const wide = await loss(logSoftmax(filled([1, 1000, 5])), labels, 0).item();
  expect(await loss(logp, labels, 0).item()).toBeCloseTo(wide, 1);
});
