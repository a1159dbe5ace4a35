import { accuracy, crossEntropy, type Sequential } from "@gradus/nn";
import {
  type AdaptiveResult,
  adagradNorm,
  type BatchSizeOptions,
  chain,
  cosine,
  type Optimizer,
  scaleByAdagrad,
  scaleBySamples,
  trainAdaptive,
} from "@gradus/optim";
import type { Key, Tensor } from "@gradus/tensor";
import { avgPool, cast, dispose, jit, key, mul, realize, relu, reshape, split, tidy } from "@gradus/tensor";
import type { Example } from "@gradus/tools";
import { mean, mlp } from "./shared/images.ts";

interface Rows {
  readonly x: Tensor;
  readonly y: Tensor;
}
interface Arm {
  readonly name: string;
  readonly batchSize: BatchSizeOptions;
  readonly norm?: boolean;
}

const RATES = [0.01, 0.03, 0.06, 0.1];

const example = {
  slug: "adadagrad",
  title: "AdAdaGrad: batches that grow until their gradient can be trusted",
  paper: "Lau, Liu & Kolar 2024, AdAdaGrad: Adaptive Batch Size Schemes for Adaptive Gradient Methods",
  claim:
    "With the same examples seen, batches that grow by the norm test take at least 30 times fewer steps than batches of eight, and the network reads at least 5 points more than with the largest batch throughout; sizes grow faster for a smaller η, and the inner product test asks for no more than the norm test.",
  figure: "fewer steps than small constant batches, better generalisation than large ones (MNIST, CIFAR, ImageNet)",
  headline: ["steps", "smallSteps", "accuracy", "largeAccuracy", "smallAccuracy", "bestConstant"],

  async run({ seed, quick, dataset, draw, log, progress, signal }) {
    const [few, tests, samples] = quick ? [300, 300, 1200] : [5000, 4000, 60_000];
    const offset = (seed * few) % Math.max(1, dataset.train.size - few);
    const [weights, order] = split(key(seed)) as [Key, Key];
    const rows = (part: typeof dataset.train): Rows =>
      tidy(() => {
        const { images, labels } = part.tensors();
        const pooled = avgPool(mul(cast(images, "f32"), 1 / 255), 2);
        return realize({ x: reshape(pooled, [part.size, -1]), y: cast(labels, "i32") });
      });
    const data = rows(dataset.train.take(few, offset));
    const held = rows(dataset.train.take(quick ? 200 : 2000, (offset + few) % (dataset.train.size - 2000)));
    const test = rows(dataset.test.take(tests));
    const inputs = data.x.shape[1] as number;
    const loss = (net: Sequential, { x, y }: Rows): Tensor => crossEntropy(net.call(x), y);
    const right = jit((net: Sequential, { x, y }: Rows) => accuracy(net.call(x), y));
    const share = async (net: Sequential, of: Rows): Promise<number> => {
      using t = right(net, of);
      return t.item();
    };

    const largest = few;
    const constant = (n: number): BatchSizeOptions => ({ first: n, largest: n });
    const norm = (eta: number): BatchSizeOptions => ({ first: 8, largest, eta });
    const arms: readonly Arm[] = [
      ...[8, 64, 256, 1024].filter((n) => n < few).map((n) => ({ name: `b = ${n}`, batchSize: constant(n) })),
      { name: `b = ${few}`, batchSize: constant(few) },
      { name: "norm test, η 1", batchSize: norm(1) },
      { name: "norm test, η 0.5", batchSize: norm(0.5) },
      { name: "inner product test, θ 1", batchSize: { first: 8, largest, test: "inner-product", theta: 1 } },
      { name: "augmented test, θ 1, ν 1", batchSize: { first: 8, largest, test: "augmented", theta: 1 } },
      { name: "AdaGrad-Norm, norm test, η 1", batchSize: norm(1), norm: true },
    ];
    const found: Record<
      string,
      { steps: number; accuracy: number; size: number; last: number; sizes: readonly number[] }
    > = {};
    let done = 0;
    for (const { name, batchSize, norm: whole } of arms) {
      let best = { held: -1, rate: 0 };
      let kept: AdaptiveResult<Sequential> | null = null;
      const rates = whole ? [0.1, 0.3, 1] : RATES;
      for (const rate of rates) {
        const schedule = cosine({ peak: rate, warmup: samples / 10, steps: samples, floor: rate / 10 });
        const optimizer: Optimizer = whole
          ? adagradNorm({ learningRate: rate })
          : chain(scaleByAdagrad(), scaleBySamples(schedule));
        const result = await trainAdaptive(mlp([inputs, 32, dataset.classes], relu, weights), {
          optimizer,
          loss,
          dataset: data,
          samples,
          batchSize,
          microBatch: 256,
          key: order,
          signal,
        });
        signal.throwIfAborted();
        const seen = await share(result.model, held);
        if (seen > best.held) {
          dispose([kept?.model, kept?.optimizer]);
          [best, kept] = [{ held: seen, rate }, result];
        } else dispose([result.model, result.optimizer]);
        await progress((done + (1 + rates.indexOf(rate)) / rates.length) / arms.length, `${name}, rate ${rate}`);
      }
      done++;
      const { model, sizes, optimizer } = kept as AdaptiveResult<Sequential>;
      found[name] = {
        steps: sizes.length,
        accuracy: await share(model, test),
        size: mean(sizes),
        last: sizes.at(-1) as number,
        sizes,
      };
      dispose([model, optimizer]);
      const { steps, accuracy: read, size, last } = found[name];
      log(
        `${name}: ${steps} steps, mean batch ${size.toFixed(0)}, last ${last}, ${(100 * read).toFixed(2)} % of the test images, rate ${best.rate}`,
      );
    }
    const at = (name: string) => found[name] as (typeof found)[string];
    const [one, half, ip] = [at("norm test, η 1"), at("norm test, η 0.5"), at("inner product test, θ 1")];
    const [small, large] = [at("b = 8"), at(`b = ${few}`)];
    const constants = Object.entries(found).filter(([name]) => name.startsWith("b = "));
    const rising = [one, half, ip].every(({ sizes }) =>
      sizes.every((b, i) => i === 0 || b >= (sizes[i - 1] as number)),
    );
    return {
      metrics: {
        steps: one.steps,
        smallSteps: small.steps,
        accuracy: one.accuracy,
        halfAccuracy: half.accuracy,
        halfSteps: half.steps,
        largeAccuracy: large.accuracy,
        smallAccuracy: small.accuracy,
        bestConstant: Math.max(...constants.map(([, r]) => r.accuracy)),
        lastBatch: one.last,
        meanBatch: one.size,
        halfMeanBatch: half.size,
        innerMeanBatch: ip.size,
        innerAccuracy: ip.accuracy,
        augmentedMeanBatch: at("augmented test, θ 1, ν 1").size,
        normAccuracy: at("AdaGrad-Norm, norm test, η 1").accuracy,
        normSteps: at("AdaGrad-Norm, norm test, η 1").steps,
      },
      holds:
        rising &&
        one.last >= 10 * 8 &&
        half.size > one.size &&
        ip.size <= one.size &&
        30 * one.steps <= small.steps &&
        one.accuracy >= large.accuracy + 0.05,
      figures: [
        await draw.lineChart(
          "sizes",
          "Size of the batch after so many examples",
          Object.fromEntries(
            Object.entries(found)
              .filter(([name]) => !name.startsWith("b = "))
              .map(([name, { sizes }]) => {
                let x = 0;
                return [name, sizes.map((y) => ({ x: (x += y), y }))];
              }),
          ),
          { x: "examples seen", y: "batch", logY: true },
        ),
        await draw.barChart(
          "test",
          `Test images misread after ${samples} examples`,
          Object.fromEntries(Object.entries(found).map(([name, { accuracy: read }]) => [name, 1 - read])),
          { y: "share misread", format: ".2%" },
        ),
      ],
    };
  },
} satisfies Example;
export default example;
