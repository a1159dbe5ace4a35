import * as g from "../../src/index.ts";
import { type Any, bad, call, callRows, type Family, f32, i32, wrongRows } from "./row.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S } = g;
const bytes = g.ones([2, 2], { dtype: "u8" });

/** Bits of integers. */
export const bits: Family = {
  calls: {
    ...callRows("bitwiseNot populationCount countLeadingZeros packbits", (name) => [["x"], () => [i32(2)], call(name)]),
    unpackbits: [["x"], () => [g.ones([2], { dtype: "u8" })], call("unpackbits")],
  },
  wrong: [
    wrongRows("bitwiseNot populationCount countLeadingZeros", (f) => [
      [D, "x", () => f(f32(2))],
      [D, "x", () => f(0.5)],
      [D, "x", () => f(Number.NaN)],
    ]),
    wrongRows("packbits unpackbits", (f) => [
      [D, "x", () => f(f32(2))],
      [S, "axis", () => f(bytes, { axis: 2 })],
      [A, "axis", () => f(bytes, { axis: Number.NaN })],
      [S, "axis", () => f(g.ones([], { dtype: "u8" }))],
      [A, "order", () => f(bytes, { order: "middle" })],
      [A, "nothing", () => f(bytes, bad)],
      [A, "options", () => f(bytes, null)],
    ]),
    {
      unpackbits: [
        [D, "x", () => g.unpackbits(i32(2))],
        [A, "count", () => g.unpackbits(bytes, { count: 17 })],
        [A, "count", () => g.unpackbits(bytes, { count: Number.NaN })],
        [A, "count", () => g.unpackbits(bytes, { count: "1" as Any })],
      ],
    },
  ],
};
