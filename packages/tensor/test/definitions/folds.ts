import type { DType } from "../../src/dtype.ts";
import type { ReduceOp } from "../../src/ir/ir.ts";
import { fill, get, isFloat, type Plain, placeOf, positions, range, rounded, wrapped } from "./plain.ts";
import { binary } from "./scalars.ts";
import { type Definition, one, padded } from "./structure.ts";

const at = (a: readonly number[], i: number): number => a[i] as number;

/** Sum of products, in double precision or exactly modulo 2^bits; of truths the disjunction of conjunctions. */
export function dot(dtype: DType, pairs: readonly (readonly [number, number])[]): number {
  if (dtype === "bool") return pairs.some(([a, b]) => a === 1 && b === 1) ? 1 : 0;
  if (isFloat(dtype))
    return rounded(
      dtype,
      pairs.reduce((s, [a, b]) => s + rounded(dtype, a * b), 0),
    );
  // sizes below 2⁵³ add up exactly as they are
  const size = pairs.reduce((sum, [a, b]) => sum + Math.abs(a * b), 0);
  if (size < 2 ** 53) return wrapped(dtype, BigInt(pairs.reduce((sum, [a, b]) => sum + a * b, 0)));
  return wrapped(
    dtype,
    pairs.reduce((s, [a, b]) => s + BigInt(a) * BigInt(b), 0n),
  );
}

/** The fold of a list of elements, as `reduce` documents it. */
export function folded(op: ReduceOp, dtype: DType, list: readonly number[]): number {
  const isNaN = list.findIndex(Number.isNaN);
  if (op === "sum")
    return dot(
      dtype,
      list.map((x) => [x, 1] as const),
    );
  if (op === "prod")
    return isFloat(dtype)
      ? rounded(
          dtype,
          list.reduce((p, x) => p * x, 1),
        )
      : wrapped(
          dtype,
          list.reduce((p, x) => p * BigInt(x), 1n),
        );
  const most = op === "max" || op === "argmax";
  if (op === "max" || op === "min") {
    if (isNaN >= 0) return Number.NaN;
    return list.reduce((m, x) => binary(op, dtype, m, x), range(dtype)[most ? 0 : 1]);
  }
  if (isNaN >= 0) return isNaN;
  let best = 0;
  list.forEach((x, i) => {
    if (most ? x > at(list, best) : x < at(list, best)) best = i;
  });
  return best;
}

interface Window {
  readonly op: ReduceOp;
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly low: readonly number[];
  readonly dilation: readonly number[];
}
interface Conv {
  readonly stride: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
  readonly groups: number;
}

/** Convolution of the written-out dilated and padded input: y[n, o] = Σ x̃[n, c, s·p + d·k] w[o, c, k]. */
function convolution(x: Plain, w: Plain, c: Conv, shape: readonly number[]): Plain {
  const spatial = x.shape.slice(2);
  const wide = spatial.map((n, i) =>
    Math.max(0, (n === 0 ? 0 : (n - 1) * at(c.lhsDilation, i) + 1) + at(c.low, i) + at(c.high, i)),
  );
  const image = padded(x, { low: [0, 0, ...c.low], interior: [0, 0, ...c.lhsDilation.map((d) => d - 1)], value: 0 }, [
    ...x.shape.slice(0, 2),
    ...wide,
  ]);
  const [co, ci, ...kernel] = w.shape as [number, number, ...number[]];
  const taps = positions([ci, ...kernel]);
  return fill(shape, x.dtype, ([n, o, ...p]) => {
    const group = Math.floor((o as number) / (co / c.groups));
    return dot(
      x.dtype,
      taps.map(([channel, ...k]) => [
        get(image, [
          n as number,
          group * ci + (channel as number),
          ...p.map((e, i) => e * at(c.stride, i) + at(k, i) * at(c.rhsDilation, i)),
        ]) as number,
        get(w, [o as number, channel as number, ...k]) as number,
      ]),
    );
  });
}

/** Along the middle axis of [outer, n, inner], forwards or backwards. */
function along(x: Plain, reverse: boolean, f: (before: number, x: number, flat: number) => number): Plain {
  const [outer, n, inner] = x.shape as [number, number, number];
  const data = new Array<number>(x.data.length);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      let before = Number.NaN;
      for (let step = 0; step < n; step++) {
        const flat = (o * n + (reverse ? n - 1 - step : step)) * inner + i;
        data[flat] = before = step === 0 ? f(0, at(x.data, flat), -1 - flat) : f(before, at(x.data, flat), flat);
      }
    }
  return { ...x, data };
}

interface Choice {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}
/** Where the element lies that `code` names in window `index`. */
function chosen(code: Plain, { size, stride, dilation }: Choice, index: readonly number[]): number[] {
  const inside = positions(size)[get(code, index) as number] as readonly number[];
  return index.map((o, i) => o * at(stride, i) + at(inside, i) * at(dilation, i));
}

/** Primitives that fold. */
export const folds: Readonly<Record<string, Definition>> = {
  reduce: one(([x], { op, axes }: { op: ReduceOp; axes: readonly number[] }, shape, dtype) => {
    const inner = positions(axes.map((a) => at(x.shape, a)));
    return fill(shape, dtype, (index) => {
      const rest = [...index];
      const base = x.shape.map((_, i) => (axes.includes(i) ? 0 : (rest.shift() as number)));
      return folded(
        op,
        x.dtype,
        inner.map(
          (r) =>
            get(
              x,
              base.map((b, i) => (axes.includes(i) ? at(r, axes.indexOf(i)) : b)),
            ) as number,
        ),
      );
    });
  }),
  reduceWindow: one(([x], w: Window, shape, dtype) => {
    const [low, high] = range(x.dtype);
    const padding = w.op === "sum" ? 0 : w.op === "max" || w.op === "argmax" ? low : high;
    const inside = positions(w.size);
    return fill(shape, dtype, (index) =>
      folded(
        w.op,
        x.dtype,
        inside.map(
          (k) =>
            get(
              x,
              index.map((e, i) => e * at(w.stride, i) + at(k, i) * at(w.dilation, i) - at(w.low, i)),
            ) ?? padding,
        ),
      ),
    );
  }),
  pick: one(([x, code], w: Choice, shape, dtype) => fill(shape, dtype, (index) => get(x, chosen(code, w, index)) ?? 0)),
  place: one(([y, code], w: Choice, shape, dtype) => {
    const all = fill(shape, dtype, () => 0);
    const data = [...all.data];
    for (const index of positions(y.shape)) {
      const to = chosen(code, w, index);
      if (to.every((p, i) => p < at(shape, i))) data[placeOf(to, shape)] = get(y, index) as number;
    }
    return { ...all, data };
  }),
  matmul: one(([a, b], _, shape, dtype) => {
    const depth = Array.from({ length: at(a.shape, 2) }, (_, k) => k);
    return fill(shape, dtype, ([i, m, n]) =>
      dot(
        dtype,
        depth.map((k) => [
          get(a, [i as number, m as number, k]) as number,
          get(b, [i as number, k, n as number]) as number,
        ]),
      ),
    );
  }),
  convolution: one(([x, w], c: Conv, shape) => convolution(x, w, c, shape)),
  cumulative: one(([x], { op, reverse }: { op: ReduceOp; reverse: boolean }) => {
    // sums of floats are rounded when they are written, as one sum of all terms so far would be
    if (op === "sum" && isFloat(x.dtype)) {
      const exact = along(x, reverse, (before, v) => before + v);
      return { ...exact, data: exact.data.map((v) => rounded(x.dtype, v)) };
    }
    return along(x, reverse, (before, v, flat) => (flat < 0 ? v : folded(op, x.dtype, [before, v])));
  }),
  recurrence: one(([a, b], { reverse }: { reverse: boolean }) =>
    along(b, reverse, (before, drive, flat) =>
      flat < 0 ? drive : binary("add", b.dtype, binary("mul", b.dtype, at(a.data, flat), before), drive),
    ),
  ),
};
