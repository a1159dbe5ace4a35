import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dice,
  flaw,
  formula,
  genotypes,
  mutate,
  type NormActGraph,
  ops,
  paretoFront,
  randomGraph,
  readGraph,
} from "../../src/evonorm-search/index.ts";

const seeds = fc.integer();
const graphs = fc
  .tuple(seeds, fc.integer({ min: 1, max: 14 }))
  .map(([seed, nodes]) => randomGraph(dice(seed), { nodes }));

describe("graphs", () => {
  test("there are 24 primitives: 4 of two inputs, 8 of one, 12 moments", () => {
    expect(new Set(ops).size).toBe(24);
    expect(ops.filter((op) => op.includes("_")).length).toBe(12);
  });
  test("a random graph is one, and comes back from its JSON", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        expect(readGraph(JSON.stringify(graph))).toEqual(graph);
      }),
    );
  });
  test("a mutation changes one node", () => {
    fc.assert(
      fc.property(graphs, seeds, (graph, seed) => {
        const child = mutate(graph, dice(seed));
        const changed = graph.nodes.filter((node, i) => JSON.stringify(node) !== JSON.stringify(child.nodes[i]));
        expect(child.nodes.length).toBe(graph.nodes.length);
        expect(changed.length).toBe(1);
        expect(readGraph(child)).toEqual(child);
      }),
    );
  });
  test("without the batch no moment goes over it", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const graph = randomGraph(dice(seed), { batch: false });
        for (const g of [graph, mutate(graph, dice(seed, 1), { batch: false })])
          expect(g.nodes.some(({ op }) => op.endsWith("bwh"))).toBe(false);
      }),
    );
  });
  test("all primitives and all inputs are drawn about equally often", () => {
    const draw = dice(3);
    const counts = new Map<string, number>();
    const drawn = Array.from({ length: 24_000 }, () => randomGraph(draw, { nodes: 1 }).nodes[0]!);
    for (const { op, inputs } of drawn)
      for (const what of [op, ...inputs.map((i) => `at ${i}`)]) counts.set(what, (counts.get(what) ?? 0) + 1);
    // 1000 of each primitive and 28,000 inputs over four nodes: within five standard deviations
    for (const op of ops) expect(Math.abs(counts.get(op)! - 1000)).toBeLessThan(5 * Math.sqrt(1000));
    for (const i of [0, 1, 2, 3]) expect(Math.abs(counts.get(`at ${i}`)! - 7000)).toBeLessThan(5 * Math.sqrt(7000));
  });
  test("formulas", () => {
    expect(formula(genotypes.S0)).toBe("(x·σ(v1·x) / s_whg(x))");
    expect(formula(genotypes.B0)).toBe("(x / max(s_bwh(x), (v1·x + s_wh(x))))");
    expect(formula(genotypes["BN-ReLU"])).toBe("max((((x + (-μ_bwh(x))) / s_bwh(x))·v1 + v0), 0)");
    const twice: NormActGraph = {
      nodes: [
        { op: "tanh", inputs: [0] },
        { op: "exp", inputs: [2] },
        { op: "mul", inputs: [4, 4] },
      ],
    };
    expect(formula(twice)).toBe("t0 = tanh(x); t0·t0");
  });
  test("what cannot be a layer by its structure", () => {
    const one = (op: NormActGraph["nodes"][number]["op"], ...inputs: number[]): NormActGraph => ({
      nodes: [{ op, inputs }],
    });
    expect(flaw(one("add", 2, 3))).toBe("without x");
    expect(flaw(one("std_whg", 0))).toBe("even in space");
    expect(flaw(one("sigmoid", 0))).toBeNull();
    for (const graph of Object.values(genotypes)) expect(flaw(graph)).toBeNull();
  });
  test("most random graphs are flawed: more than 70 of 100", () => {
    const flawed = Array.from({ length: 1000 }, (_, i) => flaw(randomGraph(dice(5, i)))).filter((f) => f !== null);
    expect(flawed.length).toBeGreaterThan(700);
    expect(flawed.length).toBeLessThan(1000);
  });
});

describe("dice", () => {
  test("the seeds decide, in their order", () => {
    const row = (...s: number[]): number[] => Array.from({ length: 5 }, dice(...s));
    expect(row(1, 2)).toEqual(row(1, 2));
    expect(row(1, 2)).not.toEqual(row(2, 1));
    expect(row(1)).not.toEqual(row(1, 0));
  });
  test("numbers of neighbouring seeds are even in [0, 1) and do not go together", () => {
    const n = 20_000;
    const first = Array.from({ length: n }, (_, i) => dice(7, i)());
    const mean = first.reduce((a, b) => a + b, 0) / n;
    const beside = first.slice(1).reduce((s, x, i) => s + (x - 0.5) * (first[i]! - 0.5), 0) / (n - 1);
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * n));
    expect(Math.abs(beside)).toBeLessThan(5 / 12 / Math.sqrt(n));
    expect(first.every((x) => x >= 0 && x < 1)).toBe(true);
  });
});

describe("the Pareto front", () => {
  test("an example", () => {
    const front = paretoFront([
      [1, 3],
      [2, 2],
      [3, 1],
      [1, 1],
    ]);
    expect(front).toEqual([0, 1, 2]);
  });
  test("nobody beats a member, and each other point is beaten by one", () => {
    const points = fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)), { minLength: 1, maxLength: 12 });
    const beats = (a: number[], b: number[]): boolean => a.every((x, i) => x >= b[i]!) && a.join() !== b.join();
    fc.assert(
      fc.property(points, (list) => {
        const front = new Set(paretoFront(list));
        for (const [i, p] of list.entries()) {
          expect(list.some((q) => beats(q, p))).toBe(!front.has(i));
          if (!front.has(i)) expect([...front].some((m) => beats(list[m]!, p))).toBe(true);
        }
      }),
    );
  });
});
