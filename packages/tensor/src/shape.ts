import { ArgumentError, ShapeError } from "./errors.ts";
import { said } from "./said.ts";

/** Sizes of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let i = shape.length - 1, s = 1; i >= 0; s *= shape[i--] as number) strides[i] = s;
  return strides;
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

export const show = (shape: Shape): string => `[${shape.join(",")}]`;

/** The shape that `a` and `b` broadcast to under NumPy's rule; throws {@link ShapeError} naming both. */
export function broadcastShapes(op: string, a: Shape, b: Shape, names: readonly [string, string] = ["a", "b"]): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const p = a[a.length - rank + i] ?? 1;
    const q = b[b.length - rank + i] ?? 1;
    if (p !== q && p !== 1 && q !== 1)
      throw new ShapeError(
        `${op}: shapes do not broadcast: ${names[0]} is ${show(a)}, ${names[1]} is ${show(b)} (${p} ≠ ${q})`,
      );
    out[i] = p === 1 ? q : p;
  }
  return out;
}

/** A non-negative axis; negative ones count from the end. Throws {@link ShapeError} out of range. */
export function checkAxis(op: string, axis: number, rank: number, argument = "axis"): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new ShapeError(`${op}: ${argument}: ${said(axis)} is out of range for rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}

/** Sorted, distinct, non-negative axes; `undefined` means all. */
export function checkAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
  argument = "axes",
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  if (typeof axes !== "number" && !Array.isArray(axes))
    throw new ArgumentError(`${op}: ${argument}: expected an axis or a list of axes, got ${said(axes)}`);
  const out = (typeof axes === "number" ? [axes] : [...(axes as readonly number[])])
    .map((a) => checkAxis(op, a, rank, argument))
    .sort((p, q) => p - q);
  for (let i = 1; i < out.length; i++)
    if (out[i] === out[i - 1]) throw new ShapeError(`${op}: ${argument}: ${out[i]} is named twice`);
  return out;
}

/** Throws unless `shape` is an array of non-negative integers whose product is a safe size. */
export function checkShape(op: string, shape: unknown, argument = "shape"): asserts shape is Shape {
  if (!Array.isArray(shape) || !shape.every((d) => Number.isInteger(d) && d >= 0))
    throw new ArgumentError(`${op}: ${argument}: expected a list of non-negative integers, got ${said(shape)}`);
  if (sizeOf(shape) > 2 ** 40) throw new ArgumentError(`${op}: ${argument}: ${show(shape)} has too many elements`);
}
