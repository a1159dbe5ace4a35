import type { Tensor } from "@gradus/tensor";
import { foldIn, gelu, jit, key, mul, sum, valueAndGrad } from "@gradus/tensor";
import { expect, test } from "vitest";
import { BatchNorm1d, checkpointed, Dropout, Linear, Module, Pass, Sequential, stateDict, tap } from "../src/index.ts";
import { filled, same } from "./help.ts";

const f64 = { dtype: "f64" } as const;
const x = filled([6, 4]);

class Net extends Module {
  readonly blocks: readonly Sequential[];
  readonly forget: boolean;
  constructor(forget: boolean) {
    super();
    this.forget = forget;
    this.blocks = [0, 1].map(
      (seed) =>
        new Sequential(new Linear(4, 4, { key: key(seed), ...f64 }), new BatchNorm1d(4, f64), gelu, new Dropout(0.3)),
    );
  }
  forward(t: Tensor, pass?: Pass): Tensor {
    const run = (h: Tensor, block: Sequential): Tensor =>
      this.forget ? checkpointed(block, h, pass) : block.call(h, pass);
    // the second block runs twice
    return [...this.blocks, this.blocks[1] as Sequential].reduce(run, t);
  }
}
const step = (net: Net, pass: () => Pass): [Tensor, Net, Net] => {
  const loss = (m: Net): readonly [Tensor, Net] => {
    const p = pass();
    const y = m.call(x, p);
    return [sum(mul(y, y)), p.updated(m)];
  };
  const [[value, next], grads] = valueAndGrad(loss, { hasAux: true })(net) as [[Tensor, Net], Net];
  return [value, next, grads];
};

test("training without dropout: the same values, derivatives and statistics, eagerly and compiled", async () => {
  const calm = (forget: boolean): Net => {
    const net = new Net(forget);
    for (const block of net.blocks) (block as unknown as { 3: unknown })[3] = gelu;
    return net;
  };
  const wanted = step(calm(false), () => new Pass());
  const [value, next, grads] = step(calm(true), () => new Pass());
  expect(await value.item()).toBeCloseTo(await wanted[0].item(), 12);
  for (const [got, other] of [
    [next, wanted[1]],
    [grads, wanted[2]],
  ] as const)
    for (const [name, t] of stateDict(got)) await same(t, stateDict(other).get(name) as Tensor, 11);
  const compiled = jit((m: Net) => step(m, () => new Pass()))(calm(true));
  for (const [name, t] of stateDict(compiled[1])) await same(t, stateDict(wanted[1]).get(name) as Tensor, 11);
  expect(await (next.blocks[1]![1] as BatchNorm1d).num_batches_tracked!.item()).toBe(2);
});

test("with dropout, each run has a key of its own, and the derivative is that of the numbers drawn by it", async () => {
  const net = new Net(true);
  const [value, , grads] = step(net, () => new Pass({ key: key(5) }));
  const byHand = (m: Net): Tensor => {
    const order = [...m.blocks, m.blocks[1] as Sequential];
    const y = order.reduce((h, block, i) => block.call(h, new Pass({ key: foldIn(key(5), i) })), x);
    return sum(mul(y, y));
  };
  const [wanted, wantedGrads] = valueAndGrad(byHand)(net);
  expect(await value.item()).toBeCloseTo(await wanted.item(), 12);
  for (const [name, t] of stateDict(grads)) await same(t, stateDict(wantedGrads).get(name) as Tensor, 10);
});

test("evaluation, taps, and what is no module", async () => {
  await same(new Net(true).call(x), new Net(false).call(x), 12);
  const { taps } = tap(new Net(true), ["blocks.0"], x);
  await same(taps["blocks.0"], new Net(false).blocks[0]!.call(x), 12);
  expect(() => (checkpointed as (m: unknown) => unknown)(3)).toThrow("checkpointed: module: expected a module, got 3");
});
