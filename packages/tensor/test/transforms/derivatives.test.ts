import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GradientError } from "../../src/errors.ts";
import { add, mul, sub } from "../../src/functions/arithmetic.ts";
import { exp, sin, tanh } from "../../src/functions/elementary.ts";
import { sum } from "../../src/functions/reduction.ts";
import { broadcastTo, reshape } from "../../src/functions/shaping.ts";
import { hostTensor, type Tensor } from "../../src/tensor.ts";
import { grad, valueAndGrad } from "../../src/transforms/grad.ts";
import { gradient } from "../../src/transforms/gradient.ts";
import { hessian, jacobianForward, jacobianReverse } from "../../src/transforms/jacobian.ts";
import { hvp, jvp, linearize, vjp } from "../../src/transforms/products.ts";
import { f64, values } from "./help.ts";

/** A smooth function of a vector that mixes its elements. */
const smooth = (x: Tensor): Tensor =>
  sum(mul(sin(x), exp(mul(tanh(sum(mul(x, x))), broadcastTo(f64([0.3], [1]), x.shape)))));
const vector = fc.array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), { minLength: 3, maxLength: 3 });
const close = (a: readonly number[], b: readonly number[], tolerance: number): void => {
  expect(a.length).toBe(b.length);
  a.forEach((x, i) => expect(Math.abs(x - (b[i] as number))).toBeLessThan(tolerance * (1 + Math.abs(x))));
};
/** Central difference of a vector-valued function along `v`. */
function difference(f: (x: Tensor) => Tensor, x: number[], v: number[], h = 1e-5): number[] {
  const at = (s: number): number[] => values(f(f64(x.map((xi, i) => xi + s * (v[i] as number)))));
  const [p, q] = [at(h), at(-h)];
  return p.map((a, i) => (a - (q[i] as number)) / (2 * h));
}
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, i) => s + x * (b[i] as number), 0);

describe("derivatives", () => {
  test("gradient agrees with central differences to third order", () => {
    fc.assert(
      fc.property(vector, vector, (x, v) => {
        const g = grad(smooth);
        const second = (p: Tensor): Tensor => grad((q: Tensor) => sum(mul(g(q), f64(v))))(p);
        const third = (p: Tensor): Tensor => grad((q: Tensor) => sum(mul(second(q), f64(v))))(p);
        close([dot(values(g(f64(x))), v)], difference(smooth, x, v), 1e-6);
        close(values(second(f64(x))), difference(g, x, v), 1e-6);
        close(values(third(f64(x))), difference(second, x, v), 1e-5);
      }),
      { numRuns: 10 },
    );
  });

  test("forward and reverse are dual, and push is linear", () => {
    fc.assert(
      fc.property(vector, vector, vector, (x, v, u) => {
        const f = (p: Tensor): Tensor => mul(sin(p), exp(broadcastTo(sum(p), [3])));
        const [, dy] = jvp(f, [f64(x)], [f64(v)]);
        const [, pull] = vjp(f, f64(x));
        expect(Math.abs(dot(values(dy), u) - dot(values(pull(f64(u))[0]), v))).toBeLessThan(
          1e-10 * (1 + Math.abs(dot(values(dy), u))),
        );
        close(values(linearize(f, f64(x))[1](f64(v))), values(dy), 1e-14);
      }),
      { numRuns: 10 },
    );
  });

  test("forward over reverse equals reverse over reverse, and the Hessian times v", () => {
    const [x, v] = [f64([0.3, -0.7, 1.1]), f64([1, 2, -1])];
    const fr = values(hvp(smooth, x, v));
    close(fr, values(grad((p: Tensor) => sum(mul(grad(smooth)(p), v)))(x)), 1e-12);
    const h = values(hessian(smooth)(x));
    close(
      fr,
      [0, 1, 2].map((i) => dot(h.slice(3 * i, 3 * i + 3), [1, 2, -1])),
      1e-12,
    );
  });

  test("Jacobians of both modes agree", () => {
    const f = (x: Tensor): Tensor => reshape(mul(broadcastTo(sin(x), [2, 3]), f64([1, 2, 3, 4, 5, 6], [2, 3])), [6]);
    const x = f64([0.1, 0.2, 0.3]);
    const forward = jacobianForward(f)(x);
    expect(forward.shape).toEqual([6, 3]);
    close(values(forward), values(jacobianReverse(f)(x)), 1e-14);
  });

  test("by an intermediate, and through one that depends on another", () => {
    const x = f64([1, 2]);
    const a = mul(x, x);
    const y = sum(mul(a, a));
    expect(values(gradient(y, a))).toEqual([2, 8]);
    const [ga, gx] = gradient(y, [a, x]) as [Tensor, Tensor];
    expect(values(ga)).toEqual([2, 8]);
    expect(values(gx)).toEqual([4, 32]);
  });

  test("inner and outer derivatives are not confused", () => {
    // d/dx [x · d/dy (x + y)] = 1
    const f = (x: Tensor): Tensor => mul(x, grad((y: Tensor) => add(x, y))(f64([1], [])));
    expect(values(grad(f)(f64([3], [])))).toEqual([1]);
  });

  test("trees, argnums and aux", () => {
    const loss = (p: { w: Tensor; b: null; k: number }, x: Tensor): [Tensor, { twice: Tensor }] => [
      sum(mul(p.w, x)),
      { twice: mul(x, 2) },
    ];
    const p = { w: f64([1, 2]), b: null, k: 3 };
    const [[value, aux], [gp, gx]] = valueAndGrad(loss, { argnums: [0, 1], hasAux: true })(p, f64([5, 6]));
    expect(values(value)).toEqual([17]);
    expect(values(aux.twice)).toEqual([10, 12]);
    expect(gp.b).toBe(null);
    expect(gp.k).toBe(3);
    expect(values(gp.w)).toEqual([5, 6]);
    expect(values(gx)).toEqual([1, 2]);
  });

  test("an unused float leaf and an integer leaf get zeros", () => {
    const g = grad((p: { a: Tensor; b: Tensor; n: Tensor }) => sum(p.a))({
      a: f64([1]),
      b: f64([2, 3]),
      n: hostTensor(Int32Array.of(4), [1], "i32"),
    });
    expect(values(g.b)).toEqual([0, 0]);
    expect(g.n.dtype).toBe("i32");
    expect(values(g.n)).toEqual([0]);
  });

  test("100,000 chained operations", () => {
    const chain = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < 100_000; i++) y = add(y, x);
      return y;
    };
    const x = f64([1], []);
    const g = grad(chain)(x);
    expect(values(g)).toEqual([100_001]);
    expect(values(jvp(chain, [x], [x])[1])).toEqual([100_001]);
  });

  test("errors", () => {
    const x = f64([1, 2]);
    const i = hostTensor(Int32Array.of(1), [1], "i32");
    expect(() => gradient(mul(x, 2), x)).toThrow(GradientError);
    expect(() => gradient(mul(x, 2), x)).toThrow(/\[2\]/);
    expect(() => gradient(sum(mul(x, 2)), f64([3]))).toThrow(/does not depend on xs.*realised tensors are leaves/);
    expect(values(gradient(sum(x), f64([3]), { unconnected: "zeros" }))).toEqual([0]);
    expect(() => gradient(sum(x), { a: i })).toThrow(/xs\.a has dtype i32/);
    expect(() => gradient(mul(x, 2), x, { cotangent: f64([1]) })).toThrow(/cotangent/);
    expect(() => grad((t: Tensor) => sum(t))(i)).toThrow(/argument 0 holds no float/);
    expect(() => grad((t: Tensor) => sum(t), { argnums: 1 })(x)).toThrow(/argnums/);
    expect(() => jvp((t: Tensor) => t, [x], [f64([1])])).toThrow(/tangents/);
    const cut = sub(x, 1);
    cut.inputs = [];
    cut.cut = true;
    expect(() => gradient(sum(cut), x)).toThrow(/history/);
  });
});
