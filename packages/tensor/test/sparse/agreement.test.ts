import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import * as s from "../../src/sparse/index.ts";
import {
  check,
  elements,
  factors,
  forms,
  i32,
  matrix,
  same,
  type Tensor,
  type Triplets,
  terms,
  whole,
} from "./help.ts";

const dense = (t: Triplets): Tensor => g.tensor(Float64Array.from(elements(t).flat()), { shape: t.shape });

/** Compressed, sorted, each place once. */
async function canonical(a: s.CsrMatrix | s.CscMatrix): Promise<void> {
  const [indices, indptr] = [await a.indices.data(), await a.indptr.data()];
  expect(indptr[0]).toBe(0);
  expect(indptr.at(-1)).toBe(a.nnz);
  for (let r = 0; r + 1 < indptr.length; r++)
    for (let j = (indptr[r] as number) + 1; j < (indptr[r + 1] as number); j++)
      expect(indices[j] as number).toBeGreaterThan(indices[j - 1] as number);
}

describe("every form is the matrix of its triplets", () => {
  test("toDense, conversions and transposes", () =>
    check(matrix, async (t) => {
      const expected = dense(t);
      for (const a of forms(t)) {
        expect(a.nnz).toBe(t.values.length);
        await same(s.toDense(a), expected);
        for (const b of [s.toCoo(a), s.toCsr(a), s.toCsc(a)]) await same(s.toDense(b), expected);
        await same(s.toDense(s.transpose(a)), g.transpose(expected));
        await same(s.toDense(s.toCsr(s.transpose(a))), g.transpose(expected));
      }
    }));

  test("coalesce and fromTriplets keep each place once, in order", () =>
    check(matrix, async (t) => {
      const places = new Set(t.rows.map((r, i) => `${r},${t.columns[i]}`)).size;
      const made = await s.fromTriplets(g.tensor(Float64Array.from(t.values)), i32(t.rows), i32(t.columns), t.shape);
      const joined = await Promise.all(forms(t).map((a) => s.coalesce(a)));
      expect(joined.map((a) => (a as s.CooMatrix).format)).toEqual(["coo", "csr", "csc"]);
      for (const a of [made, ...joined]) {
        expect(a.nnz).toBe(places);
        await same(s.toDense(a), dense(t));
        if (a instanceof s.CooMatrix) await canonical(s.toCsr(a));
        else await canonical(a as s.CsrMatrix);
      }
    }));

  test("fromDense stores what is not zero", () =>
    check(matrix, async (t) => {
      const a = await s.fromDense(dense(t));
      expect(a.nnz).toBe(
        elements(t)
          .flat()
          .filter((x) => x !== 0).length,
      );
      await canonical(a);
      await same(s.toDense(a), dense(t));
    }));

  test("NaN is an element, −0 is none", async () => {
    const a = await s.fromDense(g.tensor([[Number.NaN, -0]]));
    expect([a.nnz, await a.indices.array()]).toEqual([1, [0]]);
  });
});

describe("products", () => {
  test("with vectors, matrices and batches, on both sides", () =>
    check(
      matrix,
      async (t) => {
        const [m, n] = t.shape;
        const d = dense(t);
        for (const a of forms(t)) {
          for (const shape of [[n], [n, 0], [n, 1], [n, 3], [n, 9], [2, n, 2], [2, 1, n, 5]]) {
            const x = whole(shape);
            await same(s.matmul(a, x), g.matmul(d, x));
          }
          await same(s.matvec(a, whole([n])), g.matmul(d, whole([n])));
          for (const shape of [[m], [0, m], [3, m], [2, 4, m]]) {
            const x = whole(shape, 2);
            await same(s.matmul(x, a), g.matmul(x, d));
          }
        }
      },
      25,
    ));

  test("in every dtype, as the dense product promotes", async () => {
    const t = { shape: [2, 3], rows: [0, 1, 0, 1], columns: [2, 0, 2, 1], values: [1, 2, 3, 4] } as const;
    for (const p of ["f16", "f32", "f64", "i32", "u32", "i8", "u8"] as const)
      for (const q of ["f16", "f32", "f64", "i32", "u32", "i8", "u8", "bool"] as const)
        for (const a of forms(t, p)) {
          const x = g.astype(
            g.tensor([
              [1, 0],
              [2, 3],
              [0, 4],
            ]),
            q,
          );
          await same(s.matmul(a, x), g.matmul(s.toDense(a), x));
        }
  });

  test("integers wrap", async () => {
    const a = s.coo(g.tensor([200, 100], { dtype: "u8" }), i32([0, 0]), i32([0, 1]), [1, 2]);
    await same(s.matmul(a, g.tensor([2, 3], { dtype: "u8" })), g.tensor([(400 + 300) % 256], { dtype: "u8" }));
  });

  test("of two sparse matrices", () =>
    check(
      factors,
      async ([p, q]) => {
        const expected = g.matmul(dense(p), dense(q));
        for (const a of forms(p))
          for (const b of forms(q)) {
            const c = await s.multiply(a, b);
            await canonical(c);
            await same(s.toDense(c), expected);
          }
      },
      25,
    ));

  test("of integers, too", async () => {
    const t = { shape: [2, 2], rows: [0, 1, 1], columns: [1, 0, 1], values: [1, 1, 1] } as const;
    const [, a] = forms(t, "i32") as [s.SparseMatrix, s.CsrMatrix];
    await same(s.toDense(await s.multiply(a, a)), g.matmul(s.toDense(a), s.toDense(a)));
  });

  test("sampledDenseDense has the dense product at the pattern", () =>
    check(matrix, async (t) => {
      const [m, n] = t.shape;
      for (const k of [0, 1, 4])
        for (const dtype of ["f64", "i32"] as const) {
          const [x, y] = [g.astype(whole([m, k]), dtype), g.astype(whole([k, n], 3), dtype)];
          for (const a of forms(t)) {
            const pattern = s.withValues(a, g.ones([a.nnz], { dtype }));
            await same(s.toDense(s.sampledDenseDense(a, x, y)), g.mul(g.matmul(x, y), s.toDense(pattern)));
          }
        }
    }));
});

describe("algebra", () => {
  test("sums, differences and coalesced sums", () =>
    check(
      terms,
      async ([p, q]) => {
        const [x, y] = [dense(p), dense(q)];
        for (const a of forms(p)) {
          for (const b of forms(q)) {
            const c = s.add(a, b);
            expect(c.constructor).toBe(a.constructor);
            await same(s.toDense(c), g.add(x, y));
            await same(s.toDense(await s.coalesce(c)), g.add(x, y));
            await same(s.toDense(s.sub(a, b)), g.sub(x, y));
          }
          await same(s.add(a, y), g.add(x, y));
          await same(s.sub(a, y), g.sub(x, y));
        }
      },
      20,
    ));

  test("matrices that share their tables keep them", async () => {
    const a = s.identity(3);
    const b = s.add(a, s.mul(a, 2));
    expect(b.nnz).toBe(3);
    expect(b.indices).toBe(a.indices);
    await same(s.toDense(b), g.mul(g.eye(3), 3));
  });

  test("the elementwise product with all that broadcasts", () =>
    check(matrix, async (t) => {
      const [m, n] = t.shape;
      for (const a of forms(t))
        for (const shape of [[], [1], [n], [1, n], [m, 1], [m, n], [1, 1]]) {
          const x = whole(shape);
          await same(s.toDense(s.mul(a, x)), g.mul(dense(t), x));
        }
    }));

  test("what lies outside the pattern does not count", async () => {
    const a = s.identity(2, { dtype: "f64" });
    const x = g.tensor(Float64Array.from([2, Infinity, Number.NaN, 3]), { shape: [2, 2] });
    await same(s.toDense(s.mul(a, x)), g.tensor(Float64Array.from([2, 0, 0, 3]), { shape: [2, 2] }));
  });

  test("sums of rows, columns and all; diagonals", () =>
    check(matrix, async (t) => {
      const d = dense(t);
      const [m, n] = t.shape;
      for (const a of forms(t)) {
        await same(s.sum(a), g.sum(d));
        await same(s.sum(a, 0), g.sum(d, 0));
        await same(s.sum(a, 1), g.sum(d, 1));
        for (let k = -m; k <= n; k++) await same(s.diagonal(a, k), g.diagonal(d, { offset: k }));
      }
    }));

  test("slices of rows", () =>
    check(
      matrix,
      async (t) => {
        const [m, n] = t.shape;
        for (const a of forms(t))
          for (let from = 0; from <= m; from++)
            for (let to = from; to <= m; to++)
              await same(s.toDense(await s.sliceRows(a, from, to)), g.slice(dense(t), [from, 0], [to, n]));
      },
      10,
    ));

  test("kron", () =>
    check(
      factors,
      async ([p, q]) => {
        const expected = g.kron(dense(p), dense(q));
        await same(s.toDense(s.kron(forms(p)[1] as s.CsrMatrix, forms(q)[2] as s.CscMatrix)), expected);
      },
      20,
    ));

  test("(A ⊗ B)(x ⊗ y) = Ax ⊗ By", () =>
    check(
      factors,
      async ([p, q]) => {
        const [a, b] = [forms(p)[0] as s.CooMatrix, forms(q)[1] as s.CsrMatrix];
        const [x, y] = [whole([p.shape[1]]), whole([q.shape[1]], 4)];
        await same(s.matmul(s.kron(a, b), g.kron(x, y)), g.kron(s.matmul(a, x), s.matmul(b, y)));
      },
      20,
    ));

  test("identity and diags", async () => {
    for (const n of [0, 1, 4]) await same(s.toDense(s.identity(n, { dtype: "f64" })), g.eye(n, n, { dtype: "f64" }));
    expect(await s.toDense(s.diags([-1, 2, -1], [-1, 0, 1], { shape: [3, 3] })).array()).toEqual([
      [2, -1, 0],
      [-1, 2, -1],
      [0, -1, 2],
    ]);
    expect(await s.toDense(s.diags([g.tensor([1, 2]), 5], [-1, 2], { shape: [3, 4] })).array()).toEqual([
      [0, 0, 5, 0],
      [1, 0, 0, 5],
      [0, 2, 0, 0],
    ]);
    await same(s.toDense(s.diags([g.tensor([1, 2])], [1])), g.diag(g.tensor([1, 2]), 1));
    const d = s.diags([whole([3]), whole([2])], [0, 5], { shape: [3, 7] });
    for (const k of [0, 5]) await same(s.diagonal(d, k), whole([k === 0 ? 3 : 2]));
  });
});

test("Aᵀ is the adjoint: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩, and (AB)ᵀ = BᵀAᵀ", () =>
  check(
    factors,
    async ([p, q]) => {
      for (const a of forms(p)) {
        const [x, y] = [whole([p.shape[1]]), whole([p.shape[0]], 5)];
        await same(g.dot(s.matmul(a, x), y), g.dot(x, s.matmul(s.transpose(a), y)));
        const b = forms(q)[1] as s.CsrMatrix;
        const left = s.transpose(await s.multiply(a, b));
        const right = await s.multiply(s.transpose(b), s.transpose(a));
        await same(s.toDense(left), s.toDense(right));
      }
    },
    25,
  ));

test("both backends give the same", async () => {
  const wasm = g.getBackend();
  const t = { shape: [3, 4], rows: [2, 0, 2, 0], columns: [1, 3, 1, 0], values: [1.5, -2, 0.25, 3] } as const;
  const run = async (): Promise<unknown[]> => {
    const [a, b, c] = forms(t) as [s.CooMatrix, s.CsrMatrix, s.CscMatrix];
    const x = whole([4, 5]);
    const p = await s.multiply(b, s.transpose(c));
    return Promise.all(
      [s.matmul(a, x), s.matmul(b, x), s.matmul(c, x), s.toDense(p), s.sum(c, 0)].map((y) => y.array()),
    );
  };
  const expected = await run();
  try {
    await g.setBackend(g.jsBackend());
    expect(await run()).toEqual(expected);
  } finally {
    await g.setBackend(wasm);
  }
});
