import type { Tensor } from "@gradus/tensor";
import { grad, mean, square, sub, sum, tensor, treeMap } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import * as o from "../src/index.ts";

const f64 = { dtype: "f64" } as const;
const values = async (t: Tensor): Promise<number[]> => [...(await t.data())] as number[];

describe("accumulate", () => {
  test("n small batches step as one large one; between them nothing moves", async () => {
    const data = [1, 5, -2, 4, 0.5, 3];
    const loss = (x: Tensor, batch: readonly number[]): Tensor => mean(square(sub(x, tensor([...batch], f64))));
    const rule = o.adam({ learningRate: 0.1 });
    const small = o.accumulate(rule, 3);
    let [x, s] = [tensor(0.3, f64), small.init(tensor(0.3, f64))];
    for (let k = 0; k < 6; k++) {
      const before = await x.item();
      const [u, next] = small.update(grad((p: Tensor) => loss(p, [data[k % 6]!]))(x), s, x);
      [x, s] = [o.applyUpdates(x, u), next];
      if (k % 3 < 2) expect(await x.item()).toBe(before);
    }
    let [y, t] = [tensor(0.3, f64), rule.init(tensor(0.3, f64))];
    for (const part of [data.slice(0, 3), data.slice(3)]) {
      const [u, next] = rule.update(grad((p: Tensor) => loss(p, part))(y), t, y);
      [y, t] = [o.applyUpdates(y, u), next];
    }
    expect(await x.item()).toBeCloseTo((await y.item()) as number, 12);
    expect(await s.seen.item()).toBe(0);
  });
});

describe("averaged", () => {
  const path = async (options: o.AverageOptions, steps: number): Promise<[number[], number[]]> => {
    const rule = o.averaged(o.sgd({ learningRate: 1 }), options);
    let [x, s] = [tensor([0], f64), rule.init(tensor([0], f64))];
    const [points, averages]: [number[], number[]] = [[], []];
    for (let k = 1; k <= steps; k++) {
      const [u, next] = rule.update(tensor([-k], f64), s, x);
      [x, s] = [o.applyUpdates(x, u), next];
      points.push((await values(x))[0]!);
      averages.push((await values(s.average as Tensor))[0]!);
    }
    return [points, averages];
  };
  test("exponential", async () => {
    const [points, averages] = await path({ decay: 0.8, from: 2 }, 6);
    let a = 0;
    points.forEach((p, i) => {
      a = i <= 2 ? p : 0.8 * a + 0.2 * p;
      expect(averages[i]).toBeCloseTo(a, 6);
    });
  });
  test("equal weights, every second step", async () => {
    const [points, averages] = await path({ decay: "equal", from: 2, every: 2 }, 9);
    const seen: number[] = [];
    points.forEach((p, i) => {
      const done = i + 1;
      if (done > 2 && done % 2 === 0) seen.push(p);
      const wanted = done <= 2 ? p : seen.length === 0 ? points[1]! : seen.reduce((x, y) => x + y) / seen.length;
      expect(averages[i]).toBeCloseTo(wanted, 6);
    });
  });
});

describe("partition", () => {
  const params = { head: { w: tensor([1, 2]), b: tensor([3]) }, body: [tensor([4])] };
  const grads = treeMap((p) => p.mul(0).add(1), params);
  const rule = o.partition((name) => (name.startsWith("head.") ? "head" : "rest"), {
    head: o.chain(o.clipByGlobalNorm(1), o.sgd({ learningRate: 1 })),
    rest: o.freeze(),
  });
  test("each group by its rule; norms are a group's", async () => {
    const [u] = rule.update(grads, rule.init(params), params);
    const third = 1 / Math.sqrt(3);
    for (const x of [...(await values(u.head.w)), ...(await values(u.head.b))]) expect(x).toBeCloseTo(-third, 6);
    expect(await values(u.body[0] as Tensor)).toEqual([0]);
  });
  test("a rule that asks for the loss gets that of its own parameters", async () => {
    const loss = (p: typeof params): Tensor =>
      sum(square(p.head.w))
        .add(sum(square(p.head.b)))
        .add(sum(p.body[0] as Tensor));
    const both = o.partition((name) => (name.startsWith("head.") ? "head" : "rest"), {
      head: o.lbfgs(),
      rest: o.freeze(),
    });
    let [p, s] = [params, both.init(params)];
    for (let i = 0; i < 4; i++) {
      const [u, next] = both.update(grad(loss)(p), s, p, { loss });
      [p, s] = [o.applyUpdates(p, u), next];
    }
    for (const x of [...(await values(p.head.w)), ...(await values(p.head.b))]) expect(x).toBeCloseTo(0, 5);
    expect(await values(p.body[0] as Tensor)).toEqual([4]);
  });
});

test("reduceOnPlateau cuts the step when the mean loss stands still", async () => {
  const rule = o.chain(
    o.sgd({ learningRate: 1 }),
    o.reduceOnPlateau({ factor: 0.5, patience: 2, every: 2, floor: 0.2 }),
  );
  const p = tensor([0]);
  let state = rule.init(p);
  const scales: number[] = [];
  for (const loss of [4, 2, 2, 2, 3, 3, 2, 4, 3, 3, 1, 1, 9, 9, 9, 9, 9, 9, 9, 9]) {
    const [u, next] = rule.update(tensor([-1]), state, p, { value: tensor(loss) });
    state = next;
    scales.push((await values(u))[0]!);
  }
  // Means: 3, 2, 3, 3 → cut, 3, 1, 9, 9 → cut, 9, 9 → to the floor.
  const cut = (n: number, s: number): number[] => Array<number>(n).fill(s);
  [...cut(7, 1), ...cut(8, 0.5), ...cut(4, 0.25), ...cut(1, 0.2)].forEach((s, i) =>
    expect(scales[i]).toBeCloseTo(s, 6),
  );
});
