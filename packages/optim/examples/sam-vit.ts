import { MlpMixer, type Module, Sequential, VisionTransformer, xavierUniform, zerosInit } from "@gradus/nn";
import { adamw, chain, clipByGlobalNorm, cosine, globalNorm, sam } from "@gradus/optim";
import type { Key, Tensor } from "@gradus/tensor";
import {
  mean as average,
  cast,
  dispose,
  foldIn,
  key,
  realize,
  split,
  std,
  tidy,
  treeFlatten,
  treeMap,
  treeNames,
  treeUnflatten,
} from "@gradus/tensor";
import type { Dataset, Example } from "@gradus/tools";
import { convNet, fit, judge, loss, mean, normalize } from "./shared/images.ts";
import {
  activeShares,
  conditionNumber,
  filterNormalized,
  gaussianFlatness,
  lambdaMax,
  landscape,
  ntk,
} from "./shared/sharpness.ts";

/** A kind of network. */
interface Kind {
  readonly make: (dataset: Dataset, key: Key) => Module;
  /** What gives the hidden units before their activation, first layers first. */
  readonly hidden: readonly string[];
  /** How the names of the parameters of each part begin. */
  readonly parts: Readonly<Record<string, readonly string[]>>;
}

/** 16 patches of 48 features, two blocks. */
const sizes = ({ train, classes }: Dataset) => {
  const [channels, size] = train.shape;
  return { size, patch: Math.floor(size / 4), features: 48, depth: 2, classes, channels };
};
/** A model whose weights start as the authors' do: Glorot's, and zeros in the head. */
function glorot<M>(model: M, key: Key): M {
  const names = treeNames(model);
  const [leaves, structure] = treeFlatten(model);
  const keys = split(key, leaves.length);
  const started = leaves.map((p, i) => {
    const name = names[i] as string;
    if (!name.endsWith("weight") || p.rank < 2) return p;
    return (name.startsWith("head") ? zerosInit : xavierUniform)(keys[i] as Key, p.shape, p.dtype);
  });
  return treeUnflatten<M>(structure, started);
}

const kinds: Readonly<Record<string, Kind>> = {
  ViT: {
    make: (dataset, key) => glorot(new VisionTransformer({ ...sizes(dataset), heads: 4, hidden: 96, key }), key),
    hidden: ["blocks.0.mlp.fc1", "blocks.1.mlp.fc1"],
    parts: {
      embedding: ["cls_token", "pos_embed", "patch_embed."],
      "attention 1": ["blocks.0.attn."],
      "MLP 1": ["blocks.0.mlp."],
      "attention 2": ["blocks.1.attn."],
      "MLP 2": ["blocks.1.mlp."],
    },
  },
  Mixer: {
    make: (dataset, key) => new MlpMixer({ ...sizes(dataset), key }),
    hidden: [0, 1].flatMap((i) => [`blocks.${i}.mlp_tokens.fc1`, `blocks.${i}.mlp_channels.fc1`]),
    parts: {
      embedding: ["stem."],
      "tokens 1": ["blocks.0.mlp_tokens."],
      "channels 1": ["blocks.0.mlp_channels."],
      "tokens 2": ["blocks.1.mlp_tokens."],
      "channels 2": ["blocks.1.mlp_channels."],
    },
  },
  "conv net": {
    make: (dataset, key) => convNet(dataset, key, [16, 32]),
    hidden: ["0", "3"],
    parts: { "convolution 1": ["0."], "convolution 2": ["3."] },
  },
};

const RADII = [0.05, 0.1, 0.2, 0.4];
const PEAK = 3e-3;
const SIZE = 25;
const SIGMA = 0.01;
const AT = Array.from({ length: 13 }, (_, i) => (i - 6) / 6);
const PLAIN = "AdamW";
const TWICE = "AdamW, twice the epochs";
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

const example = {
  slug: "sam-vit",
  title: "SAM: flat minima let attention and MLPs learn from few images",
  paper:
    "Chen, Hsieh & Gong 2022, When Vision Transformers Outperform ResNets without Pre-training or Strong Data Augmentations",
  claim:
    "With ρ chosen on held-out images, SAM makes a small ViT and a small Mixer read at least half a point more test images than AdamW, and no fewer than AdamW with twice the epochs; λmax of the Hessian is at most a third, the loss under noise lower, fewer units of the first block active and the weights larger.",
  figure: "ViT-B/16 74.6 → 79.9 %, Mixer-B/16 66.4 → 77.4 % (ImageNet)",
  headline: ["vitGain", "vitOverTwice", "vitSharper", "mixerGain", "mixerOverTwice", "mixerSharper", "convGain"],

  async run({ seed, quick, dataset, draw, log, progress, signal }) {
    const [few, held, tests, epochs] = quick ? [100, 100, 200, 1] : [1000, 1000, dataset.test.size, 25];
    const radii = quick ? [0.05] : RADII;
    const offset = (seed * (few + held)) % Math.max(1, dataset.train.size - few - held);
    const data = dataset.train.take(few, offset).tensors();
    const some = dataset.train.take(quick ? 20 : 200, offset).tensors();
    const handful = dataset.train.take(quick ? 4 : 16, offset).tensors();
    const validation = dataset.train.take(held, offset + few).tensors();
    const test = dataset.test.take(tests).tensors();
    const [weights, order, probe] = split(key(seed), 3) as [Key, Key, Key];
    const [middle, spread] = await Promise.all(
      [average, std].map((of) => tidy(() => of(normalize(data.images))).item() as Promise<number>),
    );
    const standardize = (x: Tensor): Tensor => x.sub(middle as number).mul(1 / (spread as number));
    const runs = Object.keys(kinds).length * (radii.length + 2);
    let done = 0;

    /** Everything that is asked of one kind of network. */
    async function study(name: string, { make, hidden, parts }: Kind) {
      const start = new Sequential(standardize, make(dataset, weights));
      const sharpest = lambdaMax<Module, typeof some>(loss);
      const noisy = gaussianFlatness<Module, typeof some>(loss);
      const shares = activeShares<Module, string>(hidden.map((path) => `1.${path}`));
      const iterations = quick ? 5 : 50;

      const learn = async (rho: number, times = 1) => {
        const { model, state } = await fit(start, {
          optimizer: (steps) => {
            const learningRate = cosine({ peak: PEAK, steps, warmup: Math.ceil(steps / 10) });
            return sam(chain(clipByGlobalNorm(1), adamw({ learningRate, weightDecay: 0.01 })), { rho });
          },
          data,
          epochs: times * epochs,
          size: SIZE,
          key: order,
          signal,
        });
        dispose(state);
        await progress(++done / runs, `${name}, ρ ${rho}`);
        return model;
      };
      const measure = async (who: string, model: Module) => {
        using images = tidy(() => realize(normalize(validation.images)));
        using norm = globalNorm(model);
        const found = {
          model,
          trainLoss: (await judge(model, data)).loss,
          validation: (await judge(model, validation)).accuracy,
          accuracy: (await judge(model, test)).accuracy,
          lambda: await sharpest(model, some, { key: probe, iterations }),
          noisy: await noisy(model, some, { key: probe, sigma: SIGMA, draws: quick ? 2 : 10 }),
          active: Object.values(await shares(model, images)),
          norm: await norm.item(),
        };
        log(
          `${name}, ${who}: ${percent(found.accuracy)} of the test images (${percent(found.validation)} held out), training loss ${found.trainLoss.toFixed(4)}, λmax ${found.lambda.toFixed(2)}, under noise ${found.noisy.toFixed(4)}, active ${found.active.map((x) => x.toFixed(3)).join(", ")}, ‖w‖ ${found.norm.toFixed(2)}`,
        );
        return found;
      };
      const plain = await measure(PLAIN, await learn(0));
      const twice = await measure(TWICE, await learn(0, 2));
      const arms: { rho: number; found: typeof plain }[] = [];
      for (const rho of radii) arms.push({ rho, found: await measure(`SAM, ρ ${rho}`, await learn(rho)) });
      const best = arms.reduce((a, b) => (b.found.validation > a.found.validation ? b : a));

      const byPart: Record<string, readonly [plain: number, flat: number]> = {};
      for (const [part, begins] of Object.entries(parts).slice(0, quick ? 1 : undefined)) {
        const block = (parameter: string): boolean => begins.some((begin) => parameter.startsWith(`1.${begin}`));
        const one = (model: Module): Promise<number> => sharpest(model, some, { key: probe, block, iterations });
        byPart[part] = [await one(plain.model), await one(best.found.model)];
        log(`${name}, λmax of ${part}: ${byPart[part].map((x) => x.toFixed(2)).join(" → ")}`);
      }
      const kappa = await trainability(name, start);
      return { name, plain, twice, arms, best, byPart, kappa };
    }

    /** The condition number of the tangent kernel in f64, as the network starts but for one epoch at a small rate. */
    async function trainability(name: string, start: Sequential): Promise<number> {
      const { model } = await fit(start, {
        optimizer: () => adamw({ learningRate: PEAK / 10 }),
        data,
        epochs: 1,
        size: SIZE,
        key: order,
        signal,
      });
      const wide = tidy(() => realize(treeMap((p) => cast(p, "f64"), model)));
      const images = tidy(() => realize(cast(normalize(handful.images), "f64")));
      using kernel = ntk((net: Module, x: Tensor) => net.call(x))(wide, images);
      const kappa = await conditionNumber(kernel);
      log(`${name}: condition number of the tangent kernel ${kappa.toFixed(0)}`);
      return kappa;
    }

    const studies: Awaited<ReturnType<typeof study>>[] = [];
    for (const [name, kind] of Object.entries(kinds)) studies.push(await study(name, kind));

    /** The loss around a minimum. */
    const surface = landscape<Module, typeof some>(loss);
    const around = async (model: Module): Promise<number[][]> => {
      const directions = [0, 1].map((i) => filterNormalized(model, foldIn(probe, i))) as [Module, Module];
      return surface(model, some, directions, quick ? [-1, 0, 1] : AT);
    };
    const [vit] = studies as [(typeof studies)[number]];
    const [sharp, flat] = [await around(vit.plain.model), await around(vit.best.found.model)];
    const rowsOf = (values: readonly number[][]) => values.map((row) => row.map((x) => Math.log10(Math.max(x, 1e-6))));
    const top = Math.max(...[...sharp, ...flat].flat().map((x) => Math.log10(Math.max(x, 1e-6))));
    const low = Math.min(...[...sharp, ...flat].flat().map((x) => Math.log10(Math.max(x, 1e-6))));

    const flattened = ({ plain, twice, best: { found } }: (typeof studies)[number]): boolean =>
      found.accuracy - plain.accuracy >= 0.005 &&
      found.accuracy >= twice.accuracy &&
      3 * found.lambda <= plain.lambda &&
      found.noisy < plain.noisy &&
      (found.active[0] as number) < (plain.active[0] as number) &&
      found.norm > plain.norm;
    const metrics = studies.map(({ name, plain, twice, best: { rho, found }, arms, byPart, kappa }) => {
      const short = { ViT: "vit", Mixer: "mixer" }[name] ?? "conv";
      const own = {
        Gain: found.accuracy - plain.accuracy,
        OverTwice: found.accuracy - twice.accuracy,
        Sharper: plain.lambda / found.lambda,
        Rho: rho,
        Accuracy: found.accuracy,
        AdamW: plain.accuracy,
        Twice: twice.accuracy,
        MeanGain: mean(arms.map((arm) => arm.found.accuracy)) - plain.accuracy,
        Loss: found.trainLoss,
        AdamWLoss: plain.trainLoss,
        Lambda: found.lambda,
        AdamWLambda: plain.lambda,
        Noisy: found.noisy,
        AdamWNoisy: plain.noisy,
        Active: found.active[0] as number,
        AdamWActive: plain.active[0] as number,
        Norm: found.norm,
        AdamWNorm: plain.norm,
        FirstPart: Object.values(byPart)[0]?.[1] as number,
        AdamWFirstPart: Object.values(byPart)[0]?.[0] as number,
        // -1 where the kernel has no full rank.
        Kappa: Number.isFinite(kappa) ? kappa : -1,
      };
      return Object.fromEntries(Object.entries(own).map(([what, value]) => [`${short}${what}`, value]));
    });
    return {
      metrics: Object.assign({}, ...metrics) as Record<string, number>,
      holds: studies.filter(({ name }) => name !== "conv net").every(flattened),
      figures: [
        ...(await Promise.all(
          (
            [
              ["accuracy", "Test images read", "share read", "accuracy"],
              ["lambda", "The Hessian's largest eigenvalue", "λmax", "lambda"],
            ] as const
          ).map(([slug, title, y, what]) =>
            draw.lineChart(
              slug,
              title,
              Object.fromEntries(
                studies.map(({ name, plain, arms }) => [
                  name,
                  [{ rho: 0, found: plain }, ...arms].map(({ rho, found }) => ({ x: rho, y: found[what] })),
                ]),
              ),
              { x: "radius ρ", y, logY: what === "lambda" },
            ),
          ),
        )),
        ...(await Promise.all(
          studies.map(({ name, byPart, best }) =>
            draw.matrixChart(
              `parts-${name.toLowerCase().replace(" ", "-")}`,
              `${name}: λmax of the parts`,
              Object.values(byPart).map((row) => row.map((x) => Number(x.toPrecision(3)))),
              {
                rows: Object.keys(byPart),
                columns: [PLAIN, `ρ ${best.rho}`],
                x: "trained by",
                y: "part",
                legend: "λmax",
              },
            ),
          ),
        )),
        draw.imageGrid(
          "landscape",
          `The loss around ViT's minimum, as a logarithm: ${PLAIN} (left), SAM (right)`,
          [rowsOf(sharp).flat(), rowsOf(flat).flat()],
          [sharp.length, sharp.length],
          { colors: "hot", range: [low, top], scale: 16, columns: 2 },
        ),
      ],
    };
  },
} satisfies Example;
export default example;
