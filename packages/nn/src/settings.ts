import { ArgumentError } from "@gradus/tensor";

/** Throws ArgumentError unless `value` is an integer of at least `low`. */
export function checkSize(op: string, argument: string, value: unknown, low = 1): void {
  if (!Number.isInteger(value) || (value as number) < low)
    throw new ArgumentError(`${op}: ${argument}: expected an integer >= ${low}, got ${String(value)}`);
}

/** One size for both axes, or `[height, width]`. */
export type Pair = number | readonly [number, number];

/** `[height, width]` of a pair. Throws ArgumentError unless both are integers of at least `low`. */
export function pair(op: string, argument: string, value: Pair, low = 1): [number, number] {
  const both: readonly number[] = typeof value === "number" ? [value, value] : value;
  if (!Array.isArray(both) || both.length !== 2)
    throw new ArgumentError(`${op}: ${argument}: expected a number or [height, width]`);
  for (const v of both) checkSize(op, argument, v, low);
  return [both[0] as number, both[1] as number];
}
