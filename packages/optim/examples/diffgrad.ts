import type { Sequential } from "@gradus/nn";
import {
  adagrad,
  adam,
  amsgrad,
  applyUpdates,
  batches,
  diffGrad,
  friction,
  type Optimizer,
  rmsprop,
  sgd,
  testFunctions,
} from "@gradus/optim";
import type { Key, Tensor } from "@gradus/tensor";
import { dispose, grad, jit, key, realize, split, tensor, tidy, treeLeaves, vmap } from "@gradus/tensor";
import type { Example } from "@gradus/tools";
import { convNet, fit, judge, loss, mean } from "./shared/images.ts";

type Make = (learningRate: number) => Optimizer;

/** As in the paper's study of its three functions: η 0.1, β₁ 0.95. */
const slow = { beta1: 0.95 };
const walkers: Readonly<Record<string, Optimizer>> = {
  Adam: adam({ learningRate: 0.1, ...slow }),
  "Adam at η / 2": adam({ learningRate: 0.05, ...slow }),
  diffGrad: diffGrad({ learningRate: 0.1, ...slow }),
  "diffGrad 1": diffGrad({ learningRate: 0.1, ...slow, version: 1 }),
  "diffGrad 2": diffGrad({ learningRate: 0.1, ...slow, version: 2 }),
};
const STEPS = 299;

const RATES = [3e-4, 1e-3, 3e-3];
const methods: Readonly<Record<string, { readonly make: Make; readonly rates: readonly number[] }>> = {
  "SGD, momentum": { make: (learningRate) => sgd({ learningRate, momentum: 0.9 }), rates: [0.01, 0.03, 0.1] },
  AdaGrad: { make: (learningRate) => adagrad({ learningRate }), rates: [3e-3, 0.01, 0.03] },
  RMSProp: { make: (learningRate) => rmsprop({ learningRate, alpha: 0.9 }), rates: RATES },
  AMSGrad: { make: (learningRate) => amsgrad({ learningRate }), rates: RATES },
  Adam: { make: (learningRate) => adam({ learningRate }), rates: RATES },
  "Adam at η / 2": { make: (learningRate) => adam({ learningRate: learningRate / 2 }), rates: RATES },
  diffGrad: { make: (learningRate) => diffGrad({ learningRate }), rates: RATES },
};

/** Every point that a rule visits from `starts` on, each start on its own: `[steps + 1][starts]`. */
async function walk(f: (x: Tensor) => Tensor, rule: Optimizer, starts: readonly number[]): Promise<number[][]> {
  const slopes = vmap(grad(f));
  const step = jit((x: Tensor, state: unknown): [Tensor, unknown] => {
    const [u, next] = rule.update(slopes(x), state, x);
    return [applyUpdates(x, u), next];
  });
  let [x, state] = tidy(() => {
    const first = tensor([...starts], { dtype: "f64" }).mul(1);
    return realize([first, rule.init(first)] as [Tensor, unknown]);
  });
  const points = [[...starts]];
  for (let t = 0; t < STEPS; t++) {
    const [next, after] = step(x, state);
    dispose([x, state]);
    [x, state] = [next, after];
    points.push([...((await x.data()) as Float64Array)]);
  }
  dispose([x, state]);
  return points;
}

const example = {
  slug: "diffgrad",
  title: "diffGrad: a step braked where the gradient hardly changes",
  paper: "Dubey et al. 2020, diffGrad: An Optimization Method for Convolutional Neural Networks",
  claim:
    "From -1, diffGrad ends in the global minimum of the paper's F1 and F2 where Adam at the same rate does not, and overshoots less on F3; a convnet it trains reads as many test images as with the best of five methods, within one point.",
  figure: "best of seven methods with ResNet-50 on CIFAR-10 and CIFAR-100",
  headline: ["globalF1F2", "overshoot", "adamOvershoot", "diffGrad", "bestOther", "adamHalf"],

  async run({ seed, quick, dataset, draw, log, progress, signal }) {
    const paths: Record<string, Record<string, number[]>> = {};
    for (const [name, f] of Object.entries(testFunctions)) {
      paths[name] = {};
      for (const [who, rule] of Object.entries(walkers))
        paths[name][who] = (await walk(f, rule, [-1])).map(([x]) => x as number);
    }
    const end = (f: string, who: string): number => paths[f]?.[who]?.at(-1) as number;
    const top = (who: string): number => Math.max(...(paths.F3?.[who] ?? []));
    const global = (f: string, x: number): boolean => Math.abs(x - (f === "F1" ? -0.3 : -0.6429)) < 0.05;
    for (const who of Object.keys(walkers))
      log(
        `${who}: F1 ends at ${end("F1", who).toFixed(4)}, F2 at ${end("F2", who).toFixed(4)}, F3 reaches ${top(who).toFixed(4)}`,
      );
    const starts = Array.from({ length: 141 }, (_, i) => -2 + i / 100);
    const share = async (f: "F1" | "F2", who: string): Promise<number> => {
      const last = (await walk(testFunctions[f], walkers[who] as Optimizer, starts)).at(-1) as number[];
      return last.filter((x) => global(f, x)).length / starts.length;
    };
    const sweep = {
      sweepF1: await share("F1", "diffGrad"),
      sweepF1Adam: await share("F1", "Adam"),
      sweepF1AdamHalf: await share("F1", "Adam at η / 2"),
      sweepF2: await share("F2", "diffGrad"),
      sweepF2Adam: await share("F2", "Adam"),
      sweepF2AdamHalf: await share("F2", "Adam at η / 2"),
    };

    const [few, held, epochs] = quick ? [500, 500, 1] : [10_000, 5000, 5];
    const offset = (seed * (few + held)) % Math.max(1, dataset.train.size - few - held);
    const data = dataset.train.take(few, offset).tensors();
    const validation = dataset.train.take(held, offset + few).tensors();
    const test = dataset.test.take(quick ? 1000 : dataset.test.size).tensors();
    const [weights, order] = split(key(seed)) as [Key, Key];
    const all = Object.values(methods).reduce((n, { rates }) => n + rates.length, 0);
    const read: Record<string, number> = {};
    let [done, xi] = [0, 0];
    for (const [who, { make, rates }] of Object.entries(methods)) {
      let best = { validation: -1, test: 0, rate: 0 };
      for (const rate of rates) {
        const trained = await fit(convNet(dataset, weights), {
          optimizer: () => make(rate),
          data,
          epochs,
          size: 64,
          key: order,
          signal,
        });
        const seen = (await judge(trained.model, validation)).accuracy;
        if (seen > best.validation) {
          best = { validation: seen, test: (await judge(trained.model, test)).accuracy, rate };
          if (who === "diffGrad") xi = await meanFriction(trained.model, trained.state);
        }
        dispose(trained);
        await progress(++done / all, `${who}, η ${rate}`);
      }
      read[who] = best.test;
      log(`${who}: ${(100 * best.test).toFixed(2)} % of the test images, η ${best.rate}`);
    }

    /** The friction that the next step would meet, averaged over all parameters. */
    async function meanFriction(net: Sequential, state: unknown): Promise<number> {
      const { previous } = (state as [{ previous: unknown }])[0];
      const [batch = data] = batches(data, 64, order).epoch(epochs);
      const next = grad(loss)(net, batch);
      const parts = await Promise.all(
        treeLeaves(next).map(async (g, i) => {
          const x = friction(treeLeaves(previous)[i] as Tensor, g);
          return [await x.sum().item(), g.size] as [number, number];
        }),
      );
      return parts.reduce((a, [sum]) => a + sum, 0) / parts.reduce((a, [, n]) => a + n, 0);
    }

    const others = Object.entries(read).filter(([who]) => !who.startsWith("diffGrad") && !who.includes("/"));
    const bestOther = Math.max(...others.map(([, x]) => x));
    const globals = (["F1", "F2"] as const).every((f) => global(f, end(f, "diffGrad")) && !global(f, end(f, "Adam")));
    return {
      metrics: {
        globalF1F2: globals ? 1 : 0,
        overshoot: top("diffGrad"),
        adamOvershoot: top("Adam"),
        halfAlsoGlobal: global("F1", end("F1", "Adam at η / 2")) && global("F2", end("F2", "Adam at η / 2")) ? 1 : 0,
        ...sweep,
        diffGrad: read.diffGrad as number,
        adam: read.Adam as number,
        adamHalf: read["Adam at η / 2"] as number,
        bestOther,
        meanOfOthers: mean(others.map(([, x]) => x)),
        friction: xi,
      },
      holds: globals && top("diffGrad") < top("Adam") && (read.diffGrad as number) >= bestOther - 0.01,
      figures: [
        ...(await Promise.all(
          Object.entries(paths).map(([f, lines]) =>
            draw.lineChart(
              `path-${f.toLowerCase()}`,
              `${f} from -1`,
              Object.fromEntries(Object.entries(lines).map(([who, xs]) => [who, xs.map((y, x) => ({ x, y }))])),
              { x: "step", y: "x" },
            ),
          ),
        )),
        await draw.barChart(
          "test",
          "Test images misread by a convnet, each method at its best rate",
          Object.fromEntries(Object.entries(read).map(([who, x]) => [who, 1 - x])),
          { y: "share misread", format: ".2%" },
        ),
      ],
    };
  },
} satisfies Example;
export default example;
