import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { key, tensor, treeLeaves } from "@gradus/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Labelled } from "../src/datasets/index.ts";
import type { Prediction } from "../src/tour/analyse.ts";
import { confusion, examples, predict, saliency, worst } from "../src/tour/analyse.ts";
import type { Settings } from "../src/tour/checkpoint.ts";
import { loadCheckpoint, saveCheckpoint } from "../src/tour/checkpoint.ts";
import { ConvNet } from "../src/tour/convnet.ts";
import { settle } from "../src/tour/options.ts";
import { plan, trainTour } from "../src/tour/run.ts";

const settings: Settings = { epochs: 2, seed: 3, batch: 2, limit: 6 };
const N = 6;
const noise = Uint8Array.from({ length: N * 784 }, (_, i) => (i * 2654435761) >>> 24);
const digits: Labelled = {
  images: tensor(noise, { shape: [N, 1, 28, 28] }),
  labels: tensor(Uint8Array.from({ length: N }, (_, i) => i % 10)),
};
const bits = async (tree: unknown): Promise<number[][]> =>
  Promise.all(treeLeaves(tree).map(async (t) => [...new Uint8Array((await t.data()).buffer)]));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gradus-tour-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("stop and resume", () => {
  const template = (saved: Settings): { model: ConvNet; optimizer: unknown } => {
    const { model, optimizer } = plan(digits, saved);
    return { model, optimizer: optimizer.init(model) };
  };

  test.each([2, 3])("stopped after step %i of 6, the checkpoint gives the same bits and history", async (stop) => {
    const whole = trainTour(plan(digits, settings), settings, { onStep: () => {} });
    const wanted = await whole.result;

    const controller = new AbortController();
    let steps = 0;
    const onStep = (): void => {
      if (++steps === stop) controller.abort();
    };
    const part = trainTour(plan(digits, settings), settings, { onStep, signal: controller.signal });
    const { completed, ...state } = await part.result;
    expect([completed, state.step]).toEqual([false, stop]);
    const path = join(folder, `${stop}.safetensors`);
    await saveCheckpoint(path, { settings, history: part.history, state });

    const from = await loadCheckpoint(path, template);
    expect(from.settings).toEqual(settings);
    const rest = trainTour(plan(digits, from.settings), from.settings, { onStep: () => {}, from });
    const got = await rest.result;
    expect(await bits([got.model, got.optimizer])).toEqual(await bits([wanted.model, wanted.optimizer]));
    expect(rest.history).toEqual(whole.history);
  });

  test("no checkpoint, or a damaged one", async () => {
    await expect(loadCheckpoint(join(folder, "none"), template)).rejects.toThrow("there is no checkpoint at");
    const path = join(folder, "2.safetensors");
    await writeFile(path, (await readFile(path)).subarray(0, 1000));
    await expect(loadCheckpoint(path, template)).rejects.toThrow("cannot be used");
  });

  test("settings come from the checkpoint, and must not contradict it", () => {
    expect(settle({}, settings)).toEqual(settings);
    expect(settle({ seed: 3 }, settings)).toEqual(settings);
    expect(() => settle({ seed: 4 }, settings)).toThrow("--seed 4: the checkpoint was made with 3; leave --seed out");
    expect(settle({ epochs: 5 }, null)).toMatchObject({ epochs: 5, seed: 0 });
  });
});

describe("analysis", () => {
  const made = (label: number, predicted: number, probability: number): Prediction => ({
    index: 0,
    label,
    predicted,
    probability,
  });
  test("confusion, worst mistakes, examples", () => {
    const all = [made(1, 1, 0.5), made(1, 7, 0.9), made(2, 3, 0.95), made(2, 2, 0.7), made(1, 1, 0.99)];
    expect(confusion(all)[1]).toEqual([0, 2, 0, 0, 0, 0, 0, 1, 0, 0]);
    expect(worst(all, 1)).toEqual([all[2]]);
    expect(examples(all)).toEqual([all[0], all[3]]);
  });

  test("predictions cover every image; saliency is the derivative of the score by each pixel", async () => {
    const model = new ConvNet(key(0));
    const predictions = await predict(model, digits);
    expect(predictions.map(({ index }) => index)).toEqual(Array.from({ length: N }, (_, i) => i));
    expect(predictions.every(({ probability }) => probability >= 0.1 && probability <= 1)).toBe(true);
    const [map] = await saliency(model, digits, predictions.slice(5, 6));
    expect(map?.length).toBe(784);
    expect(map?.every((v) => v >= 0)).toBe(true);
    // brighter by h in one pixel: the score of the label moves by h times the map's value
    const { normalize } = await import("../src/tour/convnet.ts");
    const score = async (bump: number): Promise<number> => {
      const pixels = Float64Array.from(
        await normalize(tensor(noise.slice(5 * 784, 6 * 784), { shape: [1, 1, 28, 28] })).data(),
      );
      pixels[400] = (pixels[400] as number) + bump;
      const logits = await model.call(tensor(Float32Array.from(pixels), { shape: [1, 1, 28, 28] })).data();
      return logits[predictions[5]!.label] as number;
    };
    const slope = Math.abs((await score(1e-2)) - (await score(-1e-2))) / 2e-2;
    expect(map?.[400]).toBeCloseTo(slope, 3);
  });
});
