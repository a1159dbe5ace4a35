import type { Tensor } from "@gradus/tensor";
import { add, concat, key, mul, sigmoid, stack, sub, tanh } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import { GRU, LSTM, RNN, stateDict } from "../src/index.ts";
import { filled, same, training } from "./help.ts";

const on = { key: key(4), dtype: "f64" } as const;
const x = filled([2, 5, 3], { scale: 2 });
const third = (t: Tensor, i: number, n: number): Tensor => {
  const size = t.shape.at(-1)! / n;
  return t.at(null, [i * size, (i + 1) * size]);
};
const affine = (x: Tensor, w: Tensor, b: Tensor): Tensor => add(x.matmul(w.T), b);
type Named = Readonly<Record<string, Tensor>>;
const named = (m: unknown, suffix: string): Named =>
  Object.fromEntries(
    [...stateDict(m)].flatMap(([n, t]) => (n.endsWith(`_${suffix}`) ? [[n.slice(0, -suffix.length - 1), t]] : [])),
  );

/** Steps written out: state → state. */
const cells = {
  RNN: ([h]: Tensor[], x: Tensor, p: Named) => [
    tanh(add(affine(x, p.weight_ih!, p.bias_ih!), affine(h!, p.weight_hh!, p.bias_hh!))),
  ],
  GRU: ([h]: Tensor[], x: Tensor, p: Named) => {
    const [a, b] = [affine(x, p.weight_ih!, p.bias_ih!), affine(h!, p.weight_hh!, p.bias_hh!)];
    const r = sigmoid(add(third(a, 0, 3), third(b, 0, 3)));
    const z = sigmoid(add(third(a, 1, 3), third(b, 1, 3)));
    const n = tanh(add(third(a, 2, 3), mul(r, third(b, 2, 3))));
    return [add(mul(sub(1, z), n), mul(z, h!))];
  },
  LSTM: ([h, c]: Tensor[], x: Tensor, p: Named) => {
    const y = add(affine(x, p.weight_ih!, p.bias_ih!), affine(h!, p.weight_hh!, p.bias_hh!));
    const [i, f, g, o] = [0, 1, 2, 3].map((k) => third(y, k, 4)) as [Tensor, Tensor, Tensor, Tensor];
    const cell = add(mul(sigmoid(f), c!), mul(sigmoid(i), tanh(g)));
    return [mul(sigmoid(o), tanh(cell)), cell];
  },
} as const;

describe.each([
  ["RNN", RNN, 1, 1],
  ["GRU", GRU, 3, 1],
  ["LSTM", LSTM, 4, 2],
] as const)("%s", (name, Network, gates, states) => {
  const start = Array.from({ length: states }, (_, i) => filled([4, 2, 2], { seed: i }));
  const first = { hidden: start[0]!, ...(states === 2 ? { cell: start[1]! } : {}) } as never;

  test("the loop in the graph computes what steps one after the other do, both ways, in two layers", async () => {
    const network = new Network(3, 2, { ...on, layers: 2, bidirectional: true });
    let sequence = [0, 1, 2, 3, 4].map((i) => x.at(null, i));
    const ends: Tensor[][] = [];
    for (const layer of [0, 1]) {
      const runs = ["", "_reverse"].map((way, d) => {
        const p = named(network, `l${layer}${way}`);
        let state = start.map((t) => t.at(layer * 2 + d));
        const order = d === 0 ? sequence : sequence.toReversed();
        const ys = order.map((t) => (state = [...cells[name](state, t, p)])[0]!);
        ends.push(state);
        return d === 0 ? ys : ys.toReversed();
      });
      sequence = sequence.map((_, i) => concat([runs[0]![i]!, runs[1]![i]!], -1));
    }
    const { output, hidden, ...rest } = network.call(x, first) as { output: Tensor; hidden: Tensor; cell?: Tensor };
    await same(output, stack(sequence, 1), 12);
    await same(hidden, stack(ends.map((s) => s[0]!)), 12);
    if (rest.cell) await same(rest.cell, stack(ends.map((s) => s[1]!)), 12);
  });

  test("a sequence in two parts, the second from the state of the first", async () => {
    const network = new Network(3, 4, { ...on, layers: 2 });
    const whole = network.call(x);
    const { output, ...state } = network.call(x.at(null, [0, 2]));
    const rest = network.call(x.at(null, [2, 5]), state as never);
    await same(concat([output, rest.output], 1), whole.output, 12);
    await same(rest.hidden, whole.hidden, 12);
  });

  test("names and shapes as in PyTorch", () => {
    const network = new Network(3, 2, { key: key(0), layers: 2, bidirectional: true });
    const shapes = (layer: number, width: number): string[] =>
      ["", "_reverse"].flatMap((way) => [
        `weight_ih_l${layer}${way} ${gates * 2},${width}`,
        `weight_hh_l${layer}${way} ${gates * 2},2`,
        `bias_ih_l${layer}${way} ${gates * 2}`,
        `bias_hh_l${layer}${way} ${gates * 2}`,
      ]);
    expect([...stateDict(network)].map(([n, t]) => `${n} ${t.shape}`)).toEqual([...shapes(0, 3), ...shapes(1, 4)]);
  });

  test("dropout is between layers, in training", async () => {
    const network = new Network(3, 2, { ...on, layers: 2, dropout: 0.5 });
    const alone = new Network(3, 2, { ...on, layers: 1, dropout: 0.5 });
    const run = (m: typeof network, trains: boolean): Promise<unknown> =>
      m.call(x, undefined as never, trains ? training() : undefined).output.data();
    expect(await run(network, true)).not.toEqual(await run(network, false));
    expect(await run(alone, true)).toEqual(await run(alone, false));
  });
});
