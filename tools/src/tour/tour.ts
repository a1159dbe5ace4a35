import { tensor } from "@gradus/tensor";
import type { Digits } from "./analyse.ts";
import { predict } from "./analyse.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import type { Split } from "./mnist.ts";
import { mnist } from "./mnist.ts";
import type { TourOptions } from "./options.ts";
import { settle } from "./options.ts";
import { progressBar } from "./progress.ts";
import { writeTourReport } from "./report.ts";
import { plan, trainTour } from "./run.ts";

/** What the tour found. */
export interface Outcome {
  /** Share of test images read rightly. */
  readonly accuracy: number;
  /** Wall-clock seconds from start to report. */
  readonly seconds: number;
  /** Path of the report. */
  readonly report: string;
}

function digits(split: Split, limit: number | null): Digits {
  const n = Math.min(limit ?? split.labels.length, split.labels.length);
  return {
    images: tensor(split.images.subarray(0, n * 784), { shape: [n, 1, 28, 28] }),
    labels: tensor(split.labels.subarray(0, n)),
  };
}

/** Trains, evaluates and writes the report. Null when the signal stopped it: the checkpoint is then on disk. */
export async function runTour(
  options: TourOptions & { readonly checkpoint: string; readonly signal: AbortSignal },
): Promise<Outcome | null> {
  const began = performance.now();
  const data = mnist();
  const from = options.resume
    ? await loadCheckpoint(options.checkpoint, (saved) => {
        const { model, optimizer } = plan(digits(data.train, saved.limit), saved);
        return { model, optimizer: optimizer.init(model) };
      })
    : undefined;
  const settings = settle(options.given, from?.settings ?? null);
  const run = plan(digits(data.train, settings.limit), settings);
  const bar = progressBar(settings.epochs * run.data.steps, from?.state.step ?? 0, settings.batch);
  const { history, result } = trainTour(run, settings, {
    signal: options.signal,
    ...(from && { from }),
    onStep: (tick) => bar.tick(tick),
  });
  const { completed, ...state } = await result;
  bar.stop();
  if (!completed) {
    await saveCheckpoint(options.checkpoint, { settings, history, state });
    return null;
  }
  const test = digits(data.test, settings.limit);
  const predictions = await predict(state.model, test);
  const accuracy = predictions.filter(({ label, predicted }) => label === predicted).length / predictions.length;
  await writeTourReport(options.out, {
    settings,
    history,
    predictions,
    accuracy,
    model: state.model,
    test,
    steps: run.data.steps,
  });
  return { accuracy, seconds: (performance.now() - began) / 1000, report: options.out };
}
