import * as g from "@gradus/tensor";
import { key, type Tensor, tensor } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import {
  crossEntropy,
  dequantizeGroups,
  type MesaOptions,
  mesa,
  quantizeGroups,
  type Ranges,
  TransformerEncoderLayer,
  VisionTransformer,
} from "../src/index.ts";

const list = async (t: Tensor): Promise<number[]> => [...(await t.data())] as number[];
const flat = async (tree: unknown): Promise<number[]> =>
  (await Promise.all(g.treeLeaves(g.realize(tree)).map(list))).flat();
const near = (a: readonly number[], b: readonly number[], within: number): void => {
  expect(a.length).toBe(b.length);
  for (const [i, x] of a.entries()) expect(Math.abs(x - (b[i] as number))).toBeLessThanOrEqual(within);
};
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, i) => s + x * (b[i] as number), 0);
const norm = (a: readonly number[]): number => Math.sqrt(dot(a, a));
const cosine = (a: readonly number[], b: readonly number[]): number => dot(a, b) / (norm(a) * norm(b));
/** Bytes of the temporaries of one plan. */
const arena = (...ts: Tensor[]): number => {
  const plans = [...g.explain(...ts).matchAll(/^plan: .* arena (\d+) B/gm)];
  expect(plans.length).toBe(1);
  return Number(plans[0]?.[1]);
};
const nearest = { rounding: "nearest" } as const;
/** The argument as an activation: an operand of no elementwise function of arguments alone. */
const active = (x: Tensor): Tensor => g.matmul(x, g.eye(x.shape.at(-1) as number));

describe("codes", () => {
  const first = tensor([[-1, 0, 0.5, 3, -0.1, 0.02, 0.05, 0.1]]);
  const second = tensor([[-2, 1, 2, 4, -0.2, 0, 0.1, 0.3]]);

  test("a batch, by heads and by layer", async () => {
    const [heads] = quantizeGroups(first, { groups: 2 });
    near(await list(heads.alpha), [4, 0.2], 1e-6);
    near(await list(heads.beta), [-1, -0.1], 1e-6);
    expect(await list(heads.codes)).toEqual([0, 64, 96, 255, 0, 153, 191, 255]);
    near(await list(dequantizeGroups(heads)), [-1, 0.003921569, 0.505882353, 3, -0.1, 0.02, 0.049803922, 0.1], 1e-6);
    const [layer] = quantizeGroups(first);
    expect((await list(layer.codes)).slice(4)).toEqual([57, 65, 67, 70]);
    const back = (await list(dequantizeGroups(layer))).slice(4);
    near(back, [-0.105882353, 0.019607843, 0.050980392, 0.098039216], 1e-6);
  });

  test("the next batch: ranges follow, and what lies outside is clipped, not wrapped", async () => {
    const [, ranges] = quantizeGroups(first, { groups: 2 });
    const [q, after] = quantizeGroups(second, { groups: 2, ranges });
    near(await list(q.alpha), [4.2, 0.23], 1e-6);
    near(await list(q.beta), [-1.1, -0.11], 1e-6);
    expect(await list(q.codes)).toEqual([0, 128, 188, 255, 0, 122, 233, 255]);
    const expected = [-1.1, 1.008235294, 1.996470588, 3.1, -0.11, 0.0000392157, 0.100156863, 0.12];
    near(await list(dequantizeGroups(q)), expected, 2e-6);
    expect(await after.steps.item()).toBe(2);
  });

  test("rounding at random has no bias, and errs by less than a step", async () => {
    const x = g.uniform(key(3), [64], { low: -2, high: 5 });
    const values = await list(x);
    const ranges = quantizeGroups(x)[1];
    const n = 400;
    const draw = (k: Tensor): Tensor => dequantizeGroups(quantizeGroups(x, { key: k, ranges })[0]);
    const all = await list(g.vmap(draw)(g.stack(g.split(key(4), n))));
    const draws = Array.from({ length: n }, (_, i) => all.slice(64 * i, 64 * (i + 1)));
    const step = (await ranges.alpha.item()) / 255;
    for (const [i, v] of values.entries()) {
      const seen = draws.map((d) => d[i] as number);
      for (const s of seen) expect(Math.abs(s - v)).toBeLessThan(step * (1 + 1e-4));
      const average = seen.reduce((a, b) => a + b, 0) / n;
      // the variance is step² f (1 − f)
      expect(Math.abs(average - v)).toBeLessThan((5 * 0.5 * step) / Math.sqrt(n));
    }
  });

  test.each([8, 4, 2] as const)("%i bits take their share of a byte, and round to within half a step", async (bits) => {
    const x = g.normal(key(1), [3, 5, 6]);
    const [q] = quantizeGroups(x, { groups: 3, bits });
    expect(q.codes.size).toBe(Math.ceil((90 * bits) / 8));
    const [values, back, alpha] = [await list(x), await list(dequantizeGroups(q)), await list(q.alpha)];
    for (const [i, v] of values.entries()) {
      const half = (alpha[Math.floor((i % 6) / 2)] as number) / (2 ** bits - 1) / 2;
      expect(Math.abs(v - (back[i] as number))).toBeLessThanOrEqual(half * (1 + 1e-4));
    }
  });

  test("constant groups come back, and infinite ones leave the ranges alone", async () => {
    const [q, ranges] = quantizeGroups(tensor([[2, 2, 0, 0]]), { groups: 2 });
    expect(await list(dequantizeGroups(q))).toEqual([2, 2, 0, 0]);
    const [bad, after] = quantizeGroups(tensor([[1, Number.POSITIVE_INFINITY, 0, 1]]), { groups: 2, ranges });
    expect((await list(dequantizeGroups(bad)))[0]).toBeNaN();
    expect(await flat(after)).toEqual(await flat(ranges));
  });

  test("heads of different size err less when they have ranges of their own", async () => {
    const x = g.mul(g.normal(key(2), [4, 3, 10, 10]), g.reshape(tensor([0.01, 0.1, 10]), [1, 3, 1, 1]));
    const values = await list(x);
    const error = async (groups: number): Promise<number> =>
      norm((await list(dequantizeGroups(quantizeGroups(x, { groups })[0]))).map((v, i) => v - (values[i] as number)));
    expect(await error(3)).toBeLessThan(await error(1));
  });
});

describe("derivatives of single functions", () => {
  test("softmax: from its kept result", async () => {
    const dy = tensor([[1, -1, 2]]);
    const f = mesa((x: Tensor) => g.mul(g.softmax(active(x)), dy).sum(), nearest);
    const x = g.log(tensor([[0.2, 0.3, 0.5]]));
    near(await list(g.grad(f)(x)), [0.02, -0.57, 0.55], 1e-6);
    // ranges that become α = 0.5 and β = 0, where the codes are 102, 153 and 255
    const ranges = f.init(x).map(({ steps }) => ({
      alpha: tensor([(0.5 - 0.03) / 0.9]),
      beta: tensor([-0.02 / 0.9]),
      steps: g.add(steps, 1),
    }));
    const [slope] = g.grad((x: Tensor, r: readonly Ranges[]) => f.run(r, x), { hasAux: true })(x, ranges);
    near(await list(slope), [0.02, -0.57, 0.55], 1e-6);
  });

  test("GELU: at the values that codes stand for", async () => {
    const f = mesa((x: Tensor) => g.gelu(active(x)).sum(), nearest);
    expect(f.stored(tensor([[-1, 0, 0.5, 3]])).map((s) => s.op)).toEqual(["activation"]);
    const slope = await list(g.grad(f)(tensor([[-1, 0, 0.5, 3]])));
    near(slope, [-0.0833155, 0.503129, 0.8711079, 1.0119456], 2e-6);
  });

  test("ReLU: bit for bit, from one bit each", async () => {
    const f = (x: Tensor): Tensor => g.relu(active(x)).sum();
    const x = g.normal(key(1), [7, 9]);
    const light = mesa(f, nearest);
    expect(light.stored(x)).toMatchObject([{ op: "mask", bytes: 8 }]);
    expect(await list(g.grad(light)(x))).toEqual(await list(g.grad(f)(x)));
  });

  test("linear: exact by inputs and bias, within the bound by weights, exact where it is off", async () => {
    const f = (x: Tensor, w: Tensor, b: Tensor): Tensor =>
      g.mul(g.add(g.matmul(active(x), w), b), g.normal(key(7), [20, 5])).sum();
    const args = g.realize([g.normal(key(1), [20, 8]), g.normal(key(2), [8, 5]), g.normal(key(3), [5])] as const);
    const slopes = (h: typeof f): Promise<number[][]> =>
      Promise.all(
        g
          .grad(h, { argnums: [0, 1, 2] })(...args)
          .map(list),
      );
    const exact = await slopes(f);
    for (const options of [nearest, { key: key(9) }]) {
      const light = mesa(f, options);
      expect(light.stored(...args)).toMatchObject([{ op: "linear", groups: 1, bytes: 160 + 8, exactBytes: 640 }]);
      const found = await slopes(light);
      expect(found[0]).toEqual(exact[0]);
      expect(found[2]).toEqual(exact[2]);
      const [values, dy] = [await list(args[0]), norm(await list(g.normal(key(7), [20, 5])))];
      const step = (Math.max(...values) - Math.min(...values)) / 255;
      const error = norm((found[1] as number[]).map((v, i) => v - (exact[1]?.[i] as number)));
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThanOrEqual(dy * step * Math.sqrt(160));
    }
    expect(await slopes(mesa(f, { ...nearest, ops: { linear: false } }))).toEqual(exact);
    expect(await slopes(mesa(f, { ...nearest, ops: { linear: { layers: [1] } } }))).toEqual(exact);
  });

  test("norms, convolutions, products, SiLU and tanh: close, with their kinds", async () => {
    const x = g.normal(key(1), [2, 4, 6, 6]);
    const k = g.mul(g.normal(key(2), [4, 4, 3, 3]), 0.2);
    const f = (x: Tensor, k: Tensor): Tensor => {
      const h = g.silu(g.conv(g.standardize(g.conv(x, k, { padding: 1 }), 1), k, { padding: 1 }));
      return g.tanh(g.mul(g.matmul(h, g.transpose(h)), 0.2)).sum();
    };
    const light = mesa(f, { ...nearest, groups: 2 });
    expect(light.stored(x, k).map((s) => s.op)).toEqual([
      "norm",
      "conv",
      "activation",
      "matmul",
      "matmul",
      "activation",
    ]);
    const [a, b] = [f, light].map((h) => flat(g.grad(h, { argnums: [0, 1] })(x, k)));
    expect(cosine(await (a as Promise<number[]>), await (b as Promise<number[]>))).toBeGreaterThan(0.999);
  });
});

describe("a vision transformer", () => {
  const net = new VisionTransformer({
    key: key(0),
    size: 12,
    patch: 4,
    channels: 1,
    classes: 10,
    features: 32,
    depth: 2,
    heads: 4,
  });
  const images = g.normal(key(1), [8, 1, 12, 12]);
  const labels = g.randint(key(2), [8], 0, 10);
  const loss = (m: VisionTransformer): Tensor => crossEntropy(m.call(images), labels);
  const quick = { groups: 4, key: key(3) };
  const slopes = (options: MesaOptions): Promise<number[]> => flat(g.grad(mesa(loss, options))(net));

  test("the loss is the same to the bit, and gradients get nearer with every bit", async () => {
    const exact = await flat(g.grad(loss)(net));
    expect(await mesa(loss, quick)(net).item()).toBe(await loss(net).item());
    const [eight, four, two] = await Promise.all(([8, 4, 2] as const).map((bits) => slopes({ ...quick, bits })));
    const cosines = [eight, four, two].map((s) => cosine(exact, s as number[]));
    expect(cosines[0]).toBeGreaterThan(0.999);
    expect(cosines[1]).toBeLessThan(cosines[0] as number);
    expect(cosines[2]).toBeLessThan(cosines[1] as number);
    const error = norm(exact.map((v, i) => v - (eight?.[i] as number))) / norm(exact);
    expect(error).toBeLessThan(0.05);
    const off = { linear: false, matmul: false, softmax: false, activation: false, norm: false, mask: false } as const;
    expect(cosine(exact, await slopes({ ...quick, ops: off }))).toBeGreaterThan(1 - 1e-10);
  });

  test("what is kept takes a third of the bytes or less", () => {
    const kept = mesa(loss, quick).stored(net);
    const total = (name: "bytes" | "exactBytes"): number => kept.reduce((s, t) => s + t[name], 0);
    expect(total("exactBytes") / total("bytes")).toBeGreaterThan(3);
    for (const { bytes, shape, groups } of kept) expect(bytes).toBe(shape.reduce((a, b) => a * b, 1) + 8 * groups);
  });

  test("the plan of a block's training takes less than half of the memory", () => {
    const block = new TransformerEncoderLayer(64, 4, {
      key: key(0),
      hidden: 256,
      normFirst: true,
      dropout: 0,
      activation: (x) => g.gelu(x),
    });
    const x = g.normal(key(1), [16, 50, 64]);
    const bytes = (depth: number, keep: boolean): number => {
      const f = (layer: TransformerEncoderLayer): Tensor => {
        let h = x;
        for (let i = 0; i < depth; i++) h = layer.call(h);
        return g.square(h).mean();
      };
      const [value, grads] = g.valueAndGrad(keep ? mesa(f, { groups: 4, ...nearest }) : f)(block);
      return arena(value, ...g.treeLeaves(grads));
    };
    const [exact, light] = [false, true].map((keep) => [2, 4].map((depth) => bytes(depth, keep)));
    const [two, four] = exact as [number, number];
    const [lightTwo, lightFour] = light as [number, number];
    expect(lightTwo).toBeLessThan(two / 2);
    // what one block more takes is what is kept of it
    expect(lightFour - lightTwo).toBeLessThan((four - two) / 3);
  });

  test("running ranges are state: they follow the batches, once for each, under jit and checkpoint as well", async () => {
    const f = mesa(loss, { groups: 4, ...nearest });
    const start = f.init(net);
    expect(await flat(start)).toEqual((await flat(start)).map(() => 0));
    const step = (ranges: readonly Ranges[], m: VisionTransformer) =>
      g.valueAndGrad((n: VisionTransformer, r: readonly Ranges[]) => f.run(r, n), { hasAux: true })(m, ranges);
    const [[, once], first] = step(start, net);
    // the first batch's own ranges
    near(await flat(first), await flat(g.grad(f)(net)), 1e-6);
    const [[, twice]] = g.jit(step)(once, net);
    near(await flat(twice.map((r) => r.alpha)), await flat(once.map((r) => r.alpha)), 1e-5);
    expect(new Set(await flat(twice.map((r) => r.steps)))).toEqual(new Set([2]));
    const inside = g.checkpoint((m: VisionTransformer, r: readonly Ranges[]) => f.run(r, m));
    const [[, seen], slope] = g.valueAndGrad(inside as unknown as typeof inside, { hasAux: true })(net, start);
    near(await flat(seen), await flat(once), 1e-6);
    near(await flat(slope), await flat(first), 1e-6);
  });

  test("composes with checkpoint: its inputs are kept in codes", async () => {
    const f = (m: VisionTransformer): Tensor => {
      const inner = g.checkpoint((x: Tensor) => m.blocks.call(x));
      return m.head
        .call(m.norm.call(inner(m.patch_embed.call(images))).mean(1))
        .pow(2)
        .sum();
    };
    const light = mesa(f, { groups: 4, ...nearest });
    expect(light.stored(net).map((s) => s.op)).toContain("checkpoint");
    expect(cosine(await flat(g.grad(f)(net)), await flat(g.grad(light)(net)))).toBeGreaterThan(0.999);
  });

  test("composes with vmap, forward mode and second derivatives", async () => {
    const w = g.normal(key(5), [4, 4]);
    const f = (x: Tensor): Tensor => g.gelu(g.matmul(g.tanh(g.matmul(x, w)), w)).sum();
    const light = mesa(f, nearest);
    const xs = g.normal(key(6), [3, 2, 4]);
    const one = g.grad(light);
    const alone = await Promise.all([0, 1, 2].map((i) => list(one(xs.at(i)))));
    near(await list(g.vmap(one)(xs)), alone.flat(), 1e-5);
    const v = g.normal(key(7), [2, 4]);
    near(await flat(g.jvp(light, [xs.at(0)], [v])), await flat(g.jvp(f, [xs.at(0)], [v])), 1e-5);
    const [a, b] = await Promise.all(
      [f, light].map((h) => list(g.grad((x: Tensor) => g.mul(g.grad(h)(x), v).sum())(xs.at(0)))),
    );
    expect(cosine(a as number[], b as number[])).toBeGreaterThan(0.999);
  });
});
