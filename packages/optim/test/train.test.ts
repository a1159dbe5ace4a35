import { BatchNorm1d, crossEntropy, loadTree, Module, Pass, saveTree } from "@gradus/nn";
import type { Key, Tensor } from "@gradus/tensor";
import { key, matmul, mean, memory, square, sub, sum, tensor, treeLeaves } from "@gradus/tensor";
import { MemorySink } from "@gradus/tensor/files";
import { describe, expect, test } from "vitest";
import type { Batches, TrainOptions, TrainResult, TrainStep } from "../src/index.ts";
import { adamw, batches, train } from "../src/index.ts";
import { type Batch, data, Net, options } from "./problem.ts";

const bits = async (tree: unknown): Promise<number[][]> =>
  Promise.all(treeLeaves(tree).map(async (t) => [...new Uint8Array((await t.data()).buffer)]));

describe("batches", () => {
  const rows = async (set: Batches<Tensor>, epoch: number, from = 0): Promise<number[][]> =>
    Promise.all([...set.epoch(epoch, from)].map(async (t) => [...(await t.data())]));
  const numbers = tensor(Array.from({ length: 10 }, (_, i) => i));
  test("an epoch holds each example once; epochs and keys differ; the same again is the same", async () => {
    const set = batches(numbers, 4, key(0));
    const first = await rows(set, 0);
    expect(set.steps).toBe(3);
    expect(first.map((b) => b.length)).toEqual([4, 4, 2]);
    expect(first.flat().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await rows(set, 0)).toEqual(first);
    expect(await rows(set, 1)).not.toEqual(first);
    expect(await rows(batches(numbers, 4, key(1)), 0)).not.toEqual(first);
    expect(await rows(set, 0, 1)).toEqual(first.slice(1));
  });
  test("dropLast, ordered", async () => {
    expect(await rows(batches(numbers, 4, key(0), { dropLast: true, ordered: true }), 3)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
  });
  test("errors", () => {
    expect(() => batches(numbers, 0, key(0))).toThrow("batches: size: expected an integer in [1, ∞), got 0");
    expect(() => batches(numbers, 11, key(0), { dropLast: true })).toThrow("10 examples make no batch of 11");
    expect(() => batches({ a: numbers, b: tensor([1]) }, 1, key(0))).toThrow(
      "10 examples in one tensor, [1] in another",
    );
    expect(() => batches(tensor(1), 1, key(0))).toThrow("expected tensors with an axis of examples");
  });
});

describe("train", () => {
  test("learns, reports each step, and leaves the model it was given alone", async () => {
    const losses: number[] = [];
    const given = new Net(0);
    const before = await bits(given);
    const onStep = ({ loss, step, steps, epoch }: TrainStep<Net>): void => {
      expect([epoch, step, steps]).toEqual([Math.floor(losses.length / 3), losses.length % 3, 3]);
      losses.push(loss);
    };
    const result = await train(given, options(100, { onStep }));
    expect(result).toMatchObject({ step: 300, completed: true });
    expect(losses.length).toBe(300);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(await bits(given)).toEqual(before);
  });

  test("jitted and eager steps agree", async () => {
    const a = await train(new Net(0), options(4));
    const b = await train(new Net(0), options(4, { jit: false }));
    const [x, y] = await Promise.all(
      [a, b].map(async ({ model }) => Promise.all(treeLeaves(model).map((t) => t.data()))),
    );
    for (const [i, values] of x!.entries()) for (const [j, v] of values.entries()) expect(v).toBeCloseTo(y![i]![j]!, 5);
  });

  test("stopped, saved, loaded and resumed: the same bits as without the stop", async () => {
    const whole = await train(new Net(0), options(5));
    for (const stop of [4, 6]) {
      const controller = new AbortController();
      const onStep = ({ state }: TrainStep<Net>): void => {
        if (state.step === stop) controller.abort();
      };
      const part = await train(new Net(0), options(5, { signal: controller.signal, onStep }));
      expect(part).toMatchObject({ step: stop, completed: false });
      const sink = new MemorySink();
      await saveTree(sink, { model: part.model, optimizer: part.optimizer });
      const template = { model: new Net(50), optimizer: options(1).optimizer.init(new Net(50)) };
      const { tree } = await loadTree(sink.bytes(), template);
      const resumed = await train(new Net(50), options(5, { resume: { ...tree, step: part.step } }));
      expect(await bits([resumed.model, resumed.optimizer])).toEqual(await bits([whole.model, whole.optimizer]));
    }
  });

  test("tells how it goes, and saves now and then and at the end", async () => {
    const [lines, saved]: [string[], number[]] = [[], []];
    const checkpoint = { every: 4, save: ({ step }: { step: number }) => void saved.push(step) };
    await train(new Net(0), options(3, { progress: (line) => void lines.push(line), checkpoint }));
    expect(lines.at(-1)).toMatch(/^epoch 3\/3 step 3\/3 loss \d\S* 0 s left$/);
    expect(saved).toEqual([4, 8, 9]);
    const controller = new AbortController();
    const onStep = ({ state }: TrainStep<Net>): void => (state.step === 6 ? controller.abort() : undefined);
    await train(new Net(0), options(3, { checkpoint, onStep, signal: controller.signal }));
    expect(saved).toEqual([4, 8, 9, 4, 6]);
  });

  test("metrics come beside the loss", async () => {
    let seen: Readonly<Record<string, number>> = {};
    await train(
      { w: tensor([2]) },
      {
        optimizer: adamw({ learningRate: 0.1 }),
        loss: ({ w }, { x }) => [sum(square(sub(w, x.mean()))), { w: w.sum() }],
        data: data(),
        epochs: 1,
        onStep: ({ metrics, step }) => {
          if (step === 0) seen = metrics;
        },
      },
    );
    expect(seen).toEqual({ w: 2 });
  });

  test("errors", async () => {
    await expect(train(new Net(0), options(0))).rejects.toThrow("train: epochs: expected an integer in [1, ∞), got 0");
    await expect(
      train(new Net(0), options(1, { resume: { model: new Net(0), optimizer: null, step: 99 } })),
    ).rejects.toThrow("train: resume: step 99 is outside 0…3");
    await expect(
      train({ w: tensor([1, 2]) }, { ...options(1), loss: ({ w }: { w: Tensor }) => matmul(w, w) } as never),
    ).resolves.toBeDefined();
  });
});

describe("state that no optimizer moves", () => {
  class Normed extends Module {
    readonly norm: BatchNorm1d;
    readonly net: Net;
    constructor(seed: number) {
      super();
      this.norm = new BatchNorm1d(4, { momentum: null });
      this.net = new Net(seed);
    }
    forward(x: Tensor, k: Key, pass: Pass): Tensor {
      return this.net.call(this.norm.call(x, pass), k);
    }
  }
  const run = (more: object, training = true): Promise<TrainResult<Normed>> =>
    train(new Normed(0), {
      ...(options(2) as object),
      optimizer: adamw({ learningRate: 0.1, weightDecay: 1 }),
      loss: (m: Normed, { x, y }: Batch, k: Key) => {
        const pass = new Pass({ training });
        return [crossEntropy(m.call(x, k, pass), y), { seen: m.norm.num_batches_tracked }, pass.updated(m)];
      },
      ...more,
    } as unknown as TrainOptions<Normed, Batch>);

  test.each([true, false])(
    "running statistics are the mean of the batches', whatever the optimizer does; jit: %s",
    async (jit) => {
      const set = data();
      const inputs = [0, 1].flatMap((epoch) => [...set.epoch(epoch)].map(({ x }) => x));
      const { model } = await run({ jit });
      expect(await model.norm.num_batches_tracked!.item()).toBe(inputs.length);
      const means = await Promise.all(inputs.map((x) => mean(x, 0).data()));
      for (const [c, got] of (await model.norm.running_mean!.data()).entries())
        expect(got).toBeCloseTo(means.reduce((s, m) => s + m[c]!, 0) / inputs.length, 5);
    },
  );
  test.each([true, false])("statistics that are only read stay as they are; jit: %s", async (jit) => {
    const { model } = await run({ jit }, false);
    expect([...(await model.norm.running_var!.data())]).toEqual([1, 1, 1, 1]);
    expect([...(await model.norm.weight!.data())]).not.toEqual([1, 1, 1, 1]);
  });
  test.each([true, false])("memory stays as it is from step to step; jit: %s", async (jit) => {
    const live: number[] = [];
    await run({ jit, epochs: 8, onStep: () => live.push(memory().liveBytes) });
    expect(new Set(live.slice(3)).size).toBe(1);
  });
  test("a model of another shape is refused", async () => {
    const loss = (m: Normed, { x, y }: Batch, k: Key): unknown => [
      crossEntropy(m.call(x, k, new Pass()), y),
      {},
      m.net,
    ];
    await expect(run({ loss })).rejects.toThrow("train: the model that loss returns: structures differ");
  });
});
