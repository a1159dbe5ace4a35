import type { DType, HostArray } from "../dtype.ts";
import { evaluateBinary, foldStep } from "../ir/evaluate.ts";
import { numberAt, putNumber } from "../ir/scalar-math.ts";

/** An array [outer, n, inner] and the direction in which its middle axis is run over. */
export interface Course {
  readonly dtype: DType;
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly reverse: boolean;
}

/** Positions along the middle axis in the order of travel. */
function* along(
  outer: number,
  n: number,
  inner: number,
  reverse: boolean,
): Generator<readonly [number, number | null]> {
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++)
      for (let j = 0; j < n; j++) {
        const at = (k: number): number => (o * n + (reverse ? n - 1 - k : k)) * inner + i;
        yield [at(j), j === 0 ? null : at(j - 1)];
      }
}

/** The recurrence in plain JavaScript. */
export function runRecurrence({ dtype, outer, n, inner, reverse }: Course, [a, b, out]: readonly HostArray[]): void {
  const h = out as HostArray;
  for (const [at, before] of along(outer, n, inner, reverse)) {
    const drive = numberAt(dtype, b as HostArray, at);
    const kept =
      before === null
        ? null
        : evaluateBinary("mul", dtype, dtype, numberAt(dtype, a as HostArray, at), numberAt(dtype, h, before));
    putNumber(dtype, h, at, kept === null ? drive : evaluateBinary("add", dtype, dtype, kept, drive));
  }
}

/** The running fold in plain JavaScript. */
export function runCumulative(
  op: "sum" | "max" | "min",
  { dtype, outer, n, inner, reverse }: Course,
  [x, out]: readonly HostArray[],
): void {
  let total = 0;
  for (const [at, before] of along(outer, n, inner, reverse)) {
    const v = numberAt(dtype, x as HostArray, at);
    total = before === null ? v : foldStep(op, dtype, total, v);
    putNumber(dtype, out as HostArray, at, total);
  }
}
