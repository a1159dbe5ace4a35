import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { draw } from "../draw.ts";
import { type MatrixCase, matrixCases } from "./cases.ts";

const named = matrixCases.map((c) => [c.name, c] as const);
const noise = (shape: readonly number[], seed: number): g.Tensor => draw({ shape, domain: "small" }, seed);
const directions = (c: MatrixCase): g.Tensor[] => c.inputs.map((t, i) => noise(t.shape, 60 + i));
const dot = (p: readonly g.Tensor[], q: readonly g.Tensor[]): number =>
  p.reduce((s, t, i) => s + g.vdot(t, q[i] as g.Tensor).itemSync(), 0);
const along = (c: MatrixCase, h: number): g.Tensor[] =>
  c.inputs.map((t, i) => g.add(t, g.mul(directions(c)[i] as g.Tensor, h)));
/** A number made of all results: weights are drawn, so that no symmetry hides a fault. */
const scalar =
  (c: MatrixCase) =>
  (...inputs: g.Tensor[]): g.Tensor => {
    const y = c.f(...inputs);
    return g.vdot(y, noise(y.shape, 70));
  };
const all = (c: MatrixCase): number[] => c.inputs.map((_, i) => i);
const gradients = (c: MatrixCase, inputs: readonly g.Tensor[]): g.Tensor[] =>
  g.vjp(scalar(c), ...inputs)[1](g.scalar(1, { dtype: "f64" })) as g.Tensor[];

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  Array.from(actual).forEach((x, i) => {
    if (!(Math.abs(x - (expected[i] as number)) <= tolerance * scale))
      throw new Error(`element ${i} is ${x} instead of ${expected[i]}`);
  });
}

test.each(named)("forward mode agrees with central differences: %s", (_, c) => {
  const h = 1e-5;
  const [, jv] = g.jvp(c.f, [...c.inputs], directions(c));
  const slope = g.div(g.sub(c.f(...along(c, h)), c.f(...along(c, -h))), 2 * h);
  near(jv.dataSync(), slope.dataSync(), c.tolerance ?? 1e-6);
});

test.each(named)("reverse mode is the transpose of forward mode: %s", (_, c) => {
  const [y, jv] = g.jvp(c.f, [...c.inputs], directions(c));
  near([dot(gradients(c, c.inputs), directions(c))], [g.vdot(jv, noise(y.shape, 70)).itemSync()], 1e-9);
});

describe("second derivatives", () => {
  const curved = named.filter(([, c]) => !c.first);
  test.each(curved)("forward over reverse agrees with differences and with reverse over reverse: %s", (_, c) => {
    const h = 1e-5;
    const slope = (inputs: g.Tensor[]): g.Tensor[] => gradients(c, inputs);
    const [, forward] = g.jvp((...xs: g.Tensor[]) => slope(xs), [...c.inputs], directions(c));
    const [up, down] = [slope(along(c, h)), slope(along(c, -h))];
    forward.forEach((t, i) =>
      near(
        t.dataSync(),
        g.div(g.sub(up[i] as g.Tensor, down[i] as g.Tensor), 2 * h).dataSync(),
        100 * (c.tolerance ?? 1e-6),
      ),
    );
    const inner = (...xs: g.Tensor[]): g.Tensor =>
      slope(xs).reduce((s, t, i) => s.add(g.vdot(t, directions(c)[i] as g.Tensor)), g.scalar(0, { dtype: "f64" }));
    const reverse = g.vjp(inner, ...c.inputs)[1](g.scalar(1, { dtype: "f64" })) as g.Tensor[];
    reverse.forEach((t, i) => near(t.dataSync(), (forward[i] as g.Tensor).dataSync(), 1e-7));
  });
});

test.each(named)("a third derivative is finite: %s", (_, c) => {
  const d = directions(c);
  const line = (t: g.Tensor): g.Tensor => scalar(c)(...c.inputs.map((x, i) => g.add(x, g.mul(d[i] as g.Tensor, t))));
  const y = g
    .grad(g.grad(g.grad(line)))(g.scalar(0, { dtype: "f64" }))
    .itemSync();
  expect(Number.isFinite(y)).toBe(true);
});

test.each(named)("vmap is the stack of the examples, of values and of gradients: %s", (_, c) => {
  const examples = [0, 1e-3, -1e-3].map((h) => along(c, h));
  const stacked = c.inputs.map((_, i) => g.stack(examples.map((xs) => xs[i] as g.Tensor)));
  near(
    g
      .vmap(c.f)(...stacked)
      .dataSync(),
    g.stack(examples.map((xs) => c.f(...xs))).dataSync(),
    1e-11,
  );
  const slope = (...xs: g.Tensor[]): g.Tensor[] => gradients(c, xs);
  const batched = g.vmap(slope)(...stacked);
  const apart = examples.map((xs) => slope(...xs));
  all(c).forEach((i) =>
    near((batched[i] as g.Tensor).dataSync(), g.stack(apart.map((ts) => ts[i] as g.Tensor)).dataSync(), 1e-9),
  );
});

test.each(named.filter(([, c]) => c.inputs.length > 1))("vmap over one argument alone: %s", (_, c) => {
  for (const i of all(c)) {
    const examples = [0, 1e-3].map((h) => c.inputs.map((t, k) => (k === i ? (along(c, h)[k] as g.Tensor) : t)));
    const given = c.inputs.map((t, k) => (k === i ? g.stack(examples.map((xs) => xs[k] as g.Tensor)) : t));
    const mapped = g.vmap(c.f, { in: c.inputs.map((_, k) => (k === i ? 0 : null)) as never });
    near(mapped(...given).dataSync(), g.stack(examples.map((xs) => c.f(...xs))).dataSync(), 1e-11);
  }
});

describe.each([g.jsBackend(), g.wasmBackend()].map((b) => [b.name, b] as const))("on %s", (_, backend) => {
  test.each(named)("jit gives what eager gives: %s", async (_, c) => {
    const expected = [c.f(...c.inputs), ...gradients(c, c.inputs)].map((t) => t.dataSync());
    const copies = c.inputs.map((t) => g.tensor(Float64Array.from(t.dataSync()), { shape: t.shape }));
    const before = g.getBackend();
    await g.setBackend(backend);
    try {
      const both = g.jit((...xs: g.Tensor[]) => [c.f(...xs), ...gradients(c, xs)]);
      both(...copies).forEach((t, i) => near(t.dataSync(), expected[i] as ArrayLike<number>, 1e-9));
    } finally {
      await g.setBackend(before);
    }
  });
});
