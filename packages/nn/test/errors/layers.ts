import * as g from "@gradus/tensor";
import { type Any, f32, type Row } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import { input, layer, type Rows } from "./rows.ts";

const { ArgumentError: A, ShapeError: S } = g;
const key = g.key(0);

type Make = new (inputs: Any, outputs: Any, kernel: Any, options: Any) => nn.Module;
/** What convolutions over so many axes refuse. */
const convolution = (make: Make, axes: number): readonly Row[] => {
  const x = f32(1, 1, ...[4, 4, 4].slice(0, axes));
  const longer = new Array<number>(axes + 1).fill(3);
  return [
    ...input(() => new make(1, 2, 3, { key })),
    ...layer((options) => new make(1, 2, 3, options)),
    [A, "inputs", () => new make(0, 2, 3, { key })],
    [A, "outputs", () => new make(1, 0.5, 3, { key })],
    [A, "kernel", () => new make(1, 2, Number.NaN, { key })],
    [A, "kernel", () => new make(1, 2, longer, { key })],
    [A, "stride", () => new make(1, 2, 3, { key, stride: 0 })],
    [A, "padding", () => new make(1, 2, 3, { key, padding: -1 })],
    [A, "padding", () => new make(1, 2, 3, { key, padding: longer })],
    [A, "dilation", () => new make(1, 2, 3, { key, dilation: 0 })],
    [A, "groups", () => new make(3, 4, 3, { key, groups: 2 })],
    [A, "groups", () => new make(3, 4, 3, { key, groups: 0 })],
    [S, "x", () => new make(2, 2, 3, { key }).call(x)],
    [S, "x", () => new make(1, 2, 3, { key }).call(f32(1, 1))],
  ];
};
const forward = (make: Make, axes: number): readonly Row[] => [
  ...convolution(make, axes),
  [S, "x", () => new make(1, 2, 5, { key }).call(f32(1, 1, ...[4, 4, 4].slice(0, axes)))],
  [A, "padding", () => new make(1, 2, 3, { key, padding: "same", stride: 2 })],
  [A, "padding", () => new make(1, 2, 3, { key, padding: "valid" })],
  [A, "paddingMode", () => new make(1, 2, 3, { key, paddingMode: "mirror" })],
];
const backward = (make: Make, axes: number): readonly Row[] => [
  ...convolution(make, axes),
  [A, "outputPadding", () => new make(1, 2, 3, { key, outputPadding: 1 })],
  [A, "outputPadding", () => new make(1, 2, 3, { key, stride: 2, outputPadding: -1 })],
  [S, "x", () => new make(1, 2, 3, { key, padding: 3 }).call(f32(1, 1, ...[4, 4, 4].slice(0, axes)))],
  [S, "x", () => new make(1, 2, 3, { key }).call(f32(1, 1, ...[0, 0, 0].slice(0, axes)))],
];

/** Layers with a weight and a bias. */
export const layerRows: Rows = {
  Linear: [
    ...input(() => new nn.Linear(2, 3, { key })),
    ...layer((options) => new nn.Linear(2, 3, options)),
    [A, "inputs", () => new nn.Linear(0, 3, { key })],
    [A, "outputs", () => new nn.Linear(2, Number.NaN, { key })],
    [S, "x", () => new nn.Linear(2, 3, { key }).call(f32(2, 3))],
    [S, "x", () => new nn.Linear(2, 3, { key }).call(f32())],
  ],
  Conv1d: forward(nn.Conv1d, 1),
  Conv2d: forward(nn.Conv2d, 2),
  Conv3d: forward(nn.Conv3d, 3),
  ConvTranspose1d: backward(nn.ConvTranspose1d, 1),
  ConvTranspose2d: backward(nn.ConvTranspose2d, 2),
  ConvTranspose3d: backward(nn.ConvTranspose3d, 3),
};
