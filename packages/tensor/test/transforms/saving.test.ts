import { expect, test } from "vitest";
import { add, mul, square } from "../../src/functions/arithmetic.ts";
import { exp } from "../../src/functions/elementary.ts";
import type { Tensor } from "../../src/tensor.ts";
import { grad } from "../../src/transforms/grad.ts";
import { jit } from "../../src/transforms/jit.ts";
import { hvp } from "../../src/transforms/products.ts";
import { type Saver, saving } from "../../src/transforms/saving.ts";
import { scan } from "../../src/transforms/scan.ts";
import { f64 } from "./help.ts";

const asItIs: Saver = { store: (value) => [value], restore: ([value]) => value as Tensor };

test("in the body of a loop, with constants of its own, compiled again and again: the same numbers as without", () => {
  const plain = (t: Tensor): Tensor => square(square(add(t, mul(exp(f64([0.5], [])), f64([0.25], [])))));
  const kept = saving(plain, ({ nodes }) => new Map(nodes.slice(1).map((n) => [n, asItIs])));
  const loop =
    (f: (t: Tensor) => Tensor) =>
    (x: Tensor): Tensor =>
      scan((c: Tensor, y: Tensor) => [mul(f(mul(c, y)), 0.1), null], x, f64([0.3, 0.5, 0.9]))[0];
  const [a, b] = [loop((t) => kept(t)[0]), loop(plain)];
  for (const at of [1.1, 1.2, 1.3]) {
    const x = f64([at], []);
    const one = f64([1], []);
    const both = (f: (x: Tensor) => Tensor): number[] =>
      [jit(grad(f))(x), jit(f)(x), hvp(f, x, one), grad(f)(x)].map((t) => t.itemSync() as number);
    const [got, wanted] = [both(a), both(b)];
    got.forEach((v, i) => expect(v / (wanted[i] as number)).toBeCloseTo(1, 10));
  }
});
