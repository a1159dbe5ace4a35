import { execFileSync } from "node:child_process";
import { join } from "node:path";
import * as g from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import { camelCase, codeOf, count, entries, ParityError } from "../src/parity/check.ts";
import type { Table, Written } from "../src/parity/table.ts";
import { lax } from "../src/parity/tables/lax.ts";
import { numpy } from "../src/parity/tables/numpy.ts";
import { linalg } from "../src/parity/tables/rest.ts";

const root = join(import.meta.dirname, "../..");
const run = (...flags: string[]): string =>
  execFileSync(process.execPath, ["--conditions=source", "tools/src/parity.ts", ...flags], {
    cwd: root,
    encoding: "utf8",
  });

const ours = { exported: new Set(["logNdtr", "abs", "chunk"]), methods: new Set(["data"]) };
const table = (more: Partial<Table>): Table => ({ same: "", there: {}, absent: {}, missing: "", ...more });

test("docs/parity.md is what the program writes", () => {
  expect(run("--check")).toBe("");
}, 60_000);

test("names in camelCase", () => {
  expect(["log_ndtr", "atleast_1d", "abs", "nan_to_num"].map(camelCase)).toEqual([
    "logNdtr",
    "atleast1d",
    "abs",
    "nanToNum",
  ]);
});

test("a written line is shown without the prefix of imports", () => {
  const g = { chunk: (x: unknown, n: number) => [x, n] };
  // the text is taken as it stands, so that the test does not depend on what compiled it
  const line = Object.assign(() => g, { toString: () => "(x, n       ) => g.chunk(x,\n    n)" });
  expect(codeOf(line)).toBe("(x, n) => chunk(x, n)");
});

describe("a table is checked", () => {
  test("each name gets its entry, in the order of the names", () => {
    const list = entries(
      "m",
      ["fabs", "log_ndtr", "gone", "never"],
      table({ same: "log_ndtr", there: { fabs: "abs" }, absent: { "no reason": "never" }, missing: "gone" }),
      ours,
    );
    expect(list.map((e) => [e.name, e.kind, e.text])).toEqual([
      ["fabs", "there", "abs"],
      ["log_ndtr", "there", "logNdtr"],
      ["gone", "missing", ""],
      ["never", "absent", "no reason"],
    ]);
    expect(count(list)).toEqual({ total: 3, there: 2, share: 0.6667 });
  });
  test.each<[string, Partial<Table>, RegExp]>([
    ["a name in no place", {}, /fabs is not in the table/],
    ["a name in two places", { missing: "fabs", there: { fabs: "abs" } }, /fabs is in the table twice/],
    ["a name that is none of theirs", { missing: "fabs other" }, /other is in the table, but/],
    ["a name of ours that is not exported", { there: { fabs: "fabs" } }, /neither exported nor a method/],
    ["the same name, which is not exported", { same: "fabs" }, /fabs is said to be fabs/],
    ["a method that is none", { there: { fabs: "Tensor.fabs" } }, /neither exported nor a method/],
    [
      "a line that uses what is not exported",
      { there: { fabs: Object.assign(() => 0, { toString: () => "(x) => g.fabs(x)" }) } },
      /fabs is said to be fabs/,
    ],
  ])("%s", (_, more, message) => {
    const check = (): unknown => entries("m", ["fabs"], table(more), ours);
    expect(check).toThrow(ParityError);
    expect(check).toThrow(message);
  });
  test("a method counts", () => {
    expect(entries("m", ["data"], table({ there: { data: "Tensor.data" } }), ours)[0]?.kind).toBe("there");
  });
});

const i32 = (data: number[]): g.Tensor => g.tensor(data, { dtype: "i32" });
const ints = g.reshape(i32([1, 2, 3, 4, 5, 6]), [2, 3]);
const floats = g.tensor([
  [1, -2, 3],
  [4, 5, -6],
]);
/** Lines of the tables with arguments, and what NumPy or JAX gives for them. */
const lines: readonly (readonly [table: Table, name: string, args: readonly unknown[], expected: unknown])[] = [
  [numpy, "apply_over_axes", [g.sum, floats, [0, 1]], [[5]]],
  [numpy, "array_str", [g.tensor([1, 2.5])], "[1,2.5]"],
  [
    numpy,
    "diag_indices",
    [2, 2],
    [
      [0, 1],
      [0, 1],
    ],
  ],
  [numpy, "divide", [i32([1, 3]), 2], [0.5, 1.5]],
  [numpy, "dot", [floats, g.tensor([1, 1, 2])], [5, -3]],
  [numpy, "dot", [g.tensor([1, 1, 2]), g.tensor([1, 2, 3])], 9],
  [numpy, "dsplit", [g.reshape(floats, [1, 2, 3]), 3], [[[[1], [4]]], [[[-2], [5]]], [[[3], [-6]]]]],
  [numpy, "floor_divide", [g.tensor([7, -7]), 2], [3, -4]],
  [numpy, "frombuffer", [new Float32Array([1, 2]).buffer], [1, 2]],
  [numpy, "fromfile", [new Blob([new Float32Array([1, 2])])], [1, 2]],
  [
    numpy,
    "fromfunction",
    [(r: g.Tensor, c: g.Tensor) => g.sub(r, c), [2, 2]],
    [
      [0, -1],
      [1, 0],
    ],
  ],
  [numpy, "fromstring", ["1,2"], [1, 2]],
  [
    numpy,
    "mask_indices",
    [2, g.triu, 0],
    [
      [0, 0, 1],
      [0, 1, 1],
    ],
  ],
  [numpy, "polysub", [g.tensor([1, 2]), g.tensor([1])], [1, 1]],
  [
    numpy,
    "resize",
    [i32([1, 2, 3]), [2, 2], 4],
    [
      [1, 2],
      [3, 1],
    ],
  ],
  [numpy, "setxor1d", [i32([1, 2, 3]), i32([2, 4])], [1, 3, 4]],
  [
    numpy,
    "tril_indices_from",
    [floats, 0],
    [
      [0, 1, 1],
      [0, 0, 1],
    ],
  ],
  [numpy, "unique_inverse", [i32([5, 3, 5])], [1, 0, 1]],
  [numpy, "vsplit", [floats, 2], [[[1, -2, 3]], [[4, 5, -6]]]],
  [
    lax,
    "approx_min_k",
    [g.tensor([3, 1, 2]), 2, 0],
    [
      [1, 2],
      [1, 2],
    ],
  ],
  [
    lax,
    "broadcast",
    [i32([1, 2]), [2]],
    [
      [1, 2],
      [1, 2],
    ],
  ],
  [lax, "broadcast_to_rank", [i32([1, 2]), 2], [[1, 2]]],
  [lax, "clamp", [0, i32([-1, 2, 9]), 3], [0, 2, 3]],
  [lax, "conv_shape_tuple", [g.zeros([1, 1, 5]), g.zeros([2, 1, 3])], [1, 2, 3]],
  [lax, "dynamic_index_in_dim", [floats, i32([1]), 0], [[4, 5, -6]]],
  [
    lax,
    "dynamic_slice_in_dim",
    [floats, g.scalar(1, { dtype: "i32" }), 2, 1],
    [
      [-2, 3],
      [5, -6],
    ],
  ],
  [lax, "dynamic_update_slice_in_dim", [i32([1, 2, 3]), i32([9]), 1, 0], [1, 9, 3]],
  [lax, "index_in_dim", [floats, -1], [3, -6]],
  [
    lax,
    "ragged_dot",
    [
      g.ones([3, 2]),
      g.tensor([
        [[1], [2]],
        [[5], [6]],
      ]),
      i32([1, 2]),
    ],
    [[3], [11], [11]],
  ],
  [lax, "reduce_xor", [ints, 0], [5, 7, 5]],
  [lax, "scatter_apply", [i32([1, 2, 3]), i32([2, 0]), g.neg], [-1, 2, -3]],
  [lax, "scatter_mul", [i32([1, 2, 3]), i32([2, 0, 2]), i32([5, 6, 7])], [6, 2, 105]],
  [lax, "scatter_sub", [i32([1, 2, 3]), i32([2, 2]), i32([5, 6])], [1, 2, -8]],
  [lax, "shift_right_logical", [i32([-2]), 1], [2147483647]],
  [lax, "slice_in_dim", [i32([0, 1, 2, 3, 4]), 1, 5, 2], [1, 3]],
  [linalg, "norm", [floats, 1, 1], [6, 15]],
];

test.each(lines)("%# $1: what a line of the tables says", async (from, name, args, expected) => {
  const values = async (x: unknown): Promise<unknown> =>
    x instanceof g.Tensor ? x.array() : Array.isArray(x) ? Promise.all(x.map(values)) : x;
  expect(await values(await (from.there[name] as Written)(...args))).toEqual(expected);
});
