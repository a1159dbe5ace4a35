import type { Tensor } from "@gradus/tensor";
import { concat, gelu, grad, jit, key, stack, tanh, tensor, treeLeaves, vmap } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import * as nn from "../src/index.ts";
import { type Any, filled, moved, same, training, weighed } from "./help.ts";

const k = key(3);
const f64 = { dtype: "f64" } as const;
const on = { key: k, ...f64 };

const vit = { size: 4, patch: 2, features: 4, depth: 2, classes: 3, channels: 1 };
type Run = (model: Any, x: Tensor, pass: nn.Pass | undefined) => unknown;
/** Modules, the shape of a batch, and how they run unless by `call(x, pass)`. */
const table: Readonly<Record<string, readonly [make: () => nn.Module, shape: readonly number[], run?: Run]>> = {
  Linear: [() => new nn.Linear(3, 4, on), [2, 3]],
  Conv1d: [() => new nn.Conv1d(2, 4, 3, { ...on, padding: 2, dilation: 2 }), [2, 2, 7]],
  Conv2d: [() => new nn.Conv2d(4, 4, 3, { ...on, padding: 1, stride: 2, groups: 2 }), [2, 4, 5, 6]],
  "Conv2d, depthwise": [() => new nn.Conv2d(3, 6, 3, { ...on, groups: 3 }), [2, 3, 5, 5]],
  "Conv2d, reflect": [() => new nn.Conv2d(2, 3, 3, { ...on, padding: [2, 1], paddingMode: "reflect" }), [2, 2, 4, 4]],
  "Conv2d, replicate": [() => new nn.Conv2d(2, 3, 3, { ...on, padding: 2, paddingMode: "replicate" }), [2, 2, 4, 3]],
  "Conv2d, circular": [() => new nn.Conv2d(2, 3, 4, { ...on, padding: "same", paddingMode: "circular" }), [2, 2, 4, 4]],
  Conv3d: [() => new nn.Conv3d(2, 2, 2, { ...on, padding: 1 }), [1, 2, 3, 3, 2]],
  ConvTranspose1d: [() => new nn.ConvTranspose1d(2, 4, 3, { ...on, stride: 2, outputPadding: 1 }), [2, 2, 5]],
  ConvTranspose2d: [() => new nn.ConvTranspose2d(4, 6, 3, { ...on, stride: 2, padding: 1, groups: 2 }), [1, 4, 3, 3]],
  ConvTranspose3d: [() => new nn.ConvTranspose3d(2, 1, 2, { ...on, stride: 2, dilation: 2 }), [1, 2, 2, 2, 2]],
  MaxPool1d: [() => new nn.MaxPool1d(3, { stride: 2, dilation: 2, padding: 1 }), [2, 2, 9]],
  MaxPool2d: [() => new nn.MaxPool2d([2, 3]), [2, 2, 5, 6]],
  MaxPool3d: [() => new nn.MaxPool3d(2), [1, 2, 4, 3, 2]],
  AvgPool1d: [() => new nn.AvgPool1d(3, { padding: 1, countIncludePad: false }), [2, 2, 7]],
  AvgPool2d: [() => new nn.AvgPool2d(2, { stride: 1 }), [2, 2, 4, 5]],
  AvgPool3d: [() => new nn.AvgPool3d([1, 2, 2]), [1, 2, 2, 4, 4]],
  AdaptiveAvgPool1d: [() => new nn.AdaptiveAvgPool1d(3), [2, 2, 7]],
  AdaptiveAvgPool2d: [() => new nn.AdaptiveAvgPool2d([2, 3]), [2, 2, 5, 4]],
  AdaptiveAvgPool3d: [() => new nn.AdaptiveAvgPool3d(2), [1, 1, 3, 4, 5]],
  AdaptiveMaxPool1d: [() => new nn.AdaptiveMaxPool1d(3), [2, 2, 7]],
  AdaptiveMaxPool2d: [() => new nn.AdaptiveMaxPool2d(3), [2, 2, 5, 4]],
  AdaptiveMaxPool3d: [() => new nn.AdaptiveMaxPool3d(2), [1, 1, 3, 4, 5]],
  "GlobalPool, mean": [() => new nn.GlobalPool(), [2, 3, 4, 5]],
  "GlobalPool, max": [() => new nn.GlobalPool("max"), [2, 3, 7]],
  "Upsample, nearest": [() => new nn.Upsample({ scale: 2 }), [2, 2, 3, 3]],
  "Upsample, linear": [() => new nn.Upsample({ size: [5, 7], mode: "linear" }), [2, 2, 3, 3]],
  "Upsample, corners": [() => new nn.Upsample({ scale: 2, mode: "linear", alignCorners: true }), [1, 2, 3, 4]],
  "Upsample, cubic": [() => new nn.Upsample({ scale: 2, mode: "cubic" }), [1, 1, 4, 4]],
  PixelShuffle: [() => new nn.PixelShuffle(2), [2, 8, 2, 3]],
  BatchNorm1d: [() => new nn.BatchNorm1d(3, f64), [5, 3]],
  "BatchNorm1d, sequences": [() => new nn.BatchNorm1d(3, { ...f64, momentum: null }), [2, 3, 4]],
  BatchNorm2d: [() => new nn.BatchNorm2d(2, f64), [3, 2, 2, 2]],
  "BatchNorm2d, untracked": [() => new nn.BatchNorm2d(2, { ...f64, trackRunningStats: false }), [3, 2, 2, 2]],
  BatchNorm3d: [() => new nn.BatchNorm3d(2, { ...f64, affine: false }), [1, 2, 2, 2, 2]],
  "EvoNorm1d, B0": [() => new nn.EvoNorm1d(3, "B0", f64), [3, 3, 4]],
  "EvoNorm2d, B1": [() => new nn.EvoNorm2d(2, "B1", f64), [3, 2, 2, 3]],
  "EvoNorm2d, S0": [() => new nn.EvoNorm2d(4, "S0", { ...f64, groupSize: 2 }), [2, 4, 2, 3]],
  "EvoNorm2d, S1": [() => new nn.EvoNorm2d(3, "S1", f64), [2, 3, 2, 3]],
  "EvoNorm2d, linear": [() => new nn.EvoNorm2d(2, "B0", { ...f64, nonlinearity: false }), [2, 2, 2, 3]],
  "EvoNorm3d, B2": [() => new nn.EvoNorm3d(2, "B2", { ...f64, runningVar: "unbiased" }), [2, 2, 2, 2, 2]],
  "EvoNorm3d, S2": [() => new nn.EvoNorm3d(4, "S2", { ...f64, groups: 3 }), [2, 4, 2, 1, 2]],
  LayerNorm: [() => new nn.LayerNorm([3, 4], f64), [2, 3, 4]],
  RMSNorm: [() => new nn.RMSNorm(4, f64), [2, 3, 4]],
  GroupNorm: [() => new nn.GroupNorm(2, 4, f64), [2, 4, 3, 2]],
  InstanceNorm: [() => new nn.InstanceNorm(2, { ...f64, affine: true }), [2, 2, 3, 4]],
  Dropout: [() => new nn.Dropout(0.3), [3, 4]],
  Dropout2d: [() => new nn.Dropout2d(0.5), [3, 4, 2, 2]],
  DropPath: [() => new nn.DropPath(0.5), [6, 4]],
  Flatten: [() => new nn.Flatten(), [2, 3, 2]],
  Sequential: [() => new nn.Sequential(new nn.Linear(3, 4, on), gelu, new nn.BatchNorm1d(4, f64)), [5, 3]],
  Residual: [() => new nn.Residual(new nn.Sequential(new nn.Linear(3, 3, on), gelu)), [2, 3]],
  MultiHeadAttention: [
    () => new nn.MultiHeadAttention(4, 2, { ...on, dropout: 0.3 }),
    [2, 3, 4],
    (m, x, pass) => m.call(x, { causal: true }, pass),
  ],
  "MultiHeadAttention, others": [
    () => new nn.MultiHeadAttention(4, 2, { ...on, keyFeatures: 3, valueFeatures: 2, bias: false }),
    [2, 3, 4],
    (m, x) =>
      m.call(x, { key: x.at("...", [0, 3]), value: x.at("...", [1, 3]), mask: filled([2, 2, 3, 3], { seed: 8 }) }),
  ],
  TransformerEncoderLayer: [
    () => new nn.TransformerEncoderLayer(4, 2, { ...on, hidden: 5, activation: gelu }),
    [2, 3, 4],
    (m, x, pass) => m.call(x, {}, pass),
  ],
  TransformerDecoderLayer: [
    () => new nn.TransformerDecoderLayer(4, 2, { ...on, hidden: 5, activation: tanh, normFirst: true }),
    [2, 3, 4],
    (m, x, pass) => m.call(x, x.at(null, [0, 2]), { causal: true }, pass),
  ],
  TransformerEncoder: [
    () => new nn.TransformerEncoder(4, 1, { ...on, layers: 2, hidden: 3, activation: tanh, normFirst: true }),
    [1, 3, 4],
    (m, x, pass) => m.call(x, { causal: true }, pass),
  ],
  TransformerDecoder: [
    () => new nn.TransformerDecoder(4, 1, { ...on, layers: 2, hidden: 3, activation: tanh, bias: false }),
    [1, 3, 4],
    (m, x, pass) => m.call(x, x, {}, pass),
  ],
  Embedding: [
    () => new nn.Embedding(3, 4, on),
    [2, 3],
    (m, x) =>
      x.expandDims(-1).mul(
        m.call(
          tensor(
            [
              [0, 1, 2],
              [2, 2, 0],
            ],
            { dtype: "i32" },
          ),
        ),
      ),
  ],
  LearnedPositions: [() => new nn.LearnedPositions(5, 4, on), [2, 3, 4], (m, x) => m.call(x, 2)],
  SinusoidalPositions: [() => new nn.SinusoidalPositions(4), [2, 3, 4], (m, x) => m.call(x)],
  RNN: [() => new nn.RNN(3, 2, on), [2, 4, 3], (m, x) => m.call(x)],
  "RNN, relu": [() => new nn.RNN(3, 2, { ...on, nonlinearity: "relu", bias: false }), [2, 4, 3], (m, x) => m.call(x)],
  GRU: [
    () => new nn.GRU(3, 2, { ...on, layers: 2, dropout: 0.3 }),
    [2, 4, 3],
    (m, x, pass) => m.call(x, undefined, pass),
  ],
  "GRU, both ways": [
    () => new nn.GRU(3, 2, { ...on, bidirectional: true }),
    [2, 4, 3],
    (m, x) => m.call(x, { hidden: x.at(null, [0, 2], [0, 2]) }),
  ],
  LSTM: [
    () => new nn.LSTM(3, 2, { ...on, layers: 2, bidirectional: true, dropout: 0.3 }),
    [2, 4, 3],
    (m, x, pass) => m.call(x, undefined, pass),
  ],
  Parallel: [() => new nn.Parallel([new nn.Conv2d(2, 3, 1, on), new nn.MaxPool2d(1), gelu]), [2, 2, 3, 3]],
};

/** Ready models, whose many kinks and steep norms leave no room for differences: their derivatives are compared with PyTorch's. */
const models: typeof table = {
  LeNet5: [() => new nn.LeNet5({ ...on, classes: 3 }), [1, 1, 28, 28]],
  ResNet: [() => new nn.ResNet({ ...on, blocks: [1, 1, 1, 1], width: 2, classes: 3, channels: 1 }), [2, 1, 40, 40]],
  "ResNet, bottleneck": [
    () => new nn.ResNet({ ...on, blocks: [1, 1, 1, 1], bottleneck: true, width: 2, classes: 3, channels: 1 }),
    [2, 1, 40, 40],
  ],
  CifarResNet: [() => new nn.CifarResNet({ ...on, depth: 8, width: 2, classes: 3, channels: 2 }), [2, 2, 8, 8]],
  "CifarResNet, projection": [
    () => new nn.CifarResNet({ ...on, depth: 8, width: 2, shortcut: "projection" }),
    [2, 3, 8, 8],
  ],
  VisionTransformer: [
    () => new nn.VisionTransformer({ ...on, ...vit, heads: 2, dropout: 0.2, dropPath: 0.5 }),
    [2, 1, 4, 4],
  ],
  MlpMixer: [() => new nn.MlpMixer({ ...on, ...vit, dropout: 0.2 }), [2, 1, 4, 4]],
  UNet: [() => new nn.UNet({ ...on, width: 2, levels: 2 }), [1, 1, 8, 8]],
};

describe.each(Object.entries({ ...table, ...models }))(
  "%s",
  (name, [make, shape, how = (m, x, pass) => m.call(x, pass)]) => {
    /** What the module makes of `x`, its parts in one row. */
    const run = (model: nn.Module, x: Tensor, trains: boolean): Tensor =>
      concat(
        treeLeaves(how(model, x, trains ? training() : undefined)).map((t) => t.reshape([t.size])),
        0,
      );
    const x = filled(shape);

    test.each([false, true])("compiled and batched, it computes the same; training: %s", async (trains) => {
      const model = make();
      const y = run(model, x, trains);
      await same(jit((m: nn.Module, t: Tensor) => run(m, t, trains))(model, x), y);
      const xs = [x, filled(shape, { seed: 5 }), filled(shape, { seed: 9, scale: 2 })];
      await same(vmap((t: Tensor) => run(model, t, trains))(stack(xs)), stack(xs.map((t) => run(model, t, trains))));
    });

    if (name in models) return;
    test.each([false, true])("its gradient is that of differences; training: %s", async (trains) => {
      const start = { model: make(), x };
      const along = jit((t: Tensor) => {
        const { model, x } = moved(start, t);
        return weighed(run(model, x, trains));
      });
      const exact = jit((t: Tensor) => jvpOf(t))(tensor(0, f64));
      function jvpOf(t: Tensor): Tensor {
        return grad((s: Tensor) => {
          const { model, x } = moved(start, s);
          return weighed(run(model, x, trains));
        })(t);
      }
      const h = 1e-5;
      const difference = ((await along(tensor(h, f64)).item()) - (await along(tensor(-h, f64)).item())) / (2 * h);
      const slope = await exact.item();
      expect(Math.abs(slope - difference)).toBeLessThan(1e-7 * Math.max(1, Math.abs(slope)));
    });
  },
);

test("every module is in the table", () => {
  const modules = Object.entries(nn).flatMap(([name, f]) =>
    typeof f === "function" && f.prototype instanceof nn.Module ? [name] : [],
  );
  const tabled = new Set(Object.keys({ ...table, ...models }).map((name) => name.split(",")[0]));
  expect(modules.filter((name) => !tabled.has(name))).toEqual([]);
});
