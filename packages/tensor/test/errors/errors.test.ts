import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { type Any, type Call, f32, fails, gone, i32, type Row } from "./row.ts";
import { acceptAll, calls, nullable, trees, wrong } from "./tables.ts";

const isError = (f: unknown): boolean =>
  f === g.GradusError || (typeof f === "function" && f.prototype instanceof g.GradusError);

test("every exported function has a row", () => {
  const missing = Object.entries(g).filter(
    ([name, f]) =>
      typeof f === "function" && !isError(f) && !(name in calls || name in trees || name in wrong || name in acceptAll),
  );
  expect(missing.map(([name]) => name)).toEqual([]);
});

// What a function takes is read from its own text.
const takes = (f: unknown, parameter: RegExp): boolean =>
  parameter.test(/^[^(]*\(([^)]*)\)/.exec(String(f))?.[1] ?? "");

test.each([
  ["options", /\boptions\b/, /nothing/],
  ["an axis", /\baxis\b/, /axis/],
  ["axes", /\baxes\b/, /axes/],
])("every function that takes %s has a row for wrong ones", (_, parameter, argument) => {
  const missing = Object.entries(g).filter(
    ([name, f]) =>
      typeof f === "function" &&
      !isError(f) &&
      takes(f, parameter) &&
      !wrong[name]?.some((row) => argument.test(row[1])),
  );
  expect(missing.map(([name]) => name)).toEqual([]);
});

test("every row belongs to an export", () => {
  const names = [calls, trees, wrong, acceptAll].flatMap(Object.keys);
  expect(names.filter((name) => !(name in g))).toEqual([]);
});

describe.each(Object.entries(wrong))("%s", (op, rows) => {
  test.each(rows.map((row, i) => [i, row[1], row] as const))("%i: %s", (_, __, row) => fails(op, row));
});

/** The call with one tensor replaced. */
function spoilt([names, make, f]: Call, i: number, spoil: (t: g.Tensor) => unknown, error: Row[0]): Row {
  return [error, names[i] as string, () => f(...make().map((t, j) => (i === j ? spoil(t) : t)))];
}

describe.each([...Object.entries(calls), ...Object.entries(trees)])("%s refuses a disposed tensor", (op, call) => {
  test("and works with living ones", async () => void (await call[2](...call[1]())));
  test.each(call[0].map((name, i) => [name, i] as const))("%s", (_, i) =>
    fails(op, spoilt(call, i, gone, g.DisposedError), true),
  );
});

const strangers = (op: string, argument: string): [unknown][] =>
  [["text"], [null], [{}], [Symbol("s")]].filter(([x]) => x !== null || !nullable[op]?.includes(argument)) as [
    unknown,
  ][];

describe.each(Object.entries(calls))("%s refuses what is no tensor", (op, call) => {
  for (const [i, name] of call[0].entries())
    test.each(strangers(op, name))(`${name} = %o`, (value) =>
      fails(
        op,
        spoilt(call, i, () => value, g.ArgumentError),
        true,
      ),
    );
});

const shapes = [[], [0], [1], [3], [2, 0], [0, 2], [2, 3], [2, 3, 4], [1, 1, 4, 4]];
const dtypes: readonly g.DType[] = ["f32", "f64", "f16", "i32", "u8", "bool"];

describe("whatever the shape and dtype of an argument, a result or one line in the function's own name", () => {
  test.each([...Object.entries(calls), ...Object.entries(trees)])("%s", async (op, [names, make, f]) => {
    for (const [i, name] of names.entries())
      for (const shape of shapes)
        for (const dtype of dtypes)
          try {
            await f(...make().map((t, j) => (i === j ? g.ones(shape, { dtype }) : t)));
          } catch (e) {
            const message = (e as Error).message;
            expect(e, `${name} ${dtype} [${shape}]: ${message}`).toBeInstanceOf(g.GradusError);
            expect(message, `${name} ${dtype} [${shape}]`).toMatch(new RegExp(`^${op}: .+$`));
          }
  });
});

const methods: Readonly<Record<string, { readonly call: (t: Any) => unknown; readonly rows?: readonly Row[] }>> = {
  ...Object.fromEntries(
    "neg abs exp log sqrt sin cos tanh sigmoid relu squeeze data dataSync array realize clone permute"
      .split(" ")
      .map((name) => [name, { call: (t: Any) => t[name]() }]),
  ),
  ...Object.fromEntries(
    "add sub mul div pow equal less lessEqual greater greaterEqual matmul".split(" ").map((name) => [
      name,
      {
        call: (t: Any) => t[name](f32(2, 2)),
        rows: [
          [g.ShapeError, "b", () => (f32(2, 3) as Any)[name](f32(4))],
          [g.ArgumentError, "b", () => (f32(2, 3) as Any)[name]("text")],
          [g.DisposedError, "b", () => (f32(2, 2) as Any)[name](gone(f32(2, 2)))],
        ] as Row[],
      },
    ]),
  ),
  ...Object.fromEntries(
    "sum mean max min prod argmax argmin".split(" ").map((name) => [
      name,
      {
        call: (t: Any) => t[name](),
        rows: [
          [g.ShapeError, name.startsWith("arg") ? "axis" : "axes", () => (f32(2) as Any)[name](1)],
          [g.ArgumentError, "nothing", () => (f32(2) as Any)[name](0, { nothing: 1 })],
        ] as Row[],
      },
    ]),
  ),
  item: { call: (t) => t.item(), rows: [[g.ShapeError, "shape", () => f32(2).item()]] },
  itemSync: { call: (t) => t.itemSync(), rows: [[g.ShapeError, "shape", () => f32(2).itemSync()]] },
  reshape: { call: (t) => t.reshape([4]), rows: [[g.ShapeError, "shape", () => f32(2).reshape([3])]] },
  T: { call: (t) => t.T },
  expandDims: { call: (t) => t.expandDims(0), rows: [[g.ShapeError, "axis", () => f32(2).expandDims(5)]] },
  at: { call: (t) => t.at(0), rows: [[g.ShapeError, "picks[0]", () => f32(2).at(5)]] },
  astype: { call: (t) => t.astype("i32"), rows: [[g.DTypeError, "dtype", () => f32(2).astype("f8" as Any)]] },
};
/** Members that work on a disposed tensor, too. */
const harmless = ["constructor", "rank", "size", "dispose", "toString"];

describe("methods of Tensor", () => {
  test("every one has a row", () => {
    const own = Object.getOwnPropertyNames(g.Tensor.prototype).filter((name) => !harmless.includes(name));
    expect(own.toSorted()).toEqual(Object.keys(methods).toSorted());
  });
  describe.each(Object.entries(methods))("%s", (name, { call, rows = [] }) => {
    const single = name.startsWith("item");
    test("works, but not on a disposed tensor", async () => {
      await call(single ? f32(1) : f32(2, 2));
      await fails(name, [g.DisposedError, "disposed", () => call(gone(single ? f32(1) : f32(2, 2)))]);
    });
    test.each(rows.map((row) => [row[1], row] as const))("%s", (_, row) => fails(name, row));
  });
});

test("of nothing: the neutral element, NaN for a mean, and no row of an empty batch", async () => {
  const none = g.zeros([0]);
  const folds = [g.sum, g.prod, g.mean, g.variance, g.norm, g.norm1, g.logsumexp, g.any, g.all];
  const values = await Promise.all(folds.map((f) => (f as (t: g.Tensor) => g.Tensor)(none).item()));
  expect(values).toEqual([0, 1, Number.NaN, Number.NaN, 0, 0, Number.NEGATIVE_INFINITY, 0, 1]);
  for (const f of [g.max, g.min, g.argmax, g.argmin]) expect(f(g.zeros([0, 2]), 1).shape).toEqual([0]);
});

describe("what did not fail, but gave wrong numbers", () => {
  test("a negative power of integers is a fraction", async () => {
    expect(await g.pow(g.tensor([2], { dtype: "u8" }), -1).item()).toBe(0.5);
  });
  test("a pattern of bits wraps", async () => {
    expect(await g.bitwiseXor(i32(1), 0xffffffff).item()).toBe(-2);
    expect(await g.bitwiseAnd(g.tensor([7], { dtype: "u8" }), -2).item()).toBe(6);
  });
});
