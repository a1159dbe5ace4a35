import { describe, expect, test } from "vitest";
import { add, mul, sub } from "../../src/functions/arithmetic.ts";
import { exp, sin, tanh } from "../../src/functions/elementary.ts";
import { matmul } from "../../src/functions/matmul.ts";
import { sum } from "../../src/functions/reduction.ts";
import { stack } from "../../src/functions/shaping.ts";
import { hostTensor, type Tensor } from "../../src/tensor.ts";
import { checkpoint } from "../../src/transforms/checkpoint.ts";
import { customGradient } from "../../src/transforms/custom.ts";
import { grad } from "../../src/transforms/grad.ts";
import { gradient } from "../../src/transforms/gradient.ts";
import { reach } from "../../src/transforms/graph.ts";
import { hessian } from "../../src/transforms/jacobian.ts";
import { hvp, jvp } from "../../src/transforms/products.ts";
import { scan } from "../../src/transforms/scan.ts";
import { vmap } from "../../src/transforms/vmap.ts";
import { f64, values } from "./help.ts";

type F = (x: Tensor) => Tensor;
const close = (a: readonly number[], b: readonly number[], tolerance = 1e-11): void => {
  expect(a.length).toBe(b.length);
  a.forEach((x, i) => expect(Math.abs(x - (b[i] as number))).toBeLessThan(tolerance * (1 + Math.abs(x))));
};
const x3 = f64([0.3, -0.6, 0.9]);
const v3 = f64([1, -2, 0.5]);
/** Value and derivatives to third order, in several nestings of the modes. */
function derivatives(f: F): number[] {
  const g = grad(f);
  const second: F = (x) => hvp(f, x, v3);
  return [
    ...values(f(x3)),
    ...values(g(x3)),
    ...values(second(x3)),
    ...values(grad((x: Tensor) => sum(mul(g(x), v3)))(x3)),
    ...values(jvp(g, [x3], [v3])[1]),
    ...values(grad((x: Tensor) => sum(mul(second(x), v3)))(x3)),
    ...values(jvp(second, [x3], [v3])[1]),
    ...values(grad((x: Tensor) => jvp(f, [x], [v3])[1])(x3)),
  ];
}
const same = (f: F, reference: F): void => close(derivatives(f), derivatives(reference));

const w = f64([0.5, -1, 0.25, 0.7, 0.2, -0.4, 1, 0.1, 0.3], [3, 3]);
const layer: F = (x) => tanh(matmul(w, x));

describe("checkpoint", () => {
  test("has the derivatives of its function to third order, captures included", () => {
    same(
      (x) => sum(checkpoint(layer)(x)),
      (x) => sum(layer(x)),
    );
    same(
      (x) => sum(checkpoint((y: Tensor) => mul(y, sin(x)))(exp(x))),
      (x) => sum(mul(exp(x), sin(x))),
    );
    const by = gradient(sum(checkpoint(layer)(x3)), w);
    close(values(by), values(gradient(sum(layer(x3)), w)));
  });

  test("the reverse pass reads only barriers", () => {
    const x = f64([1, 2, 3]);
    const g = grad((t: Tensor) => sum(checkpoint((y: Tensor) => sin(sin(sin(y))))(t)))(x);
    const names = reach([g], x.id).map((t) => t.primitive.name);
    expect(names).toContain("barrier");
    expect(names).not.toContain("checkpoint");
  });

  test("under vmap", () => {
    const xs = stack([x3, v3]);
    close(
      values(vmap(grad((x: Tensor) => sum(checkpoint(layer)(x))))(xs)),
      [x3, v3].flatMap((x) => values(grad((t: Tensor) => sum(layer(t)))(x))),
    );
  });
});

describe("customGradient", () => {
  const cube: F = (x) => mul(x, mul(x, x));
  const slope: F = (x) => mul(3, mul(x, x));
  const fromVjp = customGradient(cube, { vjp: (ct, _, x) => [mul(ct, slope(x))] });
  const fromJvp = customGradient(cube, { jvp: ([dx], _, x) => mul(dx, slope(x)) });

  test("either rule gives both modes to third order", () => {
    same(
      (x) => sum(fromVjp(sin(x))),
      (x) => sum(cube(sin(x))),
    );
    same(
      (x) => sum(fromJvp(sin(x))),
      (x) => sum(cube(sin(x))),
    );
  });

  test("the rule is used, inside and outside vmap", () => {
    const flip = customGradient((x: Tensor) => x, { vjp: (ct) => [mul(ct, -1)] });
    expect(values(grad((x: Tensor) => sum(flip(x)))(x3))).toEqual([-1, -1, -1]);
    const xs = stack([x3, v3]);
    expect(values(grad((x: Tensor) => sum(vmap(flip)(x)))(xs))).toEqual([-1, -1, -1, -1, -1, -1]);
    expect(values(vmap(grad((x: Tensor) => sum(flip(x))))(xs))).toEqual([-1, -1, -1, -1, -1, -1]);
  });

  test("a shared argument under vmap collects all cotangents", () => {
    const times = customGradient((a: Tensor, b: Tensor) => mul(a, b), {
      vjp: (ct, _, a, b) => [mul(ct, b), mul(ct, a)],
    });
    const xs = stack([x3, v3]);
    close(values(grad((b: Tensor) => sum(vmap(times, { in: [0, null] })(xs, b)))(x3)), values(add(x3, v3)));
  });

  test("errors", () => {
    expect(() => customGradient(cube, {})).toThrow(/give vjp, jvp/);
    const bad = customGradient(cube, { vjp: () => [f64([1])] });
    expect(() => grad((x: Tensor) => sum(bad(x)))(x3)).toThrow(/leaf 0 has shape \[1\], expected \[3\]/);
    const none = customGradient(cube, { vjp: () => [] });
    expect(() => grad((x: Tensor) => sum(none(x)))(x3)).toThrow(/one per argument/);
  });
});

describe("scan", () => {
  const xs = f64([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], [7]);
  const step = (c: Tensor, x: Tensor): [Tensor, Tensor] => {
    const next = add(tanh(matmul(w, c)), mul(c, x));
    return [next, sin(next)];
  };
  const unrolled = (c: Tensor, reverse: boolean): Tensor => {
    const ys: Tensor[] = [];
    const order = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
    for (const x of reverse ? order.reverse() : order) {
      const [next, y] = step(c, f64([x], []));
      c = next;
      ys.push(y);
    }
    return add(sum(c), sum(mul(stack(ys), stack(ys))));
  };
  const looped = (c: Tensor, options: { reverse?: boolean; checkpoint?: boolean }): Tensor => {
    const [last, ys] = scan(step, c, xs, options);
    return add(sum(last), sum(mul(ys, ys)));
  };

  for (const reverse of [false, true])
    for (const checkpoint of [false, true])
      test(`equals the unrolled loop to third order (reverse ${reverse}, checkpoint ${checkpoint})`, () => {
        same(
          (c) => looped(c, { reverse, checkpoint }),
          (c) => unrolled(c, reverse),
        );
      });

  test("gradients by xs and by captured tensors", () => {
    const loss = (a: Tensor, z: Tensor): Tensor =>
      sum(scan((c: Tensor, x: Tensor) => [mul(tanh(matmul(a, c)), x), null], x3, z)[0]);
    const plain = (a: Tensor, z: Tensor): Tensor => {
      let c = x3;
      for (const e of [0, 1]) c = mul(tanh(matmul(a, c)), sum(mul(z, f64(e === 0 ? [1, 0] : [0, 1]))));
      return sum(c);
    };
    const z = f64([0.5, 2]);
    const [ga, gz] = grad(loss, { argnums: [0, 1] })(w, z);
    const [pa, pz] = grad(plain, { argnums: [0, 1] })(w, z);
    close(values(ga), values(pa));
    close(values(gz), values(pz));
  });

  test("under vmap, over the carry, over xs, over a captured tensor", () => {
    const f = (c: Tensor, x: Tensor, k: Tensor): Tensor => {
      const [last, ys] = scan((s: Tensor, e: Tensor) => [mul(sin(add(s, e)), k), mul(s, 2)], c, x);
      return add(last, sum(ys));
    };
    const c = f64([0.5, 0.7]);
    const x = f64([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [2, 3]);
    const k = f64([1.5, -0.5]);
    const [c0, x0, k0] = [f64([0.5], []), f64([0.1, 0.2, 0.3]), f64([1.5], [])];
    const rows = [x0, f64([0.4, 0.5, 0.6])];
    const scalars = (a: number[]): Tensor[] => a.map((n) => f64([n], []));
    close(
      values(vmap(f, { in: [0, null, null] })(c, x0, k0)),
      scalars([0.5, 0.7]).flatMap((t) => values(f(t, x0, k0))),
    );
    close(
      values(vmap(f, { in: [null, 0, null] })(c0, x, k0)),
      rows.flatMap((t) => values(f(c0, t, k0))),
    );
    close(
      values(vmap(f, { in: [null, null, 0] })(c0, x0, k)),
      scalars([1.5, -0.5]).flatMap((t) => values(f(c0, x0, t))),
    );
    const g = grad(f, { argnums: 1 });
    close(
      values(vmap(g, { in: [null, 0, null] })(c0, x, k0)),
      rows.flatMap((t) => values(g(c0, t, k0))),
    );
    close(
      values(grad((z: Tensor) => sum(vmap(f, { in: [null, 0, null] })(c0, z, k0)))(x)),
      rows.flatMap((t) => values(g(c0, t, k0))),
    );
  });

  test("integer carries pass through", () => {
    const start = { i: hostTensor(Int32Array.of(1), [], "i32"), s: f64([1], []) };
    const f = (s: Tensor): Tensor =>
      scan((c: typeof start) => [{ i: mul(c.i, 2), s: mul(c.s, c.i) }, null], { ...start, s }, null, { length: 4 })[0]
        .s;
    expect(values(f(start.s))).toEqual([64]);
    expect(values(grad(f)(start.s))).toEqual([64]);
  });

  test("errors", () => {
    expect(() => scan((c: Tensor) => [c, null], x3, null)).toThrow(/length: needed/);
    expect(() => scan((c: Tensor) => [sum(c), null], x3, null, { length: 2 })).toThrow(
      /changes its shape from \[3\] to \[\]/,
    );
    expect(() =>
      scan((c: { a: Tensor }) => [{ a: c.a, b: c.a }, null], { a: x3 } as { a: Tensor; b?: Tensor }, null, {
        length: 2,
      }),
    ).toThrow(/carry: structures differ/);
    expect(() => scan((c: Tensor) => [c, null], x3, { a: f64([1]), b: f64([1, 2]) })).toThrow(/leading sizes differ/);
  });
});

describe("vmap", () => {
  test("axes, trees and nesting", () => {
    const a = f64([1, 2, 3, 4, 5, 6], [2, 3]);
    const b = f64([10, 20, 30]);
    expect(
      values(vmap((p: { x: Tensor }, q: Tensor) => sum(mul(p.x, q)), { in: [{ x: 0 }, null] })({ x: a }, b)),
    ).toEqual([140, 320]);
    expect(values(vmap((p: Tensor, q: Tensor) => mul(p, q), { in: [1, 0], out: 1 })(a, b))).toEqual(values(mul(a, b)));
    const outer = vmap(
      vmap((p: Tensor, q: Tensor) => mul(p, q), { in: [null, 0] }),
      { in: [0, null] },
    );
    expect(values(outer(b, b))).toEqual([100, 200, 300, 200, 400, 600, 300, 600, 900]);
  });

  test("per-example gradients, Hessians, and captured tensors", () => {
    const loss = (k: Tensor, x: Tensor): Tensor => sum(exp(mul(k, sin(x))));
    const xs = stack([x3, v3]);
    const per = vmap(grad(loss), { in: [null, 0] })(v3, xs);
    close(
      values(per),
      [x3, v3].flatMap((x) => values(grad(loss)(v3, x))),
    );
    const f = (x: Tensor): Tensor => loss(v3, x);
    close(
      values(vmap(hessian(f))(xs)),
      [x3, v3].flatMap((x) => values(hessian(f)(x))),
    );
    close(
      values(grad((k: Tensor) => sum(vmap((x: Tensor) => loss(k, x))(xs)))(v3)),
      values(grad((k: Tensor) => add(loss(k, x3), loss(k, v3)))(v3)),
    );
  });

  test("a result that does not depend on the batch is repeated, or stays as it is", () => {
    expect(values(vmap((_: Tensor) => v3)(stack([x3, x3])))).toEqual([...values(v3), ...values(v3)]);
    expect(vmap((_: Tensor) => v3, { out: null })(stack([x3, x3])).shape).toEqual([3]);
  });

  test("errors", () => {
    const a = f64([1, 2]);
    expect(() => vmap((p: Tensor, q: Tensor) => add(p, q))(a, x3)).toThrow(/batch sizes differ: 2 and 3/);
    expect(() => vmap((p: Tensor) => p, { in: 1 })(a)).toThrow(/out of range/);
    expect(() => vmap((p: Tensor) => p, { in: [null] })(a)).toThrow(/no tensor is batched/);
    expect(() => vmap((p: Tensor) => p, { in: [0, 0] })(a)).toThrow(/2 entries for 1/);
    expect(() => vmap((p: Tensor) => p, { out: null })(a)).toThrow(/depends on the batch/);
  });
});

test("vmap of scan of checkpoint, to third order", () => {
  const inner = (c: Tensor): Tensor => checkpoint((t: Tensor) => sin(mul(t, t)))(c);
  const f: F = (x) =>
    sum(vmap((a: Tensor) => scan((c: Tensor) => [add(inner(c), a), null], a, null, { length: 3 })[0])(x));
  const plain: F = (x) => {
    let c = x;
    for (let i = 0; i < 3; i++) c = add(sin(mul(c, c)), x);
    return sum(sub(c, 0));
  };
  same(f, plain);
});
