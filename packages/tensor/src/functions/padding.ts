import { ShapeError } from "../errors.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { broadcastTo, concat, flip, slice } from "./shaping.ts";

/** How an axis goes on beyond its ends, by the names of NumPy: the last element; mirrored about it; mirrored beyond it; from the other end again. */
export type PadMode = "edge" | "reflect" | "symmetric" | "wrap";

/** Period or half of it, of an axis of n elements. */
const units: Readonly<Record<PadMode, (n: number) => number>> = {
  edge: () => 1,
  reflect: (n) => n - 1,
  symmetric: (n) => n,
  wrap: (n) => n,
};
export const padModes: readonly string[] = Object.keys(units);

function part(x: Tensor, axis: number, from: number, to: number): Tensor {
  const start = x.shape.map((_, i) => (i === axis ? from : 0));
  return slice(
    x,
    start,
    x.shape.map((n, i) => (i === axis ? to : n)),
  );
}

const joined = (parts: readonly Tensor[], axis: number): Tensor =>
  concat(
    parts.filter((t) => t.shape[axis] !== 0),
    axis,
  );

/** `low` elements before and `high` after, along `axis`; any number. */
function extendAxis(x: Tensor, axis: number, low: number, high: number, mode: PadMode): Tensor {
  const n = x.shape[axis] as number;
  if (low === 0 && high === 0) return x;
  if (n === 0)
    throw new ShapeError(`pad: x: axis ${axis} of ${show(x.shape)} is empty; only constants can go on there`);
  if (mode === "edge" || (mode === "reflect" && n === 1)) {
    const end = (at: number, count: number): Tensor =>
      broadcastTo(
        part(x, axis, at, at + 1),
        x.shape.map((m, i) => (i === axis ? count : m)),
      );
    return joined([end(0, low), x, end(n - 1, high)], axis);
  }
  const unit = units[mode](n);
  let t = x;
  // every round makes of one period as many as there were: what lies at whole units from an end may be mirrored there again
  for (let [a, b] = [low, high]; a > 0 || b > 0; ) {
    const m = t.shape[axis] as number;
    const room = Math.floor((m - (mode === "reflect" ? 1 : 0)) / unit) * unit;
    const [p, q] = [Math.min(a, room), Math.min(b, room)];
    const inner = mode === "reflect" ? 1 : 0;
    const [before, after] =
      mode === "wrap"
        ? [part(t, axis, room - p, room), part(t, axis, m - room, m - room + q)]
        : [flip(part(t, axis, inner, inner + p), axis), flip(part(t, axis, m - inner - q, m - inner), axis)];
    t = joined([before, t, after], axis);
    a -= p;
    b -= q;
  }
  return t;
}

/** x with each axis continued beyond its ends. Throws ShapeError for an empty axis. */
export const extend = (x: Tensor, padding: readonly (readonly [number, number])[], mode: PadMode): Tensor =>
  padding.reduce((t, [low, high], axis) => extendAxis(t, axis, low, high, mode), x);
