import type { Tensor } from "@gradus/tensor";
import {
  dispose,
  exp,
  grad,
  log1p,
  matmul,
  memory,
  mul,
  reshape,
  square,
  sub,
  sum,
  tanh,
  tensor,
  valueAndGrad,
} from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as o from "../src/index.ts";

const f64 = { dtype: "f64" } as const;
const near = (got: Iterable<number>, wanted: readonly number[], within = 1e-9): void => {
  const all = [...got];
  wanted.forEach((w, i) => expect(Math.abs(all[i]! - w)).toBeLessThan(within));
};
interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}
const column = (xs: number[]): Tensor => tensor(xs, { shape: [xs.length, 1], ...f64 });
const linear = (theta: Tensor, { x }: Batch): Tensor => mul(x, theta);
const squared = o.differentiable((z: Tensor, { y }: Batch) => mul(sum(square(sub(z, y))), 0.5));
const logistic = o.differentiable((z: Tensor, { y }: Batch) => sum(sub(log1p(exp(z)), mul(y, z))));
const item = (t: Tensor): number => t.itemSync() as number;
/** The surrogate's minimum. */
const exactly = { innerSteps: 60, innerTolerance: 1e-12, inner: o.lbfgs() };
type Options = Partial<o.SsoOptions<Tensor, Batch>>;
async function walk(
  batch: Batch,
  start: number,
  steps: number,
  options: Options,
): Promise<{ ends: number[]; reports: o.SsoReport[] }> {
  const method = o.sso<Tensor, Batch>({ model: linear, targetLoss: squared, ...options });
  let [params, state] = [tensor(start, f64), method.init()];
  const [ends, reports]: [number[], o.SsoReport[]] = [[], []];
  for (let t = 0; t < steps; t++) {
    const next = await method.step(params, state, batch, [0, 1]);
    ({ params, state } = next);
    ends.push(item(params));
    reports.push(next.report);
  }
  return { ends, reports };
}
const twoPoints: Batch = { x: column([1, 2]), y: column([1, 3]) };
const classes: Batch = { x: column([1, 2]), y: column([1, 0]) };

describe("squared loss on a line", () => {
  test("an exact minimiser: least squares in one step for η = 1, half of the way for 0.5", async () => {
    near((await walk(twoPoints, 0, 1, { ...exactly })).ends, [1.4]);
    near((await walk(twoPoints, 0, 1, { ...exactly, eta: 0.5 })).ends, [0.7]);
  });
  test("inner gradient descent; the first step is that of SGD", async () => {
    const inner = o.sgd({ learningRate: 0.1 });
    for (const [innerSteps, end] of [
      [1, 0.35],
      [2, 0.525],
      [3, 0.6125],
      [200, 0.7],
    ] as const)
      near((await walk(twoPoints, 0, 1, { inner, innerSteps, eta: 0.5 })).ends, [end], 1e-6);
    const slope = grad((theta: Tensor) => mul(sum(square(sub(linear(theta, twoPoints), twoPoints.y))), 0.25))(
      tensor(0, f64),
    );
    for (const eta of [0.01, 0.5, 9])
      near((await walk(twoPoints, 0, 1, { inner, innerSteps: 1, eta })).ends, [-0.1 * item(slope)], 1e-12);
  });
});

describe("logistic loss", () => {
  test("the exact minimiser and inner steps", async () => {
    const exact = { targetLoss: logistic, ...exactly };
    near((await walk(classes, 0.5, 1, { ...exact, eta: 4 })).ends, [-0.3676611908], 1e-8);
    near((await walk(classes, 0.5, 1, { ...exact, eta: 1 })).ends, [0.2830847023], 1e-8);
    const inner = o.sgd({ learningRate: 0.5 });
    near((await walk(classes, 0.5, 1, { targetLoss: logistic, inner, innerSteps: 1, eta: 4 })).ends, [0.2288558779]);
    near((await walk(classes, 0.5, 1, { targetLoss: logistic, inner, innerSteps: 2, eta: 4 })).ends, [0.0424442939]);
  });
  test("the surrogate lies above the loss for η up to 4, not for 8; it touches it, slope and all", () => {
    const [zt, y] = [column([0.5]), column([1])];
    const l = (z: Tensor): Tensor => sum(sub(log1p(exp(z)), mul(y, z)));
    const gap = (eta: number): number => {
      let least = Number.POSITIVE_INFINITY;
      for (let k = 0; k <= 4000; k++) {
        const z = column([-20 + k / 100]);
        const s = item(o.targetSurrogate(z, zt, grad(l)(zt), eta)) + item(l(zt));
        least = Math.min(least, s - item(l(z)));
      }
      return least;
    };
    expect(gap(4)).toBeGreaterThan(-1e-12);
    expect(gap(8)).toBeCloseTo(-0.5876, 3);
  });
  test("with the whole data and η <= 1/L the loss falls at every step, whatever m", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1, 2, 7, 40),
        fc.double({ min: 0.05, max: 4, noNaN: true }),
        async (innerSteps, eta) => {
          const { reports } = await walk(classes, 1.5, 6, { targetLoss: logistic, innerSteps, eta });
          reports.forEach((r, t) => {
            expect(r.surrogateDecrease).toBeGreaterThanOrEqual(0);
            if (t > 0) expect(r.loss).toBeLessThanOrEqual(reports[t - 1]!.loss + 1e-12);
          });
        },
      ),
      { numRuns: 12 },
    );
  });
  test("Newton's weights: p (1 - p) at the targets", async () => {
    const { ends } = await walk(classes, 0.5, 1, {
      targetLoss: logistic,
      method: "newton",
      ...exactly,
    });
    // θ' = θ - Σ x g / Σ x² w
    const s = (z: number): number => 1 / (1 + Math.exp(-z));
    const w = [0.5, 1].map((z) => s(z) * (1 - s(z)) + 1e-5);
    near(ends, [0.5 - (1 * (s(0.5) - 1) + 2 * s(1)) / (w[0]! + 4 * w[1]!)], 1e-8);
  });
});

test("Armijo's search in the space of targets", async () => {
  const z = column([0.5, 1]);
  const at = async (loss: o.TargetLoss<Batch>, sum2: boolean): Promise<o.TargetStep> =>
    o.targetLineSearch((t) => loss(t, classes), z, await loss(z, classes), sum2 ? 2 : 2);
  expect((await at(squared, true)).step).toBeCloseTo(0.9565938, 10);
  expect(await at(squared, true)).toMatchObject({ calls: 8 });
  expect((await at(logistic, true)).step).toBe(2);
  const { reports } = await walk(classes, 0.5, 2, { method: "line-search" });
  expect(reports[0]!.expensiveCalls).toBe(9);
});

describe("step sizes", () => {
  test("schedules, and AdaGrad of the whole gradient", async () => {
    const etas = async (options: Options): Promise<number[]> =>
      (await walk(twoPoints, 0, 3, options)).reports.map((r) => r.eta);
    near(await etas({ eta: 0.5 }), [0.5, 0.5, 0.5], 0 + 1e-15);
    near(await etas({ eta: 0.5, schedule: "sqrt" }), [0.5, 0.5 / Math.sqrt(2), 0.5 / Math.sqrt(3)]);
    near(
      await etas({ eta: 0.5, schedule: "exponential", steps: 4 }),
      [1, 2, 3].map((t) => 0.5 * 0.25 ** (t / 4)),
    );
    const first = 0.5 / (Math.sqrt(1 + 9) + 1e-6);
    near((await etas({ eta: 0.5, method: "adagrad" })).slice(0, 1), [first]);
  });
  test("AdaGrad of each number: squares weighted by √Σ g²", async () => {
    const { ends } = await walk(twoPoints, 0, 1, {
      method: "diagonal-adagrad",
      examples: 2,
      ...exactly,
    });
    // g = (-1, -3), weights (1, 3): θ = Σ x (-g) / Σ x² w
    near(ends, [(1 + 6) / (1 + 12)], 1e-8);
  });
  test("mirror descent on probabilities: the step of exponentiated gradients", async () => {
    // Targets are probabilities of their own parameters: the surrogate's minimum is z ∝ zₜ exp(-η g), up to the factor e⁻¹ of Σ z log z.
    const method = o.sso<Tensor, null>({
      model: (theta) => reshape(exp(theta), [1, 2]),
      targetLoss: o.differentiable((z: Tensor) => sum(mul(z, tensor([[1, -2]], f64)))),
      method: "mirror",
      eta: 0.3,
      ...exactly,
    });
    const { params } = await method.step(tensor([-1, 0.2], f64), method.init(), null);
    near(await params.data(), [-1 - 0.3 - 1, 0.2 + 0.6 - 1], 1e-6);
  });
  test("the authors' scaling: half the step, a mean over all numbers", async () => {
    const inner = o.sgd({ learningRate: 0.1 });
    const official = await walk(twoPoints, 0, 1, { inner, innerSteps: 3, eta: 1, officialScaling: true });
    const canonical = await walk(twoPoints, 0, 1, { inner, innerSteps: 3, eta: 0.5 });
    near(official.ends, canonical.ends, 1e-12);
  });
});

describe("general models", () => {
  test("the surrogate's gradient is J'(g + (f - z) / η) / n, the true one at the start", async () => {
    const x = tensor([[1, 2], [-1, 0.5], [0.3, -2]], f64); // biome-ignore format: rows of a matrix
    const f = (w: Tensor): Tensor => tanh(matmul(x, reshape(w, [2, 2])));
    const y = tensor([[0.1, 1], [0, -1], [0.5, 0.2]], f64); // biome-ignore format: rows of a matrix
    const l = (z: Tensor): Tensor => mul(sum(square(square(sub(z, y)))), 0.25);
    const w0 = tensor([0.3, -1, 0.7, 0.2], f64);
    const zt = f(w0);
    const [, gt] = valueAndGrad(l)(zt);
    const s = (w: Tensor): Tensor => o.targetSurrogate(f(w), zt, gt, 0.7);
    near(await grad(s)(w0).data(), [...(await mul(grad((w: Tensor) => l(f(w)))(w0), 1 / 3).data())] as number[], 1e-12);
    const w1 = tensor([1, 0, -0.4, 0.9], f64);
    const inner = sub(f(w1), zt)
      .mul(1 / 0.7)
      .add(gt)
      .mul(1 / 3);
    near(
      await grad(s)(w1).data(),
      [...(await grad((w: Tensor) => sum(mul(f(w), inner)))(w1).data())] as number[],
      1e-12,
    );
  });
  test("a black box is asked once per step, whatever m; memory stays flat", async () => {
    let asked = 0;
    const box: o.TargetLoss<Batch> = (z, { y }) => {
      asked++;
      const [zs, ys] = [[...z.dataSync()], [...y.dataSync()]] as [number[], number[]];
      return {
        value: zs.reduce((a, v, i) => a + 0.5 * (v - ys[i]!) ** 2, 0),
        grad: tensor(
          zs.map((v, i) => v - ys[i]!),
          { shape: z.shape, ...f64 },
        ),
      };
    };
    const method = o.sso<Tensor, Batch>({
      model: linear,
      targetLoss: box,
      innerSteps: 50,
      inner: o.adam({ learningRate: 0.05 }),
    });
    let [params, state] = [tensor(0, f64), method.init()];
    let early = 0;
    for (let t = 0; t < 40; t++) {
      const next = await method.step(params, state, twoPoints);
      params.dispose();
      ({ params, state } = next);
      if (t === 9) early = memory().liveBytes;
    }
    expect(asked).toBe(40);
    expect(memory().liveBytes).toBe(early);
    expect(item(params)).toBeCloseTo(1.4, 2);
    dispose(params);
  });
  test("what a target loss may not give", async () => {
    const run = (targetLoss: o.TargetLoss<Batch>): Promise<unknown> => walk(twoPoints, 0, 1, { targetLoss });
    await expect(run(() => ({ value: 1, grad: tensor([1, 2], f64) }))).rejects.toThrow(
      "sso: targetLoss.grad: expected the shape of the targets [2,1], got [2]",
    );
    await expect(run(() => ({ value: Number.NaN, grad: column([1, 2]) }))).rejects.toThrow("sso: targetLoss: loss NaN");
    await expect(run(() => ({ value: 1, grad: column([1, Number.POSITIVE_INFINITY]) }))).rejects.toThrow(
      "must be finite",
    );
    await expect(run(() => ({ value: 1, grad: 1 as never }))).rejects.toThrow(
      "sso: targetLoss.grad: expected a tensor",
    );
  });
});
