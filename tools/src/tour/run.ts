import { accuracy, crossEntropy } from "@gradus/nn";
import type { Batches, Optimizer, TrainResult } from "@gradus/optim";
import { adamw, batches, cosine, train } from "@gradus/optim";
import type { Key } from "@gradus/tensor";
import { key, split } from "@gradus/tensor";
import type { Labelled } from "../datasets/index.ts";
import type { Checkpoint, History, Settings } from "./checkpoint.ts";
import { ConvNet, normalize } from "./convnet.ts";

/** Everything that the settings of a run decide. */
export interface Plan {
  readonly model: ConvNet;
  readonly optimizer: Optimizer;
  readonly data: Batches<Labelled>;
}

/** Model, optimizer and batches of a run; one seed for the first weights and for the order of the images. */
export function plan(digits: Labelled, { seed, epochs, batch }: Settings): Plan {
  const [weights, order] = split(key(seed)) as [Key, Key];
  const data = batches(digits, batch, order, { dropLast: true });
  const steps = epochs * data.steps;
  const learningRate = cosine({ peak: 4e-3, warmup: Math.floor(steps / 10), steps });
  return { model: new ConvNet(weights), optimizer: adamw({ learningRate, weightDecay: 0.02 }), data };
}

/** What is told after each step. */
export interface Tick {
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** Trains by a plan from its first step, or on from a checkpoint. The history grows in place. */
export function trainTour(
  { model, optimizer, data }: Plan,
  settings: Settings,
  {
    onStep,
    signal,
    from,
  }: { onStep: (tick: Tick) => void | Promise<void>; signal?: AbortSignal; from?: Checkpoint<ConvNet> },
): { history: History; result: Promise<TrainResult<ConvNet>> } {
  const history: History = from?.history ?? { losses: [], accuracies: [] };
  const result = train(model, {
    optimizer,
    data,
    epochs: settings.epochs,
    ...(signal && { signal }),
    ...(from && { resume: from.state }),
    loss: (net, { images, labels }) => {
      const logits = net.call(normalize(images));
      return [crossEntropy(logits, labels), { accuracy: accuracy(logits, labels) }];
    },
    onStep: async ({ epoch, step, steps, loss, metrics }) => {
      const accuracy = metrics.accuracy as number;
      history.losses.push(loss);
      history.accuracies.push(accuracy);
      await onStep({ epoch, step, steps, loss, accuracy });
    },
  });
  return { history, result };
}
