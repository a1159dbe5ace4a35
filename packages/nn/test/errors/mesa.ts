import * as g from "@gradus/tensor";
import { type Any, bad, f32, i32 } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import type { Rows } from "./rows.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S } = g;
const f = (x: g.Tensor, w: g.Tensor): g.Tensor => g.gelu(g.matmul(x, w)).sum();
const nearest = { rounding: "nearest" } as const;
const args = [f32(2, 3), f32(3, 6)] as const;

export const mesaRows: Rows = {
  mesa: [
    [A, "f", () => nn.mesa(1 as Any, nearest)],
    [A, "key", () => nn.mesa(f)],
    [A, "key", () => nn.mesa(f, { key: 1 as Any })],
    [A, "rounding", () => nn.mesa(f, { rounding: "down" as Any })],
    [A, "bits", () => nn.mesa(f, { ...nearest, bits: 3 as Any })],
    [A, "groups", () => nn.mesa(f, { ...nearest, groups: 0 })],
    [A, "groupSize", () => nn.mesa(f, { ...nearest, groupSize: 0.5 })],
    [A, "decay", () => nn.mesa(f, { ...nearest, decay: 1 })],
    [A, "nothing", () => nn.mesa(f, bad)],
    [A, "ops", () => nn.mesa(f, { ...nearest, ops: 1 as Any })],
    [A, "gelu", () => nn.mesa(f, { ...nearest, ops: { gelu: true } as Any })],
    [A, "linear", () => nn.mesa(f, { ...nearest, ops: { linear: 1 as Any } })],
    [A, "layers", () => nn.mesa(f, { ...nearest, ops: { linear: { layers: 1 as Any } } })],
    [A, "layers", () => nn.mesa(f, { ...nearest, ops: { linear: { layers: [-1] } } })],
    [A, "groups", () => nn.mesa(f, { ...nearest, groups: 4 })(...args)],
    [A, "groupSize", () => nn.mesa(f, { ...nearest, groupSize: 4 })(...args)],
    [A, "ranges", () => nn.mesa(f, nearest).run([], ...args)],
    [S, "ranges", () => nn.mesa(f, { ...nearest, groups: 2 }).run(nn.mesa(f, nearest).init(...args), ...args)],
  ],
  quantizeGroups: [
    [A, "x", () => nn.quantizeGroups(1 as Any)],
    [D, "x", () => nn.quantizeGroups(i32(2))],
    [S, "x", () => nn.quantizeGroups(f32())],
    [A, "groups", () => nn.quantizeGroups(f32(4), { groups: 3 })],
    [A, "groups", () => nn.quantizeGroups(f32(4), { groups: -1 })],
    [A, "bits", () => nn.quantizeGroups(f32(4), { bits: 16 as Any })],
    [A, "decay", () => nn.quantizeGroups(f32(4), { decay: 2 })],
    [A, "key", () => nn.quantizeGroups(f32(4), { key: 2 as Any })],
    [A, "ranges", () => nn.quantizeGroups(f32(4), { ranges: 2 as Any })],
    [S, "ranges", () => nn.quantizeGroups(f32(4), { groups: 2, ranges: nn.quantizeGroups(f32(4))[1] })],
    [A, "nothing", () => nn.quantizeGroups(f32(4), bad)],
  ],
  dequantizeGroups: [
    [A, "quantized", () => nn.dequantizeGroups(null as Any)],
    [A, "bits", () => nn.dequantizeGroups({ ...nn.quantizeGroups(f32(4))[0], bits: 3 as Any })],
    [D, "codes", () => nn.dequantizeGroups({ ...nn.quantizeGroups(f32(4))[0], codes: f32(4) })],
  ],
};
