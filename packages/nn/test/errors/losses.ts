import * as g from "@gradus/tensor";
import { type Any, bad, f32, gone, i32 } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import type { Rows } from "./rows.ts";

const { ArgumentError: A, DTypeError: D, DisposedError: X, ShapeError: S } = g;

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
    [A, "reduction", () => nn.crossEntropy(f32(2, 3), i32(2), { reduction: "max" as Any })],
    [A, "nothing", () => nn.crossEntropy(f32(2, 3), i32(2), bad)],
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
