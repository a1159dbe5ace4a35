import { describe, expect, test } from "vitest";
import { add, mul } from "../../src/functions/arithmetic.ts";
import { sin, tanh } from "../../src/functions/elementary.ts";
import { matmul } from "../../src/functions/matmul.ts";
import { sum } from "../../src/functions/reduction.ts";
import { stack } from "../../src/functions/shaping.ts";
import { realize } from "../../src/memory.ts";
import { cachedPlans } from "../../src/plan/cache.ts";
import type { Tensor } from "../../src/tensor.ts";
import { checkpoint } from "../../src/transforms/checkpoint.ts";
import { customGradient } from "../../src/transforms/custom.ts";
import { grad } from "../../src/transforms/grad.ts";
import { trace } from "../../src/transforms/graph.ts";
import { jacobianForward } from "../../src/transforms/jacobian.ts";
import { jit } from "../../src/transforms/jit.ts";
import { optimise } from "../../src/transforms/optimise.ts";
import { hvp } from "../../src/transforms/products.ts";
import { scan } from "../../src/transforms/scan.ts";
import { vmap } from "../../src/transforms/vmap.ts";
import { f64, values } from "./help.ts";

type F = (x: Tensor) => Tensor;
const x3 = f64([0.3, -0.6, 0.9]);
const v3 = f64([1, -2, 0.5]);
const w = f64([0.5, -1, 0.25, 0.7, 0.2, -0.4, 1, 0.1, 0.3], [3, 3]);
const layer: F = (x) => tanh(matmul(w, x));
const loop =
  (f: F, options = {}): F =>
  (x) => {
    const [last, ys] = scan((c: Tensor) => [add(f(c), x), sum(c)], x, null, { length: 5, ...options });
    return add(sum(last), sum(mul(ys, ys)));
  };
const total =
  (f: F): F =>
  (x) =>
    sum(f(x));
const square = customGradient((x: Tensor) => mul(x, x), { vjp: (ct, _, x) => [mul(ct, mul(x, 2))] });

/** Each is computed three ways: by definition, by an eager plan, by a compiled program. */
const cases: Record<string, F> = {
  "scan, forward": loop(layer),
  "gradient of scan": grad(loop(layer)),
  "gradient of a reversed scan": grad(loop(layer, { reverse: true })),
  "gradient of a scan in chunks": grad(loop(layer, { checkpoint: true })),
  "Hessian-vector product of scan": (x) => hvp(loop(sin), x, v3),
  "gradient of checkpoint": grad(total(checkpoint(layer))),
  "gradient of scan of checkpoint": grad(loop((c) => checkpoint(layer)(c))),
  "gradient of a custom rule": grad(total(square)),
  "Jacobian of vmap of scan": jacobianForward((x) => vmap((a: Tensor) => loop(sin)(stack([a, a])))(x)),
  "gradient of vmap of scan": grad(total((x) => vmap((a: Tensor) => loop(layer)(a))(stack([x, mul(x, x)])))),
  "second derivative of scan of scan": (x) =>
    hvp((p) => loop((c) => scan((s: Tensor) => [sin(mul(s, p)), null], c, null, { length: 2 })[0])(p), x, v3),
};

describe("plans compute what graphs mean", () => {
  for (const [name, f] of Object.entries(cases))
    test(name, () => {
      const expected = values(f(x3));
      const traced = trace([x3], ([x]) => [f(x as Tensor)]);
      const same = (t: Tensor): void => {
        values(t).forEach((v, i) =>
          expect(Math.abs(v - (expected[i] as number))).toBeLessThan(1e-11 * (1 + Math.abs(v))),
        );
        expect(t.size).toBe(expected.length);
      };
      same(optimise(traced.graph).apply([x3, ...traced.captures])[0] as Tensor);
      same(realize(f(x3)));
      same(jit(f)(x3));
    });
});

test("an eager step with scan and checkpoint is planned once", () => {
  const f = grad(loop((c) => checkpoint(layer)(c)));
  realize(f(x3));
  const before = cachedPlans();
  realize(f(v3));
  realize(f(f64([1, 2, 3])));
  expect(cachedPlans()).toBe(before);
});
