import type { Tensor } from "@gradus/tensor";
import { jit, mul, square, sum, tensor, valueAndGrad } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import * as o from "../src/index.ts";

// f(x) = ½ Σ hᵢ xᵢ²: rates that theory gives.
const [low, high] = [1, 25];
const h = tensor([low, high], { dtype: "f64" });
const bowl = (x: Tensor): Tensor => mul(sum(mul(h, square(x))), 0.5);

/** Distances from the minimum after `steps` steps. */
async function distance(optimizer: o.Optimizer, steps: number): Promise<number> {
  const step = jit((x: Tensor, state: unknown): [Tensor, unknown] => {
    const [value, g] = valueAndGrad(bowl)(x);
    const [u, next] = optimizer.update(g, state, x, { loss: bowl, value });
    return [o.applyUpdates(x, u), next];
  });
  let [x, state] = [tensor([1, 1], { dtype: "f64" }), optimizer.init(tensor([1, 1], { dtype: "f64" }))];
  for (let i = 0; i < steps; i++) [x, state] = step(x, state);
  const [a, b] = (await x.data()) as unknown as [number, number];
  return Math.hypot(a, b);
}

describe("quadratic bowl", () => {
  test("gradient descent with η = 2 / (μ + L) shrinks every distance by (κ - 1) / (κ + 1)", async () => {
    const rate = (high / low - 1) / (high / low + 1);
    const sgd = o.sgd({ learningRate: 2 / (low + high) });
    expect((await distance(sgd, 40)) / (await distance(sgd, 39))).toBeCloseTo(rate, 10);
    expect(await distance(sgd, 40)).toBeCloseTo(Math.SQRT2 * rate ** 40, 10);
  });

  test("heavy ball with the optimal numbers shrinks them by (√κ - 1) / (√κ + 1), asymptotically", async () => {
    const root = Math.sqrt(high / low);
    const rate = (root - 1) / (root + 1);
    const ball = o.sgd({ learningRate: 4 / (Math.sqrt(high) + Math.sqrt(low)) ** 2, momentum: rate ** 2 });
    // The double root brings a factor linear in the steps: the mean rate over steps 60…120 is close from above.
    const mean = ((await distance(ball, 120)) / (await distance(ball, 60))) ** (1 / 60);
    expect(mean).toBeGreaterThan(rate);
    expect(mean).toBeLessThan(rate * 1.02);
  });

  test.each<[string, o.Optimizer]>([
    ["adam", o.adam({ learningRate: o.cosine({ peak: 0.1, steps: 400 }) })],
    ["amsgrad", o.amsgrad({ learningRate: o.cosine({ peak: 0.1, steps: 400 }) })],
    ["nadam", o.nadam({ learningRate: o.cosine({ peak: 0.1, steps: 400 }) })],
    ["radam", o.radam({ learningRate: o.cosine({ peak: 0.1, steps: 400 }) })],
    ["adagrad", o.adagrad({ learningRate: 1 })],
    ["rmsprop", o.rmsprop({ learningRate: o.cosine({ peak: 0.05, steps: 400 }) })],
    ["lion", o.lion({ learningRate: o.cosine({ peak: 0.05, steps: 400 }) })],
    ["lbfgs", o.lbfgs()],
  ])("%s reaches the bottom in 400 steps", async (_, optimizer) => {
    expect(await distance(optimizer, 400)).toBeLessThan(1e-3);
  });

  test("adadelta goes down", async () => {
    const adadelta = o.adadelta();
    expect(await distance(adadelta, 400)).toBeLessThan((await distance(adadelta, 1)) / 2);
  });

  test("lbfgs finds the minimum of n dimensions in about n exact steps", async () => {
    const seen: number[] = [];
    const { x, reason, iterations } = await o.minimize(bowl, tensor([1, 1], { dtype: "f64" }), {
      optimizer: o.lbfgs({ curvature: 0.01 }),
      gradientTolerance: 1e-10,
      onStep: ({ value }) => void seen.push(value),
    });
    expect(reason).toBe("gradient");
    expect(iterations).toBeLessThan(8);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
    expect(Math.max(...[...(await x.data())].map(Math.abs))).toBeLessThan(1e-10);
  });
});
