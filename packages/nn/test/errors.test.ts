import * as g from "@gradus/tensor";
import { MemorySink } from "@gradus/tensor/files";
import { describe, expect, test } from "vitest";
import { type Any, bad, f32, fails, gone, i32, type Row } from "../../tensor/test/errors/row.ts";
import * as nn from "../src/index.ts";

const { ArgumentError: A, DTypeError: D, DisposedError: X, ShapeError: S } = g;
const key = g.key(0);
const images = f32(1, 1, 4, 4);
const initializers = "kaimingUniform kaimingNormal xavierUniform xavierNormal lecunUniform lecunNormal torchUniform";
/** A draw by an initializer. */
const draw = (f: nn.Initializer): readonly Row[] => [
  [A, "key", () => f(0 as Any, [2, 3])],
  [D, "key", () => f(i32(2), [2, 3])],
  [X, "key", () => f(gone(g.key(0)), [2, 3])],
  [A, "shape", () => f(key, [2, -3])],
  [A, "shape", () => f(key, [2, Number.NaN])],
  [A, "shape", () => f(key, 6 as Any)],
  [D, "dtype", () => f(key, [2, 3], "i32")],
];
/** What every layer of one tensor refuses to run on. */
const input = (make: () => nn.Module): readonly Row[] => [
  [A, "x", () => make().call(1)],
  [A, "x", () => make().call(null)],
  [A, "x", () => make().call([f32(2)])],
  [X, "x", () => make().call(gone(f32(2, 2)))],
];
/** What every layer with parameters refuses to be made of. */
const layer = (make: (options: Any) => unknown): readonly Row[] => [
  [A, "key", () => make(undefined)],
  [A, "options", () => make(null)],
  [A, "key", () => make({})],
  [A, "key", () => make({ key: 0 })],
  [S, "key", () => make({ key: g.ones([3], { dtype: "u32" }) })],
  [X, "key", () => make({ key: gone(g.key(0)) })],
  [A, "bias", () => make({ key, bias: 1 })],
  [A, "init", () => make({ key, init: "zeros" })],
  [A, "init", () => make({ key, init: () => 0 })],
  [S, "init", () => make({ key, init: () => f32(1) })],
  [A, "init", () => make({ key, init: (_: Any, shape: number[]) => i32(...shape) })],
  [D, "dtype", () => make({ key, dtype: "i32" })],
  [A, "nothing", () => make({ key, ...bad })],
];
const pool = (make: new (size: Any, options?: Any) => nn.MaxPool2d | nn.AvgPool2d): readonly Row[] => [
  ...input(() => new make(2)),
  [A, "kernel", () => new make(0)],
  [A, "kernel", () => new make(Number.NaN)],
  [A, "kernel", () => new make([2])],
  [A, "kernel", () => new make(null)],
  [A, "stride", () => new make(2, { stride: 0.5 })],
  [A, "padding", () => new make(2, { padding: 2 })],
  [A, "padding", () => new make(2, { padding: -1 })],
  [A, "nothing", () => new make(2, bad)],
  [A, "options", () => new make(2, null)],
  [S, "x", () => new make(2).call(f32(4, 4))],
  [S, "x", () => new make(5).call(images)],
];
const dict = (): Map<string, g.Tensor> => nn.stateDict(new nn.Linear(2, 3, { key }));
const net = (): nn.Linear => new nn.Linear(2, 3, { key });

/** Per export: calls that must fail. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  Linear: [
    ...input(net),
    ...layer((options) => new nn.Linear(2, 3, options)),
    [A, "inputs", () => new nn.Linear(0, 3, { key })],
    [A, "outputs", () => new nn.Linear(2, Number.NaN, { key })],
    [S, "x", () => net().call(f32(2, 3))],
    [S, "x", () => net().call(f32())],
  ],
  Conv2d: [
    ...input(() => new nn.Conv2d(1, 2, 3, { key })),
    ...layer((options) => new nn.Conv2d(1, 2, 3, options)),
    [A, "inputs", () => new nn.Conv2d(0, 2, 3, { key })],
    [A, "outputs", () => new nn.Conv2d(1, 0.5, 3, { key })],
    [A, "kernel", () => new nn.Conv2d(1, 2, Number.NaN, { key })],
    [A, "kernel", () => new nn.Conv2d(1, 2, [3, 3, 3] as Any, { key })],
    [A, "stride", () => new nn.Conv2d(1, 2, 3, { key, stride: 0 })],
    [A, "padding", () => new nn.Conv2d(1, 2, 3, { key, padding: -1 })],
    [A, "dilation", () => new nn.Conv2d(1, 2, 3, { key, dilation: [1, 0] })],
    [A, "groups", () => new nn.Conv2d(3, 4, 3, { key, groups: 2 })],
    [A, "groups", () => new nn.Conv2d(3, 4, 3, { key, groups: 0 })],
    [S, "x", () => new nn.Conv2d(2, 2, 3, { key }).call(images)],
    [S, "x", () => new nn.Conv2d(1, 2, 5, { key }).call(images)],
  ],
  MaxPool2d: pool(nn.MaxPool2d),
  AvgPool2d: [...pool(nn.AvgPool2d), [A, "countIncludePad", () => new nn.AvgPool2d(2, { countIncludePad: 1 as Any })]],
  Dropout: [
    ...input(() => new nn.Dropout()),
    [A, "rate", () => new nn.Dropout(1)],
    [A, "rate", () => new nn.Dropout(-0.1)],
    [A, "rate", () => new nn.Dropout(Number.NaN)],
    [D, "x", () => new nn.Dropout().call(i32(2), key)],
    [A, "key", () => new nn.Dropout().call(f32(2), 0 as Any)],
    [X, "key", () => new nn.Dropout().call(f32(2), gone(g.key(0)))],
  ],
  Flatten: [
    ...input(() => new nn.Flatten()),
    [A, "start", () => new nn.Flatten(-1)],
    [A, "start", () => new nn.Flatten(Number.NaN)],
    [S, "x", () => new nn.Flatten(2).call(f32(2, 2))],
    [S, "x", () => new nn.Flatten().call(f32())],
  ],
  Sequential: [
    ...input(() => new nn.Sequential(g.relu)),
    [A, "layers[0]", () => new nn.Sequential(3 as Any)],
    [A, "layers[1]", () => new nn.Sequential(g.relu, null as Any)],
    [A, "layers[1]", () => new nn.Sequential(g.relu, (() => 3) as Any).call(f32(2))],
    [A, "key", () => new nn.Sequential(g.relu).call(f32(2), 0 as Any)],
  ],
  fans: [
    [S, "shape", () => nn.fans([3])],
    [A, "shape", () => nn.fans([3, -1])],
    [A, "shape", () => nn.fans(3 as Any)],
  ],
  varianceScaling: [
    [A, "scale", () => nn.varianceScaling(0, "in", "normal")],
    [A, "scale", () => nn.varianceScaling(Number.NaN, "in", "normal")],
    [A, "fan", () => nn.varianceScaling(1, "both" as Any, "normal")],
    [A, "distribution", () => nn.varianceScaling(1, "in", "gauss" as Any)],
    [S, "shape", () => nn.varianceScaling(1, "in", "normal")(key, [3])],
    ...draw(nn.varianceScaling(1, "in", "normal")),
  ],
  normalInit: [
    [A, "std", () => nn.normalInit(-1)],
    [A, "std", () => nn.normalInit(Number.NaN)],
    ...draw(nn.normalInit()),
  ],
  ...Object.fromEntries(
    initializers.split(" ").map((name) => {
      const f = (nn as Any)[name] as nn.Initializer;
      return [name, [[S, "shape", () => f(key, [3])], ...draw(f)]];
    }),
  ),
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
  stateDict: [
    [A, "tree", () => nn.stateDict(f32(1))],
    [A, "tree", () => nn.stateDict({ "a.b": f32(1), a: { b: f32(1) } })],
  ],
  loadStateDict: [
    [A, "template", () => nn.loadStateDict(f32(1), dict())],
    [A, "dict", () => nn.loadStateDict(net(), {} as Any)],
    [A, "dict", () => nn.loadStateDict(net(), null as Any)],
    [A, "dict", () => nn.loadStateDict(net(), new Map([...dict()].slice(1)))],
    [A, "dict", () => nn.loadStateDict(net(), new Map([...dict(), ["more", f32(1)]]))],
    [S, "dict", () => nn.loadStateDict(net(), new Map([...dict(), ["bias", f32(4)]]))],
    [A, "dict", () => nn.loadStateDict(net(), new Map([...dict(), ["bias", i32(3)]]))],
    [A, "dict: bias", () => nn.loadStateDict(net(), new Map([...dict(), ["bias", [1, 2, 3] as Any]]))],
    [X, "dict: bias", () => nn.loadStateDict(net(), new Map([...dict(), ["bias", gone(f32(3))]]))],
  ],
  saveTree: [
    [A, "tree", () => nn.saveTree(new MemorySink(), f32(1))],
    [X, "tree.w", () => nn.saveTree(new MemorySink(), { w: gone(f32(1)) })],
  ],
  loadTree: [
    [A, "template", () => nn.loadTree(new Uint8Array(8), f32(1))],
    [A, "options", () => nn.loadTree(new Uint8Array(8), net(), null as Any)],
    [A, "nothing", () => nn.loadTree(new Uint8Array(8), net(), bad)],
    [A, "maxTensors", () => nn.loadTree(new Uint8Array(8), net(), { maxTensors: Number.NaN })],
    [S, "from", async () => nn.loadTree(await saved({ weight: f32(3, 3), bias: f32(3) }), net())],
    [A, "from", async () => nn.loadTree(await saved({ weight: f32(3, 2) }), net())],
  ],
};
/** Exports that refuse nothing, and why. */
const acceptAll: Readonly<Record<string, string>> = { Module: "an abstract class; each module has its own arguments" };

async function saved(tree: unknown): Promise<Uint8Array> {
  const sink = new MemorySink();
  await nn.saveTree(sink, tree);
  return sink.bytes();
}

test("every exported function and class has rows, every row an export", () => {
  const known = [...Object.keys(rows), ...Object.keys(acceptAll)];
  expect(known.toSorted()).toEqual(Object.keys(nn).toSorted());
});

describe.each(Object.entries(rows))("%s refuses", (name, list) => {
  test.each(list.map((row, i) => [row[1], i, row] as const))("%s (%i)", (_, __, row) => fails(name, row));
});

test("what is in order is not refused", async () => {
  expect(net().call(f32(1, 2)).shape).toEqual([1, 3]);
  expect(new nn.Conv2d(1, 2, 3, { key }).call(images).shape).toEqual([1, 2, 2, 2]);
  expect((await nn.loadTree(await saved(net()), net())).tree.weight.shape).toEqual([3, 2]);
});
