import type { MesaOptions, Ranges } from "@gradus/nn";
import { accuracy, crossEntropy, dequantizeGroups, mesa, quantizeGroups, tap, VisionTransformer } from "@gradus/nn";
import { adamw, batches, cosine, train } from "@gradus/optim";
import type { Key, Tensor } from "@gradus/tensor";
import {
  cast,
  dispose,
  explain,
  grad,
  jit,
  key,
  mul,
  permute,
  reshape,
  split,
  sub,
  treeLeaves,
  valueAndGrad,
} from "@gradus/tensor";
import type { Example } from "@gradus/tools";

interface Digits {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** What is trained: the net, and running ranges beside it. */
interface Trained {
  readonly net: VisionTransformer;
  readonly ranges: readonly Ranges[];
}

const [HEADS, FEATURES, DEPTH, SIZE] = [4, 64, 4, 50];
const normalize = (images: Tensor): Tensor => mul(cast(images, "f32"), 1 / 255);
const loss = (net: VisionTransformer, { images, labels }: Digits): Tensor =>
  crossEntropy(net.call(normalize(images)), labels);

/** How each run keeps its activations; null: as they are. */
const ways: Readonly<Record<string, Omit<MesaOptions, "key"> | null>> = {
  exact: null,
  "8 bits": { groups: HEADS },
  "2 bits": { groups: HEADS, bits: 2 },
};

const numbers = async (tree: unknown): Promise<number[]> =>
  (await Promise.all(treeLeaves(tree).map((t) => t.data()))).flatMap((x) => [...x] as number[]);
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, i) => s + x * (b[i] as number), 0);

const example = {
  slug: "mesa",
  title: "Mesa: transformers that train on activations kept in 8 bits",
  paper: "Pan et al. 2021, Mesa: A Memory-saving Training Framework for Transformers",
  claim:
    "A small vision transformer whose activations are kept in 8 bits reads as many test images as one trained exactly, within one point, from the same first loss and with gradients of cosine 0.999 or more, in less than half of the planned memory.",
  figure: "71.9 to 72.1 % (DeiT-Ti, ImageNet) with 55 % less memory",
  headline: ["mesa", "exact", "cosine8", "planRatio", "keptRatio"],

  async run({ seed, quick, dataset, draw, log, progress, signal }) {
    const [few, tests, epochs] = quick ? [500, 500, 1] : [6000, dataset.test.size, 2];
    const offset = (seed * few) % Math.max(1, dataset.train.size - few);
    const data = dataset.train.take(few, offset).tensors();
    const [channels, height] = dataset.train.shape;
    const [weights, order, noise] = split(key(seed), 3) as [Key, Key, Key];
    const made = (depth: number): VisionTransformer =>
      new VisionTransformer({
        key: weights,
        size: height,
        patch: Math.floor(height / 4),
        channels,
        classes: dataset.classes,
        features: FEATURES,
        depth,
        heads: HEADS,
      });
    const net = made(DEPTH);
    const cut = batches(data, SIZE, order, { dropLast: true });
    const [first = data] = cut.epoch(0);

    const read = jit((m: VisionTransformer, { images, labels }: Digits) => accuracy(m.call(normalize(images)), labels));
    async function share(m: VisionTransformer): Promise<number> {
      let right = 0;
      for (let from = 0; from < tests; from += 500) {
        const part = { ...dataset.test.take(Math.min(500, tests - from), from).tensors() };
        const found = read(m, part);
        right += (await found.item()) * (part.labels.shape[0] as number);
        dispose([found, part]);
      }
      return right / tests;
    }

    const curves: Record<string, { x: number; y: number }[]> = {};
    const shares: Record<string, number> = {};
    const firsts: Record<string, number> = {};
    let trained = net;
    let done = 0;
    for (const [way, options] of Object.entries(ways)) {
      const light = options && mesa(loss, { ...options, key: noise });
      const points: { x: number; y: number }[] = [];
      curves[way] = points;
      let sum = 0;
      const { model } = await train<Trained, Digits>(
        { net, ranges: light ? light.init(net, first) : [] },
        {
          optimizer: adamw({ learningRate: cosine({ peak: 2e-3, steps: epochs * cut.steps, warmup: quick ? 2 : 20 }) }),
          data: cut,
          epochs,
          loss({ net: m, ranges }, batch) {
            if (light === null) return loss(m, batch);
            const [value, next] = light.run(ranges, m, batch);
            return [value, {}, { net: m, ranges: next }];
          },
          onStep({ epoch, step, steps, loss: value }) {
            const at = epoch * steps + step;
            firsts[way] ??= value;
            sum += value;
            if (at % 10 === 9) {
              points.push({ x: at + 1, y: sum / 10 });
              sum = 0;
            }
          },
          signal,
        },
      );
      signal.throwIfAborted();
      shares[way] = await share(model.net);
      if (way === "exact") trained = model.net;
      else dispose(model);
      log(`${way}: ${(100 * (shares[way] as number)).toFixed(2)} % of the test images, first loss ${firsts[way]}`);
      await progress(++done / (Object.keys(ways).length + 1), way);
    }

    // Gradients of the exactly trained net on one batch.
    const exact = await numbers(jit(grad(loss))(trained, first));
    const found: Record<string, number> = {};
    const policies: Readonly<Record<string, Omit<MesaOptions, "key">>> = {
      cosine8: { groups: HEADS },
      cosine8OneRange: { groups: 1 },
      cosine4: { groups: HEADS, bits: 4 },
      cosine2: { groups: HEADS, bits: 2 },
      cosine8Attention: { groups: HEADS, ops: { linear: false, activation: false, norm: false, conv: false } },
    };
    for (const [name, options] of Object.entries(policies)) {
      const near = await numbers(jit(grad(mesa(loss, { ...options, key: noise })))(trained, first));
      found[name] = dot(exact, near) / Math.sqrt(dot(exact, exact) * dot(near, near));
      if (name === "cosine8")
        found.relativeError = Math.sqrt(
          exact.reduce((s, x, i) => s + (x - (near[i] as number)) ** 2, 0) / dot(exact, exact),
        );
      log(`${name}: ${(found[name] as number).toFixed(6)}`);
    }

    /** Bytes of the temporaries that the plan of a step takes. */
    const planned = (f: typeof loss): number => {
      const [value, slopes] = valueAndGrad(f)(net, first);
      const [arena, ...others] = explain(value, ...treeLeaves(slopes)).matchAll(/^plan: .* arena (\d+) B/gm);
      if (others.length > 0) throw new Error("mesa: the step has more than one plan");
      return Number(arena?.[1]);
    };
    const light = mesa(loss, { groups: HEADS, rounding: "nearest" });
    const [planExact, planMesa] = [planned(loss), planned(light)];
    const kept = light.stored(net, first);
    const total = (name: "bytes" | "exactBytes"): number => kept.reduce((s, t) => s + t[name], 0);
    log(
      `plan of a step: ${planExact} B exact, ${planMesa} B with 8 bits; kept ${total("exactBytes")} and ${total("bytes")} B`,
    );

    // Queries of the first block, by heads and with one range.
    const { taps } = tap(trained, ["blocks.0.attn.qkv"], normalize(first.images));
    const qkv = taps["blocks.0.attn.qkv"];
    const tokens = qkv.shape[1] as number;
    const heads = permute(reshape(qkv, [SIZE, tokens, 3, HEADS, FEATURES / HEADS]), [2, 0, 3, 1, 4]).at(0);
    const error = (groups: number): Promise<number> =>
      sub(dequantizeGroups(quantizeGroups(heads, { groups })[0]), heads)
        .pow(2)
        .mean()
        .item();
    const [byHeads, byLayer] = [await error(HEADS), await error(1)];
    dispose([data, trained]);

    const [a, b] = [shares.exact as number, shares["8 bits"] as number];
    const same = firsts.exact === firsts["8 bits"];
    const planRatio = planExact / planMesa;
    const keptRatio = total("exactBytes") / total("bytes");
    return {
      metrics: {
        mesa: b,
        exact: a,
        ...(found as { cosine8: number }),
        planRatio,
        keptRatio,
        planExact,
        planMesa,
        twoBits: shares["2 bits"] as number,
        sameFirstLoss: same ? 1 : 0,
        queryErrorRatio: byHeads / byLayer,
      },
      holds:
        Math.abs(a - b) <= 0.01 &&
        same &&
        (found.cosine8 as number) >= 0.999 &&
        (found.cosine8 as number) > (found.cosine4 as number) &&
        (found.cosine4 as number) > (found.cosine2 as number) &&
        planRatio > 2 &&
        keptRatio >= 3 &&
        byHeads <= byLayer,
      figures: [
        await draw.lineChart("training", "mean loss of ten steps", curves, { x: "step", y: "loss", logY: true }),
      ],
    };
  },
} satisfies Example;
export default example;
