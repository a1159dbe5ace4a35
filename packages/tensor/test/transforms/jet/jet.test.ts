import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import * as g from "../../../src/index.ts";
import { agree, byJet, f64, near, nested, read } from "./help.ts";

type Tensor = g.Tensor;
type Unary = (x: Tensor) => Tensor;

beforeAll(() => g.setBackend(g.jsBackend()));

const w = f64([0.4, -0.7, 0.2, 0.9, 0.1, -0.3, -0.5, 0.6, 0.8], [3, 3]);
const x3 = f64([0.3, -0.8, 1.1]);
const v3 = f64([0.7, 0.4, -0.9]);
const u3 = f64([-0.2, 0.6, 0.5]);
const net: Unary = (x) => g.tanh(g.matmul(w, g.sin(g.matmul(w, x))));
const numbers = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 3, maxLength: 3 });

describe("the series of a curve", () => {
  test("polynomials are exact", async () => {
    // p(t) = Σ cᵢ tⁱ at t = a: p⁽ᵏ⁾(a) = Σ i!/(i − k)! cᵢ aⁱ⁻ᵏ
    const coefficients = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(coefficients, fc.integer({ min: -3, max: 3 }), async (c, a) => {
        const p: Unary = (t) => c.reduceRight<Tensor>((y, ci) => g.add(g.mul(y, t), ci), g.zerosLike(t));
        const found = g.derivatives(p, f64([a], []), f64([1], []), 8);
        for (const [k, d] of found.entries()) {
          const falling = (i: number): number => Array.from({ length: k }, (_, j) => i - j).reduce((s, n) => s * n, 1);
          const expected = c.reduce((s, ci, i) => s + (i < k ? 0 : falling(i) * ci * a ** (i - k)), 0);
          expect(await d.item()).toBeCloseTo(expected, 12);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("is that of Faà di Bruno: order 3 written out", async () => {
    // y‴ = f′x‴ + 3f″x″x′ + f‴x′³ for f = exp elementwise, where all derivatives of f are eˣ
    const [x1, x2, x3d] = [v3, u3, f64([1.5, -0.5, 2])];
    const [y, [y1, y2, y3]] = g.jet((x: Tensor) => g.exp(x), [x3], [[x1, x2, x3d]]) as [
      Tensor,
      [Tensor, Tensor, Tensor],
    ];
    const e = g.exp(x3);
    near(await read(y), await read(e), 1e-15);
    near(await read(y1), await read(e.mul(x1)), 1e-15);
    near(await read(y2), await read(e.mul(x2.add(x1.mul(x1)))), 1e-15);
    near(await read(y3), await read(e.mul(x3d.add(x1.mul(x2).mul(3)).add(x1.mul(x1).mul(x1)))), 1e-14);
  });

  test("of identities vanishes: sin² + cos² = 1, cosh² − sinh² = 1, exp ∘ log, tan ∘ atan, sinh = (eˣ − e⁻ˣ)/2", async () => {
    const p = f64([0.5, 1.2, 2.3]);
    const zero: readonly [string, Unary][] = [
      ["circle", (x) => g.sub(g.add(g.square(g.sin(x)), g.square(g.cos(x))), 1)],
      ["hyperbola", (x) => g.sub(g.sub(g.square(g.cosh(x)), g.square(g.sinh(x))), 1)],
      ["exp log", (x) => g.sub(g.exp(g.log(x)), x)],
      ["tan atan", (x) => g.sub(g.tan(g.atan(x)), x)],
      ["sqrt", (x) => g.sub(g.square(g.sqrt(x)), x)],
      ["sinh", (x) => g.sub(g.sinh(x), g.mul(g.sub(g.exp(x), g.exp(g.neg(x))), 0.5))],
      ["sigmoid", (x) => g.sub(g.sigmoid(x), g.mul(g.add(g.tanh(g.mul(x, 0.5)), 1), 0.5))],
      ["solve", (x) => g.sub(g.matmul(matrix(x), g.solve(matrix(x), x)), x)],
      ["cholesky", (x) => g.sub(g.matmul(g.cholesky(matrix(x)), g.transpose(g.cholesky(matrix(x)))), matrix(x))],
    ];
    const matrix = (x: Tensor): Tensor => g.add(g.outer(x, x), g.eye(3, undefined, { dtype: "f64" }));
    // k! is what an error of rounding in a Taylor coefficient grows by
    for (const [name, f] of zero)
      for (const [k, d] of g.derivatives(f, p, v3, 6).entries())
        near(
          await read(d),
          Array.from({ length: d.size }, () => 0),
          1e-12 * 10 ** k,
          `${name}, derivative ${k}`,
        );
  });

  test("is that of nested jvp for random compositions along random curves", async () => {
    const inner: Record<string, Unary> = {
      exp: (x) => g.exp(g.tanh(x)),
      sin: (x) => g.sin(x),
      log: (x) => g.log(g.add(g.square(x), 1)),
      power: (x) => g.pow(g.add(g.sigmoid(x), 0.5), g.tanh(x)),
      root: (x) => g.sqrt(g.add(g.square(x), 0.5)),
      atan2: (x) => g.atan2(x, g.add(g.square(x), 1)),
      gelu: (x) => g.gelu(x),
      softmax: (x) => g.softmax(x),
      weigh: (x) => g.matmul(w, x),
      quadratic: (x) => g.mul(x, g.matmul(w, x)),
      quotient: (x) => g.div(g.flip(x), g.add(g.square(g.sum(x)), 1)),
      sort: (x) => g.sort(x),
      running: (x) => g.cummax(g.cumsum(x)),
      shuffle: (x) => g.concat([g.slice(x, [1], [3]), g.slice(x, [0], [1])]),
      branch: (x) => g.where(g.less(x, 0.1), g.sin(x), g.square(x)),
      solve: (x) => g.solve(g.add(g.outer(x, x), g.eye(3, undefined, { dtype: "f64" })), x),
      loop: (x) => g.scan((c: Tensor, a: Tensor) => [g.sin(g.add(g.mul(c, a), 0.3)), c], g.sum(x), x)[1],
    };
    const names = fc.array(fc.constantFrom(...Object.keys(inner)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(names, numbers, fc.array(numbers, { maxLength: 4 }), async (program, start, directions) => {
        const f: Unary = (x) => program.reduce((y, name) => (inner[name] as Unary)(y), x);
        const x = f64(start.map((n, i) => n / 8 + i / 10));
        const curve = { f, x: [x], series: [directions.map((d) => f64(d.map((n) => n / 8)))] };
        await agree(byJet(curve), nested(curve, directions.length), 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  test("order 0 is the value, order 1 is jvp", async () => {
    const [y, none] = g.jet(net, [x3], [[]]);
    expect(none).toEqual([]);
    near(await read(y), await read(net(x3)), 0);
    const [, [dy]] = g.jet(net, [x3], [[v3]]) as [Tensor, [Tensor]];
    near(await read(dy), await read(g.jvp(net, [x3], [v3])[1]), 1e-15);
    expect(g.derivatives(net, x3, v3, 0).length).toBe(1);
  });

  test("order 20 of 1/(1 − x): k!/(1 − x)ᵏ⁺¹", async () => {
    const found = g.derivatives((x: Tensor) => g.div(1, g.sub(1, x)), f64([0.5], []), f64([1], []), 20);
    let factorial = 1;
    for (const [k, d] of found.entries()) {
      if (k > 0) factorial *= k;
      near([(await d.item()) / (factorial * 2 ** (k + 1))], [1], 1e-13);
    }
  });

  test("of trees, with leaves that are not floats", async () => {
    const f = (p: { a: Tensor; n: Tensor }, b: Tensor): { y: Tensor; n: Tensor } => ({
      y: g.mul(g.sin(p.a), g.mul(b, p.n)),
      n: p.n,
    });
    const n = g.tensor([1, 2, 3], { dtype: "i32" });
    const [value, [d1, d2]] = g.jet(
      f,
      [{ a: x3, n }, u3],
      [
        [{ a: v3, n }, null],
        [null, v3],
      ],
    ) as [{ y: Tensor; n: Tensor }, [{ y: Tensor; n: Tensor }, { y: Tensor; n: Tensor }]];
    near(await read(value.y), await read(f({ a: x3, n }, u3).y), 0);
    near(await read(d1.y), await read(g.mul(g.mul(g.cos(x3), v3), g.mul(u3, n))), 1e-15);
    near(
      await read(d2.y),
      await read(g.mul(n, g.sub(g.mul(g.sin(x3), v3), g.mul(g.mul(g.sin(x3), u3), g.square(v3))))),
      1e-15,
    );
    expect(d1.n.dtype).toBe("i32");
    near(await read(d1.n), [0, 0, 0], 0);
  });

  test("does not pass stopGradient, and is zero where the value does not depend on the curve", async () => {
    const [, series] = g.jet((x: Tensor) => g.add(g.mul(g.stopGradient(x), x), 0), [x3], [[v3, null]]);
    near(await read(series[0] as Tensor), await read(g.mul(x3, v3)), 0);
    near(await read(series[1] as Tensor), [0, 0, 0], 0);
    const [, still] = g.jet((_: Tensor) => u3, [x3], [[v3, null]]);
    near(await read(still[1] as Tensor), [0, 0, 0], 0);
  });

  test("of nothing is nothing", async () => {
    const none = g.zeros([0, 3], { dtype: "f64" });
    const f: Unary = (x) => g.matmul(g.tanh(x), w);
    for (const d of g.derivatives(f, none, none, 3)) expect(d.shape).toEqual([0, 3]);
    const total = g.derivatives((x: Tensor) => g.sum(g.exp(x)), none, none, 2);
    for (const d of total) expect(await d.item()).toBe(0);
  });

  test("in f32 and f16, on the wasm backend", async () => {
    await g.setBackend(g.wasmBackend());
    try {
      const exact = await read(g.derivatives(net, x3, v3, 4)[4] as Tensor);
      for (const [dtype, tolerance] of [
        ["f64", 1e-12],
        ["f32", 1e-5],
        ["f16", 2e-2],
      ] as const) {
        const same: Unary = (x) => g.tanh(g.matmul(g.astype(w, dtype), g.sin(g.matmul(g.astype(w, dtype), x))));
        const d = g.derivatives(same, g.astype(x3, dtype), g.astype(v3, dtype), 4)[4] as Tensor;
        expect(d.dtype).toBe(dtype);
        near(await read(d), exact, tolerance);
      }
    } finally {
      await g.setBackend(g.jsBackend());
    }
  });
});

describe("composes with", () => {
  const fourth: Unary = (x) => g.sum(g.derivatives(net, x, v3, 4)[4] as Tensor);

  test("grad: the gradient of a derivative is its difference, and its own gradient too", async () => {
    const step = 1e-4;
    const slope = (f: Unary): Promise<Numbers> => read(g.grad(f)(x3));
    type Numbers = readonly number[];
    const difference = async (f: Unary): Promise<Numbers> => {
      const e = await Promise.all(
        [0, 1, 2].map(async (i) => {
          const d = f64([0, 1, 2].map((k) => (k === i ? step : 0)));
          return ((await f(g.add(x3, d)).item()) - (await f(g.sub(x3, d)).item())) / (2 * step);
        }),
      );
      return e;
    };
    near(await slope(fourth), await difference(fourth), 1e-6);
    const second: Unary = (x) => g.sum(g.mul(g.grad(fourth)(x), u3));
    near(await slope(second), await difference(second), 1e-5);
  });

  test("grad by parameters through the loss of a differential equation", async () => {
    const loss = (p: Tensor): Tensor => {
      const u: Unary = (x) => g.sum(g.tanh(g.matmul(p, x)));
      return g.square(g.sub(g.laplacian(u, x3), 1));
    };
    const reference = (p: Tensor): Tensor => {
      const u: Unary = (x) => g.sum(g.tanh(g.matmul(p, x)));
      return g.square(g.sub(g.trace(g.hessian(u)(x3)), 1));
    };
    near(await read(g.grad(loss)(w)), await read(g.grad(reference)(w)), 1e-12);
  });

  test("itself and jvp: the second jet of the second jet is the fourth", async () => {
    const second: Unary = (x) => g.derivatives(net, x, v3, 2)[2] as Tensor;
    const [, , twice] = g.derivatives(second, x3, v3, 2) as [Tensor, Tensor, Tensor];
    const all = g.derivatives(net, x3, v3, 4);
    near(await read(twice), await read(all[4] as Tensor), 1e-12);
    near(await read(g.jvp(second, [x3], [v3])[1]), await read(all[3] as Tensor), 1e-12);
  });

  test("vmap: a batch is the stack of its examples, in and out", async () => {
    const points = [x3, v3, u3];
    const along = (x: Tensor, v: Tensor): Tensor => g.stack(g.derivatives(net, x, v, 3));
    const batched = g.vmap(along)(g.stack(points), g.stack([u3, x3, v3]));
    near(await read(batched), await read(g.stack([along(x3, u3), along(v3, x3), along(u3, v3)])), 1e-14);
    const outside = g.derivatives((x: Tensor) => g.vmap(net)(x), g.stack(points), g.stack([u3, x3, v3]), 3);
    near(await read(outside[3] as Tensor), await read(g.moveaxis(batched, 0, 1).at(3)), 1e-14);
  });

  test("jit, around and inside", async () => {
    const all = (x: Tensor): Tensor[] => g.derivatives(net, x, v3, 4);
    await agree(g.jit(all)(x3), all(x3), 1e-14);
    await agree(g.derivatives(g.jit(net), x3, v3, 4), all(x3), 1e-14);
  });

  test("scan, forwards and back, with carries, slices and captures that move", async () => {
    const f = (a: Tensor, start: Tensor, xs: Tensor): Tensor => {
      const step = (h: Tensor, x: Tensor): [Tensor, Tensor] => [g.tanh(g.add(g.mul(a, h), x)), g.mul(h, g.exp(x))];
      const [h, ys] = g.scan(step, start, xs);
      const [k, zs] = g.scan(step, h, g.sin(xs), { reverse: true });
      return g.add(g.sum(g.mul(ys, zs)), g.mul(h, k));
    };
    const [a, b, c] = [f64([0.6], []), f64([0.2], []), x3];
    const scalar = (n: number): Tensor => f64([n], []);
    const curve = {
      f,
      x: [a, b, c],
      series: [
        [scalar(0.5), null, scalar(1), null],
        [null, scalar(-1), null, null],
        [v3, u3, null, null],
      ],
    };
    await agree(byJet(curve), nested(curve, 4), 1e-12);
    const third = (p: Tensor): Tensor => g.sum(g.derivatives((xs: Tensor) => f(a, b, xs), p, v3, 3)[3] as Tensor);
    const slope = (p: Tensor): Tensor => g.jvp((xs: Tensor) => third(xs), [p], [u3])[1];
    near([await slope(c).item()], [await g.sum(g.mul(g.grad(third)(c), u3)).item()], 1e-10);
  });

  test("cond, whileLoop and checkpoint", async () => {
    const branch: Unary = (x) =>
      g.cond(
        g.less(g.sum(x), 5),
        (y: Tensor) => g.exp(g.mul(y, u3)),
        (y: Tensor) => g.sin(y),
        x,
      );
    const loop: Unary = (x) =>
      g.whileLoop(
        ([i]: [Tensor, Tensor]) => g.less(i, 3),
        ([i, y]: [Tensor, Tensor]): [Tensor, Tensor] => [g.add(i, 1), g.sin(g.add(y, g.mul(y, x)))],
        [g.scalar(0, { dtype: "i32" }), x],
      )[1];
    const held: Unary = (x) => g.mul(x, g.checkpoint((y: Tensor) => g.sin(g.mul(g.exp(y), x)))(x));
    for (const f of [branch, loop, held]) {
      const curve = { f, x: [x3], series: [[v3, u3, null, null]] };
      await agree(byJet(curve), nested(curve, 4), 1e-12);
    }
    const third: Unary = (x) => g.sum(g.derivatives(held, x, v3, 3)[3] as Tensor);
    const plain: Unary = (x) =>
      g.sum(g.derivatives((y: Tensor) => g.mul(y, g.sin(g.mul(g.exp(y), y))), x, v3, 3)[3] as Tensor);
    near(await read(g.grad(third)(x3)), await read(g.grad(plain)(x3)), 1e-12);
  });

  test("customGradient: by its jvp rule, or its vjp rule transposed", async () => {
    // the rules say 2 sin x where the truth is cos x, so that only they can give this
    const forward = g.customGradient((x: Tensor) => g.sin(x), { jvp: ([v], _, x) => g.mul(g.mul(g.sin(x), 2), v) });
    const backward = g.customGradient((x: Tensor) => g.sin(x), { vjp: (ct, _, x) => [g.mul(g.mul(g.sin(x), 2), ct)] });
    for (const f of [forward, backward]) {
      const curve = { f: (x: Tensor) => g.mul(f(g.exp(x)), x), x: [x3], series: [[v3, u3, null, null]] };
      await agree(byJet(curve), nested(curve, 4), 1e-12);
    }
    // y′ = y of its own value: all derivatives are y
    const own = g.customGradient((x: Tensor) => g.exp(x), { jvp: ([v], y) => g.mul(y, v) });
    for (const d of g.derivatives(own, x3, g.onesLike(x3), 5)) near(await read(d), await read(g.exp(x3)), 1e-14);
  });

  test("gradient by a tensor met on the way", async () => {
    const inside = g.sin(x3);
    const [, [, second]] = g.jet((x: Tensor) => g.sum(g.mul(g.square(x), g.mul(x, inside))), [x3], [[v3, null]]) as [
      Tensor,
      Tensor[],
    ];
    near(await read(g.gradient(second as Tensor, inside)), await read(g.mul(g.mul(x3, 6), g.square(v3))), 1e-14);
  });
});

describe("laplacian", () => {
  test("is the trace of the Hessian, of each component", async () => {
    near(
      [await g.laplacian((x: Tensor) => g.sum(net(x)), x3).item()],
      [await g.trace(g.hessian((x: Tensor) => g.sum(net(x)))(x3)).item()],
      1e-13,
    );
    const components = [0, 1, 2].map((i) => g.trace(g.hessian((x: Tensor) => net(x).at(i))(x3)));
    near(await read(g.laplacian(net, x3)), await read(g.stack(components)), 1e-13);
  });
  test("of a harmonic function is 0, of |x|ᵖ is p(p + n − 2)|x|ᵖ⁻²", async () => {
    const harmonic: Unary = (x) => g.mul(g.exp(x.at(0)), g.cos(x.at(1)));
    near([await g.laplacian(harmonic, f64([0.4, 1.3])).item()], [0], 1e-14);
    const radial: Unary = (x) => g.pow(g.sum(g.square(x)), 1.25);
    const r2 = await g.sum(g.square(x3)).item();
    near([await g.laplacian(radial, x3).item()], [2.5 * 3.5 * r2 ** 0.25], 1e-13);
  });
  test("at many points by vmap, over the elements of a matrix, with more arguments, of nothing", async () => {
    const points = g.stack([x3, v3, u3]);
    const all = g.vmap((x: Tensor) => g.laplacian(net, x))(points);
    near(await read(all.at(1)), await read(g.laplacian(net, v3)), 1e-14);
    const cubes = (x: Tensor, a: Tensor): Tensor => g.sum(g.mul(a, g.pow(x, 3)));
    near([await g.laplacian(cubes, w, f64([2], [])).item()], [12 * (await g.sum(w).item())], 1e-13);
    expect(await g.laplacian((x: Tensor) => g.sum(x), f64([], [0])).item()).toBe(0);
  });
});
