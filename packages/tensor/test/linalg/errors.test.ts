import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the types forbid is called on purpose
type Any = any;
type Row = readonly [op: string, error: new () => g.GradusError, argument: string, call: () => unknown];

const [m23, m22, vector, scalar] = [g.ones([2, 3]), g.ones([2, 2]), g.ones([3]), g.scalar(1)];
const ints = g.ones([2, 2], { dtype: "i32" });
const half = g.ones([2, 2], { dtype: "f16" });
const api = g as unknown as Record<string, (...args: Any[]) => unknown>;
const { ShapeError, DTypeError, ArgumentError } = g;

const square = "cholesky eigh eigvalsh inv det slogdet expm".split(" ");
const matrices = "lu qr svd svdvals pinv matrixRank matrixNorm conditionNumber".split(" ");
const first = [...square, ...matrices];
const call =
  (op: string, ...args: unknown[]): (() => unknown) =>
  () =>
    (api[op] as (...args: Any[]) => unknown)(...args);

const rows: readonly Row[] = [
  ...square.map((op): Row => [op, ShapeError, "a", call(op, m23)]),
  ...first.flatMap((op): Row[] => [
    [op, ShapeError, "a", call(op, vector)],
    [op, DTypeError, "a", call(op, ints)],
    [op, DTypeError, "a", call(op, half)],
    [op, ArgumentError, "a", call(op, [[1]])],
    [
      op,
      g.DisposedError,
      "a",
      () => {
        const gone = g.ones([2, 2]);
        gone.dispose();
        call(op, gone)();
      },
    ],
  ]),
  ["solve", ShapeError, "a", call("solve", m23, vector)],
  ["solve", ShapeError, "b", call("solve", m22, vector)],
  ["solve", ShapeError, "b", call("solve", m22, scalar)],
  ["solve", DTypeError, "b", call("solve", m22, ints)],
  ["solve", ShapeError, "broadcast", call("solve", g.ones([2, 2, 2]), g.ones([3, 2, 2]))],
  ["choSolve", ShapeError, "l", call("choSolve", m23, m22)],
  ["choSolve", ShapeError, "b", call("choSolve", m22, g.ones([3, 2]))],
  ["triangularSolve", ShapeError, "t", call("triangularSolve", m23, m22)],
  ["triangularSolve", ShapeError, "b", call("triangularSolve", m22, g.ones([3, 2]))],
  ["triangularSolve", ShapeError, "b", call("triangularSolve", m22, g.ones([2, 3]), { left: false })],
  ["triangularSolve", ArgumentError, "lower", call("triangularSolve", m22, m22, { lower: 1 })],
  ["triangularSolve", ArgumentError, "upper", call("triangularSolve", m22, m22, { upper: true })],
  ["qr", ArgumentError, "mode", call("qr", m22, { mode: "full" })],
  ["svd", ArgumentError, "fullMatrices", call("svd", m22, { fullMatrices: "yes" })],
  ["pinv", ArgumentError, "rcond", call("pinv", m22, { rcond: -1 })],
  ["lstsq", ShapeError, "b", call("lstsq", m23, vector)],
  ["lstsq", DTypeError, "a", call("lstsq", ints, m22)],
  ["lstsq", ArgumentError, "rcond", call("lstsq", m22, m22, { rcond: Number.NaN })],
  ["matrixRank", ArgumentError, "rtol", call("matrixRank", m22, { rtol: -1 })],
  ["matrixPower", ArgumentError, "n", call("matrixPower", m22, 0.5)],
  ["matrixPower", ShapeError, "a", call("matrixPower", m23, 2)],
  ["matrixNorm", ArgumentError, "ord", call("matrixNorm", m22, { ord: 3 })],
  ["vectorNorm", ArgumentError, "ord", call("vectorNorm", m22, { ord: "fro" })],
  ["vectorNorm", ShapeError, "axes", call("vectorNorm", m22, { axes: 2 })],
  ["conditionNumber", ShapeError, "a", call("conditionNumber", m23, { ord: 1 })],
  ["expm", ArgumentError, "maxSquarings", call("expm", m22, { maxSquarings: -1 })],
  ["tensorsolve", ShapeError, "a", call("tensorsolve", m23, vector)],
  ["tensorsolve", ArgumentError, "axes", call("tensorsolve", m22, g.ones([2]), 1)],
  ["tensorsolve", ShapeError, "axes", call("tensorsolve", m22, g.ones([2]), [5])],
  ["tensorsolve", ShapeError, "axes", call("tensorsolve", m22, g.ones([2]), [0, 0])],
  ["tensorinv", ShapeError, "a", call("tensorinv", m23, 1)],
  ["tensorinv", ArgumentError, "count", call("tensorinv", m22, 0)],
  ["diagonal", ShapeError, "x", call("diagonal", vector)],
  ["diagonal", ShapeError, "axis1", call("diagonal", m22, { axis1: 2 })],
  ["diagonal", ShapeError, "axis2", call("diagonal", m22, { axis1: 1 })],
  ["trace", ArgumentError, "offset", call("trace", m22, { offset: 0.5 })],
  ["diag", ShapeError, "x", call("diag", scalar)],
  ["diag", ArgumentError, "k", call("diag", vector, 0.5)],
  ["diagflat", ArgumentError, "x", call("diagflat", 3)],
  ["kron", ArgumentError, "b", call("kron", m22, 2)],
  ["cross", ShapeError, "b", call("cross", vector, m22)],
  ["vecdot", ShapeError, "b", call("vecdot", vector, m22)],
  ["vdot", ShapeError, "b", call("vdot", vector, m22)],
  ["multiDot", ArgumentError, "factors", call("multiDot", [m22])],
  ["multiDot", ArgumentError, "factors", call("multiDot", m22)],
  ["multiDot", ShapeError, "factors[1]", call("multiDot", [m23, m22])],
  ["multiDot", ShapeError, "factors[1]", call("multiDot", [m22, g.ones([2]), m22])],
];

describe("what is wrong is refused in one line, in the name of the function and the argument", () => {
  test.each(rows.map((row, i) => [`${row[0]} ${row[2]} (${i})`, row] as const))(
    "%s",
    (_, [op, type, argument, run]) => {
      let error: unknown = null;
      try {
        run();
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(type);
      const { message } = error as Error;
      expect(message.startsWith(`${op}: `), message).toBe(true);
      expect(message.split(/[\s:]+/).slice(1), message).toContain(argument);
      expect(message).not.toMatch(/\n/);
    },
  );
  test("every function has a row", () => {
    const known = new Set(rows.map(([op]) => op));
    expect(Object.keys(g.linalg).filter((name) => !known.has(name))).toEqual([]);
  });
});
