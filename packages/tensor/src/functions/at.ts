import { checkTensor } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { said } from "../said.ts";
import { show } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { gather } from "./indexing.ts";
import { checkIntegers } from "./operands.ts";
import { flip, reshape, slice } from "./shaping.ts";

/**
 * What to take of one axis: a position (negative counts from the end; the axis goes), a range [start, stop, step] (open ends by null), null for all, or
 * a 1-d integer tensor of positions.
 */
export type Pick = number | readonly [number | null, (number | null)?, number?] | null | "..." | Tensor;

/**
 * Parts of `x`, one pick per leading axis; the other axes are taken whole.
 *
 * ```ts
 * at(x, 0);               // the first row
 * at(x, null, -1);        // the last column
 * at(x, "...", 0);         // the first of the last axis, whatever the rank
 * at(x, [1, null], [null, null, -1]); // from row 1 on, columns reversed
 * ```
 * Throws ShapeError for too many picks or a position out of range.
 */
export function at(x: Tensor, ...picks: readonly Pick[]): Tensor {
  checkTensor("at", x);
  const dots = picks.indexOf("...");
  if (dots >= 0) {
    if (picks.indexOf("...", dots + 1) >= 0) throw new ArgumentError('at: picks: "..." is given twice');
    const rest = x.rank - picks.length + 1;
    if (rest < 0) throw new ShapeError(`at: picks: ${picks.length - 1} picks for ${x.rank} axes of ${show(x.shape)}`);
    return at(x, ...picks.slice(0, dots), ...new Array<null>(rest).fill(null), ...picks.slice(dots + 1));
  }
  if (picks.length > x.rank)
    throw new ShapeError(`at: picks: ${picks.length} picks for ${x.rank} axes of ${show(x.shape)}`);
  let t = x;
  const gone: number[] = [];
  picks.forEach((p, axis) => {
    if (p === null) return;
    if (p instanceof Tensor) {
      checkTensor("at", p, `picks[${axis}]`);
      if (p.rank !== 1) throw new ShapeError(`at: picks[${axis}]: expected one axis, got ${show(p.shape)}; use gather`);
      checkIntegers("at", p, `picks[${axis}]`);
      if (t.shape[axis] === 0 && p.size > 0)
        throw new ShapeError(`at: picks[${axis}]: axis ${axis} of ${show(x.shape)} is empty, so nothing can be taken`);
      t = gather(t, p, axis);
      return;
    }
    const n = t.shape[axis] as number;
    if (typeof p === "number") {
      const i = p < 0 ? p + n : p;
      if (!Number.isInteger(i) || i < 0 || i >= n)
        throw new ShapeError(`at: picks[${axis}]: position ${p} is out of range for axis ${axis} of ${show(x.shape)}`);
      gone.push(axis);
      t = part(t, axis, i, i + 1, 1);
    } else if (Array.isArray(p)) {
      const step = p[2] ?? 1;
      for (const v of p)
        if (v !== null && v !== undefined && !Number.isInteger(v))
          throw new ArgumentError(`at: picks[${axis}]: ${said(p)} is no range [start, stop, step] of integers`);
      if (!Number.isInteger(step) || step === 0)
        throw new ArgumentError(`at: picks[${axis}]: step ${step} is no non-zero integer`);
      // A negative step walks the flipped axis, where position i is n − 1 − i.
      const turned = step < 0;
      const bound = (v: number | null | undefined, open: number): number => {
        if (v === null || v === undefined) return open;
        const i = v < 0 ? v + n : v;
        return Math.min(Math.max(turned ? n - 1 - i : i, 0), n);
      };
      if (turned) t = flip(t, axis);
      const start = bound(p[0], 0);
      t = part(t, axis, start, Math.max(start, bound(p[1], n)), Math.abs(step));
    } else throw new ArgumentError(`at: picks[${axis}]: expected a number, a range, null or a tensor, got ${said(p)}`);
  });
  return gone.length === 0
    ? t
    : reshape(
        t,
        t.shape.filter((_, i) => !gone.includes(i)),
      );
}

const part = (t: Tensor, axis: number, start: number, stop: number, step: number): Tensor =>
  slice(
    t,
    t.shape.map((_, i) => (i === axis ? start : 0)),
    t.shape.map((m, i) => (i === axis ? stop : m)),
    t.shape.map((_, i) => (i === axis ? step : 1)),
  );
