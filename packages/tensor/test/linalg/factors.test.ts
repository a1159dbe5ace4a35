import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { make } from "../draw.ts";
import { apart, epsilon, gram, hilbert, identity, most, type Real, random, symmetricOf, zoo } from "./help.ts";

const dtypes = ["f64", "f32"] as const;
const square = (a: g.Tensor): boolean => a.shape.at(-1) === a.shape.at(-2);
const sizes = (a: g.Tensor): [number, number] => a.shape.slice(-2) as [number, number];
/** What backward stability allows: some n·ε·‖A‖. */
const bound = (a: g.Tensor, dtype: Real): number => 10 * Math.max(1, ...sizes(a)) * epsilon[dtype] * most(a);
const orthonormal = (q: g.Tensor, dtype: Real): void => {
  const [m, n] = sizes(q);
  expect(apart(g.matmul(g.transpose(q), q), identity(n, dtype))).toBeLessThanOrEqual(
    4 * Math.max(1, m) * epsilon[dtype],
  );
};

describe.each(dtypes)("%s", (dtype) => {
  const all = zoo(dtype);
  const symmetric = all
    .filter(([, a]) => square(a))
    .map(([name, a]) => [name, g.mul(g.add(a, g.transpose(a)), 0.5)] as const);

  test.each(all)("lu of %s", (_, a) => {
    const [m, n] = sizes(a);
    const k = Math.min(m, n);
    const [packed, pivots, permutation] = g.lu(a);
    expect([packed.shape, packed.dtype]).toEqual([a.shape, dtype]);
    expect([pivots.shape, pivots.dtype]).toEqual([[...a.shape.slice(0, -2), k], "i32"]);
    expect([permutation.shape, permutation.dtype]).toEqual([[...a.shape.slice(0, -2), m], "i32"]);
    const lead = a.shape.slice(0, -2);
    const l = g.add(g.tril(g.slice(packed, [], [...lead, m, k]), -1), g.eye(m, k, { dtype }));
    const u = g.triu(g.slice(packed, [], [...lead, k, n]));
    const rows = g.takeAlongAxis(a, g.broadcastTo(g.expandDims(permutation, -1), a.shape), -2);
    expect(apart(g.matmul(l, u), rows)).toBeLessThanOrEqual(bound(a, dtype));
    // partial pivoting leaves no multiplier above 1, and the exchanges make the permutation
    expect(most(g.tril(l, -1))).toBeLessThanOrEqual(1);
    const [p, s] = [permutation.dataSync(), pivots.dataSync()];
    for (let b = 0; b < p.length / Math.max(1, m); b++) {
      const order = Array.from({ length: m }, (_, i) => i);
      for (let i = 0; i < k; i++) {
        const j = s[b * k + i] as number;
        [order[i], order[j]] = [order[j] as number, order[i] as number];
      }
      expect([...p.slice(b * m, (b + 1) * m)]).toEqual(order);
    }
  });

  test.each(all)("qr of %s", (_, a) => {
    const [m, n] = sizes(a);
    for (const mode of ["reduced", "complete"] as const) {
      const [q, r] = g.qr(a, { mode });
      const k = mode === "complete" ? m : Math.min(m, n);
      expect([q.shape.slice(-2), r.shape.slice(-2), q.dtype, r.dtype]).toEqual([[m, k], [k, n], dtype, dtype]);
      expect(apart(g.matmul(q, r), a)).toBeLessThanOrEqual(bound(a, dtype));
      expect(most(g.tril(r, -1))).toBe(0);
      orthonormal(q, dtype);
    }
  });

  test.each(symmetric)("eigh of %s", (_, a) => {
    const [w, v] = g.eigh(a);
    expect([w.shape, v.shape, w.dtype, v.dtype]).toEqual([a.shape.slice(0, -1), a.shape, dtype, dtype]);
    expect(apart(g.matmul(a, v), g.mul(v, g.expandDims(w, -2)))).toBeLessThanOrEqual(bound(a, dtype));
    orthonormal(v, dtype);
    expect(w.dataSync()).toEqual(g.sort(w).dataSync());
    expect(apart(g.eigvalsh(a), w)).toBeLessThanOrEqual(bound(a, dtype));
  });

  test.each(all)("svd of %s", (_, a) => {
    const [m, n] = sizes(a);
    const k = Math.min(m, n);
    for (const fullMatrices of [false, true]) {
      const [u, s, vt] = g.svd(a, { fullMatrices });
      expect([u.shape.slice(-2), vt.shape.slice(-2)]).toEqual(
        fullMatrices
          ? [
              [m, m],
              [n, n],
            ]
          : [
              [m, k],
              [k, n],
            ],
      );
      const lead = a.shape.slice(0, -2);
      const [left, right] = [g.slice(u, [], [...lead, m, k]), g.slice(vt, [], [...lead, k, n])];
      expect(apart(g.matmul(g.mul(left, g.expandDims(s, -2)), right), a)).toBeLessThanOrEqual(bound(a, dtype));
      orthonormal(u, dtype);
      orthonormal(g.transpose(vt), dtype);
      expect(s.dataSync()).toEqual(g.sort(s, -1, { descending: true }).dataSync());
      expect([...s.dataSync()].every((x) => x >= 0)).toBe(true);
    }
    expect(apart(g.svdvals(a), g.svd(a)[1])).toBeLessThanOrEqual(bound(a, dtype));
    expect(g.svd(a, { computeUv: false }).shape).toEqual([...a.shape.slice(0, -2), k]);
  });

  test.each(symmetric.filter(([name]) => name !== "huge" && name !== "tiny"))("cholesky of a product of %s", (_, a) => {
    const spd = g.add(gram(a), identity(sizes(a)[0], dtype));
    const l = g.cholesky(spd);
    expect([l.shape, l.dtype]).toEqual([a.shape, dtype]);
    expect(apart(gram(l), spd)).toBeLessThanOrEqual(bound(spd, dtype));
    expect(most(g.triu(l, 1))).toBe(0);
    const b = random([sizes(a)[0], 3], 20, dtype);
    const x = g.choSolve(l, b);
    expect(apart(g.matmul(spd, x), b)).toBeLessThanOrEqual(bound(spd, dtype) * Math.max(1, most(x)));
  });

  test("what is not positive definite has a factor of NaN, alone in its batch", () => {
    const l = g.cholesky(make([1, 2, 2, 1, 4, 2, 2, 5], [2, 2, 2], dtype)).dataSync();
    expect([...l]).toEqual([Number.NaN, 0, Number.NaN, Number.NaN, 2, 0, 1, 2]);
    expect([...g.cholesky(g.zeros([1, 1], { dtype })).dataSync()]).toEqual([Number.NaN]);
  });

  test("Hilbert 8 has a Cholesky factor", () => {
    const h = hilbert(8, "f64");
    expect(apart(gram(g.cholesky(h)), h)).toBeLessThanOrEqual(bound(h, "f64"));
  });

  test("elements that are not finite give NaN, not a loop without end", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const a = make([1, bad, bad, 2], [2, 2], dtype);
      expect([...g.eigvalsh(a).dataSync(), ...g.svdvals(a).dataSync()]).toEqual(new Array(4).fill(Number.NaN));
    }
  });
});

describe("known spectra", () => {
  test("of a second difference", () => {
    const n = 50;
    const a = g.sub(
      g.mul(identity(n), 2),
      g.add(g.diag(g.ones([n - 1], { dtype: "f64" }), 1), g.diag(g.ones([n - 1], { dtype: "f64" }), -1)),
    );
    const exact = make(
      Array.from({ length: n }, (_, i) => 2 - 2 * Math.cos(((i + 1) * Math.PI) / (n + 1))),
      [n],
      "f64",
    );
    expect(apart(g.eigvalsh(a), exact)).toBeLessThan(1e-13);
    expect(apart(g.svdvals(a), g.flip(exact))).toBeLessThan(1e-13);
  });

  test("of repeated and clustered eigenvalues", () => {
    const values = [-1, -1, 0, 2, 2, 2, 2.0000000001, 7];
    expect(apart(g.eigvalsh(symmetricOf(values, 3)), make(values, [8], "f64"))).toBeLessThan(1e-13);
  });

  test.each([5, 20])("singular values of %i graded rows keep their digits", (n) => {
    const grades = Array.from({ length: n }, (_, i) => 10 ** ((-20 * i) / (n - 1)));
    const q = g.qr(random([n, n], 4))[0];
    const s = [...g.svdvals(g.mul(g.expandDims(make(grades, [n], "f64"), 1), q)).dataSync()];
    s.forEach((x, i) => expect(Math.abs(x / (grades[i] as number) - 1)).toBeLessThan(1e-12));
  });
});
