import * as g from "../../src/index.ts";
import { bad, call, callRows, type Family, f32, i32, wrongRows } from "./row.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S, TraceError: T } = g;
const names = "segmentSum segmentMean segmentMax segmentMin segmentProd segmentSoftmax";
const [data, ids] = [f32(3, 2), i32(3)];

/** Rows gathered by the id of their segment. */
export const segments: Family = {
  calls: callRows(names, (name) => [["data", "ids"], () => [f32(3), i32(3)], call(name)]),
  wrong: [
    wrongRows(names, (f) => [
      [D, "ids", () => f(data, f32(3))],
      [S, "ids", () => f(data, i32(2))],
      [S, "ids", () => f(data, i32(3, 1))],
      [S, "data", () => f(f32(), i32(1))],
      [A, "numSegments", () => f(data, ids, { numSegments: -1 })],
      [A, "numSegments", () => f(data, ids, { numSegments: Number.NaN })],
      [A, "sorted", () => f(data, ids, { sorted: 1 })],
      [A, "nothing", () => f(data, ids, bad)],
      [A, "options", () => f(data, ids, null)],
      [T, "ids", () => g.vmap((t: g.Tensor) => f(data, t) as g.Tensor)(i32(2, 3))],
    ]),
  ],
};
