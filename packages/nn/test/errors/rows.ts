import * as g from "@gradus/tensor";
import { type Any, bad, f32, gone, i32, type Row } from "../../../tensor/test/errors/row.ts";
import type * as nn from "../../src/index.ts";

const { ArgumentError: A, DTypeError: D, DisposedError: X, ShapeError: S } = g;

/** Per export: calls that must fail. */
export type Rows = Readonly<Record<string, readonly Row[]>>;

/** What every layer of one tensor refuses to run on. */
export const input = (make: () => nn.Module): readonly Row[] => [
  [A, "x", () => make().call(1)],
  [A, "x", () => make().call(null)],
  [A, "x", () => make().call([f32(2)])],
  [X, "x", () => make().call(gone(f32(2, 2)))],
];
/** What every layer of one float tensor refuses to run on. */
export const floats = (make: () => nn.Module): readonly Row[] => [
  ...input(make),
  [D, "x", () => make().call(i32(2, 2))],
];
const key = g.key(0);
/** What every layer with parameters refuses to be made of. */
export const keyed = (make: (options: Any) => unknown): readonly Row[] => [
  [A, "key", () => make(undefined)],
  [A, "options", () => make(null)],
  [A, "key", () => make({})],
  [A, "key", () => make({ key: 0 })],
  [S, "key", () => make({ key: g.ones([3], { dtype: "u32" }) })],
  [X, "key", () => make({ key: gone(g.key(0)) })],
  [D, "dtype", () => make({ key, dtype: "i32" })],
  [A, "nothing", () => make({ key, ...bad })],
];
/** What every layer with a weight and a bias refuses to be made of. */
export const layer = (make: (options: Any) => unknown): readonly Row[] => [
  ...keyed(make),
  [A, "bias", () => make({ key, bias: 1 })],
  [A, "init", () => make({ key, init: "zeros" })],
  [A, "init", () => make({ key, init: () => 0 })],
  [S, "init", () => make({ key, init: () => f32(1) })],
  [A, "init", () => make({ key, init: (_: Any, shape: number[]) => i32(...shape) })],
  [A, "biasInit", () => make({ key, biasInit: 0 })],
  [S, "biasInit", () => make({ key, biasInit: () => f32(1, 1) })],
];
/** What every normalisation refuses to be made of. */
export const norm = (make: (options: Any) => unknown): readonly Row[] => [
  [A, "options", () => make(null)],
  [A, "epsilon", () => make({ epsilon: -1 })],
  [A, "epsilon", () => make({ epsilon: Number.NaN })],
  [A, "affine", () => make({ affine: 1 })],
  [D, "dtype", () => make({ dtype: "u8" })],
  [A, "nothing", () => make(bad)],
];
/** What every layer that acts otherwise in training refuses as a pass. */
export const passed = (make: () => nn.Module, x: g.Tensor): readonly Row[] => [
  [A, "pass", () => make().call(x, 0 as Any)],
  [A, "pass", () => make().call(x, g.key(0) as Any)],
];
