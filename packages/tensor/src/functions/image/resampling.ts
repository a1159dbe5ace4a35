import { isFloat } from "../../dtype.ts";
import { resamplePrimitive } from "../../primitives/resample.ts";
import { sizeOf } from "../../shape.ts";
import { apply, hostTensor, type Tensor } from "../../tensor.ts";
import { tensor } from "../creation.ts";
import { gather } from "../indexing.ts";
import { repeat, reshape } from "../shaping.ts";

/** What an output element is made of: positions in the input, and their weights. */
export type Row = readonly (readonly [position: number, weight: number])[];

/** From output to input: n input elements, m output elements, and the step `num / den` of one output element. */
export interface Grid {
  readonly n: number;
  readonly m: number;
  readonly num: number;
  readonly den: number;
}

const count = (m: number): number[] => Array.from({ length: m }, (_, i) => i);
const inside = (i: number, n: number): number => Math.min(Math.max(i, 0), n - 1);
/** The position in the input of the middle of output element o. */
const centre = ({ num, den }: Grid, o: number): number => ((o + 0.5) * num) / den - 0.5;
const corner = ({ num, den }: Grid, o: number): number => (den === 0 ? 0 : (o * num) / den);

/** Positions of the nearest element: of the middle (`exact`), or of the beginning of each output element. */
export const nearest = (g: Grid, exact: boolean): number[] =>
  count(g.m).map((o) => inside(Math.floor(((o + (exact ? 0.5 : 0)) * g.num) / g.den), g.n));

/** Weights of the two neighbours. */
export const linear = (g: Grid, alignCorners: boolean): Row[] =>
  count(g.m).map((o) => {
    const p = Math.min(Math.max(alignCorners ? corner(g, o) : centre(g, o), 0), g.n - 1);
    const i = Math.floor(p);
    return [
      [i, 1 - p + i],
      [inside(i + 1, g.n), p - i],
    ];
  });

/** Weights of four neighbours by the cubic kernel with a = −3/4; beyond the ends, the last element goes on. */
export const cubic = (g: Grid, alignCorners: boolean): Row[] => {
  const kernel = keys(-0.75);
  return count(g.m).map((o) => {
    const p = alignCorners ? corner(g, o) : centre(g, o);
    const i = Math.floor(p);
    return [-1, 0, 1, 2].map((k) => [inside(i + k, g.n), kernel(p - i - k)] as const);
  });
};

/** The mean from ⌊o·n/m⌋ up to ⌈(o + 1)·n/m⌉. */
export const area = (n: number, m: number): Row[] =>
  spans(n, m).map(([start, stop]) => count(stop - start).map((k) => [start + k, 1 / (stop - start)] as const));

/** From ⌊o·n/m⌋ up to ⌈(o + 1)·n/m⌉, for each of m outputs. */
export const spans = (n: number, m: number): (readonly [start: number, stop: number])[] =>
  count(m).map((o) => [Math.floor((o * n) / m), Math.ceil(((o + 1) * n) / m)]);

/** A kernel that is 0 from `support` on. */
export interface Kernel {
  readonly support: number;
  readonly value: (x: number) => number;
}

/** Weights by a kernel about the middle, scaled to the sum 1; against aliasing it is as wide as the step. */
export const filtered = (g: Grid, { support, value }: Kernel, antialias: boolean): Row[] =>
  count(g.m).map((o) => {
    const [c, width] = [centre(g, o), antialias ? Math.max(1, g.num / g.den) : 1];
    const [first, last] = [inside(Math.ceil(c - support * width), g.n), inside(Math.floor(c + support * width), g.n)];
    const row = count(last - first + 1).map((k) => [first + k, value((first + k - c) / width)] as const);
    const total = row.reduce((s, [, w]) => s + w, 0);
    return row.map(([i, w]) => [i, w / total]);
  });

/** Keys' cubic kernel with the slope a at 1. */
const keys =
  (a: number) =>
  (x: number): number => {
    const t = Math.abs(x);
    if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
  };
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const lanczos = (r: number): Kernel => ({ support: r, value: (x) => (Math.abs(x) < r ? sinc(x) * sinc(x / r) : 0) });

/** Kernels for {@link filtered}, by name. */
export const kernels: Readonly<Record<"linear" | "cubic" | "lanczos3" | "lanczos5", Kernel>> = {
  linear: { support: 1, value: (x) => Math.max(0, 1 - Math.abs(x)) },
  cubic: { support: 2, value: keys(-0.5) },
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
};

/** Entries per row, the same number for all: indices and weights [t, rows]; missing ones have the weight 0. */
function table(rows: readonly Map<number, number>[], dtype: Tensor["dtype"]): [Tensor, Tensor] {
  const [t, m] = [Math.max(1, ...rows.map((r) => r.size)), rows.length];
  const [indices, weights] = [new Int32Array(t * m), new Float64Array(t * m)];
  rows.forEach((row, o) => {
    let k = o;
    for (const [i, w] of row) {
      indices[k] = i;
      weights[k] = w;
      k += m;
    }
  });
  return [hostTensor(indices, [t, m], "i32"), tensor(weights, { shape: [t, m], dtype })];
}

/** Output elements along `axis` made as `rows` say; x is of a float dtype. */
export function resampled(x: Tensor, axis: number, rows: readonly Row[]): Tensor {
  const n = x.shape[axis] as number;
  if (rows.length === n && rows.every((r, o) => r.every(([i, w]) => (i === o ? w === 1 : w === 0)))) return x;
  const to = rows.map(() => new Map<number, number>());
  const from = Array.from({ length: n }, () => new Map<number, number>());
  rows.forEach((row, o) => {
    for (const [i, w] of row) {
      if (w === 0) continue;
      const sum = w + (to[o]?.get(i) ?? 0);
      to[o]?.set(i, sum);
      from[i]?.set(o, sum);
    }
  });
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const flat = reshape(x, [sizeOf(before), n, sizeOf(after)]);
  const tables = [...table(to, x.dtype), ...table(from, x.dtype)];
  return reshape(apply(resamplePrimitive, [flat, ...tables], null), [...before, rows.length, ...after]);
}

/** Elements of any dtype at fixed positions along `axis`. */
export function picked(x: Tensor, axis: number, positions: readonly number[]): Tensor {
  const [n, m] = [x.shape[axis] as number, positions.length];
  const factor = m / n;
  if (Number.isInteger(factor) && positions.every((p, o) => p === Math.floor(o / factor)))
    return factor === 1 ? x : repeat(x, factor, axis);
  return isFloat(x.dtype)
    ? resampled(
        x,
        axis,
        positions.map((p) => [[p, 1]]),
      )
    : gather(x, tensor(Int32Array.from(positions)), axis);
}

/** `f` for each axis listed, those that shrink most first, so that the rest has less to do. */
export function along(
  x: Tensor,
  sizes: readonly (readonly [axis: number, m: number])[],
  f: (x: Tensor, axis: number, m: number) => Tensor,
): Tensor {
  const ratio = ([axis, m]: readonly [number, number]): number => m / (x.shape[axis] as number);
  return sizes.toSorted((p, q) => ratio(p) - ratio(q)).reduce((t, [axis, m]) => f(t, axis, m), x);
}
