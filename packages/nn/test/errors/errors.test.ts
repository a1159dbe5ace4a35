import { key, ones } from "@gradus/tensor";
import { describe, expect, test } from "vitest";
import { fails } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import { attentionRows } from "./attention.ts";
import { initRows } from "./init.ts";
import { layerRows } from "./layers.ts";
import { lossRows } from "./losses.ts";
import { mesaRows } from "./mesa.ts";
import { modelRows } from "./models.ts";
import { moduleRows } from "./modules.ts";
import { normRows } from "./norms.ts";
import { poolRows } from "./pooling.ts";
import { recurrentRows } from "./recurrent.ts";
import type { Rows } from "./rows.ts";
import { stateRows } from "./state.ts";

const rows: Rows = {
  ...attentionRows,
  ...initRows,
  ...layerRows,
  ...lossRows,
  ...mesaRows,
  ...modelRows,
  ...moduleRows,
  ...normRows,
  ...poolRows,
  ...recurrentRows,
  ...stateRows,
};
/** Exports that refuse nothing, and why. */
const acceptAll: Readonly<Record<string, string>> = { Module: "an abstract class; each module has its own arguments" };

test("every exported function and class has rows, every row an export", () => {
  const known = [...Object.keys(rows), ...Object.keys(acceptAll)];
  expect(known.toSorted()).toEqual(Object.keys(nn).toSorted());
});

describe.each(Object.entries(rows))("%s refuses", (name, list) => {
  test.each(list.map((row, i) => [row[1], i, row] as const))("%s (%i)", (_, __, row) => fails(name, row));
});

test("what is in order is not refused", () => {
  expect(new nn.Linear(2, 3, { key: key(0) }).call(ones([1, 2])).shape).toEqual([1, 3]);
  expect(new nn.Conv2d(1, 2, 3, { key: key(0) }).call(ones([1, 1, 4, 4])).shape).toEqual([1, 2, 2, 2]);
});
