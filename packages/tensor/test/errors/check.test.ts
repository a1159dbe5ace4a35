import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { type Any, f32, fails, gone, i32, type Row } from "./row.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S } = g;
const { check } = g;
const op = "layer";

/** Per check: values that it refuses, in the name of what uses it. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  number: [
    [A, "rate", () => check.number()(op, Number.NaN, "rate")],
    [A, "rate", () => check.number()(op, "1", "rate")],
    [A, "rate", () => check.number("[0, 1)")(op, 1, "rate")],
    [A, "rate", () => check.number("(0, 1]")(op, 0, "rate")],
    [A, "rate", () => check.number()(op, Number.POSITIVE_INFINITY, "rate")],
  ],
  integer: [
    [A, "size", () => check.integer()(op, 0.5, "size")],
    [A, "size", () => check.integer()(op, 2 ** 53, "size")],
    [A, "size", () => check.integer("[1, ∞)")(op, 0, "size")],
    [A, "size", () => check.integer()(op, null, "size")],
  ],
  flag: [[A, "bias", () => check.flag(op, 1, "bias")]],
  oneOf: [[A, "mode", () => check.oneOf("a", "b")(op, "c", "mode")]],
  callable: [[A, "init", () => check.callable(op, {}, "init")]],
  dtype: [[D, "dtype", () => check.dtype(op, "f8", "dtype")]],
  floatDType: [
    [D, "dtype", () => check.floatDType(op, "i32", "dtype")],
    [D, "dtype", () => check.floatDType(op, undefined, "dtype")],
  ],
  shape: [
    [A, "shape", () => check.shape(op, [-1], "shape")],
    [A, "shape", () => check.shape(op, 3, "shape")],
  ],
  ...Object.fromEntries(
    (["tensor", "checkTensor"] as const).map((name) => [
      name,
      [
        [A, "x", () => check[name](op, [1], "x")],
        [g.DisposedError, "x", () => check[name](op, gone(f32(2)), "x")],
      ],
    ]),
  ),
  ...Object.fromEntries(
    (["key", "checkKey"] as const).map((name) => [
      name,
      [
        [A, "key", () => check[name](op, 0, "key")],
        [D, "key", () => check[name](op, i32(2), "key")],
        [S, "key", () => check[name](op, g.ones([3], { dtype: "u32" }), "key")],
        [g.DisposedError, "key", () => check[name](op, gone(g.key(0)), "key")],
      ],
    ]),
  ),
  tree: [[g.DisposedError, "model.w", () => check.tree(op, { w: gone(f32(2)) }, "model")]],
  alike: [
    [A, "grads", () => check.alike(op, { a: f32(2) }, { b: f32(2) }, "grads")],
    [S, "grads.a", () => check.alike(op, { a: f32(2) }, { a: f32(3) }, "grads")],
    [g.DisposedError, "grads", () => check.alike(op, gone(f32(2)), f32(2), "grads")],
  ],
  ...Object.fromEntries(
    (["options", "checkOptions"] as const).map((name) => [
      name,
      [
        [A, "other", () => check[name](op, { other: 1 }, { bias: check.flag })],
        [A, "bias", () => check[name](op, { bias: null }, { bias: check.flag })],
        [A, "options", () => check[name](op, null as Any, {})],
        [A, "options", () => check[name](op, [], {})],
        [A, "limits", () => check[name](op, 3 as Any, {}, "limits")],
      ],
    ]),
  ),
};
/** Checks that refuse nothing. */
const others = ["anything", "said"];

test("every check has rows", () => {
  expect(Object.keys(rows).toSorted()).toEqual(
    Object.keys(check)
      .filter((name) => !others.includes(name))
      .toSorted(),
  );
});

describe.each(Object.entries(rows))("%s", (_, list) => {
  test.each(list.map((row, i) => [i, row[1], row] as const))("%i: %s", (_, __, row) => fails(op, row, true));
});

test("options that are not given are not checked", () => {
  expect(() => check.options(op, undefined, { bias: check.flag })).not.toThrow();
  expect(() => check.options(op, { bias: undefined }, { bias: check.flag })).not.toThrow();
});
