import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { checkDerivatives, f64, near, read } from "./help.ts";

const { cond, grad, greater, jit, scan, switchCase, tensor, vmap, whileLoop } = g;
type T = g.Tensor;

const choose = (x: T): T =>
  cond(
    greater(x.sum(), 0),
    (t: T) => t.mul(t).mul(x).sum(),
    (t: T) => t.sin().sum(),
    x,
  );

describe.each([g.jsBackend(), g.wasmBackend()].map((b) => [b.name, b] as const))("on %s", (_, backend) => {
  beforeAll(() => g.setBackend(backend));

  test("gives the value of the branch that the predicate names", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 5 }), (data) => {
        const x = f64(data);
        const total = data.reduce((a, b) => a + b, 0);
        const expected = data.reduce((a, b) => a + (total > 0 ? b ** 3 : Math.sin(b)), 0);
        near(read(choose(x)), [expected]);
        near(read(jit(choose)(x)), [expected]);
      }),
      { numRuns: 25 },
    );
  });

  test("derivatives in both modes, to second order, in either branch", () => {
    checkDerivatives(choose, f64([0.5, 1.2, -0.3]));
    checkDerivatives(choose, f64([-0.5, -1.2, 0.3]));
    checkDerivatives(jit(choose), f64([0.5, 1.2, -0.3]));
  });

  test("a predicate per example is the stack of the examples; so is one for all", () => {
    const xs = f64([1, 2, -3, 1, 0.5, 0.25], [3, 2]);
    const rows = g.unstack(xs);
    near(
      read(vmap(choose)(xs)),
      rows.flatMap((r) => read(choose(r))),
    );
    near(
      read(vmap(grad(choose))(xs)),
      rows.flatMap((r) => read(grad(choose)(r))),
    );
    for (const flag of [true, false]) {
      const one = (t: T): T =>
        cond(
          tensor(flag),
          (u: T) => u.exp(),
          () => g.zeros([2], { dtype: "f64" }),
          t,
        );
      near(
        read(vmap(one)(xs)),
        rows.flatMap((r) => read(one(r))),
      );
    }
  });

  test("the other branch is not computed", () => {
    const forever = (t: T): T =>
      whileLoop(
        () => tensor(true),
        (s: T) => s.add(1),
        t,
      );
    expect(read(cond(tensor(1).mul(1), (t: T) => t.neg(), forever, tensor(2)))).toEqual([-2]);
    expect(read(cond(false, forever, (t: T) => t.neg(), tensor(2)))).toEqual([-2]);
  });

  test("switchCase runs the branch with the number, or the nearest", () => {
    const branches = [(t: T): T => t.exp(), (t: T): T => t.mul(3), (): T => tensor(7, { dtype: "f64" })];
    const f = (i: T, t: T): T => switchCase(i, branches, t);
    const expected = [Math.exp(0.5), Math.exp(0.5), 1.5, 7, 7, 7];
    const index = tensor([-5, 0, 1, 2, 3, 900], { dtype: "i32" });
    expected.forEach((e, k) => near(read(f(g.at(index, k), f64([0.5], []))), [e]));
    near(read(vmap(f, { in: [0, null] })(index, f64([0.5], []))), expected);
    near(read(vmap(grad(f, { argnums: 1 } as never), { in: [0, null] })(index, f64([0.5], [])) as T), [
      Math.exp(0.5),
      Math.exp(0.5),
      3,
      0,
      0,
      0,
    ]);
    expect(read(switchCase(1, branches, f64([2], [])))).toEqual([6]);
  });

  test("branches hold loops and one another, and loops hold them", () => {
    const f = (x: T): T =>
      scan(
        (s: T, t: T) => {
          const next = cond(
            greater(t, 0),
            (a: T) =>
              cond(
                greater(a, 1),
                (b: T) => scan((c: T, d: T) => [c.mul(d).add(t), null], b, x)[0],
                (b: T) => b.mul(t).add(1),
                a,
              ),
            (a: T) => a.sub(t.mul(t)),
            s,
          );
          return [next, next.mul(t)];
        },
        f64([0.7], []),
        x,
      )[1].sum();
    const plain = (data: readonly number[]): number => {
      let [s, total] = [0.7, 0];
      for (const t of data) {
        s = t > 0 ? (s > 1 ? data.reduce((c, d) => c * d + t, s) : s * t + 1) : s - t * t;
        total += s * t;
      }
      return total;
    };
    const data = [0.5, -0.3, 0.8, 1.1, -0.9];
    near(read(f(f64(data))), [plain(data)]);
    checkDerivatives(f, f64(data));
    checkDerivatives(jit(f), f64(data));
    const many = f64([...data, ...data.map((v) => -v), ...data.map((v) => v * 0.5)], [3, 5]);
    near(
      read(vmap(f)(many)),
      g.unstack(many).map((r) => read(f(r))[0] as number),
    );
    near(
      read(vmap(grad(f))(many)),
      g.unstack(many).flatMap((r) => read(grad(f)(r))),
    );
  });
});

test("operands and results are trees; tensors from outside are differentiated", () => {
  const f = (x: T, w: T): T => {
    const { a, b } = cond(
      greater(x, 0),
      (p: { u: T; v: T }) => ({ a: p.u.mul(w), b: [p.v] }),
      (p: { u: T; v: T }) => ({ a: p.v, b: [p.u.mul(3)] }),
      { u: x, v: x.mul(x) },
    );
    return a.add((b[0] as T).mul(10));
  };
  const [x, w] = [f64([2], []), f64([5], [])];
  expect(read(f(x, w))).toEqual([50]);
  expect(read(grad(f)(x, w))).toEqual([5 + 40]);
  expect(read(grad((v: T) => f(x, v))(w))).toEqual([2]);
  expect(read(grad((v: T) => f(x.neg(), v))(w))).toEqual([0]);
  expect(read(f(x.neg(), w))).toEqual([4 - 60]);
});

test("integers and bool pass through; what nobody uses is gone from the plan", () => {
  const x = g.realize(tensor([1, 2, 3]).mul(1));
  const outs = (p: T): readonly T[] =>
    cond(
      p,
      (t: T) => [t.mul(2), t.astype("i32"), greater(t, 1), g.matmul(t, t)] as const,
      (t: T) => [t, t.astype("i32").mul(0), greater(t, 2), t.sum()] as const,
      x,
    );
  const [a, b, c] = outs(tensor(true)) as [T, T, T];
  expect([...a.dataSync(), ...b.dataSync(), ...c.dataSync()]).toEqual([2, 4, 6, 1, 2, 3, 0, 1, 1]);
  const plan = g.explain(outs(g.realize(tensor(true).astype("bool")))[2] as T);
  expect(plan).toMatch(/switch on/);
  expect(plan).not.toMatch(/matmul/);
});

test("a branch that reads a value is refused", () => {
  expect(() =>
    cond(
      true,
      (t: T) => tensor(t.dataSync()),
      (t: T) => t,
      tensor([1, 2]),
    ),
  ).toThrow(g.TraceError);
});
