import { accuracy, crossEntropy, Flatten, Linear, Sequential } from "@gradus/nn";
import type { Optimizer, Schedule } from "@gradus/optim";
import { adam, adamw, addDecayedWeights, batches, chain, cosine, train } from "@gradus/optim";
import type { Key, Tensor } from "@gradus/tensor";
import { cast, dispose, jit, key, mul, relu, split } from "@gradus/tensor";
import type { Example, Labelled } from "@gradus/tools";

/** The two ways to let weights decay with factor `λ`. */
const methods = {
  /** Loshchilov & Hutter, algorithm 2 with the decay in the gradient: `g ← ∇f + λ θ`. */
  l2: (learningRate: Schedule, decay: number): Optimizer => chain(addDecayedWeights(decay), adam({ learningRate })),
  /** Algorithm 2 with the decay in the update: `θ ← θ - η λ θ`. */
  decoupled: (learningRate: Schedule, weightDecay: number): Optimizer => adamw({ learningRate, weightDecay }),
} as const;

type Method = keyof typeof methods;
const names: Readonly<Record<Method, string>> = { l2: "Adam with L2", decoupled: "AdamW" };

// The best factor of L2 is far below that of decoupled decay, so each method has its own grid, of the same size.
const RATES = [3e-3, 1e-2, 3e-2, 1e-1];
const DECAYS: Readonly<Record<Method, readonly number[]>> = {
  l2: [0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2],
  decoupled: [0, 3e-2, 1e-1, 3e-1, 1, 3],
};
const METHODS = ["l2", "decoupled"] as const;
/** First weights and orders that the chosen settings are trained from. */
const REPEATS = 5;

/** What a training run is decided by, beside its key. */
interface Setting {
  readonly method: Method;
  readonly rate: number;
  readonly decay: number;
}

/** A setting, and the share of the images held out that it read. */
interface Trial extends Setting {
  readonly validation: number;
}

const normalize = (images: Tensor): Tensor => mul(cast(images, "f32"), 1 / 255);
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const best = (trials: readonly Trial[]): Trial => trials.reduce((a, b) => (b.validation > a.validation ? b : a));

const example = {
  slug: "adamw",
  title: "Decoupled weight decay: AdamW against Adam with L2",
  paper: "Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization",
  claim:
    "With learning rate and decay chosen on held-out images, AdamW reads at least as many test images as Adam with L2.",
  figure: "about 15 % fewer test errors (CIFAR-10, 26 2x64d ResNet)",
  headline: ["fewerErrors", "decoupled", "l2"],

  async run({ seed, quick, dataset, draw, log, progress, signal }) {
    // Each seed trains and chooses on images of its own; all are tested on the whole test set.
    const [few, held] = quick ? [200, 500] : [500, 5000];
    const offset = (seed * (few + held)) % Math.max(1, dataset.train.size - few - held);
    const data = dataset.train.take(few, offset).tensors();
    const validation = dataset.train.take(held, offset + few).tensors();
    const test = dataset.test.take(quick ? 1000 : dataset.test.size).tensors();
    const epochs = quick ? 2 : 60;

    const fit = async ({ method, rate, decay }: Setting, key: Key): Promise<Sequential> => {
      const [first, last, order] = split(key, 3) as [Key, Key, Key];
      const net = new Sequential(
        new Flatten(),
        new Linear(dataset.train.pixels, 128, { key: first }),
        relu,
        new Linear(128, dataset.classes, { key: last }),
      );
      const cut = batches(data, 50, order, { dropLast: true });
      const { model } = await train(net, {
        optimizer: methods[method](cosine({ peak: rate, warmup: 0, steps: epochs * cut.steps }), decay),
        data: cut,
        epochs,
        loss: (net, { images, labels }) => crossEntropy(net.call(normalize(images)), labels),
        signal,
      });
      return model;
    };
    const right = jit((net: Sequential, { images, labels }: Labelled) => accuracy(net.call(normalize(images)), labels));

    const keys = split(key(seed), 1 + REPEATS) as [Key, ...Key[]];
    const grid = METHODS.flatMap((method) =>
      RATES.flatMap((rate) => DECAYS[method].map((decay): Setting => ({ method, rate, decay }))),
    );
    const runs = grid.length + 3 * REPEATS;
    const trials: Trial[] = [];
    for (const setting of grid) {
      const model = await fit(setting, keys[0]);
      trials.push({ ...setting, validation: await right(model, validation).item() });
      dispose(model);
      await progress(trials.length / runs, `${names[setting.method]}, η ${setting.rate}, λ ${setting.decay}`);
    }

    let done = trials.length;
    const tested = async (setting: Trial): Promise<number[]> => {
      const shares: number[] = [];
      for (const key of keys.slice(1)) {
        const model = await fit(setting, key);
        shares.push(await right(model, test).item());
        dispose(model);
        await progress(++done / runs, "test");
      }
      const { method, rate, decay, validation } = setting;
      log(
        `${names[method]}, η ${rate}, λ ${decay}: ${percent(validation)} of the images held out, ${percent(average(shares))} of the test set`,
      );
      return shares;
    };
    // The same keys for each setting, so that their runs are pairs.
    const none = await tested(best(trials.filter(({ decay }) => decay === 0)));
    const l2 = await tested(best(trials.filter(({ method }) => method === "l2")));
    const decoupled = await tested(best(trials.filter(({ method }) => method === "decoupled")));
    const gains = decoupled.map((share, i) => share - (l2[i] as number));
    const [gain, l2Errors] = [average(gains), 1 - average(l2)];

    const shares = (of: Method): number[][] =>
      RATES.map((rate) => trials.filter((t) => t.method === of && t.rate === rate).map((t) => t.validation));
    return {
      metrics: {
        fewerErrors: gain / l2Errors,
        gain,
        gainError: Math.sqrt(average(gains.map((g) => (g - gain) ** 2)) / (REPEATS - 1)),
        decoupled: average(decoupled),
        l2: average(l2),
        none: average(none),
      },
      holds: gain >= 0,
      figures: [
        ...(await Promise.all(
          METHODS.map((method) =>
            draw.matrixChart(`grid-${method}`, `${names[method]}: share of the held-out images read`, shares(method), {
              rows: RATES,
              columns: DECAYS[method],
              x: "decay λ",
              y: "learning rate η",
              legend: "share read",
              format: ".3f",
            }),
          ),
        )),
        await draw.barChart(
          "test",
          `Test images misread, mean of ${REPEATS} runs`,
          { "no decay": 1 - average(none), [names.l2]: l2Errors, [names.decoupled]: 1 - average(decoupled) },
          { y: "share misread", format: ".2%" },
        ),
      ],
    };
  },
} satisfies Example;
export default example;
