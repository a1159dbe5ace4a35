import type { Key, Shape, Tensor } from "@gradus/tensor";
import { ArgumentError, check, DTypeError, isFloat, ShapeError, split } from "@gradus/tensor";

/** Throws ArgumentError unless `value` is an integer of at least `low`. */
export function checkSize(op: string, argument: string, value: unknown, low = 1): void {
  if (!Number.isSafeInteger(value) || (value as number) < low)
    throw new ArgumentError(`${op}: ${argument}: expected an integer >= ${low}, got ${check.said(value)}`);
}

/** Whether two shapes are the same. */
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

/** Throws unless `x` is a tensor of a float dtype. */
export function checkFloat(op: string, x: Tensor, argument = "x"): void {
  check.tensor(op, x, argument);
  if (!isFloat(x.dtype))
    throw new DTypeError(`${op}: ${argument}: expected a float dtype, got ${x.dtype}; cast it first`);
}

/** Spatial axes of a layer. */
export type Axes = 1 | 2 | 3;
/** One size, or `[length]`. */
export type Single = number | readonly [length: number];
/** One size for both axes, or `[height, width]`. */
export type Pair = number | readonly [height: number, width: number];
/** One size for all axes, or `[depth, height, width]`. */
export type Triple = number | readonly [depth: number, height: number, width: number];
/** Sizes of a layer over `N` spatial axes. */
export type Sizes<N extends Axes> = N extends 1 ? Single : N extends 2 ? Pair : Triple;

/** The spatial axes by name. */
export const axisNames: Readonly<Record<Axes, string>> = { 1: "length", 2: "height, width", 3: "depth, height, width" };

/** One size per spatial axis. Throws ArgumentError unless all are integers of at least `low`. */
export function sizes(op: string, argument: string, value: number | readonly number[], axes: Axes, low = 1): number[] {
  const list = typeof value === "number" ? new Array<number>(axes).fill(value) : value;
  if (!Array.isArray(list) || list.length !== axes)
    throw new ArgumentError(`${op}: ${argument}: expected a number or [${axisNames[axes]}], got ${check.said(value)}`);
  for (const v of list) checkSize(op, argument, v, low);
  return [...list];
}

/** Throws unless `x` is a batch with so many spatial axes (and channels). */
export function checkSpatial(op: string, x: Tensor, axes: Axes, channels?: number): void {
  check.tensor(op, x, "x");
  if (x.rank !== axes + 2 || (channels !== undefined && x.shape[1] !== channels))
    throw new ShapeError(`${op}: x: expected [batch, ${channels ?? "channels"}, ${axisNames[axes]}], got [${x.shape}]`);
}

/** Throws unless a window fits into every spatial axis of `x` with its padding. */
export function checkWindow(op: string, x: Tensor, window: readonly number[], padding: readonly number[]): void {
  for (const [i, size] of window.entries())
    if ((x.shape[i + 2] as number) + 2 * (padding[i] as number) < size)
      throw new ShapeError(
        `${op}: x: a window of [${window}] does not fit into [${x.shape}] with padding [${padding}]`,
      );
}

/** `n` keys of `key`, one for each part of a module. */
export function keysOf(op: string, key: Key, n: number): Key[] {
  check.key(op, key, "key");
  return split(key, Math.max(1, n));
}
