import { writeFile } from "node:fs/promises";
import type { Labelled, Split } from "../datasets/index.ts";
import { mnist } from "../datasets/index.ts";
import { progress } from "../progress.ts";
import { predict } from "./analyse.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import type { TourOptions } from "./options.ts";
import { settle } from "./options.ts";
import { tourReport } from "./report.ts";
import { plan, trainTour } from "./run.ts";
import { ticker } from "./ticker.ts";

/** What the tour found. */
export interface Outcome {
  /** Share of test images read rightly. */
  readonly accuracy: number;
  /** Wall-clock seconds from start to report. */
  readonly seconds: number;
  /** Path of the report. */
  readonly report: string;
}

const digits = (split: Split, limit: number | null): Labelled => split.take(limit ?? split.size).tensors();

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
  const total = settings.epochs * run.data.steps;
  const done = from?.state.step ?? 0;
  const bar = progress({ silent: options.json });
  console.error(`Training: ${total - done} steps of ${settings.batch} images. Ctrl-C keeps the state.`);
  const { history, result } = trainTour(run, settings, {
    signal: options.signal,
    ...(from && { from }),
    onStep: ticker(bar, total, done, settings.batch),
  });
  const { completed, ...state } = await result.finally(() => bar.stop());
  if (!completed) {
    await saveCheckpoint(options.checkpoint, { settings, history, state });
    return null;
  }
  const test = digits(data.test, settings.limit);
  const predictions = await predict(state.model, test);
  const accuracy = predictions.filter(({ label, predicted }) => label === predicted).length / predictions.length;
  const findings = { settings, history, predictions, accuracy, model: state.model, test, steps: run.data.steps };
  await writeFile(options.out, await tourReport(findings));
  return { accuracy, seconds: (performance.now() - began) / 1000, report: options.out };
}
