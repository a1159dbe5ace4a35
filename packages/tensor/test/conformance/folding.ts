import { type DType, isFloat } from "../../src/dtype.ts";
import * as s from "../../src/functions/shaping.ts";
import { type Convolution, convolution } from "../../src/primitives/convolution.ts";
import { matmulPrimitive } from "../../src/primitives/matmul.ts";
import { cumulative, recurrencePrimitive } from "../../src/primitives/recurrence.ts";
import { reduce } from "../../src/primitives/reduction.ts";
import { reduceWindowPrimitive, type Window } from "../../src/primitives/window.ts";
import { aliasOf, apply, type Tensor } from "../../src/tensor.ts";
import { pullback } from "../../src/transforms/differentiate.ts";
import { shapes, under } from "./shapes.ts";
import { all, floats, numbers, slow, type Trial, without } from "./trial.ts";
import { type Mix, values } from "./values.ts";

/** Sums of floats take edges of which the sum does not depend on the order. */
const mixOf = (dtype: DType, adds: boolean): Mix => (adds && isFloat(dtype) ? "wild" : "edges");

function* reductions(): Generator<Trial> {
  for (const op of ["sum", "prod", "max", "min", "argmax", "argmin"] as const)
    for (const dtype of op === "sum" || op === "prod" ? numbers : all) {
      const arg = op === "argmax" || op === "argmin";
      const run = (x: Tensor, axes: readonly number[]): readonly Tensor[] => [apply(reduce, [x], { op, axes })];
      const choices = (rank: number): number[][] => {
        const every = Array.from({ length: rank }, (_, i) => i);
        return rank < 2 ? [every] : [every, [0], [rank - 1], ...(rank > 2 ? [[0, rank - 1]] : [])];
      };
      // products of many numbers leave the range of floats
      const domain = op === "prod" ? "above1" : "any";
      for (const { family, shape } of shapes)
        for (const axes of choices(shape.length)) {
          // the winner of nothing has no position
          if (arg && axes.some((a) => shape[a] === 0)) continue;
          if (op === "prod" && family === "large" && isFloat(dtype)) {
            yield without(`${op} ${dtype} ${family} over [${axes}]`, "the product of so many numbers is infinite");
            continue;
          }
          yield {
            label: `${op} ${dtype} ${family} over [${axes}]`,
            f: () => run(values(shape, dtype, 1, domain), axes),
          };
        }
      for (const { view, look } of under([5, 7, 11]))
        for (const axes of [[2], [0], [1, 2]])
          yield {
            label: `${op} ${dtype} ${view} over [${axes}]`,
            f: () =>
              run(
                look((shape) => values(shape, dtype, 1, domain)),
                axes,
              ),
          };
      const mix = op === "prod" && isFloat(dtype) ? "calm" : mixOf(dtype, op === "sum");
      for (const [shape, axes] of [
        [[61, 5], [1]],
        [[5, 61], [0]],
        [[97], [0]],
        [[4, 30], [1]],
      ] as const)
        yield {
          label: `${op} ${dtype} edges ${shape} over ${axes}`,
          f: () => run(values(shape, dtype, 2, "any", mix), axes),
        };
      if (!arg) continue;
      // Of equals the first wins, wherever lanes and blocks begin.
      yield { label: `${op} ${dtype} of equals`, f: () => run(s.broadcastTo(values([1], dtype, 1), [67]), [0]) };
    }
  // A fold that ends in each of the first numbers of terms: no term is lost or taken twice.
  for (const dtype of numbers)
    for (let n = 1; n <= 40; n++)
      yield {
        label: `sum ${dtype} of ${n}`,
        f: () => [apply(reduce, [values([3, n], dtype, n)], { op: "sum", axes: [1] })],
      };
  for (const n of [2047, 2048, 2049, 4095, 4097, 8200])
    yield { label: `sum f32 of ${n}`, f: () => [apply(reduce, [values([n], "f32", n)], { op: "sum", axes: [0] })] };
}

const windows: readonly (readonly [name: string, shape: readonly number[], w: Omit<Window, "op">])[] = [
  ["plain", [3, 9], { size: [1, 3], stride: [1, 1], low: [0, 0], high: [0, 0], dilation: [1, 1] }],
  ["strided", [9, 11], { size: [2, 3], stride: [2, 3], low: [0, 0], high: [0, 0], dilation: [1, 1] }],
  ["padded", [5, 7], { size: [3, 3], stride: [1, 2], low: [1, 2], high: [2, 1], dilation: [1, 1] }],
  ["dilated", [9, 11], { size: [2, 3], stride: [1, 1], low: [1, 0], high: [0, 2], dilation: [3, 2] }],
  ["of all", [5, 4], { size: [5, 4], stride: [1, 1], low: [0, 0], high: [0, 0], dilation: [1, 1] }],
  ["of padding alone", [2], { size: [2], stride: [1], low: [3], high: [3], dilation: [1] }],
  ["of size 1", [1], { size: [1], stride: [1], low: [0], high: [0], dilation: [1] }],
  ["of scalars", [], { size: [], stride: [], low: [], high: [], dilation: [] }],
  ["of nothing", [0, 5], { size: [1, 2], stride: [1, 1], low: [1, 0], high: [0, 0], dilation: [1, 1] }],
  ["large", [67, 129], { size: [3, 5], stride: [1, 1], low: [1, 2], high: [1, 2], dilation: [1, 1] }],
];

function* windowed(): Generator<Trial> {
  for (const op of ["sum", "max", "min", "argmax", "argmin"] as const)
    for (const dtype of op === "sum" ? numbers : all) {
      const run = (x: Tensor, w: Omit<Window, "op">): Tensor => apply(reduceWindowPrimitive, [x], { op, ...w });
      for (const [name, shape, w] of windows)
        yield { label: `window ${op} ${dtype} ${name}`, f: () => [run(values(shape, dtype, 1), w)] };
      const padded = (windows[2] as (typeof windows)[number])[2];
      for (const { view, look } of under([5, 7]))
        yield {
          label: `window ${op} ${dtype} ${view}`,
          f: () => [
            run(
              look((shape) => values(shape, dtype, 1)),
              padded,
            ),
          ],
        };
      yield {
        label: `window ${op} ${dtype} edges`,
        f: () => [run(values([9, 13], dtype, 1, "any", mixOf(dtype, op === "sum")), padded)],
      };
      if (!isFloat(dtype) || op === "argmax" || op === "argmin") continue;
      for (const [name, shape, w] of windows)
        yield {
          label: `adjoint of window ${op} ${dtype} ${name}`,
          f: () => {
            const x = aliasOf(values(shape, dtype, 1), 0);
            const y = run(x, w);
            return [pullback([y], [values(y.shape, dtype, 5)], [x])[0] ?? y];
          },
        };
    }
}

const products: readonly (readonly [b: number, m: number, k: number, n: number])[] = [
  [1, 1, 1, 1],
  [1, 3, 5, 7],
  [3, 2, 4, 3],
  [1, 37, 61, 29],
  [2, 13, 300, 21],
  [1, 64, 64, 40],
  [1, 5, 600, 4],
  [2, 9, 16, 1030],
  [1, 2, 0, 3],
  [0, 2, 3, 4],
  [2, 0, 3, 4],
  [1, 6, 7, 8],
];

function* multiplied(): Generator<Trial> {
  const run = (a: Tensor, b: Tensor): readonly Tensor[] => [apply(matmulPrimitive, [a, b], null)];
  for (const dtype of all)
    for (const [b, m, k, n] of products) {
      // the largest ones where there are kernels of their own
      const label = `matmul ${dtype} ${b}x${m}x${k}x${n}`;
      if (b * m * k * n > 60_000 && dtype !== "f32" && dtype !== "f64") {
        yield without(label, slow);
        continue;
      }
      const [left, right] = [
        [b, m, k],
        [b, k, n],
      ] as const;
      yield { label, f: () => run(values(left, dtype, 1, "small"), values(right, dtype, 2, "small")) };
      if (b * m * k * n === 0 || b * m * k * n > 200_000) continue;
      const [p, q] = [under(left), under(right)];
      for (const [i, { view, look }] of p.entries())
        yield {
          label: `${label} ${view}`,
          f: () =>
            run(
              look((x) => values(x, dtype, 1, "small")),
              (q[(i * 3 + 1) % q.length] as (typeof q)[number]).look((x) => values(x, dtype, 2, "small")),
            ),
        };
      yield {
        label: `${label} one factor for all`,
        f: () => run(values(left, dtype, 1, "small"), s.broadcastTo(values([1, k, n], dtype, 2, "small"), right)),
      };
    }
  for (const dtype of floats)
    yield {
      label: `matmul ${dtype} of what is not finite`,
      f: () => run(values([1, 17, 23], dtype, 1, "small", "wild"), values([1, 23, 19], dtype, 2, "small", "wild")),
    };
}

const geometries: readonly (readonly [
  name: string,
  x: readonly number[],
  w: readonly number[],
  c: Partial<Convolution>,
])[] = [
  ["without space", [3, 4], [5, 4], {}],
  ["1d", [2, 3, 11], [4, 3, 3], {}],
  ["1d of size 1", [1, 1, 1], [1, 1, 1], {}],
  ["1d padded", [2, 3, 11], [4, 3, 4], { low: [3], high: [2] }],
  ["2d", [2, 4, 9, 8], [6, 4, 3, 3], {}],
  ["2d strided and padded", [2, 4, 9, 8], [6, 4, 3, 2], { stride: [2, 3], low: [1, 0], high: [0, 2] }],
  ["2d cut", [2, 3, 9, 8], [5, 3, 2, 3], { low: [-1, 2], high: [-2, -1] }],
  ["2d dilated kernel", [2, 4, 9, 10], [6, 4, 3, 3], { rhsDilation: [2, 3] }],
  ["2d dilated input", [2, 3, 5, 4], [6, 3, 3, 3], { lhsDilation: [2, 3], low: [2, 1], high: [1, 2] }],
  ["2d in groups", [2, 6, 7, 9], [8, 3, 3, 3], { groups: 2, low: [1, 1], high: [1, 1] }],
  ["2d depthwise", [2, 5, 8, 9], [5, 1, 3, 3], { groups: 5, stride: [2, 1] }],
  [
    "2d depthwise, odd and strided",
    [2, 6, 13, 11],
    [6, 1, 3, 3],
    { groups: 6, stride: [2, 2], low: [1, 1], high: [1, 1] },
  ],
  ["2d depthwise, narrow", [3, 8, 9, 3], [8, 1, 3, 3], { groups: 8, low: [1, 1], high: [1, 1] }],
  [
    "2d depthwise, dilated",
    [2, 6, 12, 13],
    [6, 1, 3, 2],
    { groups: 6, rhsDilation: [2, 3], stride: [1, 2], low: [2, 3] },
  ],
  ["2d depthwise, wide", [1, 3, 5, 37], [6, 1, 5, 4], { groups: 3, low: [2, 1], high: [2, 2] }],
  ["1d depthwise", [3, 8, 61], [8, 1, 7], { groups: 8, low: [3], high: [3] }],
  ["2d in many groups", [2, 8, 10, 9], [12, 2, 3, 3], { groups: 4, low: [1, 1], high: [1, 1] }],
  [
    "2d of everything",
    [3, 4, 5, 6],
    [6, 2, 3, 2],
    { groups: 2, stride: [2, 1], low: [2, -1], high: [-1, 3], lhsDilation: [2, 3], rhsDilation: [1, 2] },
  ],
  ["3d", [2, 2, 4, 5, 6], [3, 2, 2, 3, 2], { stride: [1, 2, 1], low: [1, 0, 1], high: [0, 1, 0] }],
  ["of many channels", [2, 17, 6, 7], [19, 17, 3, 3], { low: [1, 1], high: [1, 1] }],
  ["of few positions", [9, 8, 3, 3], [16, 8, 3, 3], { low: [1, 1], high: [1, 1] }],
  ["large", [2, 4, 33, 31], [8, 4, 5, 5], { low: [2, 2], high: [2, 2] }],
  ["of no images", [0, 2, 5], [3, 2, 2], {}],
  ["of no positions", [2, 2, 3], [3, 2, 5], {}],
  ["of nothing but padding", [2, 2, 0], [3, 2, 2], { low: [2], high: [3] }],
];

function* convolved(): Generator<Trial> {
  for (const dtype of all)
    for (const [name, shape, kernel, given] of geometries) {
      const d = shape.length - 2;
      const [zero, ones] = [new Array<number>(d).fill(0), new Array<number>(d).fill(1)];
      const c: Convolution = {
        stride: ones,
        low: zero,
        high: zero,
        lhsDilation: ones,
        rhsDilation: ones,
        groups: 1,
        ...given,
      };
      const run = (x: Tensor, w: Tensor): Tensor => apply(convolution, [x, w], c);
      const label = `convolution ${dtype} ${name}`;
      const small =
        (seed: number) =>
        (s: readonly number[]): Tensor =>
          values(s, dtype, seed, "small");
      if (name === "large" && dtype !== "f32" && dtype !== "f64") {
        yield without(label, slow);
        continue;
      }
      yield { label, f: () => [run(small(1)(shape), small(2)(kernel))] };
      if (shape.includes(0) || name === "large") continue;
      const [p, q] = [under(shape), under(kernel)];
      for (const [i, { view, look }] of p.entries())
        yield {
          label: `${label} ${view}`,
          f: () => [run(look(small(1)), (q[(i * 3 + 2) % q.length] as (typeof q)[number]).look(small(2)))],
        };
      if (!isFloat(dtype) || name === "of no positions") continue;
      yield {
        label: `${label} transposed`,
        f: () => {
          const [x, w] = [aliasOf(small(1)(shape), 0), aliasOf(small(2)(kernel), 0)] as const;
          const y = run(x, w);
          return pullback([y], [small(3)(y.shape)], [x, w]) as Tensor[];
        },
      };
    }
}

const rows: readonly (readonly [family: string, shape: readonly [number, number, number]])[] = [
  ["of one", [1, 1, 1]],
  ["odd", [3, 7, 5]],
  ["of the last axis", [5, 37, 1]],
  ["of the first axis", [1, 9, 13]],
  ["of nothing", [2, 0, 3]],
  ["of no rows", [0, 3, 2]],
  ["large", [3, 517, 17]],
];

function* running(): Generator<Trial> {
  for (const reverse of [false, true]) {
    const said = reverse ? " reversed" : "";
    for (const op of ["sum", "max", "min"] as const)
      for (const dtype of op === "sum" ? numbers : all) {
        const run = (x: Tensor): readonly Tensor[] => [apply(cumulative, [x], { op, reverse })];
        for (const [family, shape] of rows)
          yield { label: `cumulative ${op} ${dtype} ${family}${said}`, f: () => run(values(shape, dtype, 1)) };
        for (const { view, look } of under([3, 7, 5]))
          yield { label: `cumulative ${op} ${dtype} ${view}${said}`, f: () => run(look((x) => values(x, dtype, 1))) };
        yield {
          label: `cumulative ${op} ${dtype} edges${said}`,
          f: () => run(values([5, 40, 3], dtype, 1, "any", mixOf(dtype, op === "sum"))),
        };
      }
    for (const dtype of numbers) {
      const run = (a: Tensor, b: Tensor): readonly Tensor[] => [apply(recurrencePrimitive, [a, b], { reverse })];
      for (const [family, shape] of rows)
        yield {
          label: `recurrence ${dtype} ${family}${said}`,
          f: () => run(values(shape, dtype, 1, "unit"), values(shape, dtype, 2)),
        };
      for (const { view, look } of under([3, 7, 5]))
        yield {
          label: `recurrence ${dtype} ${view}${said}`,
          f: () =>
            run(
              look((x) => values(x, dtype, 1, "unit")),
              look((x) => values(x, dtype, 2)),
            ),
        };
    }
  }
}

/** Folds × dtypes × shapes, views and edges. */
export function* foldingTrials(): Generator<Trial> {
  yield* reductions();
  yield* windowed();
  yield* multiplied();
  yield* convolved();
  yield* running();
}
