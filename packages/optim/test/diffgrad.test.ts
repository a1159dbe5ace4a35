import type { Tensor } from "@gradus/tensor";
import { add, grad, jit, mul, sin, square, tensor, zeros } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import * as o from "../src/index.ts";

const f64 = { dtype: "f64" } as const;
const square0 = (x: Tensor): Tensor => square(x);

/** The points that `optimizer` visits from `x0` on. */
function path(f: (x: Tensor) => Tensor, optimizer: o.Optimizer, x0: number, steps: number): number[] {
  const step = jit((x: Tensor, s: unknown): [Tensor, unknown] => {
    const [u, next] = optimizer.update(grad(f)(x), s, x);
    return [o.applyUpdates(x, u), next];
  });
  let [x, s] = [tensor(x0, f64), optimizer.init(tensor(x0, f64))];
  const seen: number[] = [];
  for (let i = 0; i < steps; i++) {
    [x, s] = step(x, s);
    seen.push(x.itemSync() as number);
  }
  return seen;
}
const near = (got: readonly number[], wanted: readonly number[], within = 1e-9): void =>
  wanted.forEach((w, i) => expect(Math.abs(got[i]! - w)).toBeLessThan(within));

describe("diffGrad on x², from 1, with η = 0.1", () => {
  test.each<[o.FrictionVersion, number[]]>([
    [0, [0.9119203061, 0.8577158068, 0.8053945252, 0.7534346485]],
    [1, [0.9880797097, 0.9375004533, 0.8851120439, 0.832841622]],
    [2, [0.74204732, 0.6363123227, 0.5650218278, 0.5021724834]],
  ])("version %s", (version, wanted) => {
    near(path(square0, o.diffGrad({ learningRate: 0.1, version }), 1, 4), wanted);
  });
  test("weight decay goes through the moments and the friction", () => {
    const decayed = path(square0, o.diffGrad({ learningRate: 0.1, weightDecay: 0.1 }), 1, 3);
    near(decayed, [0.9109096955, 0.8564380875, 0.8039737005]);
  });
  test("the gradient of the step before is a value, not a reference to this one's", () => {
    const [, second] = path(square0, o.diffGrad({ learningRate: 0.1 }), 1, 2);
    expect(Math.abs(second! - 0.8620932449)).toBeGreaterThan(1e-3);
  });
});

test("friction coefficients", () => {
  const d = [0, 0.1, 1, 2, 5];
  const xi = (version: 0 | 1 | 2): number[] =>
    [...o.friction(zeros([5], f64), tensor(d, f64), version).dataSync()] as number[];
  near(xi(0), [0.5, 0.52497919, 0.73105858, 0.88079708, 0.99330715], 1e-8);
  near(xi(2), [0.5, 0.61247657, 1.60213398, 2.57952721, 4.31727638], 1e-8);
  near(
    xi(1),
    d.map((x) => 1 / (1 + Math.exp(x))),
  );
});

describe("beside Adam", () => {
  const line = (x: Tensor): Tensor => mul(x, 3);
  const steps = (xs: readonly number[], x0 = 0): number[] => xs.map((x, i) => x - (i === 0 ? x0 : xs[i - 1]!));
  test("a constant gradient: σ(3) of Adam's first step, half of the others", () => {
    const [a, d] = [o.adam, o.diffGrad].map((make) =>
      steps(path(line, make({ learningRate: 0.01, epsilon: 0 }), 0, 6)),
    );
    near(
      d!.map((x, i) => x / a![i]!),
      [0.95257413, 0.5, 0.5, 0.5, 0.5, 0.5],
      1e-8,
    );
  });
  const wave =
    (c: number) =>
    (x: Tensor): Tensor =>
      mul(add(square(x), sin(mul(x, 8))), c);
  test("a loss that is nearly zero: Adam at half its rate", () => {
    const a = path(wave(1e-7), o.adam({ learningRate: 0.05, epsilon: 0 }), 1, 20);
    const d = path(wave(1e-7), o.diffGrad({ learningRate: 0.1, epsilon: 0 }), 1, 20);
    near(d, a, 1e-5);
  });
  test("a huge loss whose gradients differ: Adam", () => {
    const a = path(wave(1e6), o.adam({ learningRate: 0.1, epsilon: 0 }), 1, 20);
    const d = path(wave(1e6), o.diffGrad({ learningRate: 0.1, epsilon: 0 }), 1, 20);
    near(d, a);
  });
});

describe("the paper's functions, from -1, η 0.1, β₁ 0.95", () => {
  const { F1: f1, F2: f2, F3: f3 } = o.testFunctions;
  const settings = { learningRate: 0.1, beta1: 0.95 };
  const both = (f: (x: Tensor) => Tensor): [number[], number[]] => [
    path(f, o.diffGrad(settings), -1, 299),
    path(f, o.adam(settings), -1, 299),
  ];
  test("F1: the global minimum, where Adam ends in the local one", () => {
    const [d, a] = both(f1);
    near(
      [1, 2, 3, 10, 50].map((t) => d[t - 1]!),
      [-0.9197816293, -0.8659611558, -0.8136610538, -0.4640236192, -0.3776543261],
    );
    near([d.at(-1)!, a.at(-1)!], [-0.300071, 0.200115], 1e-6);
  });
  test("F2: the same", () => {
    const [d, a] = both(f2);
    near([d[2]!, d[49]!], [-0.7661261649, -0.7390921635]);
    near([d.at(-1)!, a.at(-1)!], [-0.642963, 0.00009], 1e-6);
  });
  test("F3: it overshoots less", () => {
    const [d, a] = both(f3);
    near([Math.max(...d), Math.max(...a)], [0.1834, 0.2667], 1e-4);
  });
  test("their derivatives are what the definitions say", () => {
    const at = (f: (x: Tensor) => Tensor, x: number): number => grad(f)(tensor(x, f64)).itemSync() as number;
    near([at(f1, -1), at(f1, 1), at(f2, -2), at(f3, -0.45), at(f3, 0.3)], [-1.4, 1.6, -40, 1, 7 / 8]);
    const x = 0.7;
    near([at(f2, x)], [3 * x ** 2 + Math.sin(8 * x) + 8 * x * Math.cos(8 * x)]);
  });
});

test("the experimental versions use mean and spread of the gradients before the step", () => {
  const gradients = [0.5, -1, 2, 0.3, 1.1];
  for (const [version, power] of [
    ["experimental-3", 0.5],
    ["experimental-4", 1],
  ] as const) {
    const optimizer = o.scaleByDiffGrad({ version, beta1: 0, beta2: 0, epsilon: 0 });
    const p = tensor(0, f64);
    let s = optimizer.init(p);
    let previous = 0;
    gradients.forEach((g, i) => {
      const before = gradients.slice(0, i);
      const mean = before.reduce((a, b) => a + b, 0) / Math.max(1, i);
      const variance = before.reduce((a, b) => a + b * b, 0) / Math.max(1, i) - mean ** 2;
      const xi = 1 / (1 + Math.exp(-(variance ** power * Math.abs(previous - g) - mean)));
      const [u, next] = optimizer.update(tensor(g, f64), s, p);
      near([u.itemSync() as number], [xi * Math.sign(g)]);
      [s, previous] = [next, g];
    });
  }
});
