import { writeFile } from "node:fs/promises";
import { PNG } from "pngjs";
import { parse, View } from "vega";
import type { TopLevelSpec } from "vega-lite";
import { compile } from "vega-lite";
import type { Digits, Prediction } from "./analyse.ts";
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
  readonly test: Digits;
}

type Color = readonly [number, number, number];
const gray = (v: number): Color => [255 - v * 255, 255 - v * 255, 255 - v * 255];
/** Black through red and yellow to white. */
const hot = (v: number): Color => [v * 3 * 255, (v * 3 - 1) * 255, (v * 3 - 2) * 255];

/** A 28x28 image as a PNG data address, each pixel `scale` wide. */
function png(values: ArrayLike<number>, color: (v: number) => Color, scale = 3): string {
  const size = 28 * scale;
  const image = new PNG({ width: size, height: size });
  const top = Math.max(...Array.from(values), 1e-30);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const v = (values[Math.floor(y / scale) * 28 + Math.floor(x / scale)] as number) / top;
      image.data.set([...color(v).map((c) => Math.min(255, Math.max(0, Math.round(c)))), 255], (y * size + x) * 4);
    }
  return `data:image/png;base64,${PNG.sync.write(image).toString("base64")}`;
}

const svg = (spec: TopLevelSpec): Promise<string> => new View(parse(compile(spec).spec)).toSVG();

function lossCurve({ losses }: History, steps: number): Promise<string> {
  const stride = Math.max(1, Math.floor(losses.length / 600));
  const values: { epoch: number; loss: number; curve: string }[] = [];
  let smooth = losses[0] ?? 0;
  for (const [i, loss] of losses.entries()) {
    smooth = 0.97 * smooth + 0.03 * loss;
    if (i % stride !== 0) continue;
    const epoch = (i + 1) / steps;
    values.push(
      { epoch, loss: Math.max(loss, 1e-5), curve: "batch" },
      { epoch, loss: Math.max(smooth, 1e-5), curve: "running mean" },
    );
  }
  return svg({
    data: { values },
    width: 680,
    height: 260,
    mark: { type: "line" },
    encoding: {
      x: { field: "epoch", type: "quantitative", title: "epoch" },
      y: { field: "loss", type: "quantitative", title: "cross-entropy (nats)", scale: { type: "log" } },
      color: {
        field: "curve",
        type: "nominal",
        title: null,
        scale: { domain: ["batch", "running mean"], range: ["#b8cbe0", "#1f4e8c"] },
      },
    },
  });
}

function confusionMatrix(predictions: readonly Prediction[]): Promise<string> {
  const values = confusion(predictions).flatMap((row, label) =>
    row.map((count, predicted) => ({ label, predicted, count, wrong: label !== predicted })),
  );
  const axes = {
    x: { field: "predicted", type: "ordinal", title: "read as", axis: { labelAngle: 0 } },
    y: { field: "label", type: "ordinal", title: "digit" },
  } as const;
  return svg({
    data: { values },
    width: 380,
    height: 380,
    layer: [
      {
        mark: "rect",
        encoding: {
          ...axes,
          color: { field: "count", type: "quantitative", title: "images", scale: { type: "symlog", scheme: "blues" } },
        },
      },
      {
        transform: [{ filter: "datum.count > 0" }],
        mark: "text",
        encoding: {
          ...axes,
          text: { field: "count" },
          color: { condition: { test: "datum.wrong", value: "#a02020" }, value: "#ffffff" },
        },
      },
    ],
  });
}

const figure = (images: readonly string[], caption: string): string =>
  `<figure>${images.map((src) => `<img alt="${caption}" src="${src}">`).join("")}<figcaption>${caption}</figcaption></figure>`;

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
  const [wrong, right, maps] = await Promise.all([
    pixels(
      test,
      mistakes.map(({ index }) => index),
    ),
    pixels(
      test,
      shown.map(({ index }) => index),
    ),
    saliency(model, test, shown),
  ]);
  const missed = predictions.filter(({ label, predicted }) => label !== predicted).length;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Gradus: a convnet on MNIST</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 760px; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
figure { display: inline-block; margin: 0 .6rem 1rem 0; text-align: center; }
figcaption { font-size: .8rem; color: #555; } img { display: block; margin-bottom: .2rem; image-rendering: pixelated; } svg { max-width: 100%; height: auto; }
</style>
<h1>A convnet on MNIST</h1>
<p>Test accuracy <strong>${(accuracy * 100).toFixed(2)} %</strong>: ${missed} of ${predictions.length} images are misread. Trained for ${settings.epochs} epochs
in batches of ${settings.batch} with AdamW, seed ${settings.seed}${settings.limit === null ? "" : `, on the first ${settings.limit} images only`}.</p>
<h2>Loss</h2>${await lossCurve(history, steps)}
<h2>Confusion matrix</h2>${await confusionMatrix(predictions)}
<h2>The worst mistakes</h2><p>Misread with the highest probability.</p>
${mistakes.map((p, i) => figure([png(wrong[i] as Uint8Array, gray)], `${p.label} read as ${p.predicted}, ${(p.probability * 100).toFixed(1)} %`)).join("\n")}
<h2>What it looks at</h2><p>Below each digit, the size of the gradient of its score by each pixel.</p>
${shown.map((p, i) => figure([png(right[i] as Uint8Array, gray), png(maps[i] as Float32Array, hot)], `${p.label}`)).join("\n")}
</html>
`;
}

/** Writes the report to a file. */
export const writeTourReport = async (path: string, findings: Findings): Promise<void> =>
  writeFile(path, await tourReport(findings));
