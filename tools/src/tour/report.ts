import type { Labelled } from "../datasets/index.ts";
import type { Figure } from "../figures/index.ts";
import { heatmap, lineChart, matrixChart } from "../figures/index.ts";
import { htmlReport } from "../report/index.ts";
import type { Prediction } from "./analyse.ts";
import { confusion, examples, pixels, saliency, worst } from "./analyse.ts";
import type { History, Settings } from "./checkpoint.ts";
import type { ConvNet } from "./convnet.ts";

/** What the report tells about. */
export interface Findings {
  readonly settings: Settings;
  readonly history: History;
  /** Steps per epoch. */
  readonly steps: number;
  readonly predictions: readonly Prediction[];
  readonly accuracy: number;
  readonly model: ConvNet;
  readonly test: Labelled;
}

const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const SIZE = [28, 28] as const;

function lossCurve({ losses }: History, steps: number): Promise<Figure> {
  const stride = Math.max(1, Math.floor(losses.length / 600));
  const mean: number[] = [];
  for (const [i, loss] of losses.entries()) {
    const keep = Math.min(0.97, i / (i + 1));
    mean.push(keep * (mean[i - 1] ?? 0) + (1 - keep) * loss);
  }
  const line = (values: readonly number[]): { x: number; y: number }[] =>
    values.map((y, i) => ({ x: (i + 1) / steps, y: Math.max(y, 1e-5) })).filter((_, i) => i % stride === 0);
  return lineChart(
    "loss",
    "Loss of each batch",
    { batch: line(losses), "running mean": line(mean) },
    { x: "epoch", y: "cross-entropy (nats)", logY: true, colors: ["#b8cbe0", "#1f4e8c"] },
  );
}

const confusionMatrix = (predictions: readonly Prediction[]): Promise<Figure> =>
  matrixChart("confusion", "Images by digit and what it was read as", confusion(predictions), {
    rows: DIGITS,
    columns: DIGITS,
    x: "read as",
    y: "digit",
    legend: "images",
    confusion: true,
  });

const rows = (predictions: readonly Prediction[]): number[] => predictions.map(({ index }) => index);

/** The report as one HTML page that needs nothing else. */
export async function tourReport({
  settings,
  history,
  steps,
  predictions,
  accuracy,
  model,
  test,
}: Findings): Promise<string> {
  const mistakes = worst(predictions);
  const shown = examples(predictions);
  const wrong = await pixels(test, rows(mistakes));
  const right = await pixels(test, rows(shown));
  const maps = await saliency(model, test, shown);
  const missed = predictions.filter(({ label, predicted }) => label !== predicted).length;
  const limit = settings.limit === null ? "" : `, on the first ${settings.limit} images only`;
  return htmlReport({
    title: "Gradus: a convnet on MNIST",
    lead: `Test accuracy ${(accuracy * 100).toFixed(2)} %: ${missed} of ${predictions.length} images are misread. Trained for ${settings.epochs} epochs in batches of ${settings.batch} with AdamW, seed ${settings.seed}${limit}.`,
    sections: [
      { heading: "Loss", figures: [await lossCurve(history, steps)] },
      { heading: "Confusion matrix", figures: [await confusionMatrix(predictions)] },
      {
        heading: "The worst mistakes",
        text: "Misread with the highest probability.",
        figures: mistakes.map(({ label, predicted, probability }, i) =>
          heatmap(
            `mistake-${i}`,
            `${label} read as ${predicted}, ${(probability * 100).toFixed(1)} %`,
            wrong[i] as Uint8Array,
            SIZE,
          ),
        ),
      },
      {
        heading: "What it looks at",
        text: "Below each digit, the size of the gradient of its score by each pixel.",
        figures: shown.map(({ label }, i) => ({
          caption: String(label),
          stack: [
            heatmap(`digit-${label}`, String(label), right[i] as Uint8Array, SIZE),
            heatmap(`saliency-${label}`, `What ${label} is read from`, maps[i] as Float32Array, SIZE, {
              colors: "hot",
            }),
          ],
        })),
      },
    ],
  });
}
