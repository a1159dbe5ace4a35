import { crossEntropy, Linear, Sequential } from "@gradus/nn";
import {
  adam,
  type BoostedMlp,
  batches,
  cosine,
  gradientBoostedMlp,
  minimize,
  type Optimizer,
  sgd,
  train,
} from "@gradus/optim";
import type { Key, Tensor } from "@gradus/tensor";
import {
  add,
  argmax,
  avgPool,
  cast,
  dispose,
  equal,
  foldIn,
  key,
  mean,
  mul,
  normal,
  realize,
  reshape,
  sigmoid,
  slice,
  split,
  sqrt,
  square,
  std,
  sub,
  sum,
  tensor,
  tidy,
  uniform,
} from "@gradus/tensor";
import type { Example } from "@gradus/tools";

interface Rows {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** Units per block and rate of boosting. */
type Setting = readonly [unitsPerStep: number, learningRate: number];

const L2 = 1e-4;

const example = {
  slug: "gb-nn",
  title: "Gradient boosting of a network's hidden units, which can be switched off",
  paper: "Emami & Martínez-Muñoz 2023, Sequential Training of Neural Networks with Gradient Boosting",
  claim:
    "A hidden layer trained by boosting is within 10 % of the error (Friedman 1) and 1.5 points (images) of the best joint training of as many units; without its last quarter it loses less than 5 % and 1 point; a full step on all rows is worse than a tenth on half of them.",
  figure: "competitive with Adam, L-BFGS and SGD on 18 sets",
  headline: ["boosted", "joint", "boostedRmse", "jointRmse", "lastQuarter"],

  async run({ seed, quick, dataset, draw, log, progress, signal }) {
    const [k1, k2, k3, k4] = split(key(seed), 4) as [Key, Key, Key, Key];
    const units = quick ? 12 : 100;
    const parts = quick ? 6 : 14;
    let done = 0;
    const tell = (text: string): Promise<void> => progress(++done / parts, text);
    const stop = { signal };

    // Friedman 1: ten inputs, five of which matter.
    const friedman = (k: Key, n: number, noise: number): Rows => {
      const [a, b] = split(k) as [Key, Key];
      const x = cast(uniform(a, [n, 10]), "f64");
      const at = (j: number): Tensor => reshape(slice(x, [0, j], [n, j + 1]), [n]);
      const clean = mul(mul(at(0), at(1)), Math.PI)
        .sin()
        .mul(10)
        .add(square(sub(at(2), 0.5)).mul(20))
        .add(at(3).mul(10))
        .add(at(4).mul(5));
      const scaled = mul(sub(x, 0.5), Math.sqrt(12));
      return realize({ x: scaled, y: add(clean, mul(cast(normal(b, [n]), "f64"), noise)) });
    };
    const [fit, held] = [friedman(k1, 200, 1), friedman(foldIn(k1, 9), 1000, 0)];
    const rmse = async (z: Tensor): Promise<number> =>
      (await sqrt(mean(square(sub(reshape(z, [-1]), held.y)))).item()) as number;
    const boost = (learningRate: number, subsample: number): Promise<BoostedMlp> =>
      gradientBoostedMlp({ task: "regression", units, learningRate, subsample, key: k2, ...stop }).fit(fit.x, fit.y);
    const soft = await boost(0.1, 0.5);
    await tell("Friedman 1, boosted");
    const hard = await boost(1, 1);
    await tell("Friedman 1, full steps");
    const curve: number[] = [];
    for await (const z of soft.staged(held.x)) curve.push(await rmse(z));
    const atShare = (share: number): number => curve[Math.round(share * units)] as number;
    /** The same network, all units at once, by L-BFGS on the same objective. */
    const net = (inputs: number, outputs: number, k: Key): Sequential => {
      const [a, b] = split(k) as [Key, Key];
      return new Sequential(
        new Linear(inputs, units, { key: a, dtype: "f64" }),
        sigmoid,
        new Linear(units, outputs, { key: b, dtype: "f64" }),
      );
    };
    const penalty = (m: Sequential, n: number): Tensor =>
      mul(add(sum(square((m[0] as Linear).weight)), sum(square((m[2] as Linear).weight))), L2 / (2 * n));
    const joint = await minimize(
      (m: Sequential) => add(mul(mean(square(sub(reshape(m.call(fit.x), [-1]), fit.y))), 0.5), penalty(m, 200)),
      net(10, 1, k3),
      { maxIterations: 200, gradientTolerance: 0, ...stop },
    );
    const numbers = {
      boostedRmse: atShare(1),
      threeQuartersRmse: atShare(0.75),
      halfRmse: atShare(0.5),
      jointRmse: await rmse(joint.x.call(held.x)),
      hardRmse: await rmse(hard.predict(held.x)),
      meanRmse: (await std(held.y).item()) as number,
    };
    log(
      `Friedman 1, error: boosted ${numbers.boostedRmse.toFixed(3)} (three quarters ${numbers.threeQuartersRmse.toFixed(3)}), joint L-BFGS ${numbers.jointRmse.toFixed(3)}, full steps ${numbers.hardRmse.toFixed(3)}, the mean ${numbers.meanRmse.toFixed(3)}`,
    );

    // Two moons.
    const moons = (k: Key, n: number): { x: Tensor; y: number[] } => {
      const y = Array.from({ length: n }, (_, i) => i % 2);
      const t = uniform(k, [n], { low: 0, high: Math.PI });
      const upper = tensor(y.map((c) => 1 - 2 * c));
      const noise = mul(normal(foldIn(k, 1), [n, 2]), 0.3);
      const px = add(mul(t.cos(), upper), tensor(y));
      const py = add(mul(t.sin(), upper), mul(tensor(y), 0.5));
      return {
        x: realize(
          cast(
            add(
              reshape(px, [n, 1])
                .mul(tensor([[1, 0]]))
                .add(reshape(py, [n, 1]).mul(tensor([[0, 1]]))),
              noise,
            ),
            "f64",
          ),
        ),
        y,
      };
    };
    const [moonFit, moonTest] = [moons(k4, 200), moons(foldIn(k4, 7), quick ? 200 : 2000)];
    const moonModel = await gradientBoostedMlp({ task: "binary", units, learningRate: 0.3, key: k2, ...stop }).fit(
      moonFit.x,
      moonFit.y,
    );
    const moonShare = async (n: number): Promise<number> => {
      const z = [...(await moonModel.predict(moonTest.x, { units: n }).data())] as number[];
      return z.filter((v, i) => (v > 0 ? 1 : 0) === moonTest.y[i]).length / z.length;
    };
    const moonCurve = {
      moons: await moonShare(units),
      moonsHalf: await moonShare(units / 2),
      moonsQuarter: await moonShare(units / 4),
    };
    log(
      `Two moons: ${(100 * moonCurve.moons).toFixed(1)} %, with half of the units ${(100 * moonCurve.moonsHalf).toFixed(1)} %, a quarter ${(100 * moonCurve.moonsQuarter).toFixed(1)} %`,
    );
    await tell("two moons");

    // Images, each pixel the mean of four.
    const [few, tests] = quick ? [200, 200] : [2000, 2000];
    const offset = (seed * few) % Math.max(1, dataset.train.size - few);
    const small = (split_: typeof dataset.train): { x: Tensor; labels: number[] } =>
      tidy(() => {
        const { images } = split_.tensors();
        const pooled = avgPool(mul(cast(images, "f32"), 1 / 255), 2);
        return {
          x: realize(cast(sub(reshape(pooled, [split_.size, -1]).mul(2), 0.5), "f64")),
          labels: [...split_.labels],
        };
      });
    const [imagesFit, imagesTest] = [small(dataset.train.take(few, offset)), small(dataset.test.take(tests))];
    const inputs = imagesFit.x.shape[1] as number;
    const answers = tensor(imagesTest.labels, { dtype: "i32" });
    const data = { x: imagesFit.x, y: tensor(imagesFit.labels, { dtype: "i32" }) };
    const scored = (z: Tensor, y: Tensor): Promise<number> =>
      tidy(() => mean(cast(equal(argmax(z, -1), y), "f32"))).item() as Promise<number>;
    // Whoever is tuned reads most of the last fifth, which that run does not see; then all rows are learnt.
    const cutAt = Math.floor(0.8 * few);
    const take = (from: number, end: number): Rows =>
      tidy(() => realize({ x: slice(data.x, [from, 0], [end, inputs]), y: slice(data.y, [from], [end]) }));
    const [inner, outer] = [take(0, cutAt), take(cutAt, few)];
    const boosted = (
      x: Tensor,
      labels: readonly number[],
      [unitsPerStep, learningRate]: Setting,
    ): Promise<BoostedMlp> =>
      gradientBoostedMlp({
        task: "multiclass",
        units,
        unitsPerStep,
        learningRate,
        subsample: 0.5,
        key: k2,
        maxIterations: 50,
        ...stop,
      }).fit(x, labels);
    let chosen: { setting: Setting; share: number } = { setting: [2, 0.3], share: -1 };
    const grid: Setting[] = quick ? [[2, 0.3]] : [2, 5, 10].flatMap((j) => [0.1, 0.3, 1].map((r): Setting => [j, r]));
    for (const setting of grid) {
      const m = await boosted(inner.x, imagesFit.labels.slice(0, cutAt), setting);
      const share = await scored(m.predict(outer.x), outer.y);
      log(`boosted by ${setting[0]} units, rate ${setting[1]}: ${(100 * share).toFixed(2)} % of the held-out fifth`);
      if (share > chosen.share) chosen = { setting, share };
      dispose(m);
      await tell(`images, boosted by ${setting[0]}, rate ${setting[1]}`);
    }
    const [perStep] = chosen.setting;
    const started = performance.now();
    const imageModel = await boosted(imagesFit.x, imagesFit.labels, chosen.setting);
    const seconds = (performance.now() - started) / 1000;
    const imageShare = (share: number): Promise<number> =>
      scored(imageModel.predict(imagesTest.x, { units: Math.floor((share * units) / perStep) * perStep }), answers);
    await tell("images, boosted");
    const loss = (m: Sequential, b: Rows): Tensor => add(crossEntropy(m.call(b.x), b.y), penalty(m, few));
    const jointly: Record<string, number> = {};
    const quasi = await minimize((m: Sequential) => loss(m, data), net(inputs, dataset.classes, k3), {
      maxIterations: quick ? 10 : 100,
      ...stop,
    });
    jointly["L-BFGS"] = await scored(quasi.x.call(imagesTest.x), answers);
    const first: Record<string, readonly [readonly number[], (steps: number, rate: number) => Optimizer]> = {
      Adam: [[3e-3, 1e-2, 3e-2], (steps, peak) => adam({ learningRate: cosine({ peak, steps }) })],
      SGD: [[0.03, 0.1, 0.3], (steps, peak) => sgd({ learningRate: cosine({ peak, steps }), momentum: 0.9 })],
    };
    for (const [who, [rates, make]] of Object.entries(first)) {
      const go = async (rows: Rows, rate: number): Promise<Sequential> => {
        const cut = batches(rows, 50, k3, { dropLast: true });
        const epochs = quick ? 2 : 30;
        const { model } = await train(net(inputs, dataset.classes, k3), {
          optimizer: make(epochs * cut.steps, rate),
          data: cut,
          epochs,
          loss,
          ...stop,
        });
        signal.throwIfAborted();
        return model;
      };
      let best = { rate: rates[0] as number, share: -1 };
      for (const rate of rates) {
        const m = await go(inner, rate);
        const share = await scored(m.call(outer.x), outer.y);
        if (share > best.share) best = { rate, share };
        dispose(m);
      }
      const m = await go(data, best.rate);
      jointly[who] = await scored(m.call(imagesTest.x), answers);
      dispose(m);
    }
    await tell("images, joint");
    const images = {
      boosted: await imageShare(1),
      threeQuarters: await imageShare(0.75),
      half: await imageShare(0.5),
    };
    const bestJoint = Math.max(...Object.values(jointly));
    log(
      `${dataset.title}: boosted ${(100 * images.boosted).toFixed(2)} % (three quarters ${(100 * images.threeQuarters).toFixed(2)} %), ${Object.entries(
        jointly,
      )
        .map(([who, v]) => `${who} ${(100 * v).toFixed(2)} %`)
        .join(", ")}`,
    );

    return {
      metrics: {
        ...images,
        joint: bestJoint,
        jointLbfgs: jointly["L-BFGS"] as number,
        jointAdam: jointly.Adam as number,
        jointSgd: jointly.SGD as number,
        ...numbers,
        ...moonCurve,
        unitsPerStep: perStep,
        learningRate: chosen.setting[1],
        lastQuarter: images.boosted - images.threeQuarters,
        seconds,
      },
      holds:
        numbers.boostedRmse <= 1.1 * numbers.jointRmse &&
        images.boosted >= bestJoint - 0.015 &&
        numbers.threeQuartersRmse <= 1.05 * numbers.boostedRmse &&
        images.boosted - images.threeQuarters < 0.01 &&
        numbers.hardRmse > numbers.boostedRmse,
      figures: [
        await draw.lineChart(
          "units",
          "Friedman 1: error with the first units on",
          {
            boosted: curve.map((y, x) => ({ x, y })),
            "joint L-BFGS": [0, units].map((x) => ({ x, y: numbers.jointRmse })),
          },
          { x: "units on", y: "root mean square error" },
        ),
        await draw.barChart(
          "images",
          `${dataset.title}: misread by ${units} hidden units`,
          {
            boosted: 1 - images.boosted,
            ...Object.fromEntries(Object.entries(jointly).map(([who, v]) => [who, 1 - v])),
          },
          { y: "share misread", format: ".2%" },
        ),
      ],
    };
  },
} satisfies Example;
export default example;
