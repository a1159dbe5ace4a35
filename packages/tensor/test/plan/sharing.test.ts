import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { jsBackend } from "../../src/backends/js/index.ts";
import * as g from "../../src/index.ts";
import { barrier } from "../../src/primitives/structure.ts";

const initial = g.getBackend();
afterEach(() => g.setBackend(initial));

describe.each(["js", "wasm"] as const)("buffers that nodes share, %s", (name) => {
  beforeEach(() => g.setBackend(name === "js" ? jsBackend() : g.wasmBackend()));

  test("a barrier over a scalar reads the scalar", () => {
    const f = (a: g.Tensor): g.Tensor =>
      g
        .checkpoint((b: g.Tensor) => g.exp(b).mul(b))(a)
        .sum();
    expect(g.grad(f)(g.tensor(2)).itemSync()).toBeCloseTo(3 * Math.exp(2), 4);
    const two = barrier(g.full([], 2), g.tensor([1, 2]));
    expect(two.mul(g.tensor([3, 4])).dataSync()).toEqual(Float32Array.of(6, 8));
  });

  test("an operand read in two orders is not overwritten", () => {
    const m = g.tensor([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    const e = barrier(g.exp(m), m);
    const z = e.add(barrier(e, m).permute([1, 0]));
    const values = z.mul(1).sum(0).dataSync();
    const v = m.exp().dataSync();
    for (let j = 0; j < 3; j++) {
      let sum = 0;
      for (let i = 0; i < 3; i++) sum += (v[3 * i + j] as number) + (v[3 * j + i] as number);
      expect(values[j]).toBeCloseTo(sum, 1);
    }
  });

  test("what is asked of a fold several times in one kernel, and constants, take no kernel of their own", () => {
    const [x, w, b] = [[8, 16], [16, 24], [24]].map((shape, i) =>
      g.realize(g.random.normal(g.random.key(i), shape)),
    ) as [g.Tensor, g.Tensor, g.Tensor];
    const y = g.relu(g.add(g.matmul(x, w), b)).mul(g.exp(g.full([], 1)).mul(2).neg());
    expect(g.explain(y)).toContain("plan: 1 steps");
    const sums = g.matmul(x, w).add(b).dataSync();
    y.dataSync().forEach((v, i) => {
      expect(v).toBeCloseTo(-2 * Math.E * Math.max(0, sums[i] as number), 2);
    });
  });

  test("a fold that several kernels see through views is computed once", () => {
    const a = g.random.normal(g.random.key(1), [24, 16]);
    const b = g.random.normal(g.random.key(2), [16, 24]);
    const seen = g.matmul(g.realize(a), g.realize(b));
    const results = [seen.exp(), seen.T.add(1), seen.sum(0)];
    expect(g.explain(...results).match(/fold \[16\]/g)).toHaveLength(1);
    const [x, y, z] = results.map((t) => t.dataSync());
    for (let i = 0; i < 24; i++) {
      let sum = 0;
      for (let j = 0; j < 24; j++) {
        sum += Math.log(x?.[24 * j + i] as number);
        expect((y?.[24 * j + i] as number) - 1).toBeCloseTo(Math.log(x?.[24 * i + j] as number), 4);
      }
      expect(z?.[i]).toBeCloseTo(sum, 3);
    }
  });

  test("a value that is shared within one kernel stays there; one that is read at another place goes to memory", () => {
    const x = g.realize(g.random.normal(g.random.key(3), [5, 5]));
    const shared = x.exp().add(1).div(3).sqrt();
    const within = shared.mul(shared.sin()).add(shared.cos());
    const across = shared.mul(shared.T).add(shared);
    const steps = (t: g.Tensor): string | undefined => /plan: (\d+) steps/.exec(g.explain(t))?.[1];
    expect([within, across].map(steps)).toEqual(["1", "2"]);
    const values = Array.from(x.dataSync(), (v) => Math.sqrt((Math.exp(v) + 1) / 3));
    const [p, q] = [within.dataSync(), across.dataSync()];
    values.forEach((v, i) => {
      expect(p[i]).toBeCloseTo(v * Math.sin(v) + Math.cos(v), 4);
      expect(q[i]).toBeCloseTo(v * (values[5 * (i % 5) + Math.floor(i / 5)] as number) + v, 4);
    });
  });

  test("equal results each own their buffer", () => {
    const x = g.tensor([1, 2, 3]);
    const same = Array.from({ length: 3000 }, () => x.exp());
    g.realize(same);
    const before = g.memory().liveBuffers;
    same.slice(1).forEach((t) => t.dispose());
    expect(g.memory().liveBuffers).toBe(before - 2999);
    expect((same[0] as g.Tensor).dataSync()[0]).toBeCloseTo(Math.E, 5);
    const twice = g.jit((t: g.Tensor) => {
      const y = t.exp();
      return [y, y, t];
    });
    const [a, b, c] = twice(x) as [g.Tensor, g.Tensor, g.Tensor];
    a.dispose();
    c.dispose();
    expect(b.dataSync()[0]).toBeCloseTo(Math.E, 5);
    expect(x.dataSync()[0]).toBe(1);
  });
});
