import * as g from "@gradus/tensor";
import { type Any, f32, type Row } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import { floats, norm, passed, type Rows } from "./rows.ts";

const { ArgumentError: A, ShapeError: S } = g;

const batchNorm = (make: new (channels: Any, options?: Any) => nn.Module, ...shape: number[]): readonly Row[] => [
  ...floats(() => new make(2)),
  ...norm((options) => new make(2, options)),
  ...passed(() => new make(2), f32(...shape)),
  [A, "channels", () => new make(0)],
  [A, "momentum", () => new make(2, { momentum: 2 })],
  [A, "momentum", () => new make(2, { momentum: "none" })],
  [A, "trackRunningStats", () => new make(2, { trackRunningStats: null })],
  [S, "x", () => new make(3).call(f32(...shape))],
  [S, "x", () => new make(2).call(f32(2))],
  [S, "x", () => new make(2).call(f32(...shape.map((n, i) => (i === 1 ? n : 1))), new nn.Pass())],
];
const evoNorm = (
  make: new (channels: Any, variant: Any, options?: Any) => nn.Module,
  ...shape: number[]
): readonly Row[] => [
  ...floats(() => new make(2, "S0")),
  ...norm((options) => new make(2, "B0", options)).filter(([, argument]) => argument !== "affine"),
  ...passed(() => new make(2, "B1"), f32(...shape)),
  [A, "channels", () => new make(0, "B0")],
  [A, "variant", () => new make(2, "B3")],
  [A, "variant", () => new make(2, undefined)],
  [A, "groups", () => new make(2, "S0", { groups: 0 })],
  [A, "groupSize", () => new make(4, "S0", { groupSize: 3 })],
  [A, "groupSize", () => new make(4, "S0", { groupSize: 0.5 })],
  [A, "momentum", () => new make(2, "B0", { momentum: 2 })],
  [A, "nonlinearity", () => new make(2, "B0", { nonlinearity: null })],
  [A, "initZero", () => new make(2, "B0", { initZero: 1 })],
  [A, "runningVar", () => new make(2, "B0", { runningVar: "none" })],
  [S, "x", () => new make(3, "S0").call(f32(...shape))],
  [S, "x", () => new make(2, "S0", { nonlinearity: false }).call(f32(2))],
  [S, "x", () => new make(2, "B2").call(f32(...shape.map((n, i) => (i === 1 ? n : 1))), new nn.Pass())],
];
const drop = (make: new (rate?: Any) => nn.Module): readonly Row[] => [
  ...floats(() => new make()).slice(0, -2),
  ...passed(() => new make(), f32(2, 2, 2)),
  [A, "pass", () => new make().call(f32(2, 2, 2), new nn.Pass())],
  [A, "rate", () => new make(1)],
  [A, "rate", () => new make(-0.1)],
  [A, "rate", () => new make(Number.NaN)],
  [g.DTypeError, "x", () => new make().call(g.ones([2, 2, 2], { dtype: "i32" }))],
];

/** Normalisations and dropouts. */
export const normRows: Rows = {
  BatchNorm1d: batchNorm(nn.BatchNorm1d, 3, 2),
  BatchNorm2d: batchNorm(nn.BatchNorm2d, 3, 2, 2, 2),
  BatchNorm3d: batchNorm(nn.BatchNorm3d, 3, 2, 2, 2, 2),
  EvoNorm1d: evoNorm(nn.EvoNorm1d, 3, 2, 2),
  EvoNorm2d: evoNorm(nn.EvoNorm2d, 3, 2, 2, 2),
  EvoNorm3d: evoNorm(nn.EvoNorm3d, 3, 2, 2, 2, 2),
  LayerNorm: [
    ...floats(() => new nn.LayerNorm(2)),
    ...norm((options) => new nn.LayerNorm(2, options)),
    [A, "shape", () => new nn.LayerNorm(0)],
    [A, "shape", () => new nn.LayerNorm([])],
    [A, "shape", () => new nn.LayerNorm("2" as Any)],
    [S, "x", () => new nn.LayerNorm([2, 3]).call(f32(3))],
    [S, "x", () => new nn.LayerNorm(3).call(f32(3, 2))],
  ],
  RMSNorm: [
    ...floats(() => new nn.RMSNorm(2)),
    ...norm((options) => new nn.RMSNorm(2, options)),
    [A, "shape", () => new nn.RMSNorm(Number.NaN)],
    [S, "x", () => new nn.RMSNorm(3).call(f32(3, 2))],
  ],
  GroupNorm: [
    ...floats(() => new nn.GroupNorm(1, 2)),
    ...norm((options) => new nn.GroupNorm(1, 2, options)),
    [A, "groups", () => new nn.GroupNorm(3, 4)],
    [A, "groups", () => new nn.GroupNorm(0, 4)],
    [A, "channels", () => new nn.GroupNorm(1, 0)],
    [S, "x", () => new nn.GroupNorm(2, 4).call(f32(3, 2))],
  ],
  InstanceNorm: [
    ...floats(() => new nn.InstanceNorm(2)),
    ...norm((options) => new nn.InstanceNorm(2, options)),
    [A, "channels", () => new nn.InstanceNorm(-1)],
    [S, "x", () => new nn.InstanceNorm(2).call(f32(3, 2))],
  ],
  Dropout: drop(nn.Dropout),
  Dropout2d: [...drop(nn.Dropout2d), [S, "x", () => new nn.Dropout2d().call(f32(2, 2))]],
  DropPath: [...drop(nn.DropPath), [S, "x", () => new nn.DropPath().call(f32())]],
};
