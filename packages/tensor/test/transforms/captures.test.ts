import { describe, expect, test } from "vitest";
import {
  add,
  checkpoint,
  customGradient,
  GradientError,
  grad,
  gradient,
  jit,
  jvp,
  mul,
  scan,
  stopGradient,
  sum,
  type Tensor,
  TraceError,
  tanh,
  tensor,
  vmap,
} from "../../src/index.ts";

// y = a x with a captured: the rule says nothing of a.
const scaled = (a: Tensor): ((x: Tensor) => Tensor) =>
  customGradient((x: Tensor) => mul(a, x), { vjp: (ct) => [mul(ct, a)] });
const x = tensor([1, 2, 3]);
const a = tensor([4, 5, 6]);
const remedy = /^customGradient: f: .* pass it as an argument/;

describe("a derivative by what customGradient captures is an error", () => {
  const by = (w: Tensor): Tensor => sum(scaled(w)(x));
  test.each([
    ["reverse", () => grad(by)(a)],
    ["forward", () => jvp(by, [a], [x])],
    ["gradient", () => gradient(by(a), a)],
    ["both arguments", () => grad((w: Tensor, y: Tensor) => sum(scaled(w)(y)), { argnums: [0, 1] })(a, x)],
    ["an intermediate", () => grad((w: Tensor) => sum(scaled(mul(w, 2))(x)))(a)],
    ["under vmap", () => vmap(grad(by))(tensor([[4, 5, 6]]))],
    ["under jit", () => jit(grad(by))(a)],
    ["in checkpoint", () => grad((w: Tensor) => checkpoint((v: Tensor) => by(v))(w))(a)],
    [
      "in scan",
      () => grad((w: Tensor) => sum(scan((c: Tensor) => [scaled(w)(c), null], x, null, { length: 2 })[0]))(a),
    ],
  ])("%s", (_, f) => {
    expect(f).toThrow(GradientError);
    expect(f).toThrow(remedy);
  });
});

test("a rule that captures what vmap batches cannot be batched", () => {
  const f = (y: Tensor): Tensor => sum(vmap((s: Tensor, z: Tensor) => scaled(s)(z))(a, y));
  expect(() => grad(f)(x)).toThrow(TraceError);
  expect(() => grad(f)(x)).toThrow(/^customGradient: rules: .* pass it as an argument/);
});

describe("captures that nobody differentiates by are constants", () => {
  test.each<[string, (y: Tensor) => Tensor]>([
    ["plain", (y) => sum(scaled(a)(y))],
    ["stopped", (y) => sum(scaled(stopGradient(mul(a, 1)))(y))],
    ["in checkpoint", (y) => sum(checkpoint((z: Tensor) => scaled(a)(z))(y))],
    ["in vmap", (y) => sum(mul(vmap(scaled(tensor(1)))(y), a))],
    ["around vmap", (y) => sum(vmap((s: Tensor, z: Tensor) => mul(scaled(tensor(1))(z), s))(a, y))],
    ["in scan", (y) => sum(scan((c: Tensor, _: null) => [scaled(a)(c), null], y, null, { length: 1 })[0])],
    [
      "in a checkpointed scan",
      (y) => sum(checkpoint((z: Tensor) => scan((c: Tensor) => [scaled(a)(c), null], z, null, { length: 1 })[0])(y)),
    ],
  ])("%s", async (_, f) => {
    expect(await grad(f)(x).array()).toEqual([4, 5, 6]);
    expect(await jvp(f, [x], [tensor([1, 1, 1])])[1].item()).toBe(15);
  });
});

test("a traced loop is the same after its derivative was compiled", async () => {
  // its body multiplies by 0.9, and so does that of the derivative
  const f = jit((h: Tensor, xs: Tensor) =>
    sum(scan((s: Tensor, y: Tensor) => [tanh(add(mul(s, 0.9), y)), null], h, xs)[0]),
  );
  const [h, xs] = [tensor([1, 2]), tensor([[3, 4]])];
  const expected = await f(h, xs).item();
  jit(grad(f))(h, xs);
  expect(await jit((p: Tensor, q: Tensor) => mul(f(p, q), 1))(h, xs).item()).toBe(expected);
});
