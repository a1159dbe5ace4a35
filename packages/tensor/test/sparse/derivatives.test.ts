import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import * as s from "../../src/sparse/index.ts";
import { draw } from "../draw.ts";
import { f64, forms, i32, near, type Tensor, type Triplets } from "./help.ts";

/** 4 × 3; row 1 has no entry, one place two. */
const pattern: Triplets = {
  shape: [4, 3],
  rows: [3, 0, 2, 0, 3, 0, 2],
  columns: [1, 2, 0, 0, 2, 2, 1],
  values: [1, 2, 3, 4, 5, 6, 7],
};
const square: Triplets = { ...pattern, shape: [4, 4] };
const [coo, csr, csc] = forms(pattern) as [s.CooMatrix, s.CsrMatrix, s.CscMatrix];
const dense = f64([0, 1.5, 0, -2, 0, 0.5, 0.25, 0, 0], [3, 3]);
const places = s.toDense(s.withValues(coo, f64([1, 1, 1, 1, 1, 1, 1])));

type F = (...xs: Tensor[]) => Tensor;
interface Row {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly f: F;
  /** The same by dense operations. */
  readonly dense: F;
}

const entries = (v: Tensor): Tensor => s.toDense(s.withValues(coo, v));
const dot = (a: Tensor, b: Tensor): Tensor => g.sum(g.mul(a, b));
/** Entries as the form of `a` has them. */
const inOrder = <T extends s.SparseMatrix>(a: T, v: Tensor): T => {
  const form = s.withValues(coo, v);
  return (a instanceof s.CsrMatrix ? s.toCsr(form) : a instanceof s.CscMatrix ? s.toCsc(form) : form) as unknown as T;
};

const products: Row[] = ([coo, csr, csc] as const).flatMap((a) => [
  {
    name: `${a.format} times a vector`,
    shapes: [[7], [3]],
    f: (v, x) => s.matmul(inOrder(a, v), x),
    dense: (v, x) => g.matmul(entries(v), x),
  },
  {
    name: `${a.format} times a matrix`,
    shapes: [[7], [3, 5]],
    f: (v, x) => s.matmul(inOrder(a, v), x),
    dense: (v, x) => g.matmul(entries(v), x),
  },
  {
    name: `a matrix times ${a.format}`,
    shapes: [[7], [2, 4]],
    f: (v, x) => s.matmul(x, inOrder(a, v)),
    dense: (v, x) => g.matmul(x, entries(v)),
  },
  {
    name: `a batch of matrices, and ${a.format} transposed`,
    shapes: [[7], [2, 4, 2]],
    f: (v, x) => s.matmul(s.transpose(inOrder(a, v)) as s.SparseMatrix, x),
    dense: (v, x) => g.matmul(g.transpose(entries(v)), x),
  },
  {
    name: `sampledDenseDense of ${a.format}`,
    shapes: [
      [4, 2],
      [2, 3],
    ],
    f: (x, y) => s.toDense(s.sampledDenseDense(a, x, y)),
    dense: (x, y) => g.mul(g.matmul(x, y), places),
  },
]);

const others: Row[] = [
  {
    name: "attention along entries",
    shapes: [
      [4, 2],
      [2, 3],
      [3, 2],
    ],
    f: (q, k, x) => {
      const scores = s.sampledDenseDense(csr, q, k);
      const weights = g.segmentSoftmax(scores.values, s.toCoo(csr).rows, { numSegments: 4, sorted: true });
      return s.matmul(s.withValues(scores, weights), x);
    },
    dense: (q, k, x) => {
      const e = g.mul(g.exp(g.matmul(q, k)), places);
      const total = g.sum(e, 1, { keepDims: true });
      return g.matmul(g.div(e, g.where(g.equal(total, 0), 1, total)), x);
    },
  },
  {
    name: "sums",
    shapes: [[7], [7]],
    f: (v, w) => s.toDense(s.sub(s.add(inOrder(csr, v), inOrder(csc, w)), inOrder(coo, g.mul(v, w)))),
    dense: (v, w) => g.sub(g.add(entries(v), entries(w)), entries(g.mul(v, w))),
  },
  {
    name: "sum with a dense matrix",
    shapes: [[7], [4, 3]],
    f: (v, x) => s.add(inOrder(csr, v), x),
    dense: (v, x) => g.add(entries(v), x),
  },
  {
    name: "elementwise product",
    shapes: [[7], [4, 3], [4, 1], [3], []],
    f: (v, x, r, c, k) => s.toDense(s.mul(s.mul(s.mul(s.mul(inOrder(csc, v), x), r), c), k)),
    dense: (v, x, r, c, k) => g.mul(g.mul(g.mul(g.mul(entries(v), x), r), c), k),
  },
  {
    name: "sums of rows and columns",
    shapes: [[7]],
    f: (v) => g.concat([s.sum(inOrder(csr, v), 0), s.sum(inOrder(csc, g.square(v)), 1)]),
    dense: (v) => g.concat([g.sum(entries(v), 0), g.sum(entries(g.square(v)), 1)]),
  },
  {
    name: "diagonals",
    shapes: [[7]],
    f: (v) => g.concat([s.diagonal(inOrder(csr, v)), s.diagonal(inOrder(csc, g.square(v)), -2)]),
    dense: (v) => g.concat([g.diagonal(entries(v)), g.diagonal(entries(g.square(v)), { offset: -2 })]),
  },
  {
    name: "kron",
    shapes: [[7], [7]],
    f: (v, w) => s.toDense(s.kron(inOrder(csr, v), inOrder(coo, w))),
    dense: (v, w) => g.kron(entries(v), entries(w)),
  },
  {
    name: "diags",
    shapes: [[3], [2], []],
    f: (p, q, r) => s.toDense(s.diags([p, q, r], [0, -1, 2], { shape: [3, 4] })),
    dense: (p, q, r) => {
      const wide = (x: Tensor): Tensor =>
        g.pad(x, [
          [0, 0],
          [0, 1],
        ]);
      const far = g.tensor([0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0], { shape: [3, 4] });
      return g.add(g.add(wide(g.diag(p)), wide(g.diag(q, -1))), g.mul(far, r));
    },
  },
];

/** Functions whose structure is found first. */
const found: Row[] = [
  await (async (): Promise<Row> => {
    const [a, b] = [s.toCsr(s.withValues(coo, g.ones([7]))), s.toCsr(forms(square)[0] as s.CooMatrix)];
    const at = s.transpose(a);
    const product = await s.symbolicProduct(at, b);
    const left = (v: Tensor): Tensor => s.toCsr(s.transpose(s.withValues(a, v))).values;
    return {
      name: "symbolicProduct",
      shapes: [[7], [7]],
      f: (v, w) => s.toDense(product(left(v), w)),
      dense: (v, w) => g.matmul(g.transpose(s.toDense(s.withValues(a, v))), s.toDense(s.withValues(b, w))),
    };
  })(),
];

const table = [...products, ...others, ...found].map((r) => [r.name, r] as const);
const points = (r: Row, seed: number): Tensor[] =>
  r.shapes.map((shape, i) => draw({ shape, domain: "small" }, seed + i));
const weights = (r: Row): Tensor => draw({ shape: r.dense(...points(r, 1)).shape }, 90);
const all = async (ts: readonly Tensor[]): Promise<number[]> =>
  (await Promise.all(ts.map((t) => t.data()))).flatMap((x) => Array.from(x));
const slope =
  (f: F, n: number) =>
  (...xs: Tensor[]): Tensor[] =>
    g.grad(
      f as never,
      { argnums: Array.from({ length: n }, (_, i) => i) } as never,
    )(...(xs as never[])) as unknown as Tensor[];

describe.each(table)("%s", (_, r) => {
  const n = r.shapes.length;
  const [x, v, u] = [points(r, 1), points(r, 30), weights(r)];
  const value =
    (f: F): F =>
    (...xs) =>
      dot(g.sin(f(...xs)), u);
  const first = slope(value(r.f), n);
  const second = slope(
    (...xs) =>
      first(...xs)
        .map((t, i) => dot(t, v[i] as Tensor))
        .reduce((a, b) => g.add(a, b)),
    n,
  );

  test("has the values and both derivatives of the dense formula", async () => {
    near(await r.f(...x).data(), await r.dense(...x).data(), 1e-13);
    const other = slope(value(r.dense), n);
    near(await all(first(...x)), await all(other(...x)), 1e-12);
    const otherSecond = slope(
      (...xs) =>
        other(...xs)
          .map((t, i) => dot(t, v[i] as Tensor))
          .reduce((a, b) => g.add(a, b)),
      n,
    );
    near(await all(second(...x)), await all(otherSecond(...x)), 1e-11);
  });

  test("the gradient is a difference, the second derivative one of gradients", async () => {
    const h = 1e-5;
    const moved = (sign: number): Tensor[] => x.map((t, i) => g.add(t, g.mul(v[i] as Tensor, sign * h)));
    const along = (await all(first(...x).map((t, i) => dot(t, v[i] as Tensor)))).reduce((a, b) => a + b, 0);
    const [up, down] = [await value(r.f)(...moved(1)).item(), await value(r.f)(...moved(-1)).item()];
    near([along], [(up - down) / (2 * h)], 1e-8);
    const [high, low] = [await all(first(...moved(1))), await all(first(...moved(-1)))];
    near(
      await all(second(...x)),
      high.map((p, i) => (p - (low[i] as number)) / (2 * h)),
      1e-7,
    );
  });

  test("reverse mode is the transpose of forward mode", async () => {
    const [, tangent] = g.jvp(r.f, x as [], v as []);
    const left = await dot(tangent as Tensor, u).item();
    const right = await all(
      g
        .vjp(r.f, ...x)[1](u)
        .map((t: Tensor, i: number) => dot(t, v[i] as Tensor)),
    );
    near([right.reduce((a, b) => a + b, 0)], [left], 1e-11);
  });

  test("vmap over each choice of arguments is the stack, of gradients too; jit changes nothing", async () => {
    const [p, q] = [points(r, 1), points(r, 60)];
    for (let mask = 1; mask < 2 ** n; mask++) {
      const on = x.map((_, i) => (mask >> i) % 2 === 1);
      const axes = { in: on.map((b) => (b ? 0 : null)) };
      const args = p.map((t, i) => (on[i] ? g.stack([t, q[i] as Tensor]) : t));
      const mixed = p.map((t, i) => (on[i] ? (q[i] as Tensor) : t));
      const single = [await r.f(...p).data(), await r.f(...mixed).data()];
      near(
        await g
          .vmap(
            r.f,
            axes,
          )(...args)
          .data(),
        single.flatMap((y) => Array.from(y)),
        1e-13,
      );
      const both = g.vmap(first as unknown as F, axes)(...args) as unknown as Tensor[];
      const gradients = [first(...p), first(...mixed)];
      near(await all(both), await all(p.flatMap((_, i) => gradients.map((t) => t[i] as Tensor))), 1e-12);
    }
    near(await all(g.jit(first as unknown as F)(...x) as unknown as Tensor[]), await all(first(...x)), 1e-13);
  });
});

describe("matrices are trees", () => {
  test("leaves, gradients and jit keep the class; the gradient's entries are those of the pattern", async () => {
    expect(g.treeNames(csr)).toEqual(["values", "indices", "indptr"]);
    const x = f64([1, 2, 3]);
    const f = (a: s.CsrMatrix): Tensor => g.sum(g.square(s.matmul(a, x)));
    const slopes = g.grad(f)(csr);
    expect([slopes instanceof s.CsrMatrix, slopes.format, slopes.shape]).toEqual([true, "csr", [4, 3]]);
    const y = await s.matmul(csr, x).data();
    const rows = await s.toCoo(csr).rows.data();
    const columns = await csr.indices.data();
    near(
      await slopes.values.data(),
      Array.from(rows, (r, j) => 2 * (y[r] as number) * ((columns[j] as number) + 1)),
      1e-14,
    );
    near(await g.jit(g.grad(f))(csr).values.data(), await slopes.values.data(), 1e-14);
    const doubled = g.jit((a: s.CscMatrix) => s.mul(a, 2))(csc);
    expect(doubled).toBeInstanceOf(s.CscMatrix);
    near(await s.toDense(doubled).data(), await g.mul(s.toDense(csc), 2).data(), 0);
  });

  test("structure may be traced: conversions in jit, index tables under vmap", async () => {
    const x = f64([1, 2, 3]);
    const inside = g.jit((a: s.CooMatrix, y: Tensor) => s.matmul(s.toCsc(s.transpose(s.toCsr(s.transpose(a)))), y));
    near(await inside(coo, x).data(), await s.matmul(coo, x).data(), 1e-14);
    const rows = g.stack([coo.rows, i32([0, 0, 0, 0, 0, 0, 0])]);
    const f = (r: Tensor, y: Tensor): Tensor => s.matmul(new s.CooMatrix(coo.values, r, coo.columns, coo.shape), y);
    const y = g.vmap(f, { in: [0, null] })(rows, x);
    const first = g.at(rows, 1);
    near(await g.at(y, 0).data(), await s.matmul(coo, x).data(), 1e-14);
    near(await g.at(y, 1).data(), await f(first, x).data(), 1e-14);
  });

  test("vmap returns a batch of matrices, which vmap takes again", async () => {
    const scaled = g.vmap((k: Tensor) => s.mul(csr, k))(f64([1, 2]));
    const y = g.vmap((a: s.CsrMatrix) => s.sum(a))(scaled);
    const total = await s.sum(csr).item();
    near(await y.data(), [total, 2 * total], 1e-14);
  });
});

test("fromDense, fromTriplets, coalesce and sliceRows pass derivatives", async () => {
  const a = await s.fromDense(dense);
  const x = f64([1, 10, 100]);
  const values = g.gradient(g.sum(s.matmul(a, x)), dense);
  near(await values.data(), [0, 10, 0, 1, 0, 100, 1, 0, 0], 0);
  const v = f64([1, 2, 3]);
  const i = i32([1, 0, 1]);
  const t = await s.fromTriplets(v, i, i, [2, 2]);
  near(await g.gradient(g.sum(s.mul(t, f64([5, 7])).values), v).data(), [7, 5, 7], 0);
  const c = await s.coalesce(s.coo(v, i, i, [2, 2]));
  near(await g.gradient(g.sum(g.square(c.values)), v).data(), [8, 4, 8], 0);
  const rows = await s.sliceRows(s.coo(v, i, i, [2, 2]), 1);
  near(await g.gradient(g.sum(g.square(s.sum(rows, 0))), v).data(), [8, 0, 8], 0);
});
