import * as g from "@gradus/tensor";
import { type Any, f32, type Row } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import { input, keyed, type Rows } from "./rows.ts";

const { ArgumentError: A, ShapeError: S } = g;
const key = g.key(0);

/** What every model refuses; `op` is the class that a function makes. */
const model = (make: (options: Any) => unknown, op?: string): Row[] => {
  const named = (call: () => unknown) => () => {
    try {
      return call();
    } catch (error) {
      if (op)
        (error as Error).message = (error as Error).message.replace(
          /^CifarResNet|^ResNet|^VisionTransformer|^MlpMixer/,
          op,
        );
      throw error;
    }
  };
  return [
    ...(op ? [] : keyed(make)),
    [A, "key", named(() => make({ key: 0 }))],
    [A, "classes", named(() => make({ key, classes: 0 }))],
    [A, "channels", named(() => make({ key, channels: 0.5 }))],
    [A, "nothing", named(() => make({ key, nothing: 1 }))],
  ];
};
const [resnet, cifar] = [
  { blocks: [1, 1, 1, 1] as const, width: 2 },
  { depth: 8, width: 2 },
];
const tokens = { size: 4, patch: 2, features: 4, depth: 1 };
const images = (n: number, channels = 3): g.Tensor => f32(2, channels, n, n);

/** Ready models. */
export const modelRows: Rows = {
  ResNet: [
    ...input(() => new nn.ResNet({ key, ...resnet })),
    ...model((options) => new nn.ResNet(options && { ...resnet, ...options })).filter(([, name]) => name !== "options"),
    [A, "blocks", () => new nn.ResNet({ key, blocks: [1, 1] as Any })],
    [A, "blocks", () => new nn.ResNet({ key, blocks: [1, 1, 1, 0] })],
    [A, "bottleneck", () => new nn.ResNet({ key, ...resnet, bottleneck: 1 as Any })],
    [A, "width", () => new nn.ResNet({ key, ...resnet, width: 0 })],
    [S, "x", () => new nn.ResNet({ key, ...resnet }).call(images(32, 1))],
  ],
  CifarResNet: [
    ...input(() => new nn.CifarResNet({ key, ...cifar })),
    ...model((options) => new nn.CifarResNet(options && { ...cifar, ...options })).filter(
      ([, name]) => name !== "options",
    ),
    [A, "depth", () => new nn.CifarResNet({ key, depth: 18 })],
    [A, "depth", () => new nn.CifarResNet({ key, depth: 2 })],
    [A, "shortcut", () => new nn.CifarResNet({ key, ...cifar, shortcut: "A" as Any })],
    [S, "x", () => new nn.CifarResNet({ key, ...cifar }).call(f32(3, 8, 8))],
  ],
  VisionTransformer: [
    ...input(() => new nn.VisionTransformer({ key, ...tokens, heads: 2 })),
    ...model((options) => new nn.VisionTransformer(options && { ...tokens, heads: 2, ...options })).filter(
      ([, name]) => name !== "options",
    ),
    [A, "patch", () => new nn.VisionTransformer({ key, ...tokens, heads: 2, patch: 3 })],
    [A, "heads", () => new nn.VisionTransformer({ key, ...tokens, heads: 3 })],
    [A, "depth", () => new nn.VisionTransformer({ key, features: 4, heads: 2 } as Any)],
    [A, "dropout", () => new nn.VisionTransformer({ key, ...tokens, heads: 2, dropout: 1 })],
    [A, "dropPath", () => new nn.VisionTransformer({ key, ...tokens, heads: 2, dropPath: -1 })],
    [A, "hidden", () => new nn.VisionTransformer({ key, ...tokens, heads: 2, hidden: 0 })],
    [S, "x", () => new nn.VisionTransformer({ key, ...tokens, heads: 2 }).call(images(8))],
    [S, "x", () => new nn.VisionTransformer({ key, ...tokens, heads: 2 }).call(images(4, 1))],
    [A, "pass", () => new nn.VisionTransformer({ key, ...tokens, heads: 2 }).call(images(4), 1 as Any)],
  ],
  MlpMixer: [
    ...input(() => new nn.MlpMixer({ key, ...tokens })),
    ...model((options) => new nn.MlpMixer(options && { ...tokens, ...options })).filter(
      ([, name]) => name !== "options",
    ),
    [A, "patch", () => new nn.MlpMixer({ key, ...tokens, patch: 3 })],
    [A, "features", () => new nn.MlpMixer({ key, ...tokens, features: 3 })],
    [A, "depth", () => new nn.MlpMixer({ key, features: 4 } as Any)],
    [A, "dropout", () => new nn.MlpMixer({ key, ...tokens, dropout: 1 })],
    [S, "x", () => new nn.MlpMixer({ key, ...tokens }).call(images(8))],
    [A, "pass", () => new nn.MlpMixer({ key, ...tokens }).call(images(4), 1 as Any)],
  ],
  UNet: [
    ...input(() => new nn.UNet({ key })),
    ...model((options) => new nn.UNet(options)),
    [A, "width", () => new nn.UNet({ key, width: 0 })],
    [A, "levels", () => new nn.UNet({ key, levels: 0.5 })],
    [S, "x", () => new nn.UNet({ key }).call(images(8))],
    [S, "x", () => new nn.UNet({ key }).call(images(12, 1))],
  ],
  LeNet5: [
    ...input(() => new nn.LeNet5({ key })),
    ...model((options) => new nn.LeNet5(options)),
    [S, "x", () => new nn.LeNet5({ key }).call(images(28))],
    [S, "x", () => new nn.LeNet5({ key }).call(images(30, 1))],
  ],
  mlp: [
    ...keyed((options) => nn.mlp([2, 3], options)),
    [A, "sizes", () => nn.mlp([2], { key })],
    [A, "sizes", () => nn.mlp(2 as Any, { key })],
    [A, "sizes", () => nn.mlp([2, 0], { key })],
    [A, "activation", () => nn.mlp([2, 3], { key, activation: "relu" as Any })],
    [A, "dropout", () => nn.mlp([2, 3], { key, dropout: 1 })],
  ],
  ...Object.fromEntries(
    "resnet18 resnet34 resnet50 resnet20 resnet56 vitTiny vitSmall vitBase mixerSmall mixerBase"
      .split(" ")
      .map((name) => [name, model((nn as Any)[name], name)]),
  ),
};
