import { batches } from "@gradus/optim";
import type { Tensor } from "@gradus/tensor";
import { abs, gather, gradient, jit, key, mul, oneHot, softmax, sum, tensor } from "@gradus/tensor";
import type { Labelled } from "../datasets/index.ts";
import type { ConvNet } from "./convnet.ts";
import { normalize } from "./convnet.ts";

/** One test image and what the model made of it. */
export interface Prediction {
  /** Row in the test set. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Probability of the predicted class. */
  readonly probability: number;
}

/** The model's predictions for every image. */
export async function predict(model: ConvNet, digits: Labelled): Promise<Prediction[]> {
  const size = Math.min(500, digits.images.shape[0] as number);
  const run = jit((net: ConvNet, images: Tensor) => softmax(net.call(normalize(images)), -1));
  const labels = await digits.labels.data();
  const predictions: Prediction[] = [];
  for (const batch of batches({ images: digits.images }, size, key(0), { ordered: true }).epoch(0)) {
    using probabilities = run(model, batch.images);
    const p = await probabilities.data();
    batch.images.dispose();
    for (let row = 0; row < p.length; row += 10) {
      const scores = Array.from(p.subarray(row, row + 10));
      const probability = Math.max(...scores);
      const index = predictions.length;
      predictions.push({ index, label: labels[index] as number, predicted: scores.indexOf(probability), probability });
    }
  }
  return predictions;
}

/** Counts of images by label (row) and prediction (column). */
export function confusion(predictions: readonly Prediction[]): number[][] {
  const counts = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  for (const { label, predicted } of predictions)
    (counts[label] as number[])[predicted] = ((counts[label] as number[])[predicted] as number) + 1;
  return counts;
}

/** The mistakes that the model was surest of. */
export function worst(predictions: readonly Prediction[], count = 10): Prediction[] {
  return predictions
    .filter(({ label, predicted }) => label !== predicted)
    .toSorted((a, b) => b.probability - a.probability)
    .slice(0, count);
}

/** The first image of each digit that the model reads rightly. */
export function examples(predictions: readonly Prediction[]): Prediction[] {
  return Array.from({ length: 10 }, (_, digit) =>
    predictions.find((p) => p.label === digit && p.predicted === digit),
  ).filter((p) => p !== undefined);
}

/** Pixels of some images, 0…255, 784 each. */
export async function pixels(digits: Labelled, rows: readonly number[]): Promise<Uint8Array[]> {
  const data = (await pick(digits, rows).data()) as Uint8Array;
  return rows.map((_, i) => data.subarray(i * 784, (i + 1) * 784));
}

/** How strongly each pixel moves the score of the image's own class: `|∂ logit / ∂ x|` (Simonyan et al. 2014), 784 numbers per image. */
export async function saliency(
  model: ConvNet,
  digits: Labelled,
  chosen: readonly Prediction[],
): Promise<Float32Array[]> {
  const x = normalize(
    pick(
      digits,
      chosen.map(({ index }) => index),
    ),
  );
  const classes = tensor(Int32Array.from(chosen, ({ label }) => label));
  const score = sum(mul(model.call(x), oneHot(classes, 10)));
  const data = (await abs(gradient(score, x)).data()) as Float32Array;
  return chosen.map((_, i) => data.subarray(i * 784, (i + 1) * 784));
}

const pick = ({ images }: Labelled, rows: readonly number[]): Tensor => gather(images, tensor(Int32Array.from(rows)));
