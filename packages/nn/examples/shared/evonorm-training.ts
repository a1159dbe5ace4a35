import { accuracy, crossEntropy, Pass } from "@gradus/nn";
import { stabilityTest, type Trial } from "@gradus/nn/search";
import {
  addDecayedWeights,
  type Batches,
  batches,
  chain,
  cosine,
  momentum,
  scaleByLearningRate,
  type TrainState,
  train,
} from "@gradus/optim";
import type { Key, Tensor } from "@gradus/tensor";
import { avgPool, cast, dispose, div, jit, mean, realize, sqrt, square, sub, tidy, treeLeaves } from "@gradus/tensor";
import type { Labelled, Split } from "@gradus/tools";
import type { Net } from "./evonorm-nets.ts";

/** Images at half their size, less the mean of the first ones and divided by their deviation. */
export function halving(first: Split): (split: Split) => Labelled {
  const half = (images: Tensor): Tensor => avgPool(cast(images, "f32"), 2);
  const [shift, scale] = tidy(() => {
    const pixels = half(first.tensors().images);
    const average = mean(pixels);
    return realize([average, sqrt(mean(square(sub(pixels, average))))] as [Tensor, Tensor]);
  });
  return (split) =>
    tidy(() => {
      const { images, labels } = split.tensors();
      return realize({ images: div(sub(half(images), shift), scale), labels });
    });
}

/** How a net is trained. */
export interface Course {
  readonly data: Labelled;
  readonly held: Labelled;
  readonly size: number;
  readonly rate: number;
  readonly steps: number;
  readonly key: Key;
}

const loss = (net: Net, { images, labels }: Labelled): Tensor => crossEntropy(net.call(images, new Pass()), labels);

/** Share of the images that are read, a thousand at a time. */
async function share(
  read: (net: Net, part: Labelled) => Tensor,
  net: Net,
  { images, labels }: Labelled,
): Promise<number> {
  const n = images.shape[0] as number;
  let sum = 0;
  for (let from = 0; from < n; from += 1000) {
    const to = Math.min(n, from + 1000);
    const part = tidy(() => realize({ images: images.at([from, to]), labels: labels.at([from, to]) }));
    const found = read(net, part);
    sum += (await found.item()) * (to - from);
    dispose([found, ...treeLeaves(part).filter((t) => t !== images && t !== labels)]);
  }
  return sum / n;
}

/** A net on its course: SGD with momentum along a cosine, decay of the matrices alone. It gives up the net at its end. */
export function trial(net: Net, { data, held, size, rate, steps, key }: Course): Trial {
  const cut: Batches<Labelled> = batches(data, size, key, { dropLast: true });
  const optimizer = chain(
    addDecayedWeights(1e-4, { mask: (_, p) => p.rank > 1 }),
    momentum(0.9),
    scaleByLearningRate(cosine({ peak: rate, steps, warmup: Math.round(steps / 20) })),
  );
  const read = jit((net: Net, part: Labelled) => accuracy(net.call(part.images), part.labels));
  let state: TrainState<Net> | null = null;
  return {
    async accuracy(until, signal) {
      const stop = new AbortController();
      const before = state;
      state = await train(before?.model ?? net, {
        optimizer,
        data: cut,
        epochs: Math.ceil(steps / cut.steps),
        loss: (net, batch) => {
          const pass = new Pass();
          return [crossEntropy(net.call(batch.images, pass), batch.labels), {}, pass.updated(net)];
        },
        onStep: ({ state }) => {
          if (state.step >= until) stop.abort();
        },
        signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
        ...(before !== null && { resume: before }),
      });
      if (before !== null) dispose([before.model, before.optimizer]);
      signal?.throwIfAborted();
      return share(read, state.model, held);
    },
    async stability(options) {
      const few = tidy(() => realize({ images: data.images.at([0, 16]), labels: data.labels.at([0, 16]) }));
      const found = await stabilityTest((net: Net) => loss(net, few), net, options);
      dispose(few);
      return found;
    },
    end: () => dispose([...treeLeaves(net), ...(state === null ? [] : treeLeaves([state.model, state.optimizer]))]),
  };
}
