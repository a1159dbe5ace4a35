import { checkOptions, checkTensor, integer, oneOf } from "../../check.ts";
import { isFloat, promote } from "../../dtype.ts";
import { ShapeError } from "../../errors.ts";
import { sameShape, show, sizeOf } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import { add, clip, div, mul, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { zerosLike } from "../fill.ts";
import { gather } from "../indexing.ts";
import { asTensor, type TensorLike } from "../operands.ts";
import { broadcastTo, concat, expandDims, reshape, slice } from "../shaping.ts";
import { searchsorted } from "../sorting/search.ts";
import { tridiagonalSolve } from "./tridiagonal.ts";

/** Options of {@link cubicSpline}. */
export interface SplineOptions {
  /** "natural" (default): no curvature at the ends; "clamped": the slopes given. */
  readonly ends?: "natural" | "clamped";
  /** Slopes at the first and the last knot for "clamped", each a number or of the shape of one value; default 0. */
  readonly slopes?: readonly [TensorLike, TensorLike];
}

/** A spline: its values at `t`, or those of its derivative of order 1 to 3. Outside the knots the last piece goes on. */
export type Spline = (t: TensorLike, order?: number) => Tensor;

/** One piece or difference along axis 0. */
const rows = (x: Tensor, from: number, to: number): Tensor => slice(x, [from], [to]);

/** Second derivatives at the knots [n, k]: continuous slopes are a tridiagonal system. */
function curvatures(h: Tensor, y: Tensor, slopes: readonly [Tensor, Tensor] | null): Tensor {
  const n = y.shape[0] as number;
  const slope = div(sub(rows(y, 1, n), rows(y, 0, n - 1)), expandDims(h, 1));
  const inner = mul(sub(rows(slope, 1, n - 1), rows(slope, 0, n - 2)), 6);
  const none = zerosLike(rows(h, 0, 1));
  const between = mul(add(rows(h, 0, n - 2), rows(h, 1, n - 1)), 2);
  const one = add(none, 1);
  if (slopes === null) {
    const zero = zerosLike(rows(y, 0, 1));
    return tridiagonalSolve(
      concat([none, rows(h, 0, n - 2), none]),
      concat([one, between, one]),
      concat([none, rows(h, 1, n - 1), none]),
      concat([zero, inner, zero]),
    );
  }
  const [first, last] = [rows(h, 0, 1), rows(h, n - 2, n - 1)];
  return tridiagonalSolve(
    concat([none, h]),
    concat([mul(first, 2), between, mul(last, 2)]),
    concat([h, none]),
    concat([mul(sub(rows(slope, 0, 1), slopes[0]), 6), inner, mul(sub(slopes[1], rows(slope, n - 2, n - 1)), 6)]),
  );
}

/**
 * The cubic spline through points: twice continuously differentiable, and itself differentiable by the points, the values and where it is read.
 *
 * @param x - knots [n], ascending, n ≥ 2
 * @param y - values [n, …]
 * @returns a function of t [...s] that gives [...s, …]
 * @throws {@link ShapeError} unless shapes fit, {@link ArgumentError} for bad options or an order outside 0 to 3
 * @example
 * ```ts
 * const s = cubicSpline(tensor([0, 1, 2]), tensor([0, 1, 0]));
 * s(tensor([0.5])); // [0.6875]
 * ```
 */
export function cubicSpline(x: Tensor, y: Tensor, options: SplineOptions = {}): Spline {
  checkTensor("cubicSpline", x);
  checkTensor("cubicSpline", y, "y");
  checkOptions("cubicSpline", options, {
    ends: oneOf("natural", "clamped"),
    slopes(op, value, argument) {
      if (!Array.isArray(value) || value.length !== 2)
        throw new ShapeError(`${op}: ${argument}: expected two, of the first and the last knot`);
      for (const [i, s] of value.entries()) asTensor(op, s, null, `${argument}[${i}]`);
    },
  });
  if (x.rank !== 1 || x.size < 2) throw new ShapeError(`cubicSpline: x: expected [n] with n ≥ 2, got ${show(x.shape)}`);
  const n = x.size;
  if (y.rank < 1 || y.shape[0] !== n)
    throw new ShapeError(`cubicSpline: y: expected ${n} values along axis 0, got ${show(y.shape)}`);
  const met = promote(x.dtype, y.dtype);
  const dtype = isFloat(met) ? met : "f32";
  const rest = y.shape.slice(1);
  const [knots, values] = [astype(x, dtype), reshape(astype(y, dtype), [n, sizeOf(rest)])];
  const h = sub(rows(knots, 1, n), rows(knots, 0, n - 1));
  const end = (s: TensorLike, i: number): Tensor => {
    const t = astype(s instanceof Tensor ? s : asTensor("cubicSpline", s, dtype), dtype);
    if (t.rank > 0 && !sameShape(t.shape, rest))
      throw new ShapeError(`cubicSpline: slopes[${i}]: expected a number or ${show(rest)}, got ${show(t.shape)}`);
    return reshape(broadcastTo(t, rest), [1, sizeOf(rest)]);
  };
  const [left, right] = options.slopes ?? [0, 0];
  const bend = curvatures(h, values, options.ends === "clamped" ? [end(left, 0), end(right, 1)] : null);
  return (t, order = 0) => {
    integer("[0, 3]")("cubicSpline", order, "order");
    const at = asTensor("cubicSpline", t, dtype, "t");
    const flat = reshape(astype(at, dtype), [at.size]);
    const i = clip(sub(searchsorted(knots, flat, { side: "right" }), 1), 0, n - 2);
    const next = add(i, 1);
    const column = (v: Tensor): Tensor => expandDims(v, 1);
    const step = column(gather(h, i));
    const p = column(sub(gather(knots, next), flat));
    const q = column(sub(flat, gather(knots, i)));
    const piece = pieces[order] as (typeof pieces)[number];
    return reshape(piece(p, q, step, gather(values, i), gather(values, next), gather(bend, i), gather(bend, next)), [
      ...at.shape,
      ...rest,
    ]);
  };
}

type Piece = (p: Tensor, q: Tensor, h: Tensor, y0: Tensor, y1: Tensor, m0: Tensor, m1: Tensor) => Tensor;
const cube = (x: Tensor): Tensor => mul(mul(x, x), x);

/** A piece and its derivatives, p from its end and q from its start, of values and second derivatives there. */
const pieces: readonly Piece[] = [
  (p, q, h, y0, y1, m0, m1) =>
    add(
      div(add(mul(cube(p), m0), mul(cube(q), m1)), mul(h, 6)),
      add(mul(p, sub(div(y0, h), div(mul(h, m0), 6))), mul(q, sub(div(y1, h), div(mul(h, m1), 6)))),
    ),
  (p, q, h, y0, y1, m0, m1) =>
    add(
      div(sub(mul(mul(q, q), m1), mul(mul(p, p), m0)), mul(h, 2)),
      sub(div(sub(y1, y0), h), div(mul(h, sub(m1, m0)), 6)),
    ),
  (p, q, h, _, __, m0, m1) => div(add(mul(p, m0), mul(q, m1)), h),
  (_, __, h, ___, ____, m0, m1) => div(sub(m1, m0), h),
];
