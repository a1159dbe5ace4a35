import type { Conv2d, Sequential } from "@gradus/nn";
import {
  adaHessian,
  adam,
  adamw,
  batches,
  hutchinsonDiagonal,
  type Optimizer,
  piecewise,
  type Schedule,
  sgd,
} from "@gradus/optim";
import type { Key, Tensor } from "@gradus/tensor";
import { abs, mean as average, broadcastTo, dispose, jit, key, split, stack, std } from "@gradus/tensor";
import type { Example } from "@gradus/tools";
import { convNet, fit, judge, loss, mean } from "./shared/images.ts";

/** The rate, a tenth of it from 60 % of the steps on, a hundredth from 80 % on. */
const falling = (rate: number, steps: number): Schedule =>
  piecewise([rate, rate / 10, rate / 100], [Math.floor(0.6 * steps), Math.floor(0.8 * steps)]);

type Make = (steps: number, factor: number) => Optimizer;
// Each at the rate that its authors give; nothing is tuned here.
const methods: Readonly<Record<string, Make>> = {
  "SGD, momentum": (n, c) => sgd({ learningRate: falling(0.1 * c, n), momentum: 0.9 }),
  Adam: (n, c) => adam({ learningRate: falling(1e-3 * c, n) }),
  AdamW: (n, c) => adamw({ learningRate: falling(1e-2 * c, n) }),
  AdaHessian: (n, c) => adaHessian({ learningRate: falling(0.15 * c, n) }),
};
const lazy: Make = (n, c) => adaHessian({ learningRate: falling(0.15 * c, n), updateEvery: 5 });
const FACTORS = [0.3, 1, 3];
const DRAWS = 20;

const example = {
  slug: "adahessian",
  title: "AdaHessian: Adam with the curvature in the place of the squared gradient",
  paper: "Yao et al. 2021, ADAHESSIAN: An Adaptive Second Order Optimizer for Machine Learning",
  claim:
    "At the authors' rates AdaHessian reaches a lower training loss than Adam and reads as many test images as the best of SGD, Adam and AdamW within one point; averaging over the taps of kernels makes its estimate at least 1.5 times as steady.",
  figure: "+1.8 points over Adam (CIFAR-10, ResNet-20)",
  headline: ["loss", "adamLoss", "accuracy", "bestOther", "spreadCut"],

  async run({ seed, quick, dataset, draw, log, progress, signal }) {
    const [few, epochs] = quick ? [512, 1] : [10_000, 5];
    const offset = (seed * few) % Math.max(1, dataset.train.size - few);
    const data = dataset.train.take(few, offset).tensors();
    const test = dataset.test.take(quick ? 500 : dataset.test.size).tensors();
    const [weights, order, signs] = split(key(seed), 3) as [Key, Key, Key];
    const runs = 2 * FACTORS.length + 3;
    let done = 0;
    const found = async (who: string, make: Make, factor: number) => {
      const started = performance.now();
      const trained = await fit(convNet(dataset, weights), {
        optimizer: (steps) => make(steps, factor),
        data,
        epochs,
        size: 64,
        key: order,
        signal,
      });
      const seconds = (performance.now() - started) / 1000;
      const result = { loss: (await judge(trained.model, data)).loss, ...(await tested(trained.model)), seconds };
      dispose(trained);
      await progress(++done / runs, `${who}, rate times ${factor}`);
      log(
        `${who}, rate times ${factor}: training loss ${result.loss.toFixed(4)}, ${(100 * result.accuracy).toFixed(2)} % of the test images, ${seconds.toFixed(1)} s`,
      );
      return result;
    };
    const tested = async (net: Sequential): Promise<{ accuracy: number }> => ({
      accuracy: (await judge(net, test)).accuracy,
    });

    const results: Record<string, Awaited<ReturnType<typeof found>>> = {};
    for (const [who, make] of Object.entries(methods)) results[who] = await found(who, make, 1);
    const fifth = await found("AdaHessian, every fifth step", lazy, 1);
    const swings: Record<string, number[]> = {};
    for (const who of ["Adam", "AdaHessian"]) {
      swings[who] = [];
      for (const factor of FACTORS)
        swings[who].push((factor === 1 ? results[who]! : await found(who, methods[who] as Make, factor)).loss);
    }
    const [plain, smooth] = await spreads(convNet(dataset, weights), signs);

    /** Mean relative spread of |D| over draws in the second convolution's kernels, as it is and averaged over the taps of each. */
    async function spreads(net: Sequential, from: Key): Promise<[number, number]> {
      const [some = data] = batches(data, 256, order).epoch(0);
      const draws = jit((model: Sequential, k: Key): Tensor => {
        const diagonal = hutchinsonDiagonal((m: Sequential) => loss(m, some), model, k);
        return abs((diagonal[3] as Conv2d).weight);
      });
      const all = stack(split(from, DRAWS).map((k) => draws(net, k)));
      const taps = broadcastTo(average(all, [3, 4], { keepDims: true }), all.shape);
      const relative = async (x: Tensor): Promise<number> =>
        (await average(std(x, [0])).item()) / (await average(x).item());
      return [await relative(all), await relative(taps)];
    }

    const own = results.AdaHessian!;
    const others = Object.entries(results).filter(([who]) => who !== "AdaHessian");
    const bestOther = Math.max(...others.map(([, r]) => r.accuracy));
    return {
      metrics: {
        loss: own.loss,
        adamLoss: results.Adam!.loss,
        sgdLoss: results["SGD, momentum"]!.loss,
        adamwLoss: results.AdamW!.loss,
        accuracy: own.accuracy,
        adam: results.Adam!.accuracy,
        bestOther,
        meanOther: mean(others.map(([, r]) => r.accuracy)),
        fifthLoss: fifth.loss,
        fifthAccuracy: fifth.accuracy,
        timesAdam: own.seconds / results.Adam!.seconds,
        fifthTimesAdam: fifth.seconds / results.Adam!.seconds,
        lossAtThird: swings.AdaHessian![0]!,
        lossAtTriple: swings.AdaHessian![2]!,
        adamLossAtThird: swings.Adam![0]!,
        adamLossAtTriple: swings.Adam![2]!,
        spread: plain,
        smoothSpread: smooth,
        spreadCut: plain / smooth,
      },
      holds: own.loss < results.Adam!.loss && own.accuracy >= bestOther - 0.01 && plain >= 1.5 * smooth,
      figures: [
        await draw.barChart(
          "loss",
          "Training loss at the authors' rates",
          {
            ...Object.fromEntries(Object.entries(results).map(([who, r]) => [who, r.loss])),
            "AdaHessian, every 5th": fifth.loss,
          },
          { y: "cross-entropy" },
        ),
        await draw.lineChart(
          "rates",
          "Training loss when the rate is wrong",
          Object.fromEntries(
            Object.entries(swings).map(([who, ys]) => [who, ys.map((y, i) => ({ x: FACTORS[i] as number, y }))]),
          ),
          { x: "factor on the rate", y: "cross-entropy", logX: true, logY: true },
        ),
      ],
    };
  },
} satisfies Example;
export default example;
