import * as g from "@gradus/tensor";
import { type Any, bad, f32, gone, i32, type Row } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import type { Rows } from "./rows.ts";

const { ArgumentError: A, DTypeError: D, DisposedError: X, ShapeError: S } = g;

/** What every loss of two tensors refuses. */
const pair = (loss: (a: Any, b: Any, options?: Any) => unknown, a: string, b: string): Row[] => [
  [A, a, () => loss(1, f32(2))],
  [A, b, () => loss(f32(2), 1)],
  [X, a, () => loss(gone(f32(2)), f32(2))],
  [X, b, () => loss(f32(2), gone(f32(2)))],
  [S, b, () => loss(f32(2, 1), f32(2))],
  [D, a, () => loss(i32(2), i32(2))],
  [A, "reduction", () => loss(f32(2), f32(2), { reduction: "max" })],
  [A, "nothing", () => loss(f32(2), f32(2), bad)],
];
/** What every loss of labels refuses as options. */
const weighted = (loss: (options: Any) => unknown): Row[] => [
  [A, "classWeights", () => loss({ classWeights: [1, 2, 3] })],
  [S, "classWeights", () => loss({ classWeights: f32(2) })],
  [A, "ignoreIndex", () => loss({ ignoreIndex: 0.5 })],
  [A, "reduction", () => loss({ reduction: "max" })],
  [A, "nothing", () => loss(bad)],
];

/** Losses and metrics. */
export const lossRows: Rows = {
  crossEntropy: [
    [A, "logits", () => nn.crossEntropy([[1]] as Any, i32(1))],
    [X, "logits", () => nn.crossEntropy(gone(f32(2, 3)), i32(2))],
    [X, "labels", () => nn.crossEntropy(f32(2, 3), gone(i32(2)))],
    [A, "labels", () => nn.crossEntropy(f32(2, 3), [0, 1] as Any)],
    [S, "logits", () => nn.crossEntropy(f32(), i32())],
    [S, "logits", () => nn.crossEntropy(f32(2, 0), i32(2))],
    [D, "logits", () => nn.crossEntropy(i32(2, 3), i32(2))],
    [S, "labels", () => nn.crossEntropy(f32(2, 3), i32(3))],
    [S, "labels", () => nn.crossEntropy(f32(2, 3), f32(2))],
    [D, "labels", () => nn.crossEntropy(f32(2, 3), g.ones([2], { dtype: "bool" }))],
    [A, "labelSmoothing", () => nn.crossEntropy(f32(2, 3), i32(2), { labelSmoothing: 2 })],
    [A, "labelSmoothing", () => nn.crossEntropy(f32(2, 3), i32(2), { labelSmoothing: Number.NaN })],
    [D, "ignoreIndex", () => nn.crossEntropy(f32(2, 3), f32(2, 3), { ignoreIndex: 0 })],
    ...weighted((options) => nn.crossEntropy(f32(2, 3), i32(2), options)),
    [A, "reduction", () => nn.crossEntropy(f32(2, 3), i32(2), { reduction: "max" as Any })],
    [A, "nothing", () => nn.crossEntropy(f32(2, 3), i32(2), bad)],
  ],
  nll: [
    [A, "logProbabilities", () => nn.nll([[1]] as Any, i32(1))],
    [S, "logProbabilities", () => nn.nll(f32(), i32())],
    [D, "logProbabilities", () => nn.nll(i32(2, 3), i32(2))],
    [X, "labels", () => nn.nll(f32(2, 3), gone(i32(2)))],
    [D, "labels", () => nn.nll(f32(2, 3), f32(2))],
    [S, "labels", () => nn.nll(f32(2, 3), i32(3))],
    ...weighted((options) => nn.nll(f32(2, 3), i32(2), options)),
  ],
  bceWithLogits: [
    ...pair(nn.bceWithLogits, "logits", "target"),
    [A, "positiveWeight", () => nn.bceWithLogits(f32(2), f32(2), { positiveWeight: 2 as Any })],
    [S, "positiveWeight", () => nn.bceWithLogits(f32(2), f32(2), { positiveWeight: f32(3) })],
  ],
  l1: pair(nn.l1, "prediction", "target"),
  huber: [...pair(nn.huber, "prediction", "target"), [A, "delta", () => nn.huber(f32(2), f32(2), { delta: 0 })]],
  smoothL1: [
    ...pair(nn.smoothL1, "prediction", "target"),
    [A, "beta", () => nn.smoothL1(f32(2), f32(2), { beta: -1 })],
  ],
  klDivergence: [
    ...pair(nn.klDivergence, "logPrediction", "target"),
    [S, "logPrediction", () => nn.klDivergence(f32(), f32())],
    [A, "logTarget", () => nn.klDivergence(f32(2), f32(2), { logTarget: 1 as Any })],
  ],
  contrastive: [
    ...pair((a, b, o) => nn.contrastive(a, b, f32(), o), "a", "b"),
    [A, "together", () => nn.contrastive(f32(3, 2), f32(3, 2), 1 as Any)],
    [S, "together", () => nn.contrastive(f32(3, 2), f32(3, 2), f32(2))],
    [A, "margin", () => nn.contrastive(f32(3, 2), f32(3, 2), f32(3), { margin: Number.NaN })],
  ],
  tripletMargin: [
    ...pair((a, b, o) => nn.tripletMargin(a, b, f32(2), o), "anchor", "positive"),
    [A, "negative", () => nn.tripletMargin(f32(2), f32(2), 1 as Any)],
    [S, "negative", () => nn.tripletMargin(f32(2), f32(2), f32(3))],
    [A, "margin", () => nn.tripletMargin(f32(2), f32(2), f32(2), { margin: "1" as Any })],
    [A, "swap", () => nn.tripletMargin(f32(2), f32(2), f32(2), { swap: 1 as Any })],
  ],
  cosineEmbedding: [
    ...pair((a, b, o) => nn.cosineEmbedding(a, b, f32(), o), "a", "b"),
    [A, "target", () => nn.cosineEmbedding(f32(3, 2), f32(3, 2), 1 as Any)],
    [S, "target", () => nn.cosineEmbedding(f32(3, 2), f32(3, 2), f32(2))],
    [A, "margin", () => nn.cosineEmbedding(f32(3, 2), f32(3, 2), f32(3), { margin: Number.NaN })],
  ],
  ctc: [
    [A, "logProbabilities", () => nn.ctc(1 as Any, i32(1, 1))],
    [S, "logProbabilities", () => nn.ctc(f32(2, 3), i32(2, 1))],
    [D, "logProbabilities", () => nn.ctc(i32(1, 2, 3), i32(1, 1))],
    [X, "logProbabilities", () => nn.ctc(gone(f32(1, 2, 3)), i32(1, 1))],
    [D, "labels", () => nn.ctc(f32(1, 2, 3), f32(1, 1))],
    [S, "labels", () => nn.ctc(f32(1, 2, 3), i32(2, 1))],
    [A, "labels", () => nn.ctc(f32(1, 2, 3), [1] as Any)],
    [D, "inputLengths", () => nn.ctc(f32(1, 2, 3), i32(1, 1), { inputLengths: f32(1) })],
    [S, "labelLengths", () => nn.ctc(f32(1, 2, 3), i32(1, 1), { labelLengths: i32(2) })],
    [A, "labelLengths", () => nn.ctc(f32(1, 2, 3), i32(1, 1), { labelLengths: 1 as Any })],
    [A, "blank", () => nn.ctc(f32(1, 2, 3), i32(1, 1), { blank: 3 })],
    [A, "zeroInfinity", () => nn.ctc(f32(1, 2, 3), i32(1, 1), { zeroInfinity: 1 as Any })],
    [A, "reduction", () => nn.ctc(f32(1, 2, 3), i32(1, 1), { reduction: "max" as Any })],
    [A, "nothing", () => nn.ctc(f32(1, 2, 3), i32(1, 1), bad)],
  ],
  topKAccuracy: [
    [A, "logits", () => nn.topKAccuracy(1 as Any, i32(2), 1)],
    [S, "logits", () => nn.topKAccuracy(f32(2, 0), i32(2), 1)],
    [D, "labels", () => nn.topKAccuracy(f32(2, 3), f32(2), 1)],
    [S, "labels", () => nn.topKAccuracy(f32(2, 3), i32(3), 1)],
    [A, "k", () => nn.topKAccuracy(f32(2, 3), i32(2), 0)],
  ],
  confusionMatrix: [
    [A, "predictions", () => nn.confusionMatrix([0] as Any, i32(1), 2)],
    [D, "predictions", () => nn.confusionMatrix(f32(1), i32(1), 2)],
    [D, "labels", () => nn.confusionMatrix(i32(1), f32(1), 2)],
    [S, "labels", () => nn.confusionMatrix(i32(1), i32(2), 2)],
    [A, "classes", () => nn.confusionMatrix(i32(1), i32(1), 0)],
  ],
  classScores: [
    [A, "confusion", () => nn.classScores(1 as Any)],
    [S, "confusion", () => nn.classScores(f32(2, 3))],
    [A, "average", () => nn.classScores(f32(2, 2), { average: "mean" as Any })],
    [A, "nothing", () => nn.classScores(f32(2, 2), bad)],
  ],
  auc: [
    [A, "scores", () => nn.auc([1] as Any, i32(1))],
    [A, "labels", () => nn.auc(f32(1), [1] as Any)],
    [D, "scores", () => nn.auc(i32(1), i32(1))],
    [S, "scores", () => nn.auc(f32(1, 1), i32(1, 1))],
    [S, "labels", () => nn.auc(f32(1), i32(2))],
  ],
  mse: [
    [A, "prediction", () => nn.mse(1 as Any, f32())],
    [A, "target", () => nn.mse(f32(), 1 as Any)],
    [X, "prediction", () => nn.mse(gone(f32(2)), f32(2))],
    [X, "target", () => nn.mse(f32(2), gone(f32(2)))],
    [S, "target", () => nn.mse(f32(2, 1), f32(2))],
    [A, "reduction", () => nn.mse(f32(2), f32(2), { reduction: null as Any })],
    [A, "nothing", () => nn.mse(f32(2), f32(2), bad)],
  ],
  accuracy: [
    [A, "logits", () => nn.accuracy(1 as Any, i32(2))],
    [A, "labels", () => nn.accuracy(f32(2, 3), 1 as Any)],
    [X, "logits", () => nn.accuracy(gone(f32(2, 3)), i32(2))],
    [X, "labels", () => nn.accuracy(f32(2, 3), gone(i32(2)))],
    [D, "labels", () => nn.accuracy(f32(2, 3), f32(2))],
    [S, "labels", () => nn.accuracy(f32(2, 3), i32(3))],
    [S, "labels", () => nn.accuracy(f32(), i32())],
    [S, "logits", () => nn.accuracy(f32(2, 0), i32(2))],
  ],
};
