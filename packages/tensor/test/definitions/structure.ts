import type { DType } from "../../src/dtype.ts";
import { converted, fill, get, type Plain, placeOf, positions } from "./plain.ts";
import { reread } from "./scalars.ts";

/** Gives the parts of a result from inputs, attributes, and the shapes and dtypes of the parts. */
export type Definition = (
  inputs: readonly Plain[],
  // biome-ignore lint/suspicious/noExplicitAny: attributes of any primitive
  attributes: any,
  outs: readonly { readonly shape: readonly number[]; readonly dtype: DType }[],
) => readonly Plain[];

type One = (
  inputs: readonly [Plain, Plain, Plain],
  // biome-ignore lint/suspicious/noExplicitAny: attributes of any primitive
  attributes: any,
  shape: readonly number[],
  dtype: DType,
) => Plain;

/** Of a single result. */
export const one =
  (f: One): Definition =>
  (inputs, attributes, outs) => {
    const { shape, dtype } = outs[0] as { shape: readonly number[]; dtype: DType };
    return [f(inputs as unknown as readonly [Plain, Plain, Plain], attributes, shape, dtype)];
  };

const at = (a: readonly number[], i: number): number => a[i] as number;
/** Each element of the result is that of the input at another position. */
const moved = (f: (index: readonly number[], x: Plain, attributes: never) => readonly number[]): Definition =>
  one(([x], attributes, shape, dtype) => fill(shape, dtype, (i) => get(x, f(i, x, attributes as never)) as number));

/** Positions that padding with `low`, `high` and `interior` puts the elements of `shape` at. */
export function padded(
  x: Plain,
  p: { low: readonly number[]; interior: readonly number[]; value: number },
  shape: readonly number[],
): Plain {
  const data = new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(converted(x.dtype, "f64", p.value));
  positions(x.shape).forEach((index, flat) => {
    const place = index.map((i, axis) => at(p.low, axis) + i * (at(p.interior, axis) + 1));
    if (place.every((i, axis) => i >= 0 && i < at(shape, axis))) data[placeOf(place, shape)] = x.data[flat] as number;
  });
  return { shape, dtype: x.dtype, data };
}

/** Primitives that only move, repeat, cut or convert elements. */
export const structure: Readonly<Record<string, Definition>> = {
  cast: one(([x], _, shape, dtype) => ({ shape, dtype, data: x.data.map((v) => converted(dtype, x.dtype, v)) })),
  bitcast: one(([x], _, shape, dtype) => ({ shape, dtype, data: x.data.map((v) => reread(dtype, x.dtype, v)) })),
  reshape: one(([x], _, shape) => ({ ...x, shape })),
  broadcast: moved((index, x, { axes }: { axes: number[] }) =>
    axes.map((a, i) => (at(x.shape, i) === 1 ? 0 : at(index, a))),
  ),
  permute: moved((index, _, { axes }: { axes: number[] }) => axes.map((_, i) => at(index, axes.indexOf(i)))),
  slice: moved((index, _, { start, step }: { start: number[]; step: number[] }) =>
    index.map((e, i) => at(start, i) + e * at(step, i)),
  ),
  flip: moved((index, x, { axes }: { axes: number[] }) =>
    index.map((e, i) => (axes.includes(i) ? at(x.shape, i) - 1 - e : e)),
  ),
  pad: one(([x], attributes, shape) => padded(x, attributes, shape)),
  concat: (inputs, { axis }, [out]) => {
    const { shape, dtype } = out as Plain;
    // the pieces of all inputs that belong to one position of the axes before
    const inner = (x: Plain): number => x.shape.slice(axis).reduce((a, b) => a * b, 1);
    const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
    const data = Array.from({ length: outer }, (_, o) =>
      inputs.flatMap((x) => x.data.slice(o * inner(x), (o + 1) * inner(x))),
    ).flat();
    return [{ shape, dtype, data }];
  },
  iota: one((_, { axis }, shape, dtype) => fill(shape, dtype, (index) => converted(dtype, "i32", at(index, axis)))),
  barrier: one(([x]) => x),
  stopGradient: one(([x]) => x),
  alias: one(([x]) => x),
  where: one(([c, a, b]) => ({ ...a, data: c.data.map((yes, i) => (yes ? a : b).data[i] as number) })),
};
