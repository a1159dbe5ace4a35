import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { reflectorsPrimitive } from "../../src/primitives/linalg/reflectors.ts";
import { triangularInversePrimitive } from "../../src/primitives/linalg/triangular-solve.ts";
import { applyMany } from "../../src/tensor.ts";
import { make } from "../draw.ts";
import { apart, epsilon, gram, identity, most, type Real, random } from "./help.ts";

const initial = g.getBackend();
const wasm = g.wasmBackend({ threads: 1 });
const js = g.jsBackend();
beforeAll(() => g.setBackend(wasm));
afterAll(() => g.setBackend(initial));

/** Values at the host, which every backend may use. */
const given = (t: g.Tensor): g.Tensor => make([...t.dataSync()], t.shape, t.dtype);

/** What `f` gives where the routines do the whole of every matrix. */
async function unblocked(f: () => readonly g.Tensor[]): Promise<g.Tensor[]> {
  await g.setBackend(js);
  const results = f().map(given);
  await g.setBackend(wasm);
  return results;
}

const number = (t: g.Tensor): number => t.dataSync()[0] as number;
const dtype = fc.constantFrom<Real>("f64", "f32");
const seed = fc.nat(1000);
/** About the sizes from which matrices are cut and at which they are. */
const size = fc.oneof(fc.constantFrom(128, 129, 159, 160, 161, 192, 193, 256, 257), fc.integer({ min: 110, max: 270 }));
const lead = fc.constantFrom<number[]>([], [2], [1, 2]);
const runs = { numRuns: 15 };
const bound = (n: number, d: Real): number => 4 * n * epsilon[d];

const spd = (shape: readonly number[], n: number, s: number, d: Real): g.Tensor =>
  given(g.add(g.mul(gram(random([...shape, n, n], s, d)), 3 / n), identity(n, d)));
/** Far from singular, and with ones for a diagonal too. */
const regular = (n: number, s: number, d: Real): g.Tensor =>
  given(g.add(g.mul(random([n, n], s, d), 2 / n), identity(n, d)));

describe("Cholesky factors of large matrices", () => {
  test("multiply to the matrix and are those of the routine", () =>
    fc.assert(
      fc.asyncProperty(size, dtype, seed, lead, async (n, d, s, shape) => {
        const a = spd(shape, n, s, d);
        const l = g.cholesky(a);
        expect([l.shape, l.dtype]).toEqual([a.shape, d]);
        expect(most(g.triu(l, 1))).toBe(0);
        expect(apart(gram(l), a)).toBeLessThanOrEqual(bound(n, d) * most(a));
        const [whole] = await unblocked(() => [g.cholesky(a)]);
        expect(apart(l, whole as g.Tensor)).toBeLessThanOrEqual(bound(n, d) * most(a));
      }),
      runs,
    ));

  test("that do not exist are NaN as in the routine, alone in their batch", async () => {
    for (const d of ["f32", "f64"] as const) {
      const n = 150;
      const good = spd([], n, 1, d);
      const bad = given(g.sub(good, g.diag(make([...new Array(n - 2).fill(0), 9, 0], [n], d))));
      const batch = given(g.stack([good, bad]));
      const l = given(g.cholesky(batch));
      const [whole] = await unblocked(() => [g.cholesky(batch)]);
      expect(l.host).toEqual((whole as g.Tensor).host);
      expect(Number.isNaN(l.host?.[n * n])).toBe(true);
      expect(most(g.at(l, 0))).toBeLessThan(9);
    }
  });

  test("keep their derivative", () => {
    const [a, da] = [spd([], 140, 2, "f64"), random([140, 140], 3)];
    const w = random([140, 140], 4);
    const f = (x: g.Tensor): g.Tensor => g.sum(g.mul(g.cholesky(x), w));
    const h = 1e-5;
    const difference = number(g.div(g.sub(f(g.add(a, g.mul(da, h))), f(g.sub(a, g.mul(da, h)))), 2 * h));
    const slope = number(g.sum(g.mul(g.grad(f)(a), da)));
    expect(Math.abs(slope - difference)).toBeLessThanOrEqual(1e-6 * Math.abs(difference));
  });
});

describe("QR factors of large matrices", () => {
  const factors = (a: g.Tensor, mode: "reduced" | "complete"): void => {
    const d = a.dtype as Real;
    const [m, n] = a.shape.slice(-2) as [number, number];
    const [q, r] = g.qr(a, { mode });
    const k = mode === "complete" ? m : Math.min(m, n);
    expect([q.shape.slice(-2), r.shape.slice(-2), q.dtype, r.dtype]).toEqual([[m, k], [k, n], d, d]);
    expect(apart(g.matmul(q, r), a)).toBeLessThanOrEqual(bound(Math.max(m, n), d) * most(a));
    expect(apart(g.matmul(g.transpose(q), q), identity(k, d))).toBeLessThanOrEqual(bound(m, d));
    expect(most(g.tril(r, -1))).toBe(0);
  };

  test("multiply to the matrix, and Q is orthogonal", () =>
    fc.assert(
      fc.property(size, size, dtype, seed, lead, fc.constantFrom("reduced", "complete"), (m, n, d, s, shape, mode) => {
        factors(random([...shape, m, n], s, d), mode);
      }),
      runs,
    ));

  test("are those of the routine, signs included, where columns are independent", () =>
    fc.assert(
      fc.asyncProperty(size, fc.integer({ min: 0, max: 40 }), dtype, seed, async (n, more, d, s) => {
        const a = given(g.concat([regular(n, s, d), random([more, n], s, d)], 0));
        const [q, r] = g.qr(a);
        const [wholeQ, wholeR] = await unblocked(() => g.qr(a));
        const near = 10 * bound(n, d) * most(a);
        expect(apart(q, wholeQ as g.Tensor)).toBeLessThanOrEqual(near);
        expect(apart(r, wholeR as g.Tensor)).toBeLessThanOrEqual(near);
      }),
      runs,
    ));

  test("exist where columns are not independent, and of the largest and smallest numbers", () => {
    for (const d of ["f64", "f32"] as const) {
      factors(g.matmul(random([150, 7], 1, d), random([7, 140], 2, d)), "reduced");
      factors(g.zeros([140, 130], { dtype: d }), "reduced");
      factors(g.tril(random([140, 140], 3, d), -20), "complete");
      for (const scale of d === "f64" ? [1e200, 1e-200] : [1e30, 1e-30])
        factors(g.mul(random([140, 135], 4, d), scale), "reduced");
    }
  });

  test("keep their derivative", () => {
    const [a, da] = [regular(140, 5, "f64"), random([140, 140], 6)];
    const w = random([140, 140], 7);
    const f = (x: g.Tensor): g.Tensor => {
      const [q, r] = g.qr(x);
      return g.sum(g.mul(g.add(q, r), w));
    };
    const h = 1e-5;
    const difference = number(g.div(g.sub(f(g.add(a, g.mul(da, h))), f(g.sub(a, g.mul(da, h)))), 2 * h));
    const slope = number(g.sum(g.mul(g.grad(f)(a), da)));
    expect(Math.abs(slope - difference)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(difference)));
  });

  test("reflectors alone have no derivative, and say so", () => {
    const v = (x: g.Tensor): g.Tensor => g.sum(applyMany(reflectorsPrimitive, [x], null)[0] as g.Tensor);
    expect(() => g.grad(v)(random([5, 3], 1))).toThrow(/qr: reflectors have no derivative/);
  });
});

const triangle = fc.record({ lower: fc.boolean(), transpose: fc.boolean(), unitDiagonal: fc.boolean() });
/** The matrix that {@link g.triangularSolve} solves with. */
function meant(t: g.Tensor, { lower, transpose, unitDiagonal }: Required<Omit<g.TriangularOptions, "left">>): g.Tensor {
  const offset = unitDiagonal ? 1 : 0;
  const own = lower ? g.tril(t, -offset) : g.triu(t, offset);
  const whole = unitDiagonal ? g.add(own, identity(t.shape[0] as number, t.dtype as Real)) : own;
  return transpose ? g.transpose(whole) : whole;
}

describe("large triangular systems", () => {
  test("are solved, as the routine solves them", () =>
    fc.assert(
      fc.asyncProperty(size, fc.integer({ min: 28, max: 70 }), dtype, seed, triangle, async (n, k, d, s, options) => {
        const [t, b] = [regular(n, s, d), given(random([2, n, k], s + 1, d))];
        const x = g.triangularSolve(t, b, options);
        expect(apart(g.matmul(meant(t, options), x), b)).toBeLessThanOrEqual(bound(n, d) * most(x));
        const right = g.triangularSolve(t, given(g.transpose(b)), {
          ...options,
          left: false,
          transpose: !options.transpose,
        });
        expect(apart(g.transpose(right), x)).toBeLessThanOrEqual(bound(n, d) * most(x));
        const [whole] = await unblocked(() => [g.triangularSolve(t, b, options)]);
        expect(apart(x, whole as g.Tensor)).toBeLessThanOrEqual(bound(n, d) * most(x));
      }),
      runs,
    ));

  test("of badly conditioned diagonal blocks leave as little as substitution does", () => {
    // the inverse of 32 rows has elements of 1.5³¹
    const n = 160;
    const t = given(g.sub(identity(n), g.mul(g.diag(g.ones([n - 1], { dtype: "f64" }), -1), 1.5)));
    const b = given(g.matmul(t, random([n, 40], 5)));
    const x = g.triangularSolve(t, b, { lower: true });
    const left = g.abs(g.sub(g.matmul(t, x), b));
    const scale = g.matmul(g.abs(t), g.abs(x));
    expect(most(g.div(left, scale))).toBeLessThanOrEqual(bound(n, "f64"));
  });

  test("that are singular give what the routine gives", async () => {
    for (const d of ["f32", "f64"] as const)
      for (const lower of [false, true]) {
        const n = 150;
        const t = given(
          g.mul(
            regular(n, 6, d),
            make(
              Array.from({ length: n }, (_, i) => Number(i !== 70)),
              [n],
              d,
            ),
          ),
        );
        const b = given(random([n, 40], 7, d));
        const x = given(g.triangularSolve(t, b, { lower }));
        const [whole] = await unblocked(() => [g.triangularSolve(t, b, { lower })]);
        expect(x.host).toEqual((whole as g.Tensor).host);
        expect([...(x.host as Float64Array)].some(Number.isFinite)).toBe(true);
        expect([...(x.host as Float64Array)].every(Number.isFinite)).toBe(false);
      }
  });

  test("inverses of triangles: T·T⁻¹ = 1, and the derivative is that of differences", () => {
    for (const lower of [false, true])
      for (const unit of [false, true]) {
        const inverse = (t: g.Tensor): g.Tensor =>
          applyMany(triangularInversePrimitive, [t], { lower, unit })[0] as g.Tensor;
        const [t, dt] = [regular(9, 8, "f64"), random([9, 9], 9)];
        const own = meant(t, { lower, transpose: false, unitDiagonal: unit });
        expect(apart(g.matmul(own, inverse(t)), identity(9))).toBeLessThan(1e-14);
        const [, slope] = g.jvp(inverse, [t], [dt]);
        const h = 1e-6;
        const difference = g.div(g.sub(inverse(g.add(t, g.mul(dt, h))), inverse(g.sub(t, g.mul(dt, h)))), 2 * h);
        expect(apart(slope, difference)).toBeLessThan(1e-8);
        const w = random([9, 9], 10);
        const gradient = g.grad((x: g.Tensor) => g.sum(g.mul(inverse(x), w)))(t);
        expect(Math.abs(number(g.sum(g.mul(gradient, dt))) - number(g.sum(g.mul(slope, w))))).toBeLessThan(1e-12);
      }
  });
});
