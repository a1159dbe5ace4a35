import type { Tensor } from "@gradus/tensor";
import { ArgumentError, check, ShapeError } from "@gradus/tensor";

/** Throws ArgumentError unless `value` is an integer of at least `low`. */
export function checkSize(op: string, argument: string, value: unknown, low = 1): void {
  if (!Number.isSafeInteger(value) || (value as number) < low)
    throw new ArgumentError(`${op}: ${argument}: expected an integer >= ${low}, got ${check.said(value)}`);
}

/** One size for both axes, or `[height, width]`. */
export type Pair = number | readonly [number, number];

/** `[height, width]` of a pair. Throws ArgumentError unless both are integers of at least `low`. */
export function pair(op: string, argument: string, value: Pair, low = 1): [number, number] {
  const both: readonly number[] = typeof value === "number" ? [value, value] : value;
  if (!Array.isArray(both) || both.length !== 2)
    throw new ArgumentError(`${op}: ${argument}: expected a number or [height, width], got ${check.said(value)}`);
  for (const v of both) checkSize(op, argument, v, low);
  return [both[0] as number, both[1] as number];
}

type Size = readonly [number, number];

/** Throws unless `x` is a batch of images into which a window fits. */
export function checkImages(op: string, x: Tensor, window: Size, padding: Size, channels?: number): void {
  check.tensor(op, x, "x");
  if (x.rank !== 4 || (channels !== undefined && x.shape[1] !== channels))
    throw new ShapeError(`${op}: x: expected [batch, ${channels ?? "channels"}, height, width], got [${x.shape}]`);
  for (const [i, size] of window.entries())
    if ((x.shape[i + 2] as number) + 2 * (padding[i] as number) < size)
      throw new ShapeError(
        `${op}: x: a window of [${window}] does not fit into [${x.shape}] with padding [${padding}]`,
      );
}
