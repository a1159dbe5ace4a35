import { expect, test } from "vitest";
import * as g from "../../../src/index.ts";
import { reach } from "../../../src/transforms/graph.ts";
import { f64 } from "./help.ts";

type Tensor = g.Tensor;
type Unary = (x: Tensor) => Tensor;

const w = f64([0.4, -0.7, 0.2, 0.9], [2, 2]);
const x = f64([0.3, 0.8]);
const v = f64([0.7, 0.4]);
const matrix = (t: Tensor): Tensor => g.add(g.outer(t, t), g.eye(2, undefined, { dtype: "f64" }));

const functions: Readonly<Record<string, Unary>> = {
  "three tanh layers": (t) => g.tanh(g.matmul(w, g.tanh(g.matmul(w, g.tanh(g.matmul(w, t)))))),
  softmax: (t) => g.softmax(t),
  asin: g.asin,
  "x to the power of x": (t) => g.pow(t, t),
  "a loop": (t) => g.scan((c: Tensor, y: Tensor) => [g.tanh(g.mul(c, y)), null], f64([1], []), t)[0],
  solve: (t) => g.solve(matrix(t), t),
  cholesky: (t) => g.cholesky(matrix(t)),
  eigh: (t) => g.eigh(matrix(t))[1],
};

/** Nodes of the graphs under all outputs, those of loop bodies too. */
function nodes(outputs: readonly Tensor[]): number {
  return reach(outputs, 0).reduce((n, t) => n + 1 + (t.attributes?.body ? nodes(t.attributes.body.outputs) : 0), 0);
}
const byJet = (f: Unary, order: number): number => nodes(g.derivatives(f, x, v, order));
function nested(f: Unary, order: number): number {
  let h = f;
  for (let k = 0; k < order; k++) {
    const below = h;
    h = (t) => g.jvp(below, [t], [v])[1];
  }
  return nodes([h(x)]);
}

/** Slope of the least-squares line. */
function fit(points: readonly (readonly [number, number])[]): number {
  const mean = (of: readonly number[]): number => of.reduce((s, n) => s + n, 0) / of.length;
  const [a, b] = [mean(points.map(([p]) => p)), mean(points.map(([, q]) => q))];
  return mean(points.map(([p, q]) => (p - a) * (q - b))) / mean(points.map(([p]) => (p - a) ** 2));
}

test.each(Object.entries(functions))("%s: the graph grows as a power of the order, at most 2.5", (_, f) => {
  const power = fit([4, 6, 8, 12, 16].map((k) => [Math.log(k), Math.log(byJet(f, k))]));
  expect(power).toBeLessThan(2.5);
});

test.each(["three tanh layers", "softmax", "asin", "x to the power of x", "cholesky"])(
  "%s: that of nested jvp doubles with every order",
  (name) => {
    const f = functions[name] as Unary;
    const factor = Math.exp(fit([3, 4, 5, 6].map((k) => [k, Math.log(nested(f, k))])));
    expect(factor).toBeGreaterThan(2);
    expect(nested(f, 6)).toBeGreaterThan(2 * byJet(f, 6));
  },
);

test("functions whose derivatives lead to each other share their series", () => {
  const power = fit([4, 6, 8, 12, 16].map((k) => [Math.log(k), Math.log(byJet((t) => g.i0(t), k))]));
  expect(power).toBeLessThan(2.5);
});

test("a long chain is walked without recursion", () => {
  let y: Tensor | null = null;
  const [, [, second]] = g.jet(
    (t: Tensor) => {
      y = t;
      for (let i = 0; i < 20_000; i++) y = g.tanh(y);
      return g.mul(y, y);
    },
    [x],
    [[v, null]],
  ) as [Tensor, Tensor[]];
  expect(second?.shape).toEqual([2]);
});
