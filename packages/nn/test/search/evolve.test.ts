import type { Tensor } from "@gradus/tensor";
import { key, memory, mul, normal, sum, tensor } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import {
  type Anchor,
  type Candidate,
  type EvolveOptions,
  evolve,
  formula,
  genotypes,
  type NormActGraph,
  protocol,
  readCandidates,
  stabilityTest,
} from "../../src/evonorm-search/index.ts";

/** Scores by how often two kinds of primitives are printed; what has neither is rejected. */
const evaluate = (graph: NormActGraph): { scores: number[] } | { rejected: string } => {
  const count = (text: string): number => formula(graph).split(text).length - 1;
  const scores = [count("s_"), count("max")];
  return scores.every((s) => s === 0) ? { rejected: "neither" } : { scores };
};
const few = { evaluate, anchors: 2, candidates: 60, population: 20, tournament: 0.3, seed: 4 } satisfies EvolveOptions;
const differing = (a: NormActGraph, b: NormActGraph): number =>
  a.nodes.filter((n, i) => JSON.stringify(n) !== JSON.stringify(b.nodes[i])).length;

describe("evolution", () => {
  test("first random graphs, then mutations of the newest candidates", async () => {
    const seen: Candidate[] = [];
    const { candidates, ranking, completed } = await evolve({ ...few, onCandidate: (c) => void seen.push(c) });
    expect(completed).toBe(true);
    expect(seen).toEqual(candidates);
    expect(candidates.slice(0, 20).every((c) => c.parent === null)).toBe(true);
    const children = candidates.filter((c) => c.parent !== null);
    expect(children.length).toBeGreaterThan(5);
    for (const { index, parent, graph } of children) {
      // the oldest has left: a parent is among the last twenty
      expect(parent).toBeLessThan(index);
      expect(parent).toBeGreaterThanOrEqual(index - 20);
      expect(differing(graph, candidates[parent!]!.graph)).toBe(1);
    }
    const means = ranking.map((c) => c.scores!.reduce((a, b) => a + b, 0));
    expect(means).toEqual(means.toSorted((a, b) => b - a));
    expect(ranking.length).toBe(candidates.filter((c) => c.rejected === null).length);
  });
  test("the seed decides; a search that was stopped goes on to the same end, through JSON", async () => {
    const whole = await evolve(few);
    expect((await evolve(few)).candidates).toEqual(whole.candidates);
    expect((await evolve({ ...few, seed: 5 })).candidates).not.toEqual(whole.candidates);
    const stop = new AbortController();
    const part = await evolve({
      ...few,
      signal: stop.signal,
      onCandidate: (c) => void (c.index === 33 && stop.abort()),
    });
    expect(part.completed).toBe(false);
    expect(part.candidates.length).toBe(34);
    const resume = readCandidates(JSON.stringify(part.candidates));
    expect(resume).toEqual(part.candidates);
    expect((await evolve({ ...few, resume })).candidates).toEqual(whole.candidates);
  });
  test("all of one tournament: the front's members become parents, by mean only the best one", async () => {
    // scores that are a front of two, and much that is dominated
    const known = new Map<number, number[]>([
      [3, [9, 1]],
      [7, [1, 8]],
    ]);
    let next = 0;
    const rule = (): { scores: number[] } => ({ scores: known.get(next++) ?? [0.5, 0.5] });
    const run = async (selection: "pareto" | "mean"): Promise<Set<string>> => {
      next = 0;
      const options = { evaluate: rule, anchors: 2, candidates: 40, population: 10, tournament: 1, explore: 0 };
      const { candidates } = await evolve({ ...options, selection, seed: 2 });
      return new Set(candidates.slice(10, 14).map((c) => candidates[c.parent!]!.scores!.join()));
    };
    expect([...(await run("mean"))]).toEqual(["9,1"]);
    for (const parent of await run("pareto")) expect(["9,1", "1,8"]).toContain(parent);
  });
  test("it ends once enough have scores; explore 1 is a random search", async () => {
    const { candidates, ranking } = await evolve({ ...few, candidates: 1000, trained: 12, explore: 1 });
    expect(ranking.length).toBe(12);
    expect(candidates.at(-1)!.scores).not.toBeNull();
    expect(candidates.every((c) => c.parent === null)).toBe(true);
  });
  test("evolution finds better than random search where good parts add up", async () => {
    // how much is computed on the way to the result
    const size = (graph: NormActGraph): { scores: number[] } => ({ scores: [formula(graph).split("(").length] });
    const best = async (explore: number): Promise<number> => {
      const found = [1, 2, 3].map(async (seed) => {
        const { ranking } = await evolve({ ...few, evaluate: size, anchors: 1, candidates: 600, explore, seed });
        return ranking[0]!.scores![0]!;
      });
      return (await Promise.all(found)).reduce((a, b) => a + b, 0);
    };
    expect(await best(0.2)).toBeGreaterThan(await best(1));
  });
});

describe("the stability test", () => {
  test("a quadratic's gradient grows as the test says", async () => {
    // loss ½ a θ²: ‖g‖ = a |θ|, d = a sign θ, so that each step makes θ longer by the rate
    const { norms, stable } = await stabilityTest(
      (t: Tensor) => sum(mul(mul(t, t), 1.5)),
      tensor([2], { dtype: "f64" }),
      {
        steps: 5,
      },
    );
    expect(stable).toBe(true);
    for (const [i, n] of norms.entries()) expect(n).toBeCloseTo(3 * 2 * 1.05 ** i, 9);
  });
  test("a loss too steep is rejected, as is one that is no number; the model stays", async () => {
    const start = tensor([1, -2], { dtype: "f64" });
    const steep = (t: Tensor): Tensor => sum(mul(t, t).mul(4).exp());
    const found = await stabilityTest(steep, start, { limit: 1e12 });
    expect(found.stable).toBe(false);
    expect(found.norms.length).toBeLessThan(100);
    expect((await stabilityTest((t: Tensor) => sum(t.mul(0).div(0)), start)).stable).toBe(false);
    expect(await start.data()).toEqual(new Float64Array([1, -2]));
  });
  test("it holds on to no memory", async () => {
    const start = normal(key(0), [50]);
    const run = (): Promise<unknown> => stabilityTest((t: Tensor) => sum(mul(mul(t, t), t)), start, { steps: 3 });
    await run();
    const before = memory().liveBytes;
    await run();
    expect(memory().liveBytes).toBe(before);
  });
});

describe("the protocol", () => {
  const asked: [string, number][] = [];
  const anchor =
    (name: string, accuracy: (steps: number) => number, stable = true): Anchor =>
    () => ({
      accuracy: async (steps) => {
        asked.push([name, steps]);
        return accuracy(steps);
      },
      stability: async () => {
        asked.push([name, -1]);
        return { stable };
      },
      end: () => void asked.push([name, 0]),
    });
  const judge = async (...anchors: Anchor[]): Promise<unknown> => {
    asked.length = 0;
    return protocol(anchors, { steps: 300, quality: { steps: 100, accuracy: 0.2 } })(genotypes.S0);
  };
  const good = anchor("a", (n) => n / 400);

  test("quality, then stability, then the score of each anchor", async () => {
    expect(
      await judge(
        good,
        anchor("b", (n) => n / 500),
      ),
    ).toEqual({ scores: [0.75, 0.6] });
    expect(asked.map((a) => a.join(" "))).toEqual(["a 100", "b 100", "a -1", "b -1", "a 300", "b 300", "a 0", "b 0"]);
  });
  test("what fails is not trained further", async () => {
    expect(
      await judge(
        good,
        anchor("b", () => 0.19),
      ),
    ).toEqual({ rejected: "quality" });
    expect(
      await judge(
        good,
        anchor("b", () => Number.NaN),
      ),
    ).toEqual({ rejected: "quality" });
    expect(
      await judge(
        good,
        anchor("b", () => 0.5, false),
      ),
    ).toEqual({ rejected: "stability" });
    expect(asked.some(([, steps]) => steps === 300)).toBe(false);
    expect(asked.slice(-2)).toEqual([
      ["a", 0],
      ["b", 0],
    ]);
  });
  test("a graph that is no layer costs nothing", async () => {
    asked.length = 0;
    const evaluate = protocol([good]);
    expect(await evaluate({ nodes: [{ op: "mean_wh", inputs: [0] }] })).toEqual({ rejected: "even in space" });
    expect(await evaluate({ nodes: [{ op: "div", inputs: [0, 1] }] })).toEqual({ rejected: "not finite" });
    expect(asked).toEqual([]);
  });
});

test("a layer that came before is not judged again, nor counted", async () => {
  let judged = 0;
  const count = (): { scores: number[] } => ({ scores: [judged++] });
  const options = { evaluate: count, anchors: 1, candidates: 300, nodes: 1, explore: 1 };
  const { candidates } = await evolve(options);
  const formulas = new Map(candidates.map((c) => [c.formula, c.scores?.[0]]));
  expect(judged).toBe(formulas.size);
  expect(judged).toBeLessThan(300);
  for (const c of candidates) expect(c.scores?.[0]).toBe(formulas.get(c.formula));
  expect((await evolve({ ...options, trained: 20 })).candidates.map((c) => c.formula)).toEqual(
    candidates.slice(0, 1 + candidates.findIndex((c) => c.scores?.[0] === 19)).map((c) => c.formula),
  );
});
