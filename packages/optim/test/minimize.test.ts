import type { Tensor } from "@gradus/tensor";
import {
  add,
  concat,
  customGradient,
  exp,
  log1p,
  memory,
  mul,
  slice,
  square,
  sub,
  sum,
  tensor,
  valueAndGrad,
  zeros,
} from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lbfgs, minimize, sgd } from "../src/index.ts";
import { strongWolfe } from "../src/wolfe.ts";

const f64 = { dtype: "f64" } as const;
const rosenbrock = (x: Tensor): Tensor => {
  const [a, b] = [slice(x, [0], [x.size - 1]), slice(x, [1], [x.size])];
  return sum(add(mul(square(sub(b, square(a))), 100), square(sub(1, a))));
};

describe("minimize", () => {
  test("Rosenbrock in ten dimensions", async () => {
    const { x, value, gradient, iterations, reason } = await minimize(rosenbrock, tensor(Array(10).fill(-1), f64), {
      gradientTolerance: 1e-9,
    });
    expect(reason).toBe("gradient");
    expect(iterations).toBeLessThan(120);
    expect(value).toBeLessThan(1e-15);
    expect(gradient).toBeLessThanOrEqual(1e-9);
    for (const v of await x.data()) expect(v).toBeCloseTo(1, 7);
  });

  test("a tree, with any rule, stopped by the signal or the steps; no byte is left behind", async () => {
    const f = (p: { a: Tensor; b: Tensor }): Tensor => add(sum(square(p.a)), sum(square(sub(p.b, 1))));
    const start = { a: tensor([1, 2]), b: tensor(0) };
    const first = await minimize(f, start, { optimizer: sgd({ learningRate: 0.1 }), maxIterations: 3 });
    expect(first).toMatchObject({ iterations: 3, reason: "iterations" });
    expect((await first.x.a.data())[0]).toBeCloseTo(0.8 ** 3, 6);
    first.x.a.dispose();
    first.x.b.dispose();
    const before = memory().liveBytes;
    const controller = new AbortController();
    const stopped = await minimize(f, start, {
      optimizer: sgd({ learningRate: 0.1 }),
      signal: controller.signal,
      onStep: ({ iteration }) => (iteration === 1 ? controller.abort() : undefined),
    });
    expect(stopped).toMatchObject({ iterations: 2, reason: "signal" });
    stopped.x.a.dispose();
    stopped.x.b.dispose();
    expect(memory().liveBytes).toBe(before);
  });

  test("a loss that cannot fall is stuck, not an endless loop; a tolerance of the loss ends it", async () => {
    // A derivative that points the wrong way: no step lowers the loss.
    const wrong = customGradient((x: Tensor) => sum(square(x)), { vjp: (g, _, x) => [mul(mul(x, -2), g)] });
    expect(await minimize(wrong, tensor([1], f64))).toMatchObject({ iterations: 1, value: 1, reason: "stuck" });
    const broken = (x: Tensor): Tensor => sum(mul(x, Number.NaN));
    expect((await minimize(broken, tensor([1], f64))).reason).toBe("diverged");
    const { reason } = await minimize(rosenbrock, tensor([-1, 1], f64), { valueTolerance: 0.5 });
    expect(reason).toBe("value");
  });

  test("logistic regression: the gradient is zero at the minimum, from anywhere", async () => {
    const data = tensor([[1, 2], [-1, 0.5], [0.3, -1], [2, 1], [-2, 0]], f64); // biome-ignore format: rows of a matrix
    const y = tensor([1, -1, -1, 1, 1], f64);
    const loss = (w: Tensor): Tensor =>
      add(sum(log1p(exp(mul(sum(mul(data, w), 1), mul(y, -1))))), mul(sum(square(w)), 0.05));
    const ends: number[][] = [];
    for (const s of [
      [0, 0],
      [5, -5],
      [-3, 8],
    ]) {
      const { x, reason } = await minimize(loss, tensor(s, f64), { gradientTolerance: 1e-9 });
      expect(reason).toBe("gradient");
      ends.push([...(await x.data())]);
    }
    for (const e of ends) e.forEach((v, i) => expect(v).toBeCloseTo(ends[0]![i]!, 8));
  });
});

test("a line search ends at a step that fulfils the strong Wolfe conditions", async () => {
  const number = fc.double({ min: -3, max: 3, noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(number, number, number),
      fc.double({ min: 1e-3, max: 50, noNaN: true }),
      async (at, first) => {
        const f = (x: Tensor): Tensor => add(rosenbrock(x), mul(sum(x.cos()), 2));
        const both = valueAndGrad(f);
        const x = tensor(at, f64);
        const [value, slope] = both(x);
        const d = mul(slope, -1);
        const settings = { decrease: 1e-4, curvature: 0.9, maxEvaluations: 60, longest: 1e10 };
        const found = strongWolfe(both as never, { x, d, value, slope, first: tensor(first, f64) }, settings);
        const [a, end, df0, df] = [found.step, found.value, sum(mul(slope, d)), sum(mul(found.slope, d))].map((t) =>
          t.itemSync(),
        ) as [number, number, number, number];
        const start = value.itemSync() as number;
        if (df0 > -1e-9) return;
        expect(a).toBeGreaterThan(0);
        expect(end).toBeLessThanOrEqual(start + 1e-4 * a * df0 + 1e-12 * Math.abs(start));
        expect(Math.abs(df)).toBeLessThanOrEqual(0.9 * Math.abs(df0) * (1 + 1e-9));
        expect(f(add(x, mul(d, a))).itemSync()).toBeCloseTo(end, 6);
      },
    ),
    { numRuns: 40 },
  );
});

test("pairs without curvature are left out", async () => {
  const optimizer = lbfgs({ history: 2 });
  // A straight line: the gradient never changes, so there is nothing to learn.
  const line = (x: Tensor): Tensor => sum(x);
  const x = zeros([2], f64);
  const [, state] = optimizer.update(concat([zeros([2], f64)], 0).add(1), optimizer.init(x), x, {
    loss: line as never,
  });
  expect([...(await state.y.data())]).toEqual([0, 0, 0, 0]);
  expect([...(await state.s.data())]).toEqual([0, 0, 0, 0]);
});
