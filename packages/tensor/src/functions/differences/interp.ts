import { checkOptions, checkTensor, integer, number } from "../../check.ts";
import { ShapeError } from "../../errors.ts";
import { checkAxis, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { add, clip, div, mod, mul, sub } from "../arithmetic.ts";
import { at } from "../at.ts";
import { equal, greater, less, logicalAnd } from "../comparison.ts";
import { cumsum } from "../cumulative.ts";
import { abs, floor } from "../elementary.ts";
import { gather } from "../indexing.ts";
import { real, type TensorLike } from "../operands.ts";
import { where } from "../selection.ts";
import { concat, slice } from "../shaping.ts";
import { searchsorted } from "../sorting/search.ts";
import { argsort } from "../sorting/sort.ts";
import { along, diff } from "./diff.ts";

/** Options of {@link interp}. */
export interface InterpOptions {
  /** The value left of the first point; default that of the point. */
  readonly left?: number;
  /** The value right of the last point; default that of the point. */
  readonly right?: number;
  /** The function repeats after this length, above 0; points may then have any order, and there are no ends. */
  readonly period?: number;
}

/**
 * The piecewise linear function through the points (xs[j], ys[j]) at x, of any shape. Integers become f32.
 *
 * @param xs - [n], ascending (any order with a period), n ≥ 1
 * @param ys - [n]
 * @throws {@link ShapeError} unless xs and ys have one axis of one size, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * interp(tensor([0.5, 9]), tensor([0, 1]), tensor([10, 20])); // [15, 20]
 * ```
 */
export function interp(x: TensorLike, xs: Tensor, ys: Tensor, options: InterpOptions = {}): Tensor {
  let t = real("interp", x);
  checkTensor("interp", xs, "xs");
  checkTensor("interp", ys, "ys");
  checkOptions("interp", options, { left: number("[-∞, ∞]"), right: number("[-∞, ∞]"), period: number("(0, ∞)") });
  const { left, right, period } = options;
  const n = xs.size;
  if (xs.rank !== 1 || n === 0) throw new ShapeError(`interp: xs: expected [n] with n ≥ 1, got ${show(xs.shape)}`);
  if (ys.rank !== 1 || ys.size !== n) throw new ShapeError(`interp: ys: expected [${n}] as xs, got ${show(ys.shape)}`);
  let [p, v] = [real("interp", xs, "xs"), real("interp", ys, "ys")];
  if (period !== undefined) {
    const folded = mod(p, period);
    const order = argsort(folded);
    [t, p, v] = [mod(t, period), gather(folded, order), gather(v, order)];
    const [first, last] = [(y: Tensor) => slice(y, [0], [1]), (y: Tensor) => slice(y, [n - 1], [n])];
    p = concat([sub(last(p), period), p, add(first(p), period)]);
    v = concat([last(v), v, first(v)]);
  }
  const m = p.size;
  const j = clip(searchsorted(p, t, { side: "right" }), 1, Math.max(1, m - 1));
  const before = sub(j, 1);
  const [x0, x1, y0, y1] = [gather(p, before), gather(p, j), gather(v, before), gather(v, j)];
  const width = sub(x1, x0);
  const flat = equal(width, 0);
  let y = add(y0, where(flat, 0, mul(div(sub(t, x0), where(flat, 1, width)), sub(y1, y0))));
  if (period !== undefined) return y;
  y = where(less(t, at(p, 0)), left ?? at(v, 0), y);
  return where(greater(t, at(p, m - 1)), right ?? at(v, m - 1), y);
}

/** Options of {@link unwrap}. */
export interface UnwrapOptions {
  /** Jumps up to this size are left alone; default half the period, which is also the least. */
  readonly discont?: number;
  /** Default the last. */
  readonly axis?: number;
  /** Default 2π. */
  readonly period?: number;
}

/**
 * Angles, or other numbers modulo a period, made continuous along an axis: jumps of more than half the period are taken back by whole periods. Integers become f32.
 *
 * @throws {@link ShapeError} for a bad axis, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * unwrap(tensor([1, 5, 2]), { period: 6 }); // [1, −1, 2]
 * ```
 */
export function unwrap(x: Tensor, options: UnwrapOptions = {}): Tensor {
  checkTensor("unwrap", x);
  checkOptions("unwrap", options, { discont: number("[0, ∞]"), axis: integer(), period: number("(0, ∞)") });
  const { axis = -1, period = 2 * Math.PI, discont = period / 2 } = options;
  const t = real("unwrap", x);
  const axisAt = checkAxis("unwrap", axis, t.rank);
  const n = t.shape[axisAt] as number;
  if (n < 2) return t;
  const d = diff(t, 1, axisAt);
  // not by mod, which has no vector instructions
  const inner = sub(d, mul(floor(div(add(d, period / 2), period)), period));
  // a jump up by exactly half a period stays one up
  const near = where(logicalAnd(equal(inner, -period / 2), greater(d, 0)), period / 2, inner);
  const back = where(less(abs(d), discont), 0, sub(near, d));
  return concat([along(t, axisAt, 0, 1), add(along(t, axisAt, 1, n), cumsum(back, axisAt))], axisAt);
}
