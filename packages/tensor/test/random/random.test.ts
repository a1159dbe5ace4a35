import { describe, expect, test } from "vitest";
import {
  bernoulli,
  categorical,
  choice,
  exponential,
  foldIn,
  gumbel,
  iota,
  jit,
  key,
  laplace,
  normal,
  permutation,
  randint,
  random,
  split,
  stack,
  type Tensor,
  tensor,
  truncatedNormal,
  uniform,
  vmap,
} from "../../src/index.ts";
import { threefry } from "../../src/random/key.ts";

const hex = async (t: Tensor): Promise<string[]> => [...(await t.data())].map((x) => x.toString(16).padStart(8, "0"));
const u32 = (x: number): Tensor => tensor(Uint32Array.of(x), { shape: [] });

describe("the generator", () => {
  // Random123, kat_vectors: threefry2x32, 20 rounds.
  test.each([
    [
      [0, 0],
      [0, 0],
      ["6b200159", "99ba4efe"],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      ["1cb996fc", "bb002be7"],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      ["c4923a9c", "483df7a0"],
    ],
  ])("Threefry of key %j and counter %j", async ([a, b], [c, d], expected) => {
    expect(await hex(stack(threefry(u32(a as number), u32(b as number), u32(c as number), u32(d as number))))).toEqual(
      expected,
    );
  });

  test("split gives the words of counters 0, 1, …; foldIn those of its number", async () => {
    const keys = split(key(0), 3);
    expect(await hex(keys[0] as Tensor)).toEqual(["6b200159", "99ba4efe"]);
    for (const n of [0, 1, 2]) expect(await hex(foldIn(key(0), n))).toEqual(await hex(keys[n] as Tensor));
    expect(await hex(foldIn(key(0), tensor(2, { dtype: "i32" })))).toEqual(await hex(keys[2] as Tensor));
  });

  test("an element does not depend on how many are drawn after it", async () => {
    expect([...(await random.bits(key(3), [7]).data())]).toEqual(
      [...(await random.bits(key(3), [100]).data())].slice(0, 7),
    );
  });

  test("under vmap every key draws as it does alone", async () => {
    const keys = split(key(5), 3);
    const together = await vmap((k: Tensor) => normal(k, [4]))(stack(keys)).data();
    const alone = await Promise.all(keys.map((k) => normal(k, [4]).data()));
    expect([...together]).toEqual(alone.flatMap((x) => [...x]));
  });
});

const n = 20_000;
const moments = (x: ArrayLike<number>): [number, number] => {
  const mean = Array.from(x).reduce((s, v) => s + v, 0) / x.length;
  return [mean, Array.from(x).reduce((s, v) => s + (v - mean) ** 2, 0) / x.length];
};

/** Largest distance between the empirical and the true distribution function, times √n: above 1.95 in one of 1,000 samples. */
function ks(x: ArrayLike<number>, cdf: (x: number) => number): number {
  const sorted = Array.from(x).sort((a, b) => a - b);
  return (
    Math.sqrt(sorted.length) *
    Math.max(...sorted.map((v, i) => Math.max(cdf(v) - i / sorted.length, (i + 1) / sorted.length - cdf(v))))
  );
}
/** Φ by its series: independent of the erf under test. */
function phi(x: number): number {
  if (Math.abs(x) > 7) return x > 0 ? 1 : 0;
  let term = x;
  let sum = x;
  for (let k = 1; k < 200; k++) sum += term *= (x * x) / (2 * k + 1);
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
const cut = phi(2) - phi(-2);

describe.each(["f32", "f64"] as const)("distributions in %s", (dtype) => {
  test.each([
    ["uniform", uniform(key(1), [n], { dtype }), (x: number) => x, 1 / 2, 1 / 12],
    ["normal", normal(key(2), [n], { dtype }), phi, 0, 1],
    ["truncatedNormal", truncatedNormal(key(3), [n], { dtype }), (x: number) => (phi(x) - phi(-2)) / cut, 0, 0.7737],
    ["gumbel", gumbel(key(4), [n], { dtype }), (x: number) => Math.exp(-Math.exp(-x)), 0.57722, Math.PI ** 2 / 6],
    ["exponential", exponential(key(5), [n], { dtype }), (x: number) => 1 - Math.exp(-x), 1, 1],
    ["laplace", laplace(key(6), [n], { dtype }), (x: number) => (x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2), 0, 2],
  ] as const)("%s has its distribution, mean and variance", async (_, t, cdf, mean, variance) => {
    const x = await t.data();
    expect(ks(x, cdf)).toBeLessThan(1.95);
    const [m, v] = moments(x);
    expect(Math.abs(m - mean)).toBeLessThan(4 * Math.sqrt(variance / n));
    expect(Math.abs(v / variance - 1)).toBeLessThan(0.07);
    expect(x.every(Number.isFinite)).toBe(true);
  });
});

test("bernoulli, randint and categorical have their frequencies", async () => {
  expect(moments(await bernoulli(key(1), 0.3, [n]).data())[0]).toBeCloseTo(0.3, 1);
  const frequency = (x: ArrayLike<number>, k: number): number => Array.from(x).filter((v) => v === k).length / x.length;
  const dice = await randint(key(2), [n], 1, 7).data();
  for (const k of [1, 2, 3, 4, 5, 6]) expect(Math.abs(frequency(dice, k) - 1 / 6)).toBeLessThan(0.012);
  expect(Math.min(...dice)).toBe(1);
  expect(Math.max(...dice)).toBe(6);
  const drawn = await categorical(key(3), tensor([0.1, 0.2, 0.7]).log(), { shape: [n] }).data();
  [0.1, 0.2, 0.7].forEach((p, k) => expect(Math.abs(frequency(drawn, k) - p)).toBeLessThan(0.015));
});

test("permutations of traced keys are those of the keys", async () => {
  const keys = split(key(5), 3);
  const alone = await Promise.all(keys.map(async (k) => [...(await permutation(k, 50).data())]));
  expect([...(await vmap((k: Tensor) => permutation(k, 50))(stack(keys)).data())]).toEqual(alone.flat());
  expect([...(await jit((k: Tensor) => permutation(k, 50))(keys[1] as Tensor).data())]).toEqual(alone[1]);
  // the order of 32 random bits each, ties by position
  const words = [...(await random.bits(keys[0] as Tensor, [50]).data())];
  const order = words.map((_, i) => i).sort((a, b) => (words[a] as number) - (words[b] as number) || a - b);
  expect(alone[0]).toEqual(order);
});

test("a draw without replacement follows its probabilities", async () => {
  const p = tensor([0.6, 0.3, 0.1]);
  const draw = (i: Tensor): Tensor => choice(foldIn(key(7), i), 3, [2], { replace: false, p });
  const draws = await vmap(draw)(iota([4000], { dtype: "i32" })).data();
  const pairs = [0, 0, 0];
  for (let i = 0; i < draws.length; i += 2) {
    expect(draws[i]).not.toBe(draws[i + 1]);
    (pairs[3 - (draws[i] as number) - (draws[i + 1] as number)] as number)++;
  }
  // P(0 and 1 in any order) = 0.6·0.3/0.4 + 0.3·0.6/0.7, and so on; pairs[j] counts the draws that leave j out
  const expected = [
    0.3 * (0.1 / 0.7) + 0.1 * (0.3 / 0.9),
    0.6 * (0.1 / 0.4) + 0.1 * (0.6 / 0.9),
    0.6 * (0.3 / 0.4) + 0.3 * (0.6 / 0.7),
  ];
  pairs.forEach((n, j) => expect(Math.abs(n / 4000 - (expected[j] as number))).toBeLessThan(0.03));
});

test("a permutation holds every position once, and choice without replacement none twice", async () => {
  const order = await permutation(key(1), 100).data();
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect([...(await permutation(key(2), 100).data())]).not.toEqual([...order]);
  const some = await choice(key(3), 10, [2, 5], { replace: false }).data();
  expect(new Set(some).size).toBe(10);
});
