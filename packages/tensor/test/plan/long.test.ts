import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import type { Step } from "../../src/ir/ir.ts";
import { cachedPlans } from "../../src/plan/cache.ts";
import { capture } from "../../src/plan/capture.ts";
import { EqualNodes } from "../../src/plan/equal-nodes.ts";
import { layOut } from "../../src/plan/memory.ts";
import { pieces } from "../../src/plan/pieces.ts";

type T = g.Tensor;
const N = 100_000;
const initial = g.getBackend();
afterEach(() => g.setBackend(initial));

const chain = (n: number, step: (y: T, x: T, i: number) => T) => (x: T) => {
  let y = x;
  for (let i = 0; i < n; i++) y = step(y, x, i);
  return y;
};

// A quadratic step anywhere in graph, gradient, capture or plan would take these far past the time that a test may take.
describe("100,000 operations in a chain, forward and reverse", () => {
  test("of one kind", () => {
    const f = chain(N, (y, x) => y.add(x));
    const x = g.tensor([1, 2], { dtype: "f64" });
    expect([...f(x).dataSync()]).toEqual([N + 1, 2 * (N + 1)]);
    expect([
      ...g
        .grad((t: T) => f(t).sum())(x)
        .dataSync(),
    ]).toEqual([N + 1, N + 1]);
  });

  test("that keep their operands for the reverse pass", () => {
    // y ← sin(y) + x by turns has a fixed point y = sin(y) + x, where dy/dx = 1 / (1 − cos y)
    const f = chain(N, (y, x, i) => (i % 2 === 0 ? y.sin() : y.add(x)));
    const x = g.tensor([0.9, 1.1], { dtype: "f64" });
    const y = f(x).dataSync();
    const slope = g
      .grad((t: T) => f(t).sum())(x)
      .dataSync();
    y.forEach((v, i) => {
      expect(v).toBeCloseTo(Math.sin(v) + (x.dataSync()[i] as number), 10);
      expect(slope[i]).toBeCloseTo(1 / (1 - Math.cos(v)), 8);
    });
  });

  test("in one jitted program", () => {
    const f = g.jit(g.grad((x: T) => chain(N / 5, (y, t) => y.mul(0.5).add(t))(x).sum()));
    expect(f(g.tensor([3], { dtype: "f64" })).itemSync()).toBeCloseTo(2, 10);
  });
});

describe("pieces of long graphs", () => {
  test("a chain that repeats itself is compiled a few times, whatever its period", () => {
    for (const period of [1, 2, 3, 7, 10]) {
      const x = g.tensor([0.25 * period, 1]);
      const f = chain(40_000, (y, t, i) => (i % period === 0 ? y.sub(t) : i % period === 1 ? y.tanh() : y.mul(t)));
      const before = cachedPlans();
      const y = f(x);
      expect(pieces(capture([y])).length).toBeGreaterThan(8);
      y.dataSync();
      // the first, the last, and those between
      expect(cachedPlans() - before).toBeLessThanOrEqual(5);
    }
  });

  test("explain shows the plan of every piece", () => {
    const y = chain(10_000, (t, u) => t.add(u).tanh())(g.tensor([1, 2]));
    const { length } = pieces(capture([y]));
    expect(length).toBeGreaterThan(2);
    expect(g.explain(y).match(/^plan: /gm)?.length).toBe(length);
  });

  const STEPS = 2500;
  // Each picks an operation and two earlier values.
  const program = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 40 }), fc.nat({ max: 400 })), {
    minLength: STEPS,
    maxLength: STEPS,
    size: "max",
  });
  const operations: readonly ((a: T, b: T) => T)[] = [
    (a, b) => a.add(b).mul(0.5),
    (a, b) => a.sub(b).tanh(),
    (a, b) => a.mul(b.sum(0)).tanh(),
    (a, b) => g.maximum(a, b).permute([1, 0]),
    (a, b) => g.sort(a, 1).add(b.mean()).tanh(),
    (a, b) => g.cumsum(a, 0).mul(0.25).sub(b),
    (a, b) => g.matmul(a, b).tanh(),
    (a) => g.stopGradient(a).reshape([9]).reshape([3, 3]),
  ];

  test("random programs give what one plan gives, and leave only their results in memory", () => {
    fc.assert(
      fc.property(program, (steps) => {
        const run = (x: T): T[] => {
          const values = [x];
          for (const [op, a, b] of steps)
            values.push(
              (operations[op % operations.length] as (a: T, b: T) => T)(
                values[Math.max(0, values.length - 1 - a)] as T,
                values[Math.max(0, values.length - 1 - b)] as T,
              ),
            );
          const last = values.at(-1) as T;
          // the same value twice, the argument itself, a constant, and a value of long ago
          return [last, g.stopGradient(last), g.stopGradient(x), g.stopGradient(g.tensor(2)), values[STEPS / 2] as T];
        };
        const x = g.realize(
          g
            .tensor(
              [
                [1, -2, 3],
                [0.5, 4, -1],
                [2, 0, 1],
              ],
              { dtype: "f64" },
            )
            .mul(1),
        );
        const one = g.jit(run)(x);
        const before = g.memory();
        const many = run(x);
        expect(pieces(capture(many)).length).toBeGreaterThan(2);
        g.realize(many);
        expect(g.memory().liveBuffers - before.liveBuffers).toBe(5);
        many.forEach((t, i) => {
          expect([...t.dataSync()]).toEqual([...(one[i] as T).dataSync()]);
        });
        g.dispose([many, one]);
      }),
      { numRuns: 3 },
    );
  });

  test("when memory runs out in a late piece, what earlier ones made is freed", () => {
    const x = g.realize(g.ones([1000]).mul(1));
    const { liveBytes, liveBuffers } = g.memory();
    const y = chain(10_000, (t, u) => t.add(u))(x);
    const huge = g.exp(g.broadcastTo(y, [2_000_000, 1000]));
    expect(() => huge.dataSync()).toThrow(g.OutOfMemoryError);
    expect(g.memory()).toMatchObject({ liveBytes, liveBuffers });
    expect(y.dataSync()[0]).toBe(10_001);
  });
});

test("equal nodes are those with equal keys, as in a map of texts", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer({ min: -2, max: 300 }), { maxLength: 3 }), { maxLength: 600 }), (keys) => {
      const table = new EqualNodes();
      const plain = new Map<string, number>();
      keys.forEach((key, i) => {
        const text = key.join();
        if (!plain.has(text)) plain.set(text, i);
        expect(table.find(key, () => i)).toBe(plain.get(text));
      });
    }),
  );
});

test("100,000 buffers that all live to the end are laid out one after another", () => {
  const n = 100_000;
  const buffers = Array.from({ length: n }, () => ({ dtype: "f32" as const, size: 16, role: "temporary" }));
  const last = { work: {}, buffers: [...buffers.keys()] };
  const steps = [...buffers.map((_, i) => ({ work: {}, buffers: [i] })), last] as unknown as Step[];
  const writes = [...buffers.map(() => 1), 0];
  expect(layOut(buffers, steps, writes, () => false).arenaBytes).toBe(64 * n);
});
