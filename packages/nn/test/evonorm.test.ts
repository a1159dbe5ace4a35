import type { Tensor } from "@gradus/tensor";
import {
  cast,
  div,
  grad,
  jit,
  maximum,
  mul,
  relu,
  sigmoid,
  sqrt,
  sum,
  tensor,
  treeNames,
  variance,
} from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EvoNorm1d, EvoNorm2d, type EvoNormOptions, type EvoNormVariant, Pass, stateDict } from "../src/index.ts";
import { type Any, close, filled, same } from "./help.ts";

const f64 = { dtype: "f64" } as const;
const x = tensor([1, -1, 2, 0, 0.5, 1.5, -2, 1], { shape: [2, 2, 1, 2], ...f64 });
const layer = (variant: EvoNormVariant, options: EvoNormOptions = {}): EvoNorm2d =>
  new EvoNorm2d(2, variant, { ...f64, ...options });
/** A layer with other parameters. */
const given = (
  variant: EvoNormVariant,
  values: Readonly<Record<string, Tensor>>,
  options: EvoNormOptions = {},
): EvoNorm2d => Object.assign(layer(variant, options), values);
const one = { groups: 1 } as const;

describe("worked examples", () => {
  test.each([
    ["B0", {}, [0.4999988, -1.0690389, 0.6666656, 0, 0.499995, 0.7499963, -1.3522437, 0.3999995]],
    ["B1", {}, [0.4999975, -1.0690389, 0.4714033, 0, 0.2981412, 0.5366542, -1.3522437, 0.3162271]],
    ["B2", {}, [1.0690389, -0.4999988, 1.3522437, 0, 0.5345194, 1.6035583, -0.5584811, 0.6761219]],
    ["S0", one, [0.6538761, -0.2405476, 1.5756114, 0, 0.231175, 0.9109161, -0.1770829, 0.5430152]],
    ["S1", one, [0.6538761, -0.2405476, 1.5756114, 0, 0.231175, 0.9109161, -0.1770829, 0.5430152]],
    ["S0", { groups: 2 }, [0.7310549, -0.2689401, 1.7615853, 0, 0.6224469, 2.4526744, -0.1589369, 0.4873713]],
    ["S2", one, [0.5969048, -0.219589, 1.4383308, 0, 0.2272894, 0.8956056, -0.1741065, 0.5338883]],
  ] as [EvoNormVariant, EvoNormOptions, number[]][])("%s %j", async (variant, options, wanted) => {
    close(await layer(variant, options).call(x, new Pass()).data(), wanted, 6);
  });

  test.each([
    ["biased", [0.9875, 1.11875]],
    ["unbiased", [1.0166667, 1.1916667]],
  ] as const)("the running variance after a step, %s", async (runningVar, wanted) => {
    const pass = new Pass();
    const norm = layer("B0", { runningVar });
    norm.call(x, pass);
    const next = pass.updated(norm);
    close(await next.running_var!.data(), wanted, 7);
    expect(await norm.running_var!.data()).toEqual(new Float64Array([1, 1]));
    if (runningVar === "biased")
      close(
        await next.call(x).data(),
        [0.4999988, -1.0063041, 0.6666656, 0, 0.499995, 0.7499963, -1.8908694, 0.3999995],
        6,
      );
  });

  test.each([
    [
      "S0",
      3.2378753,
      [0.236502, 1.815799, 1.446885, 2.288802, -0.438022, 0.653741, -0.692607, -2.056394],
      [0.710348, 0.698169],
    ],
    [
      "B0",
      -3.7097461,
      [0.554807, 1.165701, 0.540897, 2.858696, -0.912957, 0.711567, 0.465482, -0.150842],
      [-0.814275, -0.543271],
    ],
  ] as [EvoNormVariant, number, number[], number[]][])("gradients of %s", async (variant, value, byX, byV) => {
    const t = tensor([1, 2, 3, 4, -1, 0.5, 2, -3], { shape: [2, 2, 1, 2], ...f64 });
    const norm = given(variant, { v: tensor([0.7, 1.3], f64) }, one);
    const loss = (m: EvoNorm2d, x: Tensor): Tensor => sum(mul(m.call(x, new Pass()), t));
    expect(await loss(norm, x).item()).toBeCloseTo(value, 6);
    close(await grad((x: Tensor) => loss(norm, x))(x).data(), byX, 5);
    close(await grad((m: EvoNorm2d) => loss(m, x))(norm).v!.data(), byV, 5);
  });
});

test("the definition, over all examples and channels together", async () => {
  const images = filled([3, 4, 2, 5], { scale: 2 });
  const keep = { keepDims: true } as const;
  const s = (axes: number[]): Tensor => sqrt(variance(images, axes, keep).add(1e-5));
  const v = tensor([0.3, 1.2, -0.5, 2], f64);
  const norm = Object.assign(new EvoNorm2d(4, "B0", f64), { v });
  await same(
    norm.call(images, new Pass()),
    div(images, maximum(s([0, 2, 3]), mul(v.reshape([1, 4, 1, 1]), images).add(s([2, 3])))),
    12,
  );
  const groups = filled([3, 4, 2, 5], { scale: 2 }).reshape([3, 2, 2, 10]);
  const wanted = div(mul(groups, sigmoid(groups)), sqrt(variance(groups, [2, 3], keep).add(1e-5)));
  await same(new EvoNorm2d(4, "S1", { ...f64, groups: 3 }).call(images), wanted.reshape([3, 4, 2, 5]), 12);
});

describe("laws", () => {
  const exact = { epsilon: 0, groups: 1 } as const;
  const factor = fc.double({ min: 0.01, max: 100, noNaN: true });
  const run = (variant: EvoNormVariant, a: number, v = 1): Promise<ArrayLike<number>> =>
    given(variant, layer(variant).v === null ? {} : { v: tensor([v, v], f64) }, exact)
      .call(mul(x, a), new Pass())
      .data();

  test("B0 and B2 do not see the scale of their input, B1 does", async () => {
    await fc.assert(
      fc.asyncProperty(factor, async (a) => {
        for (const variant of ["B0", "B2"] as const) close(await run(variant, a), await run(variant, 1), 9);
      }),
      { numRuns: 20 },
    );
    expect((await run("B1", 3))[0]).not.toBeCloseTo((await run("B1", 1))[0] as number, 2);
  });
  test("S0 of a x with v / a is that of x, and tends to a rectified, normalised x", async () => {
    await fc.assert(
      fc.asyncProperty(factor, async (a) => close(await run("S0", a, 1 / a), await run("S0", 1), 9)),
      { numRuns: 20 },
    );
    close(await run("S0", 1000), [0.894427, 0, 1.788854, 0, 0.371391, 1.114172, 0, 0.742781], 6);
    await same(
      tensor(Array.from(await run("S0", 1e5)), f64),
      div(relu(x), sqrt(variance(x, [1, 2, 3], { keepDims: true }))).reshape([8]),
      12,
    );
  });
  test.each(["S0", "S1", "S2"] as const)(
    "%s: examples do not see each other, nor whether it trains",
    async (variant) => {
      const norm = layer(variant);
      const both = norm.call(x, new Pass());
      await same(norm.call(x), both, 14);
      await same(norm.call(x.at([1, 2])), both.at([1, 2]), 14);
      expect(norm.running_var).toBeNull();
    },
  );
  test("B0 with v = 0 divides by the larger deviation", async () => {
    const s = (axes: number[]): Tensor => sqrt(variance(x, axes, { keepDims: true }).add(1e-5));
    await same(
      given("B0", { v: tensor([0, 0], f64) }).call(x, new Pass()),
      div(x, maximum(s([0, 2, 3]), s([2, 3]))),
      12,
    );
  });
  test("where both denominators are equal the derivative is the batch's", async () => {
    // one example and v = 0: both are the same deviation, whose derivative by v would be that of the other one
    const norm = given("B0", { v: tensor([0, 0], f64) });
    const single = x.at([0, 1]);
    const g = grad((m: EvoNorm2d) => sum(mul(m.call(single, new Pass()), single)))(norm);
    expect(await g.v!.data()).toEqual(new Float64Array(2));
  });
  test("the moment over all examples is accurate far from zero", async () => {
    const norm = new EvoNorm2d(2, "B2", { epsilon: 0, momentum: 1 });
    const pass = new Pass();
    norm.call(mul(x, 1).add(1000), pass);
    close(await pass.updated(norm).running_var!.data(), [0.875, 2.1875], 3);
  });
});

test("without nonlinearity it scales and shifts, whatever the input's spread", async () => {
  for (const variant of ["B0", "B1", "B2", "S0", "S1", "S2"] as const) {
    const norm = layer(variant, { nonlinearity: false });
    await same(norm.call(mul(x, 100), new Pass()), mul(x, 100), 14);
    expect(treeNames(norm)).toEqual(["weight", "bias"]);
  }
});

test("names, groups and first values", async () => {
  const names = (variant: EvoNormVariant): string[] => [...stateDict(layer(variant)).keys()];
  expect(names("B0")).toEqual(["weight", "bias", "v", "running_var"]);
  expect(names("B2")).toEqual(["weight", "bias", "running_var"]);
  expect(names("S0")).toEqual(["weight", "bias", "v"]);
  expect([16, 48, 96, 100].map((n) => new EvoNorm2d(n, "S0").groups)).toEqual([16, 24, 32, 25]);
  expect(new EvoNorm2d(48, "S0", { groupSize: 16 }).groups).toBe(3);
  expect(await layer("S0", { initZero: true }).call(x).data()).toEqual(new Float64Array(8));
});

test("half precision sums in f32", async () => {
  const wide = filled([2, 2, 40, 40], { dtype: "f32", scale: 100 });
  for (const variant of ["B0", "S0"] as const) {
    const [half, full] = (["f16", "f32"] as const).map((dtype) =>
      new EvoNorm2d(2, variant, { dtype }).call(cast(wide, dtype), new Pass()),
    ) as [Tensor, Tensor];
    expect(half.dtype).toBe("f16");
    close(await cast(half, "f32").data(), await full.data(), 2);
  }
});

test("state by a pass that is compiled; one that evaluates carries it on", async () => {
  const norm = layer("B0");
  const step = (m: EvoNorm2d): EvoNorm2d => {
    const pass = new Pass();
    m.call(x, pass);
    return pass.updated(m);
  };
  await same(jit(step)(norm).running_var!, step(norm).running_var!, 14);
  const pass = new Pass({ training: false });
  norm.call(x, pass);
  expect(pass.updated(norm).running_var).not.toBe(norm.running_var);
  await same(pass.updated(norm).running_var!, norm.running_var!);
  const g = grad((m: EvoNorm2d) => sum(m.call(x)))(norm);
  expect(await g.running_var!.data()).toEqual(new Float64Array(2));
});

test("errors", () => {
  expect(() => new EvoNorm2d(2, "C0" as Any)).toThrow(
    'EvoNorm2d: variant: "C0" is unknown; use B0, B1, B2, S0, S1, S2',
  );
  expect(() => layer("B0").call(filled([1, 2, 1, 1]), new Pass())).toThrow(
    "EvoNorm2d: x: [1,2,1,1] has 1 value per channel; a variance needs two",
  );
  expect(() => new EvoNorm1d(2, "S0").call(x)).toThrow("EvoNorm1d: x: expected [batch, 2, length], got [2,2,1,2]");
});
