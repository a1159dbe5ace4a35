import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { checkDerivatives, f64, near, read } from "./help.ts";

const { forLoop, grad, jit, jvp, less, map, tensor, vmap, whileLoop } = g;
type T = g.Tensor;

/** Newton's method for √a, until two estimates agree. */
const root = (options: g.WhileOptions) => (a: T) =>
  whileLoop(
    ({ x, old }: { x: T; old: T }) => less(1e-12, g.abs(x.sub(old))),
    ({ x }) => ({ x: x.add(a.div(x)).mul(0.5), old: x }),
    { x: a, old: a.mul(0) },
    options,
  ).x;

describe.each([g.jsBackend(), g.wasmBackend()].map((b) => [b.name, b] as const))("on %s", (_, backend) => {
  beforeAll(() => g.setBackend(backend));

  test("a while loop runs until its condition fails", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 400 }), (start, limit) => {
        const f = (x: T): T =>
          whileLoop(
            (s: T) => less(s, limit),
            (s: T) => s.mul(2).add(1),
            x,
          );
        let expected = start;
        while (expected < limit) expected = expected * 2 + 1;
        expect(read(f(tensor(start)))).toEqual([expected]);
        expect(read(jit(f)(tensor(start)))).toEqual([expected]);
      }),
      { numRuns: 25 },
    );
    expect(
      read(
        whileLoop(
          (s: T) => less(s, 100),
          (s: T) => s.add(1),
          tensor(0),
          { maxSteps: 7 },
        ),
      ),
    ).toEqual([7]);
    expect(
      read(
        whileLoop(
          (s: T) => less(s, 100),
          (s: T) => s.add(1),
          tensor(3),
          { maxSteps: 0 },
        ),
      ),
    ).toEqual([3]);
  });

  test("forward mode without a bound, reverse mode with one", () => {
    const a = f64([2.5], []);
    const [y, dy] = jvp(root({}), [a], [f64([1], [])]);
    near(read(y), [Math.sqrt(2.5)]);
    near(read(dy), [0.5 / Math.sqrt(2.5)]);
    checkDerivatives(root({ maxSteps: 12 }), a);
    checkDerivatives(jit(root({ maxSteps: 12 })), a);
    expect(() => read(grad(root({}))(a))).toThrow(g.GradientError);
    expect(() => read(grad(root({}))(a))).toThrow(/^whileLoop: maxSteps/);
  });

  test("a batch stops example by example", () => {
    const xs = f64([0.01, 4, 9, 1e6]);
    near(read(vmap(root({}))(xs)), [0.1, 2, 3, 1000]);
    near(read(vmap(grad(root({ maxSteps: 40 })))(xs)), [5, 0.25, 1 / 6, 0.0005]);
    // the same number of steps for all, and a carry that only the body makes batched
    const f = (x: T): T =>
      whileLoop(
        ([i]: readonly [T, T]) => less(i, 5),
        ([i, s]) => [i.add(1), s.add(x)] as const,
        [tensor(0, { dtype: "i32" }), f64([0], [])] as const,
      )[1];
    expect(read(vmap(f)(f64([1, 2])))).toEqual([5, 10]);
  });

  test("carries and constants that nobody needs are gone from the plan", () => {
    const [m, x] = [g.realize(g.ones([3, 3]).mul(1)), g.realize(g.ones([3, 3]).mul(1))];
    const [i] = whileLoop(
      ([k]: readonly [T, T]) => less(k, 3),
      ([k, s]) => [k.add(1), g.matmul(s, m)] as const,
      [tensor(0), x] as const,
    );
    expect(g.explain(i)).not.toMatch(/matmul/);
    expect(read(i)).toEqual([3]);
  });

  test("forLoop counts between its bounds, given or computed", () => {
    const f = (x: T): T => forLoop(2, 6, (i, s: T) => s.mul(x).add(i), x);
    const slow = (x: number): number => [2, 3, 4, 5].reduce((s, i) => s * x + i, x);
    near(read(f(f64([1.5], []))), [slow(1.5)]);
    checkDerivatives(f, f64([0.7], []));
    const to = (n: T, x: T): T => forLoop(2, n, (i, s: T) => s.mul(x).add(i), x, { maxSteps: 6 });
    const n = tensor(6, { dtype: "i32" });
    near(read(jit(to)(n, f64([1.5], []))), [slow(1.5)]);
    checkDerivatives((x) => to(n, x), f64([0.7], []));
    expect(read(forLoop(3, 1, (_, s: T) => s.add(1), tensor(5)))).toEqual([5]);
    const many = vmap(to, { in: [0, null] })(tensor([2, 4, 6], { dtype: "i32" }), f64([2], []));
    near(read(many), [2, (2 * 2 + 2) * 2 + 3, slow(2)]);
  });

  test("map is the stack of its slices, one or several at a time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 4 }), (n, batchSize) => {
        const x = f64(
          Array.from({ length: n * 3 }, (_, i) => Math.sin(i)),
          [n, 3],
        );
        const f = ({ row }: { row: T }): { s: T; y: T } => ({ s: row.sum(), y: g.sort(row).mul(2) });
        const { s, y } = map(f, { row: x }, { batchSize });
        const rows = g.unstack(x).map((row) => f({ row }));
        expect([s.shape, y.shape]).toEqual([[n], [n, 3]]);
        near(
          read(s),
          rows.flatMap((r) => read(r.s)),
        );
        near(
          read(y),
          rows.flatMap((r) => read(r.y)),
        );
      }),
      { numRuns: 20 },
    );
    checkDerivatives(
      (x) => map((r: T) => r.mul(r).sum().sin(), x, { batchSize: 2 }).sum(),
      f64([1, 2, 3, 4, 5, 6], [3, 2]),
    );
  });
});

describe("associativeScan", () => {
  const step = ([a, b]: readonly [T, T], [c, d]: readonly [T, T]): readonly [T, T] => [a.mul(c), b.mul(c).add(d)];

  test("is the running combination, also from the end and along any axis", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 17 }), fc.boolean(), fc.constantFrom(0, 1, -1), (n, reverse, axis) => {
        const shape = axis === 0 ? [n, 2] : [2, n];
        const make = (seed: number): T =>
          f64(
            Array.from({ length: 2 * n }, (_, i) => Math.sin(seed * i + 1)),
            shape,
          );
        const xs = [make(1), make(2)] as const;
        const ys = g.associativeScan(step, xs, { axis, reverse });
        const slices = xs.map((t) => g.unstack(t, axis));
        let state: readonly [T, T] | null = null;
        const out: (readonly [T, T])[] = [];
        for (let k = 0; k < n; k++) {
          const at = reverse ? n - 1 - k : k;
          const x = [slices[0]?.[at] as T, slices[1]?.[at] as T] as const;
          state = state === null ? x : step(state, x);
          out[at] = state;
        }
        if (n === 0) return;
        for (const i of [0, 1] as const)
          near(
            read(ys[i]),
            read(
              g.stack(
                out.map((s) => s[i]),
                axis,
              ),
            ),
          );
      }),
      { numRuns: 30 },
    );
  });

  test("agrees with cumsum, differentiates, and takes logarithmically many calls", () => {
    let calls = 0;
    const add = (a: T, b: T): T => {
      calls++;
      return a.add(b);
    };
    const x = g.arange(1024);
    expect(read(g.associativeScan(add, x))).toEqual(read(g.cumsum(x)));
    expect(calls).toBeLessThanOrEqual(20);
    checkDerivatives((t) => g.associativeScan((a: T, b: T) => a.mul(b), t).sum(), f64([0.5, 1.5, -0.7, 2, 1.1]));
    const xs = f64([1, 2, 3, 4, 5, 6], [2, 3]);
    near(read(vmap((t: T) => g.associativeScan(add, t))(xs)), [1, 3, 6, 4, 9, 15]);
  });
});
