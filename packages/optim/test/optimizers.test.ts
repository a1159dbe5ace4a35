import type { Tensor } from "@gradus/tensor";
import { tensor, zeros } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import type { Optimizer } from "../src/index.ts";
import {
  adam,
  adamw,
  addDecayedWeights,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  cosine,
  globalNorm,
  momentum,
  sgd,
} from "../src/index.ts";

const start = [1, -2, 0.5];
/** The gradient at step t, the same for the optimizer and for the hand computation. */
const gradient = (t: number): number[] => [0.1 * t, -0.3, Math.sin(t)];

async function run(optimizer: Optimizer, steps: number, dtype: "f32" | "f64" = "f64"): Promise<number[]> {
  let params = { a: tensor(start.slice(0, 2), { dtype }), b: [tensor(start.slice(2), { dtype })] };
  let state = optimizer.init(params);
  for (let t = 1; t <= steps; t++) {
    const g = gradient(t);
    const [updates, next] = optimizer.update(
      { a: tensor(g.slice(0, 2), { dtype }), b: [tensor(g.slice(2), { dtype })] },
      state,
      params,
    );
    params = applyUpdates(params, updates);
    state = next;
  }
  return [...(await params.a.data()), ...(await (params.b[0] as Tensor).data())];
}

const close = (got: readonly number[], wanted: readonly number[], digits = 7): void => {
  for (const [i, w] of wanted.entries()) expect(got[i]).toBeCloseTo(w, digits);
};

describe("sgd", () => {
  const byHand = (steps: number, rule: (theta: number, g: number, memory: { m: number }) => number): number[] =>
    start.map((theta, i) => {
      const memory = { m: 0 };
      let x = theta;
      for (let t = 1; t <= steps; t++) x = rule(x, gradient(t)[i]!, memory);
      return x;
    });
  test("plain", async () =>
    close(
      await run(sgd({ learningRate: 0.1 }), 5),
      byHand(5, (x, g) => x - 0.1 * g),
    ));
  test("momentum, Nesterov, L2", async () => {
    const push = (s: { m: number }, g: number): number => {
      s.m = 0.9 * s.m + g;
      return s.m;
    };
    const heavy = byHand(5, (x, g, s) => x - 0.1 * push(s, g));
    close(await run(sgd({ learningRate: 0.1, momentum: 0.9 }), 5), heavy);
    const nesterov = byHand(5, (x, g, s) => x - 0.1 * (g + 0.9 * push(s, g)));
    close(await run(sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true }), 5), nesterov);
    const decayed = byHand(5, (x, g, s) => x - 0.1 * push(s, g + 0.05 * x));
    close(await run(sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.05 }), 5), decayed);
  });
});

describe("adam and adamw", () => {
  const byHand = (steps: number, lr: number, decay: number, [b1, b2]: readonly [number, number]): number[] =>
    start.map((theta, i) => {
      let [x, m, v] = [theta, 0, 0];
      for (let t = 1; t <= steps; t++) {
        const g = gradient(t)[i]!;
        m = b1 * m + (1 - b1) * g;
        v = b2 * v + (1 - b2) * g * g;
        x -= lr * (m / (1 - b1 ** t) / (Math.sqrt(v / (1 - b2 ** t)) + 1e-8) + decay * x);
      }
      return x;
    });
  test("Kingma & Ba, algorithm 1", async () =>
    close(await run(adam({ learningRate: 0.1 }), 7), byHand(7, 0.1, 0, [0.9, 0.999])));
  test("other decays, zero among them", async () =>
    close(await run(adam({ learningRate: 0.1, beta1: 0, beta2: 0.5 }), 7), byHand(7, 0.1, 0, [0, 0.5])));
  test("decoupled decay", async () =>
    close(await run(adamw({ learningRate: 0.1, weightDecay: 0.2 }), 7), byHand(7, 0.1, 0.2, [0.9, 0.999])));
  test("f32 keeps its digits", async () =>
    close(await run(adamw({ learningRate: 0.1 }), 7, "f32"), byHand(7, 0.1, 0.01, [0.9, 0.999]), 5));
  test("the first step is lr · sign(g), whatever the size of g", async () => {
    const optimizer = adam({ learningRate: 0.5 });
    const p = tensor([0, 0]);
    const [u] = optimizer.update(tensor([1e3, -1e-3]), optimizer.init(p), p);
    close([...(await u.data())], [-0.5, 0.5], 4);
  });
});

test("decay before and after momentum differ as they should", async () => {
  const before = await run(chain(addDecayedWeights(0.5), momentum(0.9), sgd({ learningRate: 0.1 })), 2);
  const after = await run(chain(momentum(0.9), addDecayedWeights(0.5), sgd({ learningRate: 0.1 })), 2);
  expect(before[1]).not.toBeCloseTo(after[1]!, 3);
});

describe("clipByGlobalNorm", () => {
  const grads = { a: tensor([3, 0]), b: tensor([[4]]) };
  const clip = async (max: number): Promise<number[]> => {
    const [u] = clipByGlobalNorm(max).update(grads, null, grads);
    return [...(await u.a.data()), ...(await u.b.data())];
  };
  test("scales all to the bound, or leaves them", async () => {
    expect(await globalNorm(grads).item()).toBe(5);
    close(await clip(1), [0.6, 0, 0.8], 6);
    expect(await clip(10)).toEqual([3, 0, 4]);
  });
  test("zero gradients stay zero", async () => {
    const [u] = clipByGlobalNorm(1).update(zeros([2]), null, zeros([2]));
    expect([...(await u.data())]).toEqual([0, 0]);
  });
});

test("integer leaves of a model stay as they are", async () => {
  const params = { w: tensor([1]), table: tensor([5, 6], { dtype: "i32" }) };
  const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: 0.1 }));
  const [updates] = optimizer.update(
    { w: tensor([1]), table: zeros([2], { dtype: "i32" }) },
    optimizer.init(params),
    params,
  );
  const next = applyUpdates(params, updates);
  expect(next.table.dtype).toBe("i32");
  expect([...(await next.table.data())]).toEqual([5, 6]);
});

describe("schedules", () => {
  const at = (schedule: ReturnType<typeof cosine>, t: number): Promise<number> =>
    schedule(tensor(t, { dtype: "i32" })).item() as Promise<number>;
  test("cosine with warm-up", async () => {
    const s = cosine({ peak: 2, warmup: 4, steps: 12, floor: 0.2 });
    for (let t = 0; t < 4; t++) expect(await at(s, t)).toBeCloseTo((2 * (t + 1)) / 4, 6);
    for (let t = 4; t <= 12; t++)
      expect(await at(s, t)).toBeCloseTo(0.2 + 0.9 * (1 + Math.cos((Math.PI * (t - 4)) / 8)), 6);
    expect(await at(s, 100)).toBeCloseTo(0.2, 6);
  });
  test("drive an optimizer by its own count", async () => {
    const s = cosine({ peak: 1, warmup: 2, steps: 6 });
    const rates = [0.5, 1, 1, (1 + Math.cos(Math.PI / 4)) / 2];
    const got = await run(sgd({ learningRate: s }), 4);
    close(
      got,
      start.map((x, i) => x - rates.reduce((sum, r, t) => sum + r * gradient(t + 1)[i]!, 0)),
      6,
    );
  });
});

test("errors name the option", () => {
  expect(() => adam({ learningRate: 1, beta1: 1 })).toThrow("adam: beta1: 1 is outside [0, 1)");
  expect(() => adam({ learningRate: Number.NaN })).toThrow("learningRate: expected a number or a schedule, got NaN");
  expect(() => sgd({ learningRate: 1, nesterov: true })).toThrow("sgd: nesterov:");
  expect(() => sgd({ learningRate: 1, momentum: 2 })).toThrow("sgd: momentum: 2 is outside [0, 1)");
  expect(() => adamw({ learningRate: 1, weightDecay: -1 })).toThrow("adamw: weightDecay: -1 is outside");
  expect(() => clipByGlobalNorm(0)).toThrow("clipByGlobalNorm: max: 0 is outside (0, ∞]");
  expect(() => cosine({ peak: 1, steps: 2, warmup: 2 })).toThrow("cosine: warmup:");
  expect(() => globalNorm({})).toThrow("globalNorm: tree: it has no float tensors");
  expect(() => applyUpdates({ a: zeros([1]) }, { a: zeros([1]), b: zeros([1]) } as never)).toThrow();
});
