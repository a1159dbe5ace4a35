import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { make } from "../draw.ts";
import { apart, epsilon, gram, hilbert, identity, most, orthogonal, random, singularOf, symmetricOf } from "./help.ts";

const f64 = { dtype: "f64" } as const;
const t = (data: Parameters<typeof g.tensor>[0]): g.Tensor => g.tensor(data, f64);
const same = (a: g.Tensor, b: g.Tensor | Parameters<typeof g.tensor>[0], tolerance = 1e-13): void => {
  const e = b instanceof g.Tensor ? b : t(b);
  expect([a.shape, a.dtype]).toEqual([e.shape, a.dtype]);
  expect(apart(a, e)).toBeLessThanOrEqual(tolerance);
};

describe.each(["f64", "f32"] as const)("systems on %s", (dtype) => {
  const size = fc.integer({ min: 0, max: 40 });
  const seed = fc.integer({ min: 1, max: 1000 });
  const eps = epsilon[dtype];

  test("solve leaves a residual of n·ε·‖A‖·‖x‖, for any size and batch", () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 3 }), seed, (n, k, batch, s) => {
        const a = random([batch, n, n], s, dtype);
        const b = random([n, k], s + 1, dtype);
        const x = g.solve(a, b);
        expect([x.shape, x.dtype]).toEqual([[batch, n, k], dtype]);
        expect(apart(g.matmul(a, x), b)).toBeLessThanOrEqual(20 * (n + 1) * eps * Math.max(1, most(x)));
      }),
      { numRuns: 40 },
    );
  });

  test("triangularSolve in all its ways", () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 0, max: 5 }), seed, fc.nat({ max: 15 }), (n, k, s, bits) => {
        const [lower, transposed, unitDiagonal, left] = [1, 2, 4, 8].map((bit) => (bits & bit) > 0) as [
          boolean,
          boolean,
          boolean,
          boolean,
        ];
        const a = g.add(g.div(random([n, n], s, dtype), n + 1), g.mul(identity(n, dtype), 2));
        const triangle = lower ? g.tril(a, unitDiagonal ? -1 : 0) : g.triu(a, unitDiagonal ? 1 : 0);
        const full = unitDiagonal ? g.add(triangle, identity(n, dtype)) : triangle;
        const m = transposed ? g.transpose(full) : full;
        const b = random(left ? [n, k] : [k, n], s + 1, dtype);
        const x = g.triangularSolve(a, b, { lower, transpose: transposed, unitDiagonal, left });
        expect(apart(left ? g.matmul(m, x) : g.matmul(x, m), b)).toBeLessThanOrEqual(10 * (n + 1) * eps);
      }),
      { numRuns: 60 },
    );
  });

  test("qr, svd and eigh put any matrix together again", () => {
    fc.assert(
      fc.property(size, size, seed, (m, n, s) => {
        const a = random([m, n], s, dtype);
        const bound = 10 * (m + n + 1) * eps;
        const [q, r] = g.qr(a);
        expect(apart(g.matmul(q, r), a)).toBeLessThanOrEqual(bound);
        const [u, sv, vt] = g.svd(a);
        expect(apart(g.matmul(g.mul(u, sv), vt), a)).toBeLessThanOrEqual(bound);
        const sym = gram(a);
        const [w, v] = g.eigh(sym);
        expect(apart(g.matmul(g.mul(v, w), g.transpose(v)), sym)).toBeLessThanOrEqual(bound * Math.max(1, n));
      }),
      { numRuns: 40 },
    );
  });

  test("pinv satisfies the four equations of Penrose, whatever the rank", () => {
    for (const a of [
      random([5, 3], 1, dtype),
      random([3, 5], 2, dtype),
      singularOf(5, 4, [2, 1], 3, dtype),
      g.zeros([3, 2], { dtype }),
      g.zeros([0, 2], { dtype }),
    ]) {
      const p = g.pinv(a);
      const [ap, pa] = [g.matmul(a, p), g.matmul(p, a)];
      const bound = 200 * eps * Math.max(1, most(p));
      expect(apart(g.matmul(ap, a), a)).toBeLessThanOrEqual(bound);
      expect(apart(g.matmul(pa, p), p)).toBeLessThanOrEqual(bound * Math.max(1, most(p)));
      expect(apart(ap, g.transpose(ap))).toBeLessThanOrEqual(bound);
      expect(apart(pa, g.transpose(pa))).toBeLessThanOrEqual(bound);
    }
  });
});

describe("systems", () => {
  test("of Hilbert 8: a residual of rounding, though the condition number is 1e10", () => {
    const h = hilbert(8);
    const b = g.ones([8], f64);
    const x = g.solve(h, b);
    expect(apart(g.matmul(h, x), b)).toBeLessThan(1e-15 * 8 * most(x));
    expect(g.conditionNumber(h).itemSync() / 1.5257575538e10).toBeCloseTo(1, 6);
    expect(g.matrixRank(h).itemSync()).toBe(8);
  });
  test("shapes: vectors, batches on either side, mixed dtypes", () => {
    const a = random([2, 3, 3], 4);
    expect(g.solve(a, random([3], 5)).shape).toEqual([2, 3]);
    expect(g.solve(g.at(a, 0), random([4, 3, 2], 5)).shape).toEqual([4, 3, 2]);
    expect(g.solve(a, random([3, 1], 6, "f32")).dtype).toBe("f64");
    expect(g.inv(g.zeros([0, 0])).shape).toEqual([0, 0]);
    same(g.matmul(a, g.inv(a)), g.broadcastTo(identity(3), [2, 3, 3]), 1e-12);
  });
  test("singular ones give no number, and never an exception", () => {
    expect(
      [
        ...g
          .solve(
            t([
              [1, 2],
              [2, 4],
            ]),
            t([1, 1]),
          )
          .dataSync(),
      ].some(Number.isFinite),
    ).toBe(false);
  });
  test("tensorsolve and tensorinv agree", () => {
    const a = random([2, 3, 6], 7);
    const b = random([2, 3], 8);
    const x = g.tensorsolve(a, b);
    same(g.tensordot(a, x, 1), b, 1e-12);
    same(g.tensordot(g.tensorinv(a, 2), b, 2), x, 1e-12);
    const moved = random([2, 6, 3], 9);
    same(g.tensorsolve(moved, b, [1]), g.tensorsolve(g.permute(moved, [0, 2, 1]), b), 0);
  });
  test("lstsq: normal equations, rank and residuals", () => {
    const [a, b] = [random([6, 3], 10), random([6, 2], 11)];
    const { solution, residuals, rank, singularValues } = g.lstsq(a, b);
    same(g.matmul(g.transpose(a), g.sub(g.matmul(a, solution), b)), g.zeros([3, 2]), 1e-13);
    same(residuals, g.sum(g.square(g.sub(g.matmul(a, solution), b)), 0));
    expect([rank.itemSync(), rank.dtype]).toEqual([3, "i32"]);
    same(singularValues, g.svdvals(a), 0);
    // of many solutions the shortest: it has no part that A does not see
    const short = singularOf(4, 4, [2, 1], 12);
    const x = g.lstsq(short, random([4], 13)).solution;
    same(g.matmul(g.pinv(short), g.matmul(short, x)), x, 1e-12);
  });
});

describe("determinants", () => {
  test("known values", () => {
    same(
      g.det(
        t([
          [1, 2],
          [3, 4],
        ]),
      ),
      -2,
    );
    same(g.det(g.zeros([2, 0, 0], f64)), [1, 1]);
    same(g.det(identity(30)), 1);
    const swap = t([
      [0, 1, 0],
      [1, 0, 0],
      [0, 0, 2],
    ]);
    same(g.det(swap), -2);
    const [sign, logabs] = g.slogdet(swap);
    same(sign, -1);
    same(logabs, Math.log(2));
    const big = g.mul(identity(400), 10);
    same(g.slogdet(big)[1], 400 * Math.log(10), 1e-10);
    const none = g.slogdet(
      t([
        [1, 2],
        [2, 4],
      ]),
    );
    same(none[0], 0);
    expect(none[1].itemSync()).toBe(Number.NEGATIVE_INFINITY);
  });
  test("the derivative of a singular matrix is its cofactors", () => {
    same(
      g.grad(g.det)(
        t([
          [1, 2],
          [2, 4],
        ]),
      ),
      [
        [4, -2],
        [-2, 1],
      ],
    );
    same(
      g.grad(g.det)(
        t([
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ]),
      ),
      [
        [-3, 6, -3],
        [6, -12, 6],
        [-3, 6, -3],
      ],
      1e-13,
    );
    same(g.grad(g.det)(g.zeros([3, 3], f64)), g.zeros([3, 3]));
  });
});

describe("the third derivative of det(A + t·D), 3×3, is 6·det(D)", () => {
  const d = random([3, 3], 30);
  test.each([
    ["regular", random([3, 3], 31)],
    ["identity", identity(3)],
    ["orthogonal", orthogonal(3, 32)],
    ["singular, of distinct singular values", singularOf(3, 3, [2, 1], 33)],
  ] as const)("%s", (_, a) => {
    const f = (x: g.Tensor): g.Tensor => g.det(g.add(a, g.mul(d, x)));
    const third = g.grad(g.grad(g.grad(f)))(g.scalar(0, f64));
    same(third, g.mul(g.det(d), 6), 1e-10);
  });
});

describe("norms", () => {
  const a = t([
    [1, -7],
    [2, 3],
  ]);
  test.each([
    ["fro", Math.sqrt(63)],
    [1, 10],
    [-1, 3],
    [Number.POSITIVE_INFINITY, 8],
    [Number.NEGATIVE_INFINITY, 5],
  ] as const)("matrixNorm %s", (ord, value) => {
    same(g.matrixNorm(a, { ord }), value);
    expect(g.matrixNorm(a, { ord, keepDims: true }).shape).toEqual([1, 1]);
  });
  test("by singular values", () => {
    const m = singularOf(4, 3, [5, 2, 1], 14);
    same(g.matrixNorm(m, { ord: "nuc" }), 8);
    same(g.matrixNorm(m, { ord: 2 }), 5);
    same(g.matrixNorm(m, { ord: -2 }), 1);
    same(g.conditionNumber(m), 5);
    same(g.conditionNumber(m, { ord: -2 }), 0.2);
    same(g.conditionNumber(a, { ord: 1 }), g.mul(g.matrixNorm(g.inv(a), { ord: 1 }), 10));
  });
  test("of vectors", () => {
    const x = t([
      [3, -4, 0],
      [1, 1, -2],
    ]);
    same(g.vectorNorm(x, { axes: 1 }), [5, Math.sqrt(6)]);
    same(g.vectorNorm(x, { ord: 1 }), 11);
    same(g.vectorNorm(x, { ord: 0, axes: -1 }), [2, 3]);
    same(g.vectorNorm(x, { ord: Number.POSITIVE_INFINITY, axes: 0, keepDims: true }), [[3, 4, 2]]);
    same(g.vectorNorm(x, { ord: 3, axes: 1 }), [91 ** (1 / 3), 10 ** (1 / 3)]);
  });
  test("matrixRank counts, in a batch", () => {
    const m = g.stack([singularOf(4, 4, [3, 1], 15), identity(4), g.zeros([4, 4], f64)]);
    expect([...g.matrixRank(m).dataSync()]).toEqual([2, 4, 0]);
    expect(g.matrixRank(g.diag(t([1, 0.1])), { rtol: 0.5 }).itemSync()).toBe(1);
  });
});

describe("powers and exponentials", () => {
  test("matrixPower is the repeated product", () => {
    const a = random([2, 3, 3], 16);
    same(g.matrixPower(a, 0), g.broadcastTo(identity(3), [2, 3, 3]));
    same(
      g.matrixPower(a, 6),
      [1, 2, 3, 4, 5].reduce((p) => g.matmul(p, a), a),
      1e-12,
    );
    same(g.matmul(g.matrixPower(a, -3), g.matrixPower(a, 3)), g.broadcastTo(identity(3), [2, 3, 3]), 1e-9);
  });
  test("expm of a symmetric matrix is that of its eigenvalues, small and large", () => {
    for (const scale of [1e-8, 1, 30, 200]) {
      const values = [-1, -0.2, 0.1, 0.9].map((x) => x * scale);
      const a = symmetricOf(values, 17);
      const exact = symmetricOf(values.map(Math.exp), 17);
      expect(apart(g.expm(a), exact) / most(exact)).toBeLessThan(1e-14 * Math.max(1, scale));
    }
  });
  test("expm of a nilpotent matrix, of rotations, of nothing, of what is too large", () => {
    same(
      g.expm(
        t([
          [0, 1, 2],
          [0, 0, 3],
          [0, 0, 0],
        ]),
      ),
      [
        [1, 1, 3.5],
        [0, 1, 3],
        [0, 0, 1],
      ],
    );
    const angle = 100;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    same(
      g.expm(
        t([
          [0, -angle],
          [angle, 0],
        ]),
      ),
      [
        [c, -s],
        [s, c],
      ],
      1e-12,
    );
    expect(g.expm(g.zeros([2, 0, 0])).shape).toEqual([2, 0, 0]);
    expect([...g.expm(g.mul(identity(2), 1e9)).dataSync()].every(Number.isNaN)).toBe(true);
    const both = g.expm(
      g.stack([
        t([
          [0, -angle],
          [angle, 0],
        ]),
        g.zeros([2, 2], f64),
      ]),
    );
    same(g.at(both, 1), identity(2), 0);
    expect(apart(g.expm(random([4, 4], 18, "f32")), g.expm(random([4, 4], 18)))).toBeLessThan(2e-6);
  });
});

test("expm: a matrix that is squared less often than others of its batch keeps its derivative where one more would overflow", () => {
  const steep = g.diag(t([690, -690]));
  const turning = t([
    [0, -9000],
    [9000, 0],
  ]);
  const slope = g
    .grad((a: g.Tensor) => g.sum(g.at(g.expm(a), 0)))(g.stack([steep, turning]))
    .dataSync();
  expect([...slope].every(Number.isFinite)).toBe(true);
  expect((slope[0] as number) / Math.exp(690)).toBeCloseTo(1, 9);
});

describe("products and diagonals", () => {
  test("diagonal and trace", () => {
    const x = t([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    same(g.diagonal(x), [1, 5]);
    same(g.diagonal(x, { offset: 1 }), [2, 6]);
    same(g.diagonal(x, { offset: -1 }), [4]);
    expect(g.diagonal(x, { offset: 7 }).shape).toEqual([0]);
    expect(g.diagonal(x, { offset: -2 }).shape).toEqual([0]);
    same(g.trace(x), 6);
    same(g.trace(g.stack([x, x]), { axis1: 1, axis2: 0 }), g.diagonal(g.stack([x, x]), { axis1: 0, axis2: 1 }).sum(-1));
    expect(g.trace(g.eye(3, 3, { dtype: "i32" })).itemSync()).toBe(3);
  });
  test("diag and diagflat", () => {
    same(g.diag(t([1, 2])), [
      [1, 0],
      [0, 2],
    ]);
    same(g.diag(t([1, 2]), 1), [
      [0, 1, 0],
      [0, 0, 2],
      [0, 0, 0],
    ]);
    same(g.diag(t([1, 2]), -1), [
      [0, 0, 0],
      [1, 0, 0],
      [0, 2, 0],
    ]);
    same(g.diagflat(t([[1], [2]])), [
      [1, 0],
      [0, 2],
    ]);
    same(g.diagflat(g.scalar(3, f64), 1), [
      [0, 3],
      [0, 0],
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.integer({ min: -3, max: 3 }), (n, k) => {
        const v = random([n], n + 1);
        same(g.diag(g.diag(v, k), k), v, 0);
      }),
    );
  });
  test("kron mixes with matmul", () => {
    const [a, b, c, d] = [random([2, 3], 1), random([3, 2], 2), random([3, 2], 3), random([2, 4], 4)] as const;
    same(g.matmul(g.kron(a, b), g.kron(c, d)), g.kron(g.matmul(a, c), g.matmul(b, d)));
    same(g.kron(t([1, 2]), t([[1], [3]])), [
      [1, 2],
      [3, 6],
    ]);
    same(g.kron(g.scalar(2, f64), t([1, 2])), [2, 4]);
  });
  test("cross is orthogonal to both, along any axis", () => {
    const [a, b] = [random([4, 3], 5), random([3], 6)];
    const y = g.cross(a, b);
    same(g.vecdot(y, a), [0, 0, 0, 0]);
    same(g.vecdot(y, b), [0, 0, 0, 0]);
    same(g.cross(t([1, 0, 0]), t([0, 1, 0])), [0, 0, 1]);
    same(g.cross(g.transpose(a), g.transpose(a.add(1)), 0), g.transpose(g.cross(a, a.add(1))));
    expect(g.cross(g.tensor([1, 2, 3], { dtype: "i32" }), g.tensor([4, 5, 6], { dtype: "i32" })).dataSync()).toEqual(
      new Int32Array([-3, 6, -3]),
    );
  });
  test("vdot, vecdot, multiDot", () => {
    same(
      g.vdot(
        t([
          [1, 2],
          [3, 4],
        ]),
        t([
          [1, 0],
          [0, 1],
        ]),
      ),
      5,
    );
    same(
      g.vecdot(
        t([
          [1, 2],
          [3, 4],
        ]),
        t([[1], [2]]),
        0,
      ),
      [7, 10],
    );
    const list = [random([7, 2], 7), random([2, 9], 8), random([9, 3], 9), random([3, 4], 10)];
    same(
      g.multiDot(list),
      list.reduce((p, q) => g.matmul(p, q)),
    );
    expect(g.multiDot([random([3], 1), random([3, 2], 2), random([2], 3)]).shape).toEqual([]);
    expect(g.multiDot([random([3], 1), random([3], 2)]).shape).toEqual([]);
  });
  test("the namespace holds the same functions", () => {
    expect(g.linalg.solve).toBe(g.solve);
  });
});

test("results of i32 and f32 from a f32 matrix have their dtypes on both backends", async () => {
  const before = g.getBackend();
  for (const backend of [g.jsBackend(), g.wasmBackend()]) {
    await g.setBackend(backend);
    const [packed, pivots, permutation] = g.lu(make([1, 2, 4, 4], [2, 2], "f32"));
    expect([...packed.dataSync()]).toEqual([4, 4, 0.25, 1]);
    expect(pivots.dataSync()).toEqual(new Int32Array([1, 1]));
    expect(permutation.dataSync()).toEqual(new Int32Array([1, 0]));
  }
  await g.setBackend(before);
});
