import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { camelCase, codeOf, count, entries, ParityError } from "../src/parity/check.ts";
import type { Table } from "../src/parity/table.ts";

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
