import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { distance, f64, noise, read } from "../fft/help.ts";

const value = (p: readonly number[], x: number): number => p.reduce((y, c) => y * x + c, 0);
const close = async (t: g.Tensor, expected: readonly number[], tolerance = 1e-13): Promise<void> =>
  expect(distance(await read(t), expected)).toBeLessThan(tolerance);

describe("polynomials", () => {
  const coefficients = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 6 });
  test("values, sums and products", async () => {
    await fc.assert(
      fc.asyncProperty(coefficients, coefficients, async (a, b) => {
        const xs = [-2, -0.5, 0, 1, 1.5];
        const at = (p: g.Tensor): Promise<number[]> => read(g.polyval(p, f64(xs)));
        await close(
          g.polyval(f64(a), f64(xs)),
          xs.map((x) => value(a, x)),
        );
        await close(
          f64(await at(g.polyadd(f64(a), f64(b)))),
          xs.map((x) => value(a, x) + value(b, x)),
        );
        await close(
          f64(await at(g.polymul(f64(a), f64(b)))),
          xs.map((x) => value(a, x) * value(b, x)),
        );
        // the derivative by the graph is the derivative polynomial; integration undoes it
        await close(g.grad((x: g.Tensor) => g.sum(g.polyval(f64(a), x)))(f64(xs)), await at(g.polyder(f64(a))), 1e-12);
        await close(g.polyder(g.polyint(f64(a), 2, 3), 2), a, 1e-14);
      }),
      { numRuns: 25 },
    );
  });
  test("products of integers stay integers", async () => {
    const y = g.polymul(g.tensor([1, 1], { dtype: "i32" }), g.tensor([1, -1], { dtype: "i32" }));
    expect([y.dtype, await read(y)]).toEqual(["i32", [1, 0, -1]]);
  });
  test("coefficients may have further axes", async () => {
    const p = f64([1, 2, 3, 4, 5, 6], [3, 2]);
    await close(g.polyval(p, f64([2, -1])), [value([1, 3, 5], 2), value([2, 4, 6], -1)]);
  });
  test("powers", async () => {
    expect(await read(g.vander(f64([2, 3])))).toEqual([2, 1, 3, 1]);
    expect(await read(g.vander(f64([2, 3]), 3, { increasing: true }))).toEqual([1, 2, 4, 1, 3, 9]);
  });
  test("a fit finds the polynomial, and is orthogonal to its residual", async () => {
    const x = f64(noise(12, 1));
    const p = [2, -1, 0.5, 3];
    await close(g.polyfit(x, g.polyval(f64(p), x), 3), p, 1e-12);
    const [y, w] = [f64(noise(12, 2)), f64(noise(12, 3).map((v) => v + 1.5))];
    const residual = g.mul(g.sub(g.polyval(g.polyfit(x, y, 2, { weights: w }), x), y), g.mul(w, w));
    await close(g.matmul(residual, g.vander(x, 3)), [0, 0, 0], 1e-12);
    const two = g.polyfit(x, g.stack([y, w], 1), 2);
    await close(g.at(two, null, 1), await read(g.polyfit(x, w, 2)), 1e-12);
  });
  test("Chebyshev series: Tₙ(cos θ) = cos nθ", async () => {
    const theta = [0.1, 1, 2.5];
    for (let n = 0; n < 7; n++) {
      const c = f64(Array.from({ length: n + 1 }, (_, k) => Number(k === n)));
      await close(
        g.chebval(c, f64(theta.map(Math.cos))),
        theta.map((t) => Math.cos(n * t)),
      );
    }
  });
});

describe("tridiagonal systems", () => {
  test.each([1, 2, 3, 10, 50])("of size %i, rows exchanged where pivots vanish", async (n) => {
    const [l, d, u] = [noise(n, 1), noise(n, 2).map((v, i) => (i % 3 === 0 ? 0 : v)), noise(n, 3)];
    if (n % 2 === 1) d[n - 1] = 1;
    const x = noise(n * 2, 4);
    const b = x.map((_, at) => {
      const [i, j] = [at >> 1, at & 1];
      const get = (k: number): number => x[2 * k + j] ?? 0;
      return (
        (i > 0 ? (l[i] as number) * get(i - 1) : 0) +
        (d[i] as number) * get(i) +
        (i + 1 < n ? (u[i] as number) * get(i + 1) : 0)
      );
    });
    await close(g.tridiagonalSolve(f64(l), f64(d), f64(u), f64(b, [n, 2])), x, 1e-10);
  });
});

describe("cubic splines", () => {
  const x = [0, 0.5, 1.2, 2, 3.1];
  const y = noise(5, 8);
  test("pass through the points, twice continuously; natural ends have no curvature", async () => {
    const s = g.cubicSpline(f64(x), f64(y));
    await close(s(f64(x)), y);
    const inner = x.slice(1, -1);
    for (const order of [0, 1, 2]) {
      const before = await read(s(f64(inner.map((t) => t - 1e-9)), order));
      await close(s(f64(inner.map((t) => t + 1e-9)), order), before, 1e-7);
    }
    await close(s(f64([0, 3.1]), 2), [0, 0]);
  });
  test("orders are derivatives of one another", async () => {
    const s = g.cubicSpline(f64(x), f64(y), { ends: "clamped", slopes: [1, -2] });
    const at = f64([0.3, 0.9, 1.7, 2.9, -0.5, 4]);
    for (const order of [0, 1, 2])
      await close(g.grad((t: g.Tensor) => g.sum(s(t, order)))(at), await read(s(at, order + 1)), 1e-12);
    await close(s(f64([0, 3.1]), 1), [1, -2]);
    await close(s(f64(x)), y);
  });
  test("a cubic with its slopes at the ends is its own spline", async () => {
    const p = f64([1, -2, 0.5, 3]);
    const slope = await read(g.polyval(g.polyder(p), f64([0, 3.1])));
    const s = g.cubicSpline(f64(x), g.polyval(p, f64(x)), { ends: "clamped", slopes: slope as [number, number] });
    const at = f64([0.1, 0.77, 2.5, 3]);
    await close(s(at), await read(g.polyval(p, at)));
  });
  test("several values per knot, several places, two knots", async () => {
    const s = g.cubicSpline(f64(x), f64(noise(10, 3), [5, 2]));
    const t = g.cubicSpline(f64(x), g.at(f64(noise(10, 3), [5, 2]), null, 1));
    const at = f64([0.1, 1, 2, 3], [2, 2]);
    expect(s(at).shape).toEqual([2, 2, 2]);
    await close(g.at(s(at), "...", 1), await read(t(at)));
    await close(g.cubicSpline(f64([0, 2]), f64([1, 3]))(f64([0.5, 1])), [1.5, 2]);
  });
});
