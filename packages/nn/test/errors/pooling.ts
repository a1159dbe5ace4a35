import * as g from "@gradus/tensor";
import { type Any, bad, f32, type Row } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import { input, type Rows } from "./rows.ts";

const { ArgumentError: A, ShapeError: S } = g;

type Make = new (size: Any, options?: Any) => nn.Module;
const space = (axes: number, n = 4): number[] => new Array<number>(axes).fill(n);

const pool = (make: Make, axes: number): readonly Row[] => [
  ...input(() => new make(2)),
  [A, "kernel", () => new make(0)],
  [A, "kernel", () => new make(Number.NaN)],
  [A, "kernel", () => new make(space(axes + 1))],
  [A, "kernel", () => new make(null)],
  [A, "stride", () => new make(2, { stride: 0.5 })],
  [A, "padding", () => new make(2, { padding: 2 })],
  [A, "padding", () => new make(2, { padding: -1 })],
  [A, "nothing", () => new make(2, bad)],
  [A, "options", () => new make(2, null)],
  [S, "x", () => new make(2).call(f32(4, 4))],
  [S, "x", () => new make(5).call(f32(1, 1, ...space(axes)))],
];
const largest = (make: Make, axes: number): readonly Row[] => [
  ...pool(make, axes),
  [A, "dilation", () => new make(2, { dilation: 0 })],
  [S, "x", () => new make(3, { dilation: 2 }).call(f32(1, 1, ...space(axes)))],
];
const average = (make: Make, axes: number): readonly Row[] => [
  ...pool(make, axes),
  [A, "countIncludePad", () => new make(2, { countIncludePad: 1 })],
];
const adaptive = (make: Make, axes: number): readonly Row[] => [
  ...input(() => new make(2)),
  [A, "size", () => new make(0)],
  [A, "size", () => new make(space(axes + 1))],
  [A, "size", () => new make(null)],
  [S, "x", () => new make(2).call(f32(4, 4))],
  [S, "x", () => new make(2).call(f32(1, 1, ...space(axes, 0)))],
];

/** Poolings and other changes of size. */
export const poolRows: Rows = {
  MaxPool1d: largest(nn.MaxPool1d, 1),
  MaxPool2d: largest(nn.MaxPool2d, 2),
  MaxPool3d: largest(nn.MaxPool3d, 3),
  AvgPool1d: average(nn.AvgPool1d, 1),
  AvgPool2d: average(nn.AvgPool2d, 2),
  AvgPool3d: average(nn.AvgPool3d, 3),
  AdaptiveAvgPool1d: adaptive(nn.AdaptiveAvgPool1d, 1),
  AdaptiveAvgPool2d: adaptive(nn.AdaptiveAvgPool2d, 2),
  AdaptiveAvgPool3d: adaptive(nn.AdaptiveAvgPool3d, 3),
  AdaptiveMaxPool1d: adaptive(nn.AdaptiveMaxPool1d, 1),
  AdaptiveMaxPool2d: adaptive(nn.AdaptiveMaxPool2d, 2),
  AdaptiveMaxPool3d: adaptive(nn.AdaptiveMaxPool3d, 3),
  GlobalPool: [
    ...input(() => new nn.GlobalPool()),
    [A, "of", () => new nn.GlobalPool("sum" as Any)],
    [S, "x", () => new nn.GlobalPool().call(f32(2, 2))],
    [S, "x", () => new nn.GlobalPool().call(f32(2, 2, 0))],
  ],
  Upsample: [
    ...input(() => new nn.Upsample({ scale: 2 })),
    [A, "options", () => new nn.Upsample(undefined as Any)],
    [A, "options", () => new nn.Upsample(null as Any)],
    [A, "nothing", () => new nn.Upsample({ scale: 2, ...bad })],
    [A, "size", () => new nn.Upsample({})],
    [A, "size", () => new nn.Upsample({ size: 2, scale: 2 })],
    [A, "size", () => new nn.Upsample({ size: 0 })],
    [A, "scale", () => new nn.Upsample({ scale: -1 })],
    [A, "mode", () => new nn.Upsample({ scale: 2, mode: "area" as Any })],
    [A, "alignCorners", () => new nn.Upsample({ scale: 2, alignCorners: true })],
    [A, "alignCorners", () => new nn.Upsample({ scale: 2, mode: "linear", alignCorners: 1 as Any })],
    [S, "x", () => new nn.Upsample({ scale: 2 }).call(f32(2, 2))],
    [S, "x", () => new nn.Upsample({ size: [2, 2] }).call(f32(2, 2, 2))],
  ],
  PixelShuffle: [
    ...input(() => new nn.PixelShuffle(2)),
    [A, "factor", () => new nn.PixelShuffle(0)],
    [S, "x", () => new nn.PixelShuffle(2).call(f32(1, 6, 2, 2))],
    [S, "x", () => new nn.PixelShuffle(2).call(f32(1, 4, 2))],
  ],
};
