import type { Key, Tensor } from "@gradus/tensor";
import { add, grad, hvp, key, mul, reshape, slice, square, sub, sum, tensor } from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as o from "../src/index.ts";

const f64 = { dtype: "f64" } as const;
const at = (x: Tensor, i: number): Tensor => reshape(slice(x, [i], [i + 1]), []);
const quadratic =
  (h: readonly (readonly number[])[]) =>
  (x: Tensor): Tensor =>
    mul(sum(mul(x, sum(mul(tensor(h as number[][], f64), x), 1))), 0.5);
const near = (got: Iterable<number>, wanted: readonly number[], within = 1e-9): void => {
  const all = [...got];
  wanted.forEach((w, i) => expect(Math.abs(all[i]! - w)).toBeLessThan(within));
};

/** Points from `x0` on, one key per step; estimates of the diagonal if they are given. */
async function path(
  f: (x: Tensor) => Tensor,
  optimizer: o.Optimizer,
  x0: readonly number[],
  steps: number,
  seed = 0,
  diagonals?: readonly (readonly number[])[],
): Promise<number[][]> {
  let x = tensor([...x0], f64);
  let s = optimizer.init(x);
  const seen: number[][] = [];
  for (let t = 0; t < steps; t++) {
    const diagonal = diagonals && { diagonal: tensor([...diagonals[t]!], f64) };
    const [u, next] = optimizer.update(grad(f)(x), s, x, { loss: f, key: key(seed + t), ...diagonal });
    [x, s] = [o.applyUpdates(x, u), next];
    seen.push([...(await x.data())] as number[]);
  }
  return seen;
}

describe("AdaHessian", () => {
  const bowl = quadratic([[4, 0], [0, 1]]); // biome-ignore format: rows of a matrix
  test.each([0, 7])("a diagonal quadratic, whatever the signs (seed %i)", async (seed) => {
    const plain = await path(bowl, o.adaHessian({ spatialAverage: "none" }), [1, 1], 3, seed);
    near(plain.flat(), [0.8500037499, 0.8500149985, 0.711849013, 0.7118697342, 0.5852736319, 0.5853021382]);
    const root = await path(bowl, o.adaHessian({ hessianPower: 0.5 }), [1, 1], 2, seed);
    near(root.flat(), [0.7000149993, 0.8500149985, 0.4473936831, 0.7118697342]);
    const decayed = await path(bowl, o.adaHessian({ weightDecay: 0.01 }), [1, 1], 2, seed);
    near(decayed.flat(), [0.8485037499, 0.8485149985, 0.7091946755, 0.7092153709]);
  });
  test("without memory it is Newton's method: one step on a diagonal quadratic", async () => {
    const newton = o.adaHessian({ learningRate: 1, beta1: 0, beta2: 0, epsilon: 0 });
    near((await path(quadratic([[100, 0], [0, 1]]), newton, [3, -2], 1))[0]!, [0, 0], 1e-14); // biome-ignore format: rows of a matrix
  });
  test("estimates of one's own", async () => {
    const h = [[2, 1], [1, 3]]; // biome-ignore format: rows of a matrix
    const got = await path(quadratic(h), o.adaHessian(), [1, -1], 3, 0, [[3, 4], [1, -2], [3, 4]]); // biome-ignore format: rows of a matrix
    near(got.flat(), [0.9500016666, -0.925001875, 0.8837919453, -0.8344916604, 0.8261566962, -0.7564847354]);
  });
  test("x⁴ + y²", async () => {
    const f = (x: Tensor): Tensor => add(square(square(at(x, 0))), square(at(x, 1)));
    near(
      (await path(f, o.adaHessian(), [1, 1], 3)).flat(),
      [0.9500004167, 0.8500074996, 0.9014465273, 0.7118559204, 0.8544346919, 0.5852831345],
    );
  });
  test("without curvature it is momentum with bias correction", async () => {
    const flat = (await path(bowl, o.adaHessian({ hessianPower: 0, learningRate: 0.1 }), [1, 1], 5)).at(-1)!;
    let [x, m] = [
      [1, 1],
      [0, 0],
    ];
    for (let t = 1; t <= 5; t++) {
      const g = [4 * x[0]!, x[1]!];
      m = m.map((v, i) => 0.9 * v + 0.1 * g[i]!);
      x = x.map((v, i) => v - (0.1 / (1 + 1e-4)) * (m[i]! / (1 - 0.9 ** t)));
    }
    near(flat, x, 1e-12);
  });
});

describe("Hutchinson's diagonal", () => {
  const h = [[2, 1, 0.5], [1, 3, -2], [0.5, -2, 5]]; // biome-ignore format: rows of a matrix
  test("over all signs: the mean is the diagonal, the mean square the sum of squares of a row", async () => {
    const sums = [[0, 0, 0], [0, 0, 0]]; // biome-ignore format: rows of a matrix
    for (let k = 0; k < 8; k++) {
      const z = tensor(
        [0, 1, 2].map((i) => (k & (1 << i) ? 1 : -1)),
        f64,
      );
      const d = [...(await mul(z, hvp(quadratic(h), tensor([0.3, 1, -1], f64), z)).data())] as number[];
      d.forEach((v, i) => {
        sums[0]![i]! += v / 8;
        sums[1]![i]! += v ** 2 / 8;
      });
    }
    near(sums[0]!, [2, 3, 5], 1e-12);
    near(
      sums[1]!,
      h.map((row) => row.reduce((a, v) => a + v * v, 0)),
      1e-12,
    );
  });
  test("draws: signs, the same for the same key, whose mean tends to the diagonal", async () => {
    const params = { a: tensor([0.1, 0.2], f64), b: [tensor([0.3], f64)] };
    const z = o.rademacherLike(params, key(3));
    for (const v of [...(await z.a.data()), ...(await z.b[0]!.data())]) expect(Math.abs(v as number)).toBe(1);
    const f = (x: Tensor): Tensor => quadratic(h)(x);
    const draw = (k: Key, samples: number): Promise<Iterable<number>> =>
      o.hutchinsonDiagonal(f, tensor([1, 1, 1], f64), k, { samples }).data() as never;
    expect([...(await draw(key(1), 2))]).toEqual([...(await draw(key(1), 2))]);
    near(await draw(key(5), 256), [2, 3, 5], 0.5); // off-diagonals of at most 2.5 by 16: 3 standard errors
  });
  test("Hessian products: Rosenbrock at (-1.5, 2); symmetric; differences of gradients", async () => {
    const rosen = (x: Tensor): Tensor =>
      add(square(sub(1, at(x, 0))), mul(square(sub(at(x, 1), square(at(x, 0)))), 100));
    const w = tensor([-1.5, 2], f64);
    near(await grad(rosen)(w).data(), [-155, -50]);
    near(await hvp(rosen, w, tensor([1, 1], f64)).data(), [2502, 800]);
    const number = fc.double({ min: -2, max: 2, noNaN: true });
    const pair = fc.tuple(number, number);
    await fc.assert(
      fc.asyncProperty(pair, pair, pair, async (p, u, v) => {
        const [x, a, b] = [p, u, v].map((t) => tensor(t, f64)) as [Tensor, Tensor, Tensor];
        const [hb, ha] = [hvp(rosen, x, b), hvp(rosen, x, a)];
        const [left, right] = [sum(mul(a, hb)).itemSync(), sum(mul(b, ha)).itemSync()] as [number, number];
        expect(Math.abs(left - right)).toBeLessThan(1e-8 * (1 + Math.abs(left)));
        const e = 1e-4;
        const slope = grad(rosen);
        const difference = mul(sub(slope(add(x, mul(b, e))), slope(sub(x, mul(b, e)))), 1 / (2 * e));
        near(await difference.data(), [...(await hb.data())] as number[], 1e-4);
      }),
      { numRuns: 20 },
    );
  });
});

describe("averages in space", () => {
  const curvature = async (shape: readonly number[], how: o.SpatialAverage, signed = false): Promise<number[]> => {
    const p = tensor([0, 0, 0, 0], { shape, ...f64 });
    const rule = o.scaleByHessian({ spatialAverage: how, averageSigned: signed });
    const [, { curvature: c }] = rule.update(p, rule.init(p), p, {
      diagonal: tensor([1, -2, 3, -6], { shape, ...f64 }),
    });
    return [...(await (c as Tensor).data())] as number[];
  };
  test("rows, runs, kernels", async () => {
    expect(await curvature([1, 4], "none")).toEqual([1, 2, 3, 6]);
    expect(await curvature([1, 4], "conv")).toEqual([1, 2, 3, 6]);
    expect(await curvature([1, 4], "auto")).toEqual([3, 3, 3, 3]);
    expect(await curvature([2, 2], "auto")).toEqual([1.5, 1.5, 4.5, 4.5]);
    expect(await curvature([1, 4], { 2: 2 })).toEqual([1.5, 1.5, 4.5, 4.5]);
    expect(await curvature([4], { 1: 4 })).toEqual([3, 3, 3, 3]);
    for (const shape of [[1, 1, 2, 2], [1, 1, 4], [1, 1, 2, 2, 1]]) expect(await curvature(shape, "conv")).toEqual([3, 3, 3, 3]); // biome-ignore format: shapes
    expect(await curvature([2, 1, 2], "auto")).toEqual([1.5, 1.5, 4.5, 4.5]);
    expect(await curvature([1, 4], "auto", true)).toEqual([1, 1, 1, 1]);
    await expect(curvature([1, 4], { 2: 3 })).rejects.toThrow(
      "scaleByHessian: spatialAverage: runs of 3 do not divide",
    );
  });
});

test("the estimate is made anew every third step only", async () => {
  let calls = 0;
  const f = (x: Tensor): Tensor => sum(square(square(x)));
  const rule = o.scaleByHessian({ updateEvery: 3 });
  let [x, s] = [tensor([1, 2], f64), rule.init(tensor([1, 2], f64))];
  const seen: string[] = [];
  for (let t = 0; t < 7; t++) {
    const [u, next] = rule.update(grad(f)(x), s, x, { loss: f, key: key(t) });
    [x, s] = [o.applyUpdates(x, mul(u, -0.1)), next];
    const now = [...(await (s.curvature as Tensor).data())].join();
    if (now !== seen.at(-1)) calls++;
    seen.push(now);
  }
  expect(calls).toBe(3);
  expect(seen[0]).toBe("12,48");
});
