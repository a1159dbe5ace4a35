import fc from "fast-check";
import { expect } from "vitest";
import * as g from "../../src/index.ts";
import * as s from "../../src/sparse/index.ts";

export type Tensor = g.Tensor;
export const i32 = (data: readonly number[]): Tensor => g.tensor(Int32Array.from(data));
export const f64 = (data: readonly number[], shape: readonly number[] = [data.length]): Tensor =>
  g.tensor(Float64Array.from(data), { shape });

/** A matrix as a list of triplets: in any order, places more than once, rows and columns without any. */
export interface Triplets {
  readonly shape: readonly [number, number];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly values: readonly number[];
}

/** Triplets of a matrix of the shape; integers as values, so that every sum is exact. */
export const triplets = (m: number, n: number): fc.Arbitrary<Triplets> =>
  fc
    .array(fc.tuple(fc.nat(Math.max(0, m - 1)), fc.nat(Math.max(0, n - 1)), fc.integer({ min: -9, max: 9 })), {
      maxLength: m * n === 0 ? 0 : 14,
    })
    .map((list) => ({
      shape: [m, n],
      rows: list.map((t) => t[0]),
      columns: list.map((t) => t[1]),
      values: list.map((t) => t[2]),
    }));

const side = fc.integer({ min: 0, max: 5 });
export const matrix: fc.Arbitrary<Triplets> = fc.tuple(side, side).chain(([m, n]) => triplets(m, n));
/** Matrices [m, n] and [n, p]. */
export const factors: fc.Arbitrary<[Triplets, Triplets]> = fc
  .tuple(side, side, side)
  .chain(([m, n, p]) => fc.tuple(triplets(m, n), triplets(n, p)));
/** Two matrices of one shape. */
export const terms: fc.Arbitrary<[Triplets, Triplets]> = fc
  .tuple(side, side)
  .chain(([m, n]) => fc.tuple(triplets(m, n), triplets(m, n)));

/** The elements, by a loop over the triplets. */
export function elements({ shape: [m, n], rows, columns, values }: Triplets): number[][] {
  const out = Array.from({ length: m }, () => new Array<number>(n).fill(0));
  values.forEach((v, i) => {
    const row = out[rows[i] as number] as number[];
    row[columns[i] as number] = (row[columns[i] as number] as number) + v;
  });
  return out;
}

/** The matrix in each form. */
export function forms(t: Triplets, dtype: g.DType = "f64"): s.SparseMatrix[] {
  const a = s.coo(g.tensor(t.values as number[], { dtype }), i32(t.rows), i32(t.columns), t.shape);
  return [a, s.toCsr(a), s.toCsc(a)];
}

/** Whole numbers for the elements of a dense tensor. */
export const whole = (shape: readonly number[], seed = 1): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return f64(
    Array.from({ length: size }, (_, i) => ((i * 7 + seed * 13) % 11) - 5),
    shape,
  );
};

export const same = async (actual: Tensor, expected: Tensor): Promise<void> => {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.dtype).toBe(expected.dtype);
  expect(Array.from(await actual.data(), (x) => x + 0)).toEqual(Array.from(await expected.data(), (x) => x + 0));
};

export const near = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  expect(actual.length).toBe(expected.length);
  const scale = Array.from(expected).reduce((a, x) => Math.max(a, Math.abs(x)), 1);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs((actual[i] as number) - (expected[i] as number))).toBeLessThanOrEqual(tolerance * scale);
};

export const check = <T>(arbitrary: fc.Arbitrary<T>, f: (x: T) => Promise<void>, numRuns = 40): Promise<void> =>
  fc.assert(fc.asyncProperty(arbitrary, f), { numRuns });
