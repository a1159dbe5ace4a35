import type { Tensor } from "@gradus/tensor";
import { grad, jit, mul, relu, sin, sum, tensor, treeLeaves, treeNames } from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dice,
  genotypes,
  NormAct,
  type NormActGraph,
  type Op,
  ops,
  probe,
  randomGraph,
} from "../../src/evonorm-search/index.ts";
import { BatchNorm2d, EvoNorm2d, type Module, Pass } from "../../src/index.ts";
import { close, filled, same } from "../help.ts";

const f64 = { dtype: "f64" } as const;
const x = filled([3, 4, 2, 3], { scale: 2 });
const slopes = filled([4], { seed: 2 });

/** The node numbered 4 and on. */
const graph = (...nodes: readonly (readonly [op: Op, ...inputs: number[]])[]): NormActGraph => ({
  nodes: nodes.map(([op, ...inputs]) => ({ op, inputs })),
});

describe("graphs of known layers are those layers", () => {
  /** Value in training, then evaluation with what was kept, and the derivative by the input and one vector. */
  async function alike(
    [a, av]: readonly [Module, string],
    [b, bv]: readonly [Module, string],
    then: (y: Tensor) => Tensor = (y) => y,
  ): Promise<void> {
    const run = (m: Module, t: Tensor, last: typeof then): readonly [Tensor, Module] => {
      const pass = new Pass();
      const y = last(m.call(t, pass));
      return [y, pass.updated(m)];
    };
    const first = (y: Tensor): Tensor => y;
    const [[ya, na], [yb, nb]] = [run(a, x, first), run(b, x, then)];
    await same(ya, yb, 11);
    const other = filled([2, 4, 2, 3], { seed: 6 });
    await same(na.call(other), then(nb.call(other)), 11);
    const by = (m: Module, last: typeof then): Tensor => grad((t: Tensor) => sum(sin(run(m, t, last)[0])))(x);
    await same(by(a, first), by(b, then), 9);
    const weigh = (m: Module, last: typeof then, name: string): Tensor => {
      const g = grad((n: Module) => sum(sin(run(n, x, last)[0])))(m);
      return treeLeaves(g)[treeNames(g).indexOf(name)] as Tensor;
    };
    await same(weigh(a, first, av), weigh(b, then, bv), 9);
  }
  const made = (name: keyof typeof genotypes, vectors: object = {}): NormAct =>
    Object.assign(new NormAct(genotypes[name], 4, { ...f64, groups: 2 }), vectors);

  test("BN-ReLU", async () => {
    // running variance of batch norm is unbiased here, that of graphs is not
    const norm = new BatchNorm2d(4, f64);
    const ours = made("BN-ReLU", { v1: slopes, v0: filled([4], { seed: 3 }) });
    const theirs = Object.assign(norm, { weight: slopes, bias: filled([4], { seed: 3 }) });
    const pass = new Pass();
    await same(ours.call(x, new Pass()), relu(theirs.call(x, pass)), 11);
    const [kept, wanted] = [new Pass(), pass.updated(theirs)];
    ours.call(x, kept);
    const [mean, variance] = kept.updated(ours).running.filter((t) => t !== null) as [Tensor, Tensor];
    await same(mean, wanted.running_mean!, 12);
    const n = x.size / 4;
    await same(mul(variance.sub(0.9), n / (n - 1)), wanted.running_var!.sub(0.9), 12);
    const by = (f: (t: Tensor) => Tensor): Tensor => grad((t: Tensor) => sum(sin(f(t))))(x);
    await same(
      by((t) => ours.call(t, new Pass())),
      by((t) => relu(theirs.call(t, new Pass()))),
      10,
    );
  });
  test("B0", async () => {
    await alike([made("B0", { v1: slopes }), "v1"], [Object.assign(new EvoNorm2d(4, "B0", f64), { v: slopes }), "v"]);
  });
  test("S0", async () => {
    const norm = Object.assign(new EvoNorm2d(4, "S0", { ...f64, groups: 2 }), { v: slopes });
    await alike([made("S0", { v1: slopes }), "v1"], [norm, "v"]);
  });
  test("S1", async () => {
    await alike([made("S1"), "weight"], [new EvoNorm2d(4, "S1", { ...f64, groups: 2 }), "weight"]);
  });
});

test("moments of what has size 1 along an axis are those of what it is broadcast to", async () => {
  const wide = filled([2, 4, 6]);
  const y = (...nodes: readonly (readonly [Op, ...number[]])[]): Tensor =>
    new NormAct(graph(...nodes), 4, { ...f64, groups: 2 }).call(wide, new Pass());
  for (const extent of ["bwh", "whc", "wh", "whg"] as const)
    for (const moment of ["mean", "rms", "std"] as const) {
      // of v₁, which is the same everywhere, and of it added to what is zero but of full shape
      const few = y([`${moment}_${extent}`, 3]);
      const full = y(["neg", 0], ["add", 0, 4], ["add", 5, 3], [`${moment}_${extent}`, 6]);
      await same(few, full, 12);
    }
});

test("only what is used has parameters and state", () => {
  expect(treeNames(new NormAct(graph(["sigmoid", 0]), 2))).toEqual(["weight", "bias"]);
  const unused = new NormAct(graph(["std_bwh", 0], ["mul", 3, 0]), 2);
  expect(treeNames(unused)).toEqual(["weight", "bias", "v1"]);
  const flat = new NormAct(graph(["mean_whc", 0], ["mean_bwh", 4], ["mul", 5, 0]), 2);
  expect(flat.running.map((t) => t?.shape ?? null)).toEqual([null, [1], null]);
});

test("random graphs, compiled, compute what they do uncompiled, and keep their state's shapes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const layer = new NormAct(randomGraph(dice(seed)), 4, { ...f64, groups: 2 });
      const run = (m: NormAct, t: Tensor): [Tensor, NormAct] => {
        const pass = new Pass();
        const y = m.call(t, pass);
        return [y, pass.updated(m)];
      };
      const [plain, compiled] = [run(layer, x), jit(run)(layer, x)];
      const numbers = async (t: Tensor): Promise<number[]> => [...((await t.data()) as Float64Array)];
      const [a, b] = [await numbers(plain[0]), await numbers(compiled[0])];
      // squares of squares grow large: relative to their size
      for (const [i, v] of a.entries())
        if (Number.isFinite(v))
          expect(Math.abs((b[i] as number) - v)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(v)));
      expect(plain[1].running.map((t) => t?.shape)).toEqual(layer.running.map((t) => t?.shape));
    }),
    { numRuns: 25 },
  );
});

test("each primitive, of a number", async () => {
  const value = async (op: Op, a: number, b: number): Promise<number> => {
    const at = tensor([a, b], { shape: [1, 1, 2], ...f64 });
    const inputs = ["add", "mul", "div", "max"].includes(op) ? [0, 3] : [0];
    return (await new NormAct({ nodes: [{ op, inputs }] }, 1, f64).call(at, new Pass()).data())[0] as number;
  };
  const [a, b] = [-1.5, 0.5];
  const wanted: Partial<Record<Op, number>> = {
    add: -0.5,
    mul: -1.5,
    div: -1.5,
    max: 1,
    neg: 1.5,
    sigmoid: 1 / (1 + Math.exp(1.5)),
    tanh: Math.tanh(-1.5),
    exp: Math.exp(-1.5),
    log: -Math.log(1.5 + 1e-5),
    abs: 1.5,
    square: 2.25,
    sqrt: -Math.sqrt(1.5 + 1e-5),
  };
  for (const extent of ["bwh", "whc", "wh", "whg"] as const)
    Object.assign(wanted, {
      [`mean_${extent}`]: -0.5,
      [`rms_${extent}`]: Math.sqrt(1.25 + 1e-5),
      [`std_${extent}`]: Math.sqrt(1 + 1e-5),
    });
  for (const op of ops) close([await value(op, a, b)], [wanted[op] as number], 12);
});

test("probe finds what is constant and what is no number", async () => {
  expect(await probe(graph(["div", 0, 1]))).toBe("not finite");
  expect(await probe(graph(["neg", 0], ["add", 0, 4]))).toBe("constant");
  expect(await probe(graph(["abs", 0], ["neg", 4], ["max", 5, 1]))).toBe("constant");
  for (const known of Object.values(genotypes)) expect(await probe(known)).toBeNull();
});
