import type { Tensor } from "@gradus/tensor";
import { dotProductAttention, gather, grad, jit, key, mul, sum, tensor, tri } from "@gradus/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AttentionCache,
  loadStateDict,
  MultiHeadAttention,
  SinusoidalPositions,
  stateDict,
  TransformerDecoder,
  TransformerEncoder,
} from "../src/index.ts";
import { close, filled, same } from "./help.ts";

const on = { key: key(2), dtype: "f64" } as const;
const attention = new MultiHeadAttention(6, 2, on);
const x = filled([2, 5, 6], { scale: 2 });
const minusInfinity = Number.NEGATIVE_INFINITY;

test("by its definition", async () => {
  const y = x.matmul(attention.in_proj_weight!.T).reshape([2, 5, 3, 2, 3]);
  const [q, k, v] = [0, 1, 2].map((i) => y.at(null, null, i)) as [Tensor, Tensor, Tensor];
  const heads = dotProductAttention(q, k, v).reshape([2, 5, 6]);
  await same(attention.call(x), attention.out_proj.call(heads), 12);
});

test("self-attention commutes with every order of the places", async () => {
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5, maxLength: 5 }), async (order) => {
      const to = tensor(order, { dtype: "i32" });
      await same(attention.call(gather(x, to, 1)), gather(attention.call(x), to, 1), 12);
    }),
    { numRuns: 10 },
  );
});

test("causally, no place depends on a later one", async () => {
  for (const place of [0, 2, 3]) {
    const at = (t: Tensor): Tensor => sum(mul(attention.call(t, { causal: true }).at(null, place), filled([2, 6])));
    const g = grad(at)(x);
    expect(
      await g
        .at(null, [place + 1, null])
        .abs()
        .sum()
        .item(),
    ).toBe(0);
    expect(await g.at(null, place).abs().sum().item()).toBeGreaterThan(0);
  }
  // the last places of fewer queries than keys are those at the same number
  await same(
    attention.call(x, { causal: true }).at(null, [0, 3]),
    attention.call(x.at(null, [0, 3]), { causal: true }),
    12,
  );
});

describe("masks", () => {
  const causal = tri(5, 5, 0, { dtype: "bool" });
  test("bool, added and causal ones that say the same", async () => {
    const added = tensor(
      Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => (j <= i ? 0 : minusInfinity))),
      { dtype: "f64" },
    );
    const wanted = attention.call(x, { causal: true });
    await same(attention.call(x, { mask: causal }), wanted, 12);
    await same(attention.call(x, { mask: added }), wanted, 12);
    await same(attention.call(x, { mask: causal, causal: true }), wanted, 12);
  });
  test("hidden keys are as if they were not there", async () => {
    const seen = tensor([[[[1, 1, 1, 0, 0]]]], { dtype: "bool" });
    await same(attention.call(x, { mask: seen }), attention.call(x, { key: x.at(null, [0, 3]) }), 12);
  });
  test.each(["bool", "added"])(
    "a query that may look nowhere gets the output's bias, and finite derivatives: %s",
    async (kind) => {
      const rows = Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => (i === 2 || j > 3 ? 0 : 1)));
      const mask =
        kind === "bool"
          ? tensor(rows, { dtype: "bool" })
          : tensor(
              rows.map((row) => row.map((v) => (v === 1 ? 0 : minusInfinity))),
              { dtype: "f64" },
            );
      const y = attention.call(x, { mask });
      const bias = [...(await attention.out_proj.bias!.data())];
      close(await y.at(1, 2).data(), bias, 12);
      const [g, gx] = grad((m: MultiHeadAttention, t: Tensor) => sum(mul(m.call(t, { mask }), x)), { argnums: [0, 1] })(
        attention,
        x,
      );
      for (const t of [g.in_proj_weight!, g.in_proj_bias!, g.out_proj.weight, gx])
        expect([...(await t.data())].every(Number.isFinite)).toBe(true);
      expect(await gx.at(null, 4).abs().sum().item()).toBeGreaterThan(0);
    },
  );
  test("scores of 10,000 neither overflow nor vanish", async () => {
    const y = await attention.call(x.mul(1e4)).data();
    expect([...y].every(Number.isFinite)).toBe(true);
  });
});

test("separate weights compute what the joint one does", async () => {
  const other = new MultiHeadAttention(6, 2, { ...on, keyFeatures: 7 });
  const joint = attention.in_proj_weight!;
  const dict = stateDict(attention);
  const weights = {
    q_proj_weight: joint.at([0, 6]),
    k_proj_weight: joint.at([6, 12]),
    v_proj_weight: joint.at([12, 18]),
  };
  const { k_proj_weight: k, ...rest } = weights;
  const wider = tensor(
    ((await k.array()) as number[][]).map((row) => [...row, 3]),
    { dtype: "f64" },
  );
  const names = new Map([...dict].filter(([name]) => name !== "in_proj_weight"));
  for (const [name, t] of Object.entries({ ...rest, k_proj_weight: wider })) names.set(name, t);
  const loaded = loadStateDict(other, names);
  const padded = tensor(
    ((await x.array()) as number[][][]).map((s) => s.map((row) => [...row, 0])),
    { dtype: "f64" },
  );
  await same(loaded.call(x, { key: padded, value: x }), attention.call(x), 12);
});

describe("a cache", () => {
  test("one place after the other gives what all places at once give", async () => {
    const wanted = attention.call(x, { causal: true });
    const step = jit((t: Tensor, c: AttentionCache) => attention.decode(t, c));
    let cache = attention.cache(2, 5);
    for (let i = 0; i < 5; i++) {
      const [y, next] = step(x.at(null, [i, i + 1]), cache);
      await same(y, wanted.at(null, [i, i + 1]), 12);
      cache = next;
    }
    expect(step.traces).toBe(1);
    const [full] = step(x.at(null, [0, 1]), cache);
    expect([...(await full.data())].every(Number.isNaN)).toBe(true);
  });
  test("several places at a time, through a whole encoder with positions", async () => {
    const encoder = new TransformerEncoder(6, 2, { ...on, layers: 2, hidden: 8, normFirst: true });
    const positions = new SinusoidalPositions(6);
    const wanted = encoder.call(positions.call(x), { causal: true });
    let caches = encoder.caches(2, 8);
    for (const [from, to] of [
      [0, 2],
      [2, 3],
      [3, 5],
    ] as const) {
      const part = positions.call(x.at(null, [from, to]), caches[0]!.length);
      const [y, next] = encoder.decode(part, caches);
      await same(y, wanted.at(null, [from, to]), 12);
      caches = next;
    }
  });
  test("beside a memory", async () => {
    const decoder = new TransformerDecoder(6, 2, { ...on, layers: 2, hidden: 8 });
    const memory = filled([2, 3, 6], { seed: 5 });
    const wanted = decoder.call(x, memory, { causal: true });
    let caches = decoder.caches(2, 5);
    for (let i = 0; i < 5; i++) {
      const [y, next] = decoder.decode(x.at(null, [i, i + 1]), memory, caches);
      await same(y, wanted.at(null, [i, i + 1]), 12);
      caches = next;
    }
  });
});

test("parameters are called as PyTorch's", () => {
  const decoder = new TransformerDecoder(4, 2, { key: key(0), layers: 1, hidden: 3, normFirst: true });
  expect([...stateDict(decoder)].map(([name, t]) => `${name} ${t.shape}`)).toEqual([
    "layers.0.self_attn.in_proj_weight 12,4",
    "layers.0.self_attn.in_proj_bias 12",
    "layers.0.self_attn.out_proj.weight 4,4",
    "layers.0.self_attn.out_proj.bias 4",
    "layers.0.linear1.weight 3,4",
    "layers.0.linear1.bias 3",
    "layers.0.linear2.weight 4,3",
    "layers.0.linear2.bias 4",
    "layers.0.norm1.weight 4",
    "layers.0.norm1.bias 4",
    "layers.0.norm2.weight 4",
    "layers.0.norm2.bias 4",
    "layers.0.multihead_attn.in_proj_weight 12,4",
    "layers.0.multihead_attn.in_proj_bias 12",
    "layers.0.multihead_attn.out_proj.weight 4,4",
    "layers.0.multihead_attn.out_proj.bias 4",
    "layers.0.norm3.weight 4",
    "layers.0.norm3.bias 4",
    "norm.weight 4",
    "norm.bias 4",
  ]);
});
