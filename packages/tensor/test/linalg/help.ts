import * as g from "../../src/index.ts";
import { draw, make } from "../draw.ts";

export type Real = "f32" | "f64";
/** Spacing of numbers around 1. */
export const epsilon: Record<Real, number> = { f32: 2 ** -23, f64: 2 ** -52 };

export const random = (shape: readonly number[], seed = 1, dtype: Real = "f64"): g.Tensor =>
  draw({ shape, domain: "small" }, seed, dtype);
export const identity = (n: number, dtype: Real = "f64"): g.Tensor => g.eye(n, n, { dtype });
export const gram = (a: g.Tensor): g.Tensor => g.matmul(a, g.transpose(a));
/** Q of a random square matrix. */
export const orthogonal = (n: number, seed: number, dtype: Real = "f64"): g.Tensor =>
  g.qr(random([n, n], seed, dtype))[0];
/** Symmetric, of the given eigenvalues. */
export function symmetricOf(values: readonly number[], seed: number, dtype: Real = "f64"): g.Tensor {
  const q = orthogonal(values.length, seed, dtype);
  return g.matmul(g.mul(q, make(values, [values.length], dtype)), g.transpose(q));
}
/** m×n, of the given singular values. */
export function singularOf(
  m: number,
  n: number,
  values: readonly number[],
  seed: number,
  dtype: Real = "f64",
): g.Tensor {
  const k = values.length;
  const [u, v] = [orthogonal(m, seed, dtype), orthogonal(n, seed + 1, dtype)];
  return g.matmul(g.mul(g.slice(u, [], [m, k]), make(values, [k], dtype)), g.transpose(g.slice(v, [], [n, k])));
}
export function hilbert(n: number, dtype: Real = "f64"): g.Tensor {
  return make(
    Array.from({ length: n * n }, (_, i) => 1 / (1 + Math.floor(i / n) + (i % n))),
    [n, n],
    dtype,
  );
}

/** Largest |element|; 0 of nothing; NaN where one is NaN. */
export const most = (x: g.Tensor): number =>
  [...x.dataSync()].reduce((m: number, v) => (Number.isNaN(v) || Math.abs(v) > m ? Math.abs(v) : m), 0);
/** Largest difference. */
export const apart = (a: g.Tensor, b: g.Tensor): number => most(g.sub(a, b));

/** Matrices that factorisations must survive. */
export function zoo(dtype: Real): readonly (readonly [name: string, a: g.Tensor])[] {
  return [
    ["random", random([7, 7], 1, dtype)],
    ["random, past one block", random([70, 70], 2, dtype)],
    ["batched", random([2, 3, 5, 5], 3, dtype)],
    ["tall", random([2, 9, 4], 4, dtype)],
    ["wide", random([2, 4, 9], 5, dtype)],
    ["Hilbert 8", hilbert(8, dtype)],
    ["of rank 2", singularOf(6, 6, [3, 1], 6, dtype)],
    ["tall, of rank 2", singularOf(7, 5, [3, 1], 7, dtype)],
    ["of repeated singular values", singularOf(6, 6, [2, 2, 2, 1, 1, 1], 8, dtype)],
    ["identity", identity(5, dtype)],
    ["zero", g.zeros([4, 4], { dtype })],
    ["diagonal with zeros and signs", g.diag(make([0, -2, 0, 3], [4], dtype))],
    ["huge", g.mul(random([5, 5], 9, dtype), dtype === "f64" ? 1e200 : 1e30)],
    ["tiny", g.mul(random([5, 5], 10, dtype), dtype === "f64" ? 1e-200 : 1e-30)],
    ["1×1", make([-3], [1, 1], dtype)],
    ["0×0", g.zeros([0, 0], { dtype })],
    ["0×3", g.zeros([0, 3], { dtype })],
    ["3×0", g.zeros([3, 0], { dtype })],
    ["no matrix", g.zeros([0, 3, 3], { dtype })],
  ];
}
