import { beforeAll, describe, expect, test } from "vitest";
import * as g from "../../../src/index.ts";
import * as sparse from "../../../src/sparse/index.ts";
import { reach } from "../../../src/transforms/graph.ts";
import { ruled } from "../../../src/transforms/jet/table.ts";
import { draw } from "../../draw.ts";
import { functionCases } from "../../functions/cases.ts";
import { matrixCases } from "../../linalg/cases.ts";
import { agree, byJet, nested, parabola } from "./help.ts";

beforeAll(() => g.setBackend(g.jsBackend()));

describe("every function along parabolas: the derivatives of nested jvp to order 6", () => {
  // √(x²) near 0 is |x|, of which all derivatives vanish by cancellation of terms that grow with each order
  const cancelling = ["norm of one"];
  test.each(functionCases.map((c) => [c.name, c] as const))("%s", async (name, c) => {
    const curve = parabola(c, 6);
    await agree(byJet(curve), nested(curve, 6), cancelling.includes(name) ? 1e-6 : 1e-10);
  });
});

describe("matrix functions along lines: to order 3", () => {
  test.each(matrixCases.map((c) => [c.name, c] as const))("%s", async (_, c) => {
    const series = c.inputs.map((t, i) => [draw({ shape: t.shape, domain: "small" }, 50 + i), null, null]);
    const curve = { f: c.f, x: c.inputs, series };
    await agree(byJet(curve), nested(curve, 3), 1e-10);
  });
});

test("sparse products along curves of values and of dense factors", async () => {
  const place = (...data: number[]): g.Tensor => g.tensor(data, { dtype: "i32" });
  const f = (values: g.Tensor, x: g.Tensor, y: g.Tensor): g.Tensor => {
    const a = sparse.coo(values, place(0, 0, 1), place(0, 2, 1), [2, 3]);
    const b = sparse.sampledDenseDense(a, g.sin(y), g.transpose(x));
    return g.add(sparse.matmul(b, g.exp(x)), sparse.matmul(a, x));
  };
  const inputs = [[3], [3, 2], [2, 2]].map((shape) => ({ shape, domain: "small" as const }));
  const curve = parabola({ name: "sparse", inputs, f: f as never }, 5);
  await agree(byJet(curve), nested(curve, 5), 1e-12);
});

test("a rule that is named belongs to a primitive", () => {
  const met = new Set<string>();
  for (const c of functionCases)
    for (const t of reach([c.f(...c.inputs.map((arg, i) => draw(arg, i)))], 0)) met.add(t.primitive.name);
  // control flow and factorisations have tests of their own; the others must occur under their names
  const elsewhere = [
    "alias",
    "barrier",
    "solve",
    "triangularSolve",
    "while",
    "switch",
    "sparseProduct",
    "sampledProduct",
  ];
  expect(ruled.filter((name) => !met.has(name) && !elsewhere.includes(name))).toEqual([]);
});
