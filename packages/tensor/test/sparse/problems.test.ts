import { expect, test } from "vitest";
import * as g from "../../src/index.ts";
import * as s from "../../src/sparse/index.ts";
import { f64, i32, near, type Tensor } from "./help.ts";

const f64s = { dtype: "f64" } as const;

/** −Δ on n × n inner points of the unit square by the five-point stencil. */
async function poisson(n: number): Promise<s.CsrMatrix> {
  const h2 = (n + 1) ** 2;
  const d = s.diags([f64([-h2]).reshape([]), 2 * h2, -h2], [-1, 0, 1], { shape: [n, n] });
  const one = s.identity(n, f64s);
  return s.coalesce(s.add(s.kron(d, one), s.kron(one, d)));
}

/** Conjugate gradients (Hestenes and Stiefel 1952), a fixed number of steps in the graph. */
const solve = (a: s.CsrMatrix, b: Tensor, steps: number): Tensor => {
  const dot = (p: Tensor, q: Tensor): Tensor => g.sum(g.mul(p, q));
  const step = ([x, r, p, rr]: readonly Tensor[]): Tensor[] => {
    const ap = s.matmul(a, p as Tensor);
    const alpha = g.div(rr as Tensor, g.maximum(dot(p as Tensor, ap), 1e-300));
    const next = g.sub(r as Tensor, g.mul(alpha, ap));
    const norm = dot(next, next);
    const beta = g.div(norm, g.maximum(rr as Tensor, 1e-300));
    return [g.add(x as Tensor, g.mul(alpha, p as Tensor)), next, g.add(next, g.mul(beta, p as Tensor)), norm];
  };
  const start = [g.zerosLike(b), b, b, dot(b, b)];
  const [end] = g.scan((state: Tensor[]) => [step(state), state[3] as Tensor], start, null, { length: steps });
  return (end as Tensor[])[0] as Tensor;
};

/** Inner grid points, and u = sin πx · sin 2πy with −Δu = 5π² u on them. */
function manufactured(n: number): [u: Tensor, f: Tensor] {
  const x = g.mul(g.add(g.iota([n], f64s), 1), 1 / (n + 1));
  const u = g.outer(g.sin(g.mul(x, Math.PI)), g.sin(g.mul(x, 2 * Math.PI))).reshape([n * n]);
  return [u, g.mul(u, 5 * Math.PI ** 2)];
}

test("the five-point Laplacian has five entries per row, is symmetric, and its eigenvectors are sines", async () => {
  const n = 6;
  const a = await poisson(n);
  expect([a.shape, a.nnz]).toEqual([[36, 36], 5 * n * n - 4 * n]);
  near(await s.toDense(a).data(), await s.toDense(s.transpose(a)).data(), 0);
  const point = (k: number): Tensor => g.sin(g.mul(g.add(g.iota([n], f64s), 1), (k * Math.PI) / (n + 1)));
  const eigenvalue = (k: number): number => 4 * (n + 1) ** 2 * Math.sin((k * Math.PI) / (2 * (n + 1))) ** 2;
  for (const [p, q] of [
    [1, 1],
    [2, 5],
    [6, 6],
  ] as const) {
    const v = g.outer(point(p), point(q)).reshape([n * n]);
    near(await s.matmul(a, v).data(), await g.mul(v, eigenvalue(p) + eigenvalue(q)).data(), 1e-12);
  }
});

test("conjugate gradients on it find the manufactured solution, with an error of order h²", async () => {
  const errors = [];
  for (const n of [7, 15, 31]) {
    const a = await poisson(n);
    const [u, f] = manufactured(n);
    // a right-hand side off the eigenvector, so that there is something to iterate
    const bump = g.mul(g.iota([n * n], f64s), 1e-3);
    const b = g.add(f, s.matmul(a, bump));
    const x = await g
      .jit((m: s.CsrMatrix, y: Tensor) => solve(m, y, 4 * n))(a, b)
      .realize();
    const residual = await g.norm(g.sub(s.matmul(a, x), b)).item();
    expect(residual).toBeLessThan(1e-9 * (await g.norm(b).item()));
    errors.push(await g.max(g.abs(g.sub(g.sub(x, bump), u))).item());
  }
  const [coarse, middle, fine] = errors as [number, number, number];
  expect(Math.log2(coarse / middle)).toBeCloseTo(2, 0);
  expect(Math.log2(middle / fine)).toBeGreaterThan(1.95);
  expect(Math.log2(middle / fine)).toBeLessThan(2.05);
});

test("the derivative of a solution by the entries is −x ⊗ A⁻ᵀ∂ at the pattern", async () => {
  const n = 3;
  const a = await poisson(n);
  const b = g.cos(g.iota([n * n], f64s));
  const c = g.sin(g.iota([n * n], f64s));
  const loss = (v: Tensor): Tensor => g.sum(g.mul(c, solve(s.withValues(a, v), b, 12)));
  const slopes = g.grad(loss)(a.values);
  const [x, y] = [
    g.linalg.solve(s.toDense(a), b.expandDims(1)),
    g.linalg.solve(g.transpose(s.toDense(a)), c.expandDims(1)),
  ];
  const expected = g.neg(s.sampledDenseDense(a, y, g.transpose(x)).values);
  near(await g.mul(slopes, 1e4).data(), await g.mul(expected, 1e4).data(), 1e-7);
});

/** Adjacency of a graph from its edges, both ways. */
const graph = (n: number, edges: readonly (readonly [number, number])[]): Promise<s.CsrMatrix> => {
  const both = edges.flatMap(([p, q]) => [
    [p, q],
    [q, p],
  ]);
  return s.fromTriplets(
    g.ones([both.length], f64s),
    i32(both.map((e) => e[0] as number)),
    i32(both.map((e) => e[1] as number)),
    [n, n],
  );
};
const laplacian = (a: s.CsrMatrix): Promise<s.CsrMatrix> => s.coalesce(s.sub(s.diags([s.sum(a, 1)], [0]), a));

test("the Laplacian of a ring has the eigenvalues 2 − 2 cos 2πk/n", async () => {
  const n = 12;
  const l = await laplacian(
    await graph(
      n,
      Array.from({ length: n }, (_, i) => [i, (i + 1) % n] as const),
    ),
  );
  for (let k = 0; k < n; k++) {
    const wave = g.cos(g.mul(g.iota([n], f64s), (2 * Math.PI * k) / n));
    near(await s.matmul(l, wave).data(), await g.mul(wave, 2 - 2 * Math.cos((2 * Math.PI * k) / n)).data(), 1e-13);
  }
});

test("xᵀLx sums the squared differences over the edges, L is BBᵀ, and components span its kernel", async () => {
  const edges = [
    [0, 1],
    [1, 2],
    [2, 0],
    [3, 4],
  ] as const;
  const a = await graph(6, edges);
  const l = await laplacian(a);
  const x = g.sin(g.iota([6], f64s));
  const values = await x.data();
  const expected = edges.reduce((t, [p, q]) => t + ((values[p] as number) - (values[q] as number)) ** 2, 0);
  near([await g.dot(x, s.matmul(l, x)).item()], [expected], 1e-14);
  const b = await s.fromTriplets(
    f64(edges.flatMap(() => [1, -1])),
    i32(edges.flat()),
    i32(edges.flatMap((_, e) => [e, e])),
    [6, edges.length],
  );
  near(await s.toDense(await s.multiply(b, s.transpose(b))).data(), await s.toDense(l).data(), 0);
  const eigenvalues = await g.eigvalsh(s.toDense(l)).data();
  expect(Array.from(eigenvalues).filter((e) => Math.abs(e) < 1e-12).length).toBe(3);
});

test("powers of the adjacency count walks: triangles are tr A³ / 6", async () => {
  const complete = await graph(
    5,
    [0, 1, 2, 3, 4].flatMap((p) => [0, 1, 2, 3, 4].filter((q) => q > p).map((q) => [p, q] as const)),
  );
  const cubed = await s.multiply(await s.multiply(complete, complete), complete);
  expect(await g.sum(s.diagonal(cubed)).item()).toBe(6 * 10);
});
