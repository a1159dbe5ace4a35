import { readFileSync } from "node:fs";
import type { Tensor } from "@gradus/tensor";
import {
  abs,
  add,
  iota,
  key,
  mul,
  realize,
  reshape,
  sin,
  softmax,
  sum,
  tensor,
  treeLeaves,
  valueAndGrad,
} from "@gradus/tensor";
import { MemorySink, openSafetensors } from "@gradus/tensor/files";
import { describe, expect, test } from "vitest";
import * as nn from "../src/index.ts";
import { type Any, filled, isState } from "./help.ts";

/** What `reference/make.py` wrote: outputs, derivatives and states of PyTorch, torchvision and timm, in f64. */
interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly first: readonly (readonly number[])[];
  readonly sums: readonly number[];
  readonly inputs: readonly number[];
  readonly grads?: Readonly<Record<string, number>>;
  readonly state?: Readonly<Record<string, number>>;
}
const { cases, parameters } = JSON.parse(
  readFileSync(new URL("./reference/reference.json", import.meta.url), "utf8"),
) as { cases: Readonly<Record<string, Case>>; parameters: Readonly<Record<string, Record<string, number[]>>> };

const on = { key: key(0), dtype: "f64" } as const;
const image = filled([2, 4, 7, 6]);
const tokens = filled([2, 5, 6]);
const pixels = filled([2, 3, 32, 32]);
const ints = (list: Any): Tensor => tensor(list, { dtype: "i32" });
const vit = { ...on, size: 32, patch: 8, classes: 5, features: 12, depth: 2 };
const heads = { ...on, hidden: 7, dropout: 0 };
const logits = filled([4, 5], { scale: 2 });
const [other, third] = [filled([4, 5], { seed: 3 }), filled([4, 5], { seed: 6 })];
const labels = ints([1, 4, -100, 0]);
const classWeights = tensor([0.5, 1, 2, 1.5, 0.7], { dtype: "f64" });
const marks = tensor([1, -1, 1, -1]);
const seen = tensor(
  Array.from({ length: 5 }, (_, i) => Array.from({ length: 3 }, (_, j) => Number((i + 2 * j) % 3 > 0))),
  { dtype: "bool" },
);
const onlyMean = { ignoreIndex: -100, classWeights };

type Run = (m: Any, ...inputs: Any[]) => unknown;
const plain: Run = (m, x) => m.call(x);
const trained: Run = (m, x, pass) => m.call(x, pass);

/** Modules and how they run; the last input is a pass. A word after the last comma or space may choose training. */
const modules: Readonly<Record<string, readonly [make: () => nn.Module, inputs: readonly Tensor[], run?: Run]>> = {
  conv1d: [
    () => new nn.Conv1d(4, 6, 3, { ...on, stride: 2, padding: 2, dilation: 2, groups: 2 }),
    [filled([2, 4, 11])],
  ],
  conv2d: [() => new nn.Conv2d(4, 6, [3, 2], { ...on, stride: [2, 1], padding: [1, 2], groups: 2 }), [image]],
  ...Object.fromEntries(
    (["reflect", "replicate", "circular"] as const).map((paddingMode) => [
      `conv2d ${paddingMode}`,
      [() => new nn.Conv2d(4, 3, 3, { ...on, padding: [2, 1], paddingMode }), [image]],
    ]),
  ),
  "conv2d same": [() => new nn.Conv2d(4, 3, [4, 3], { ...on, padding: "same", dilation: [1, 2] }), [image]],
  conv3d: [() => new nn.Conv3d(2, 3, 2, { ...on, padding: 1 }), [filled([1, 2, 3, 4, 3])]],
  convTranspose1d: [
    () => new nn.ConvTranspose1d(4, 6, 3, { ...on, stride: 2, padding: 1, outputPadding: 1 }),
    [filled([2, 4, 5])],
  ],
  convTranspose2d: [
    () => new nn.ConvTranspose2d(4, 6, 3, { ...on, stride: 2, padding: 1, outputPadding: 1, groups: 2, dilation: 2 }),
    [filled([2, 4, 3, 4])],
  ],
  convTranspose3d: [() => new nn.ConvTranspose3d(2, 3, 2, { ...on, stride: 2 }), [filled([1, 2, 2, 3, 2])]],
  maxPool2d: [() => new nn.MaxPool2d(3, { stride: 2, padding: 1, dilation: 2 }), [filled([2, 4, 9, 8])]],
  avgPool2d: [() => new nn.AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }), [image]],
  adaptiveAvgPool2d: [() => new nn.AdaptiveAvgPool2d([3, 4]), [image]],
  adaptiveMaxPool2d: [() => new nn.AdaptiveMaxPool2d([3, 4]), [image]],
  "upsample nearest": [() => new nn.Upsample({ scale: 2 }), [image]],
  "upsample linear": [() => new nn.Upsample({ size: [10, 4], mode: "linear" }), [image]],
  "upsample corners": [() => new nn.Upsample({ size: [10, 9], mode: "linear", alignCorners: true }), [image]],
  pixelShuffle: [() => new nn.PixelShuffle(2), [image]],
  ...Object.fromEntries(
    ["training", "evaluation"].flatMap((word): [string, (typeof modules)[string]][] => [
      [`batchNorm2d ${word}`, [() => new nn.BatchNorm2d(4, { dtype: "f64", momentum: 0.3 }), [image], trained]],
      [
        `batchNorm1d ${word}`,
        [() => new nn.BatchNorm1d(4, { dtype: "f64", momentum: null }), [filled([5, 4])], trained],
      ],
      [`resnet18 ${word}`, [() => nn.resnet18(on), [pixels], trained]],
      [`resnet20 ${word}`, [() => nn.resnet20({ ...on, shortcut: "projection" }), [pixels], trained]],
    ]),
  ),
  layerNorm: [() => new nn.LayerNorm([7, 6], { dtype: "f64" }), [image]],
  rmsNorm: [() => new nn.RMSNorm(6, { dtype: "f64" }), [image]],
  groupNorm: [() => new nn.GroupNorm(2, 4, { dtype: "f64" }), [image]],
  instanceNorm: [() => new nn.InstanceNorm(4, { dtype: "f64", affine: true }), [image]],
  embedding: [
    () => new nn.Embedding(5, 3, { ...on, paddingIndex: 2 }),
    [
      ints([
        [0, 2, 4],
        [1, 1, 2],
      ]),
    ],
  ],
  attention: [() => new nn.MultiHeadAttention(6, 2, on), [tokens], (m, x) => m.call(x, { causal: true })],
  "attention, others": [
    () => new nn.MultiHeadAttention(6, 3, { ...on, keyFeatures: 4, valueFeatures: 4 }),
    [tokens, filled([2, 3, 4], { seed: 4 })],
    (m, x, key) => m.call(x, { key, mask: seen }),
  ],
  ...Object.fromEntries(
    ["first", "last"].flatMap((word): [string, (typeof modules)[string]][] => [
      [
        `encoderLayer, norm ${word}`,
        [() => new nn.TransformerEncoderLayer(6, 2, { ...heads, normFirst: word === "first" }), [tokens]],
      ],
      [
        `decoderLayer, norm ${word}`,
        [
          () => new nn.TransformerDecoderLayer(6, 2, { ...heads, normFirst: word === "first" }),
          [tokens, filled([2, 3, 6], { seed: 4 })],
          (m, x, memory) => m.call(x, memory),
        ],
      ],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({ rnn: nn.RNN, gru: nn.GRU, lstm: nn.LSTM }).map(([name, Network]) => [
      name,
      [() => new Network(3, 4, { ...on, layers: 2, bidirectional: true }), [filled([2, 5, 3], { scale: 2 })]],
    ]),
  ),
  vit: [() => new nn.VisionTransformer({ ...vit, heads: 3 }), [pixels]],
  mixer: [() => new nn.MlpMixer(vit), [pixels]],
};

/** Functions of tensors. */
const losses: Readonly<Record<string, readonly [f: (...xs: Any[]) => Tensor, inputs: readonly Tensor[]]>> = {
  crossEntropy: [(x) => nn.crossEntropy(x, labels, { ...onlyMean, labelSmoothing: 0.2 }), [logits]],
  "crossEntropy, probabilities": [
    (x, y) => nn.crossEntropy(x, softmax(y), { classWeights, labelSmoothing: 0.2 }),
    [logits, other],
  ],
  nll: [(x) => nn.nll(x.sub(x.exp().sum(-1, { keepDims: true }).log()), labels, onlyMean), [logits]],
  bceWithLogits: [(x, y) => nn.bceWithLogits(x, y.sigmoid(), { positiveWeight: classWeights }), [logits, other]],
  huber: [(x, y) => nn.huber(x, y, { delta: 0.7 }), [logits, other]],
  smoothL1: [(x, y) => nn.smoothL1(x, y, { beta: 0.7 }), [logits, other]],
  klDivergence: [(x, y) => nn.klDivergence(softmax(x).log(), softmax(y)), [logits, other]],
  cosineEmbedding: [(x, y) => nn.cosineEmbedding(x, y, marks, { margin: -0.5 }), [logits, other]],
  tripletMargin: [(x, y, z) => nn.tripletMargin(x, y, z, { margin: 2, swap: true }), [logits, other, third]],
  ctc: [
    (x) =>
      nn.ctc(
        softmax(x).log(),
        ints([
          [1, 1, 2],
          [3, 1, 1],
        ]),
        {
          inputLengths: ints([8, 5]),
          labelLengths: ints([3, 1]),
        },
      ),
    [filled([2, 8, 4], { scale: 2 })],
  ],
};

const weighed = (t: Tensor): Tensor =>
  sum(mul(reshape(sin(add(mul(iota([t.size], { dtype: "f64" }), 1.7), 0.3)), t.shape), t.astype("f64")));

/** A module whose tensors are made by the formula of `make.py`, by the place of their names in alphabetical order. */
function weights<M extends nn.Module>(module: M): M {
  const dict = nn.stateDict(module);
  const order = [...dict.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  const made = [...dict].map(([name, { shape, dtype }]): [string, Tensor] => {
    const seed = order.indexOf(name);
    if (dtype === "i32") return [name, tensor(0, { dtype })];
    if (name.endsWith("running_var")) return [name, add(abs(filled(shape, { scale: 0.5, seed })), 0.5)];
    const fan = shape.length > 1 ? shape.slice(1).reduce((a, b) => a * b, 1) : 4;
    return [name, filled(shape, { scale: 1.5 / Math.sqrt(fan), seed })];
  });
  return nn.loadStateDict(module, new Map(made));
}

const near = (got: number, wanted: number, what: string): void =>
  expect(Math.abs(got - wanted), `${what}: ${got}, wanted ${wanted}`).toBeLessThan(1e-8 * (1 + Math.abs(wanted)));

async function compare(name: string, outputs: readonly Tensor[], inputs: readonly Tensor[]): Promise<void> {
  const wanted = cases[name] as Case;
  expect(outputs.map((t) => t.shape)).toEqual(wanted.shapes);
  for (const [i, t] of outputs.entries()) {
    const data = await t.data();
    for (const [j, v] of (wanted.first[i] as number[]).entries()) near(data[j] as number, v, `output ${i}, ${j}`);
    near(await weighed(t).item(), wanted.sums[i] as number, `output ${i}`);
  }
  expect(inputs.length).toBe(wanted.inputs.length);
  for (const [i, t] of inputs.entries())
    near(await weighed(t).item(), wanted.inputs[i] as number, `derivative by input ${i}`);
}

const isFloat = (t: Tensor): boolean => t.dtype === "f64";

describe("as PyTorch computes it", () => {
  test.each(Object.entries(modules))("%s", async (name, [make, inputs, run = plain]) => {
    const model = weights(make());
    const floats = inputs.filter(isFloat);
    const f = (m: nn.Module, xs: readonly Tensor[]): readonly [Tensor, readonly [Tensor[], nn.Module]] => {
      const pass = new nn.Pass({ training: name.endsWith("training") });
      const rest = [...xs];
      const ys = treeLeaves(run(m, ...inputs.map((x) => (isFloat(x) ? rest.shift() : x)), pass));
      const next = pass.training ? pass.updated(m) : m;
      return [ys.map(weighed).reduce((a, b) => add(a, b)), [ys, next]];
    };
    const some = treeLeaves(model).some(isFloat);
    const given = [model, floats] as const;
    const argnums = [...(some ? [0] : []), ...(floats.length > 0 ? [1] : [])];
    const [[, [ys, next]], grads] = realize(valueAndGrad(f, { argnums, hasAux: true })(...given)) as Any;
    await compare(name, ys, floats.length > 0 ? grads.at(-1) : []);
    const wanted = cases[name] as Case;
    const byName = some ? nn.stateDict(grads[0]) : new Map<string, Tensor>();
    const trainable = [...byName].filter(([n]) => !isState(n));
    expect(trainable.map(([n]) => n).toSorted()).toEqual(Object.keys(wanted.grads ?? {}).toSorted());
    for (const [n, g] of trainable) near(await weighed(g).item(), wanted.grads?.[n] as number, `derivative by ${n}`);
    const state = nn.stateDict(next);
    for (const [n, v] of Object.entries(wanted.state ?? {})) near(await weighed(state.get(n) as Tensor).item(), v, n);
  });
  test.each(Object.entries(losses))("%s", async (name, [f, inputs]) => {
    const [value, grads] = valueAndGrad((xs: readonly Tensor[]) => weighed(f(...xs)))(inputs);
    expect(value.shape).toEqual([]);
    await compare(name, [f(...inputs)], grads as readonly Tensor[]);
  });
  test("every case of the reference is compared", () =>
    expect([...Object.keys(modules), ...Object.keys(losses)].toSorted()).toEqual(Object.keys(cases).toSorted()));
});

describe("a safetensors file written by us has the names and shapes of", () => {
  const k = { key: key(0) };
  test.each<[string, () => nn.Module]>([
    ["resnet18", () => nn.resnet18(k)],
    ["resnet20", () => nn.resnet20({ ...k, shortcut: "projection" })],
    ["vitTiny", () => nn.vitTiny(k)],
  ])("%s", async (name, make) => {
    const sink = new MemorySink();
    await nn.saveTree(sink, make());
    const { tensors } = await openSafetensors(sink.bytes());
    const found = Object.fromEntries([...tensors].map(([n, { shape }]) => [n, [...shape]]));
    expect(found).toEqual(parameters[name]);
  });
  test.each<[string, () => nn.Module]>([
    ["resnet50", () => nn.resnet50(k)],
    ["mixerSmall", () => nn.mixerSmall(k)],
  ])("%s, not written", (name, make) => {
    const found = Object.fromEntries([...nn.stateDict(make())].map(([n, { shape }]) => [n, [...shape]]));
    expect(found).toEqual(parameters[name]);
  });
});
