import type { Tensor } from "@gradus/tensor";
import { tensor } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import * as o from "../src/index.ts";

// Each method beside the same steps in plain numbers: bias corrections, the order of decay, where epsilon stands.
const start = [1, -2, 0.5];
const gradient = (t: number): readonly number[] => [0.1 * t, -0.3, Math.sin(t)];

async function run(optimizer: o.Optimizer, steps: number): Promise<number[]> {
  let params = { a: tensor(start.slice(0, 2), { dtype: "f64" }), b: [tensor(start.slice(2), { dtype: "f64" })] };
  let state = optimizer.init(params);
  for (let t = 1; t <= steps; t++) {
    const g = gradient(t);
    const grads = { a: tensor(g.slice(0, 2), { dtype: "f64" }), b: [tensor(g.slice(2), { dtype: "f64" })] };
    const [updates, next] = optimizer.update(grads, state, params);
    params = o.applyUpdates(params, updates);
    state = next;
  }
  return [...(await params.a.data()), ...(await (params.b[0] as Tensor).data())];
}

/** One coordinate: what is remembered by name, zero at first. */
type Rule = (x: number, g: number, t: number, kept: Record<string, number>) => number;
const byHand = (steps: number, rule: Rule): number[] =>
  start.map((first, i) => {
    const kept = new Proxy<Record<string, number>>({}, { get: (o, k) => o[k as string] ?? 0 });
    let x = first;
    for (let t = 1; t <= steps; t++) x = rule(x, gradient(t)[i]!, t, kept);
    return x;
  });
const moving = (s: Record<string, number>, name: string, value: number, beta: number): number => {
  s[name] = beta * s[name]! + (1 - beta) * value;
  return s[name]!;
};

const rows: Readonly<Record<string, readonly [o.Optimizer, Rule]>> = {
  amsgrad: [
    o.amsgrad({ learningRate: 0.1, beta2: 0.5 }),
    (x, g, t, s) => {
      const m = moving(s, "m", g, 0.9) / (1 - 0.9 ** t);
      s.top = Math.max(s.top!, moving(s, "v", g * g, 0.5));
      return x - (0.1 * m) / (Math.sqrt(s.top / (1 - 0.5 ** t)) + 1e-8);
    },
  ],
  nadam: [
    o.nadam({ learningRate: 0.1 }),
    (x, g, t, s) => {
      const mu = (k: number): number => 0.9 * (1 - 0.5 * 0.96 ** (k * 0.004));
      const product = (t === 1 ? 1 : s.product!) * mu(t);
      s.product = product;
      const m = moving(s, "m", g, 0.9);
      const v = moving(s, "v", g * g, 0.999) / (1 - 0.999 ** t);
      const ahead = (mu(t + 1) * m) / (1 - product * mu(t + 1)) + ((1 - mu(t)) * g) / (1 - product);
      return x - (0.1 * ahead) / (Math.sqrt(v) + 1e-8);
    },
  ],
  // With β₂ = 0.9 the step is rectified from the sixth step on: both branches are taken.
  radam: [
    o.radam({ learningRate: 0.1, beta2: 0.9 }),
    (x, g, t, s) => {
      const m = moving(s, "m", g, 0.9) / (1 - 0.9 ** t);
      const v = moving(s, "v", g * g, 0.9) / (1 - 0.9 ** t);
      const last = 2 / 0.1 - 1;
      const rho = last - (2 * t * 0.9 ** t) / (1 - 0.9 ** t);
      if (rho <= 4) return x - 0.1 * m;
      const r = Math.sqrt(((rho - 4) * (rho - 2) * last) / ((last - 4) * (last - 2) * rho));
      return x - (0.1 * r * m) / (Math.sqrt(v) + 1e-8);
    },
  ],
  adagrad: [
    o.adagrad({ learningRate: 0.1, initial: 0.2 }),
    (x, g, t, s) => {
      s.sum = (t === 1 ? 0.2 : s.sum!) + g * g;
      return x - (0.1 * g) / (Math.sqrt(s.sum) + 1e-10);
    },
  ],
  adadelta: [
    o.adadelta({ learningRate: 0.5 }),
    (x, g, _, s) => {
      const d = (Math.sqrt(s.d2! + 1e-6) / Math.sqrt(moving(s, "g2", g * g, 0.9) + 1e-6)) * g;
      moving(s, "d2", d * d, 0.9);
      return x - 0.5 * d;
    },
  ],
  rmsprop: [
    o.rmsprop({ learningRate: 0.1, momentum: 0.8 }),
    (x, g, _, s) => {
      s.b = 0.8 * s.b! + g / (Math.sqrt(moving(s, "v", g * g, 0.99)) + 1e-8);
      return x - 0.1 * s.b;
    },
  ],
  "rmsprop, centered": [
    o.rmsprop({ learningRate: 0.1, centered: true, epsilon: 0.01 }),
    (x, g, _, s) => {
      const v = moving(s, "v", g * g, 0.99);
      return x - (0.1 * g) / (Math.sqrt(v - moving(s, "mean", g, 0.99) ** 2) + 0.01);
    },
  ],
  lion: [
    o.lion({ learningRate: 0.1, weightDecay: 0.2 }),
    (x, g, _, s) => {
      const u = Math.sign(0.9 * s.m! + 0.1 * g);
      moving(s, "m", g, 0.99);
      return x - 0.1 * (u + 0.2 * x);
    },
  ],
  "adamw, masked": [
    o.adamw({ learningRate: 0.1, weightDecay: 0.2, mask: (name) => name === "none" }),
    (x, g, t, s) => {
      const m = moving(s, "m", g, 0.9) / (1 - 0.9 ** t);
      return x - (0.1 * m) / (Math.sqrt(moving(s, "v", g * g, 0.999) / (1 - 0.999 ** t)) + 1e-8);
    },
  ],
};

describe.each(Object.entries(rows))("%s", (_, [optimizer, rule]) => {
  test.each([1, 2, 9])("%i steps", async (steps) => {
    const [got, wanted] = [await run(optimizer, steps), byHand(steps, rule)];
    for (const [i, w] of wanted.entries()) expect(Math.abs(got[i]! - w)).toBeLessThan(1e-11);
  });
});

test("lamb: each parameter moves by its own length times the learning rate", async () => {
  const p = { a: tensor([3, 4], { dtype: "f64" }), b: tensor([0, 0], { dtype: "f64" }) };
  const g = { a: tensor([0.1, -0.2], { dtype: "f64" }), b: tensor([1, 1], { dtype: "f64" }) };
  const optimizer = o.lamb({ learningRate: 0.01, weightDecay: 0.1 });
  const [u] = optimizer.update(g, optimizer.init(p), p);
  const raw = [1 / (1 + 1e-5) + 0.3, -1 / (1 + 0.5e-5) + 0.4];
  const scale = (0.01 * 5) / Math.hypot(...raw);
  const [a, b] = [await u.a.data(), await u.b.data()];
  raw.forEach((r, i) => {
    expect(a[i]).toBeCloseTo(-r * scale, 9);
  });
  expect(Math.hypot(a[0]!, a[1]!)).toBeCloseTo(0.05, 12);
  // Parameters at zero have no length: the step is Adam's.
  expect(b[0]).toBeCloseTo(-0.01, 6);
});

test("clipByValue limits each element, clipAdaptively each unit", async () => {
  const g = { w: tensor([[3, 4], [0.01, 0]]), b: tensor([-9, 0.5]) }; // biome-ignore format: rows of a matrix
  const p = { w: tensor([[1, 0], [0, 1]]), b: tensor([3, 4]) }; // biome-ignore format: rows of a matrix
  const [v] = o.clipByValue(1).update(g, null, p);
  expect([...(await v.w.data()), ...(await v.b.data())]).toEqual([1, 1, Math.fround(0.01), 0, -1, 0.5]);
  const [u] = o.clipAdaptively(0.1).update(g, null, p);
  const [w, b] = [await u.w.data(), await u.b.data()];
  expect(Math.hypot(w[0]!, w[1]!)).toBeCloseTo(0.1, 6);
  expect(w[1]! / w[0]!).toBeCloseTo(4 / 3, 5);
  expect(w[2]).toBeCloseTo(0.01, 6); // shorter than 0.1 · 1: as it is
  expect(Math.hypot(b[0]!, b[1]!)).toBeCloseTo(0.5, 6);
  const [zero] = o.clipAdaptively(0.1).update({ w: tensor([0, 0]) }, null, { w: tensor([0, 0]) });
  expect([...(await zero.w.data())]).toEqual([0, 0]);
});
