import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import * as s from "../../src/sparse/index.ts";
import { type Any, bad, f32, fails, gone, i32, type Row } from "../errors/row.ts";
import { i32 as ints } from "./help.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S, TraceError: T } = g;
const half = (n: number): g.Tensor => g.ones([n], { dtype: "bool" });
const two = (): s.CsrMatrix => s.csr(f32(3), ints([0, 1, 0]), ints([0, 2, 3]), [2, 2]);
const wide = (): s.CooMatrix => s.coo(f32(2), ints([0, 1]), ints([2, 0]), [2, 3]);
const any = s as unknown as Record<string, (...args: Any[]) => unknown>;
/** The result of a call inside a trace on the tables of a matrix. */
const traced = (f: (a: s.CsrMatrix) => unknown): unknown => {
  let result: unknown;
  g.jit((a: s.CsrMatrix) => {
    result = f(a);
    return a;
  })(two());
  return result;
};

const compressed = (name: string): Row[] => {
  const f = any[name] as (...args: Any[]) => unknown;
  return [
    [A, "shape", () => f(f32(2), i32(2), i32(3), "2x2")],
    [S, "shape", () => f(f32(2), i32(2), i32(3), [2, 2, 2])],
    [A, "shape", () => f(f32(2), i32(2), i32(3), [2, -1])],
    [S, "values", () => f(f32(2, 1), i32(2), i32(3), [2, 2])],
    [D, "values", () => f(half(2), i32(2), i32(3), [2, 2])],
    [A, "values", () => f([1, 2], i32(2), i32(3), [2, 2])],
    [D, "indices", () => f(f32(2), f32(2), i32(3), [2, 2])],
    [S, "indices", () => f(f32(2), i32(3), i32(3), [2, 2])],
    [A, "indices", () => f(f32(2), ints([0, 2]), ints([0, 1, 2]), [2, 2])],
    [A, "indices", () => f(f32(2), ints([-1, 0]), ints([0, 1, 2]), [2, 2])],
    [D, "indptr", () => f(f32(2), i32(2), half(3), [2, 2])],
    [S, "indptr", () => f(f32(2), i32(2), i32(2), [2, 2])],
    [A, "indptr", () => f(f32(2), ints([0, 1]), ints([1, 1, 2]), [2, 2])],
    [A, "indptr", () => f(f32(2), ints([0, 1]), ints([0, 1, 3]), [2, 2])],
    [A, "indptr", () => f(f32(2), ints([0, 1, 0].slice(1)), ints([0, 3, 1, 2]), [3, 3])],
    [g.DisposedError, "indices", () => f(f32(2), gone(i32(2)), i32(3), [2, 2])],
  ];
};

const triplets = (name: string): Row[] => {
  const f = any[name] as (...args: Any[]) => unknown;
  return [
    [S, "shape", () => f(f32(2), i32(2), i32(2), [4])],
    [S, "values", () => f(f32(), i32(1), i32(1), [2, 2])],
    [D, "values", () => f(half(2), i32(2), i32(2), [2, 2])],
    [S, "rows", () => f(f32(2), i32(1), i32(2), [2, 2])],
    [D, "columns", () => f(f32(2), i32(2), f32(2), [2, 2])],
    [A, "rows", () => f(f32(2), ints([0, 2]), i32(2), [2, 2])],
    [A, "columns", () => f(f32(2), i32(2), ints([0, -1]), [2, 2])],
    [g.DisposedError, "values", () => f(gone(f32(2)), i32(2), i32(2), [2, 2])],
  ];
};

/** Calls that must fail, per function. */
const wrong: Readonly<Record<string, readonly Row[]>> = {
  coo: triplets("coo"),
  fromTriplets: [
    ...triplets("fromTriplets"),
    [T, "rows", () => traced((a) => s.fromTriplets(f32(3), a.indices, a.indices, [2, 2]))],
  ],
  csr: compressed("csr"),
  csc: compressed("csc"),
  withValues: [
    [S, "values", () => s.withValues(two(), f32(2))],
    [S, "values", () => s.withValues(two(), f32(3, 1))],
    [D, "values", () => s.withValues(two(), half(3))],
  ],
  fromDense: [
    [S, "shape", () => s.fromDense(f32(2))],
    [D, "x", () => s.fromDense(g.ones([2, 2], { dtype: "bool" }))],
    [A, "x", () => s.fromDense([[1]] as Any)],
    [
      T,
      "x",
      () => {
        let result: unknown;
        g.vmap((x: g.Tensor) => {
          result = s.fromDense(x);
          return x;
        })(f32(2, 2, 2));
        return result;
      },
    ],
  ],
  identity: [
    [A, "n", () => s.identity(-1)],
    [A, "n", () => s.identity(1.5)],
    [D, "dtype", () => s.identity(2, { dtype: "bool" })],
    [D, "dtype", () => s.identity(2, { dtype: "f8" as Any })],
    [A, "nothing", () => s.identity(2, bad)],
  ],
  diags: [
    [A, "diagonals", () => s.diags([], [])],
    [A, "diagonals", () => s.diags(f32(2) as Any, [0])],
    [A, "diagonals[0]", () => s.diags(["1"] as Any, [0], { shape: [2, 2] })],
    [A, "offsets", () => s.diags([f32(2)], [0, 1])],
    [A, "offsets", () => s.diags([f32(2), f32(2)], [1, 1])],
    [A, "offsets[0]", () => s.diags([f32(2)], [0.5])],
    [A, "shape", () => s.diags([1], [0])],
    [S, "diagonals[1]", () => s.diags([f32(2), f32(2)], [0, 1])],
    [S, "diagonals[0]", () => s.diags([f32(2, 2)], [0], { shape: [2, 2] })],
    [A, "shape", () => s.diags([1], [0], { shape: 3 as Any })],
    [D, "diagonals", () => s.diags([half(2)], [0])],
    [A, "nothing", () => s.diags([f32(2)], [0], bad)],
  ],
  kron: [[S, "shape", () => s.kron(s.identity(70_000), s.identity(70_000))]],
  matmul: [
    [S, "inner", () => s.matmul(wide(), f32(2))],
    [S, "inner", () => s.matmul(wide(), f32(2, 2, 3))],
    [S, "inner", () => s.matmul(f32(3), wide())],
    [S, "b", () => s.matmul(two(), f32())],
    [A, "b", () => s.matmul(two(), two())],
    [A, "a", () => s.matmul(f32(2), f32(2))],
    [A, "b", () => s.matmul(two(), [1, 2] as Any)],
    [g.DisposedError, "b", () => s.matmul(two(), gone(f32(2)))],
  ],
  toDense: [[A, "a.shape", () => s.toDense(s.coo(f32(1), i32(1), i32(1), [2_000_000, 2_000_000]))]],
  matvec: [
    [S, "x", () => s.matvec(two(), f32(3))],
    [S, "x", () => s.matvec(two(), f32(2, 1))],
  ],
  sampledDenseDense: [
    [S, "a", () => s.sampledDenseDense(wide(), f32(2, 4), f32(3, 4))],
    [S, "a", () => s.sampledDenseDense(wide(), f32(2), f32(2, 3))],
    [A, "pattern", () => s.sampledDenseDense(f32(2, 2) as Any, f32(2, 2), f32(2, 2))],
    [A, "b", () => s.sampledDenseDense(two(), f32(2, 2), 1 as Any)],
  ],
  multiply: [
    [S, "inner", () => s.multiply(wide(), two())],
    [A, "b", () => s.multiply(two(), f32(2, 2) as Any)],
    [T, "a", () => traced((a) => s.multiply(a, a))],
  ],
  symbolicProduct: [
    [S, "inner", () => s.symbolicProduct(wide(), two())],
    [A, "b", () => s.symbolicProduct(two(), null as Any)],
    [S, "a", async () => (await s.symbolicProduct(two(), two()))(f32(2), f32(3))],
    [D, "b", async () => (await s.symbolicProduct(two(), two()))(f32(3), half(3))],
  ],
  add: [
    [S, "b", () => s.add(two(), wide())],
    [S, "b", () => s.add(two(), f32(2))],
    [A, "b", () => s.add(two(), 1 as Any)],
  ],
  sub: [
    [S, "b", () => s.sub(two(), wide())],
    [A, "b", () => s.sub(two(), undefined as Any)],
  ],
  mul: [
    [S, "x", () => s.mul(wide(), f32(2))],
    [S, "x", () => s.mul(wide(), f32(1, 2, 3))],
    [A, "x", () => s.mul(wide(), "2" as Any)],
    [g.DisposedError, "x", () => s.mul(wide(), gone(f32(3)))],
  ],
  sum: [
    [A, "axis", () => s.sum(two(), 2 as Any)],
    [A, "axis", () => s.sum(two(), null as Any)],
  ],
  diagonal: [
    [A, "k", () => s.diagonal(two(), 0.5)],
    [A, "k", () => s.diagonal(two(), Number.NaN)],
  ],
  sliceRows: [
    [A, "start", () => s.sliceRows(two(), -1)],
    [A, "start", () => s.sliceRows(two(), 3)],
    [A, "stop", () => s.sliceRows(two(), 1, 0)],
    [A, "stop", () => s.sliceRows(two(), 1, 3)],
    [T, "a.indptr", () => traced((a) => s.sliceRows(a, 0, 1))],
  ],
  coalesce: [
    [T, "rows", () => traced(s.coalesce)],
    [A, "columns", () => s.coalesce(new s.CooMatrix(f32(1), ints([0]), ints([5]), [2, 2]))],
  ],
};

const first =
  "withValues toDense toCoo toCsr toCsc transpose coalesce kron matvec multiply symbolicProduct add sub mul sum diagonal sliceRows";
const others: Readonly<Record<string, readonly unknown[]>> = {
  withValues: [f32(3)],
  kron: [two()],
  matvec: [f32(2)],
  multiply: [two()],
  symbolicProduct: [two()],
  add: [two()],
  sub: [two()],
  mul: [2],
  sliceRows: [0, 1],
};

test("every function has rows", () => {
  const functions = Object.entries(s).filter(([name, f]) => typeof f === "function" && /^[a-z]/.test(name));
  const known = new Set([...Object.keys(wrong), ...first.split(" ")]);
  expect(functions.map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
});

describe.each(Object.entries(wrong))("%s", (op, rows) => {
  test.each(rows.map((row, i) => [i, row[1], row] as const))("%i: %s", (_, __, row) => fails(op, row));
});

describe.each(first.split(" "))("%s wants a living sparse matrix", (op) => {
  const f = (a: unknown): unknown => any[op]?.(a, ...(others[op] ?? []));
  test("and works with one", async () => void (await f(two())));
  test.each([[null], ["text"], [{}], [f32(2, 2)]])("not %o", (x) => fails(op, [A, "a", () => f(x)]));
  test("not a disposed one", () =>
    fails(op, [
      g.DisposedError,
      "a.values",
      () => {
        const a = two();
        a.values.dispose();
        return f(a);
      },
    ]));
  test("not a batch of them", () =>
    fails(op, [S, "a.values", () => f(g.vmap((k: g.Tensor) => s.mul(two(), k))(f32(2)))]));
});
