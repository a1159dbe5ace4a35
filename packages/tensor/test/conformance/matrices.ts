import type { DType } from "../../src/dtype.ts";
import { mul, sub } from "../../src/functions/arithmetic.ts";
import { eye as identity, tril } from "../../src/functions/creation.ts";
import { abs } from "../../src/functions/elementary.ts";
import { matmul } from "../../src/functions/matmul.ts";
import { tridiagonalSolve } from "../../src/functions/polynomial/tridiagonal.ts";
import { broadcastTo, expandDims, pad, slice, transpose } from "../../src/functions/shaping.ts";
import { choleskyPrimitive } from "../../src/primitives/linalg/cholesky.ts";
import { cofactorPrimitive, detPrimitive } from "../../src/primitives/linalg/det.ts";
import { eighPrimitive } from "../../src/primitives/linalg/eigh.ts";
import { luPrimitive } from "../../src/primitives/linalg/lu.ts";
import { pinvPrimitive } from "../../src/primitives/linalg/pinv.ts";
import { qrPrimitive } from "../../src/primitives/linalg/qr.ts";
import { reflectorsPrimitive } from "../../src/primitives/linalg/reflectors.ts";
import { solvePrimitive } from "../../src/primitives/linalg/solve.ts";
import { svdPrimitive } from "../../src/primitives/linalg/svd.ts";
import { triangularInversePrimitive, triangularSolvePrimitive } from "../../src/primitives/linalg/triangular-solve.ts";
import { applyMany, type Tensor } from "../../src/tensor.ts";
import { defined } from "../definitions/index.ts";
import { eigenvalues, times, transposed } from "../definitions/matrices.ts";
import { fill, type Plain } from "../definitions/plain.ts";
import { make } from "../draw.ts";
import { under } from "./shapes.ts";
import { floats, type Trial, wide } from "./trial.ts";
import { values } from "./values.ts";

/** Matrices that are far from singular: a diagonal of 3, 4, 5, … with noise. */
function regular(shape: readonly number[], dtype: DType, seed: number): Tensor {
  const noise = values(shape, "f64", seed, "unit").host as ArrayLike<number>;
  const [m, n] = shape.slice(-2) as [number, number];
  return make(
    Array.from(noise, (x, i) => x + (Math.floor(i / n) % m === i % n ? 3 + (i % n) : 0)),
    shape,
    dtype,
  );
}
/** A·Aᵀ + 1 with noise A, written out. */
function positive(shape: readonly number[], dtype: DType, seed: number): Tensor {
  const n = shape.at(-1) as number;
  const noise = Array.from(values(shape, "f64", seed, "unit").host as ArrayLike<number>);
  const data: number[] = [];
  for (let from = 0; from < noise.length; from += n * n) {
    const a = Array.from({ length: n }, (_, i) => noise.slice(from + i * n, from + (i + 1) * n));
    times(a, transposed(a)).forEach((row, i) => {
      row.forEach((x, j) => data.push(x + (i === j ? 1 : 0)));
    });
  }
  return make(data, shape, dtype);
}

const square: readonly (readonly number[])[] = [
  [0, 0],
  [1, 1],
  [2, 2],
  [5, 5],
  [2, 3, 4, 4],
  [0, 3, 3],
];
const large = [37, 37] as const;
const oblong: readonly (readonly number[])[] = [...square, [7, 4], [4, 7], [3, 6, 2], [1, 5], [5, 1], [0, 3], [3, 0]];

const units = (shape: readonly number[]): number => 60 * Math.max(1, ...shape.slice(-2));
const plain = (t: Tensor): Plain => defined([t])[0] as Plain;
const eye = (shape: readonly number[], dtype: DType): Plain => fill(shape, dtype, (i) => Number(i.at(-1) === i.at(-2)));
const zero = (shape: readonly number[], dtype: DType): Plain => fill(shape, dtype, () => 0);
const swapped = (shape: readonly number[], m: number, n: number): number[] => [...shape.slice(0, -2), m, n];

/** The identity for each matrix of the batch. */
const fullEye = (shape: readonly number[], m: number, dtype: DType): Tensor =>
  broadcastTo(identity(m, m, { dtype }), swapped(shape, m, m));
/** Zeros under the last row, to m rows. */
const stand = (x: Tensor, m: number): Tensor =>
  pad(x, [...x.shape.slice(0, -2).map(() => [0, 0] as const), [0, m - (x.shape.at(-2) as number)], [0, 0]]);

/** Eigenvalues (ascending) of each symmetric matrix. */
function spectrum(a: Plain): Plain {
  const n = a.shape.at(-1) as number;
  const data: number[] = [];
  for (let from = 0; from < a.data.length; from += n * n)
    data.push(
      ...eigenvalues(Array.from({ length: n }, (_, i) => a.data.slice(from + i * n, from + (i + 1) * n) as number[])),
    );
  return { shape: a.shape.slice(0, -1), dtype: a.dtype, data };
}

/** Compared by what their factors multiply to, by orthogonality, order and eigenvalues. */
function* byIdentities(dtype: DType): Generator<Trial> {
  for (const shape of [...oblong, large]) {
    const [m, n] = shape.slice(-2) as [number, number];
    const k = Math.min(m, n);
    const a = (): Tensor => regular(shape, dtype, 1);
    for (const full of [false, true]) {
      const [p, q] = full ? [m, n] : [k, k];
      yield {
        label: `qr ${dtype} ${shape}${full ? " complete" : ""}`,
        f: () => {
          const [q, r] = applyMany(qrPrimitive, [a()], { complete: full }) as [Tensor, Tensor];
          return [matmul(q, r), matmul(transpose(q), q), tril(r, -1)];
        },
        expected: () => [plain(a()), eye(swapped(shape, p, p), dtype), zero(swapped(shape, p, n), dtype)],
        units: units(shape),
      };
      yield {
        label: `svd ${dtype} ${shape}${full ? " full" : ""}`,
        f: () => {
          const [u, s, vt] = applyMany(svdPrimitive, [a()], { full }) as [Tensor, Tensor, Tensor];
          const none = shape.slice(0, -2).map(() => 0);
          const left = slice(u, [], swapped(shape, m, k));
          const right = slice(vt, [], swapped(shape, k, n));
          // what descends and is not negative equals its own size, and its differences have theirs
          const gaps =
            k < 2 ? s : sub(slice(s, [...none, 0], [...shape.slice(0, -2), k - 1]), slice(s, [...none, 1], []));
          return [
            matmul(mul(left, expandDims(s, -2)), right),
            matmul(transpose(u), u),
            matmul(vt, transpose(vt)),
            sub(abs(s), s),
            sub(abs(gaps), gaps),
          ];
        },
        expected: () => {
          const lead = shape.slice(0, -2);
          return [
            plain(a()),
            eye(swapped(shape, p, p), dtype),
            eye(swapped(shape, q, q), dtype),
            zero([...lead, k], dtype),
            zero([...lead, k < 2 ? k : k - 1], dtype),
          ];
        },
        units: units(shape),
      };
    }
    if (n <= m)
      yield {
        label: `reflectors ${dtype} ${shape}`,
        f: () => {
          const [v, t, r] = applyMany(reflectorsPrimitive, [a()], null) as [Tensor, Tensor, Tensor];
          const turn = (x: Tensor): Tensor => sub(x, matmul(v, matmul(t, matmul(transpose(v), x))));
          const one = fullEye(shape, m, dtype);
          const back = sub(one, matmul(v, matmul(transpose(t), transpose(v))));
          return [matmul(back, a()), turn(back), tril(r, -1), tril(transpose(v), -1)].map((x, i) =>
            i === 0 ? sub(x, stand(r, m)) : x,
          );
        },
        expected: () => [
          zero(shape, dtype),
          eye(swapped(shape, m, m), dtype),
          zero(swapped(shape, n, n), dtype),
          zero(swapped(shape, n, m), dtype),
        ],
        units: units(shape),
      };
    for (const [view, look] of shape.includes(0)
      ? []
      : under(shape)
          .slice(0, 5)
          .map((v) => [v.view, v.look] as const)) {
      const seen = (): Tensor => look((s) => regular(s, dtype, 2));
      yield {
        label: `qr ${dtype} ${shape} ${view}`,
        f: () => {
          const [q, r] = applyMany(qrPrimitive, [seen()], { complete: false }) as [Tensor, Tensor];
          return [matmul(q, r)];
        },
        expected: () => [plain(seen())],
        units: units(shape),
      };
    }
  }
  for (const shape of [...square, large]) {
    const a = (): Tensor => positive(shape, dtype, 3);
    yield {
      label: `eigh ${dtype} ${shape}`,
      f: () => {
        const [w, v] = applyMany(eighPrimitive, [a()], null) as [Tensor, Tensor];
        return [w, matmul(mul(v, expandDims(w, -2)), transpose(v)), matmul(transpose(v), v)];
      },
      expected: () => [spectrum(plain(a())), plain(a()), eye(shape, dtype)],
      units: units(shape),
    };
    yield {
      label: `eigenvalues alone ${dtype} ${shape}`,
      f: () => [applyMany(eighPrimitive, [a()], null)[0] as Tensor],
      expected: () => [spectrum(plain(a()))],
      units: units(shape),
    };
  }
}

/** Compared with their definitions. */
function* byDefinition(dtype: DType): Generator<Trial> {
  const trial = (name: string, shape: readonly number[], f: () => readonly Tensor[]): Trial => ({
    label: `${name} ${dtype} ${shape}`,
    f,
    units: units(shape),
  });
  for (const shape of [...square, large]) {
    const n = shape.at(-1) as number;
    const right = (seed: number, k = 3): Tensor => values(swapped(shape, n, k), dtype, seed, "small");
    yield trial("cholesky", shape, () => applyMany(choleskyPrimitive, [positive(shape, dtype, 1)], null));
    for (let bits = 0; bits < 8; bits++) {
      const options = { lower: (bits & 1) > 0, transposed: (bits & 2) > 0, unit: (bits & 4) > 0 };
      // a unit diagonal would not keep a large matrix of noise regular
      if (options.unit && n > 5) continue;
      yield trial(`triangularSolve ${JSON.stringify(options)}`, shape, () =>
        applyMany(triangularSolvePrimitive, [regular(shape, dtype, 2), right(3)], options),
      );
    }
    for (const lower of [false, true])
      for (const unit of n > 5 ? [false] : [false, true])
        yield trial(`triangularInverse, ${lower ? "lower" : "upper"}${unit ? ", unit" : ""}`, shape, () =>
          applyMany(triangularInversePrimitive, [regular(shape, dtype, 10)], { lower, unit }),
        );
    for (const turned of [false, true])
      yield trial(`solve${turned ? " transposed" : ""}`, shape, () => {
        const a = regular(shape, dtype, 4);
        const [lu, , permutation] = applyMany(luPrimitive, [a], null) as [Tensor, Tensor, Tensor];
        return applyMany(solvePrimitive, [a, lu, permutation, right(5)], { transposed: turned });
      });
    if (n > 5) continue;
    yield trial("det", shape, () => applyMany(detPrimitive, [values(shape, dtype, 6, "unit")], null));
    yield trial("cofactors", shape, () => applyMany(cofactorPrimitive, [values(shape, dtype, 7, "unit")], null));
  }
  for (const shape of [...oblong, large]) {
    yield trial("lu", shape, () => applyMany(luPrimitive, [values(shape, dtype, 8, "distinct")], null));
    if (shape.includes(0)) continue;
    yield trial("pinv", shape, () => applyMany(pinvPrimitive, [regular(shape, dtype, 9)], { rcond: 1e-6 }));
  }
  for (const { view, look } of under([2, 4, 4])) {
    const a = (): Tensor => look((shape) => values(shape, dtype, 1, "unit"));
    yield { label: `det ${dtype} ${view}`, f: () => applyMany(detPrimitive, [a()], null), units: 300 };
    yield { label: `cofactors ${dtype} ${view}`, f: () => applyMany(cofactorPrimitive, [a()], null), units: 300 };
  }
}

/** Matrix primitives × dtypes × shapes of one and of many matrices. */
export function* matrixTrials(): Generator<Trial> {
  for (const dtype of wide) {
    yield* byIdentities(dtype);
    yield* byDefinition(dtype);
  }
  for (const dtype of floats)
    for (const shape of [[1], [7], [2, 5], [0, 3], [2, 40]])
      for (const k of [1, 3])
        yield {
          label: `tridiagonalSolve ${dtype} ${shape} for ${k}`,
          f: () => [
            tridiagonalSolve(
              values(shape, dtype, 1, "unit"),
              values(shape, dtype, 2, "above1"),
              values(shape, dtype, 3, "unit"),
              values([...shape, k], dtype, 4),
            ),
          ],
          units: 800,
        };
}
