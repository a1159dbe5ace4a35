import { checkOptions, checkTensor, flag, number } from "../check.ts";
import { isFloat } from "../dtype.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { add, maximum, minimum, mul, sub } from "./arithmetic.ts";
import { equal, isFinite, lessEqual, logicalAnd, logicalOr } from "./comparison.ts";
import { abs, isNaN as isnan } from "./elementary.ts";
import { full } from "./fill.ts";
import { asTensor, meet, type TensorLike } from "./operands.ts";
import { all } from "./reduction.ts";
import { where } from "./selection.ts";
import { meetReal } from "./special/operands.ts";

/** Options of {@link isclose}. */
export interface ClosenessOptions {
  /** Share of |b| allowed; default 1e-5. */
  readonly rtol?: number;
  /** Allowed besides; default 1e-8. */
  readonly atol?: number;
  /** NaN is close to NaN; default false. */
  readonly equalNaN?: boolean;
}
const tolerance = number("[0, ∞]");

function close(op: string, a: TensorLike, b: TensorLike, options: ClosenessOptions): Tensor {
  const [p, q] = meetReal(op, a, b);
  checkOptions(op, options, { rtol: tolerance, atol: tolerance, equalNaN: flag });
  const { rtol = 1e-5, atol = 1e-8, equalNaN = false } = options;
  const near = logicalAnd(lessEqual(abs(sub(p, q)), add(mul(abs(q), rtol), atol)), isFinite(q));
  const same = logicalOr(near, equal(p, q));
  return equalNaN ? logicalOr(same, logicalAnd(isnan(p), isnan(q))) : same;
}

/**
 * True where |a − b| ≤ atol + rtol·|b|, or both are the same infinity; broadcast.
 *
 * @throws {@link ShapeError} if shapes do not broadcast, {@link ArgumentError} for a bad option
 */
export const isclose = (a: TensorLike, b: TensorLike, options: ClosenessOptions = {}): Tensor =>
  close("isclose", a, b, options);

/** Whether all elements are close by {@link isclose}: a bool scalar. */
export const allclose = (a: TensorLike, b: TensorLike, options: ClosenessOptions = {}): Tensor =>
  all(close("allclose", a, b, options));

/** Whether a and b have one shape and equal elements, also NaN if `equalNaN`: a bool scalar. Throws ArgumentError for a bad option. */
export function arrayEqual(a: Tensor, b: Tensor, options: { readonly equalNaN?: boolean } = {}): Tensor {
  checkTensor("arrayEqual", a, "a");
  checkTensor("arrayEqual", b, "b");
  checkOptions("arrayEqual", options, { equalNaN: flag });
  if (!sameShape(a.shape, b.shape)) return full([], false);
  const same = equal(a, b);
  const nan = (t: Tensor): Tensor => (isFloat(t.dtype) ? isnan(t) : full(t.shape, false));
  return all(options.equalNaN ? logicalOr(same, logicalAnd(nan(a), nan(b))) : same);
}

/** Options of {@link nanToNum}. */
export interface NanToNumOptions {
  /** In place of NaN; default 0. */
  readonly nan?: number;
  /** In place of ∞; default the largest number of the dtype. */
  readonly posinf?: number;
  /** In place of −∞; default the smallest number of the dtype. */
  readonly neginf?: number;
}
const largest = { f64: Number.MAX_VALUE, f32: 3.4028234663852886e38, f16: 65504 };

/** `x` with numbers in place of NaN and infinities, elementwise; integers stay. Throws ArgumentError for an option that is no number. */
export function nanToNum(x: TensorLike, options: NanToNumOptions = {}): Tensor {
  const t = asTensor("nanToNum", x, null);
  checkOptions("nanToNum", options, { nan: number("[-∞, ∞]"), posinf: number("[-∞, ∞]"), neginf: number("[-∞, ∞]") });
  if (!isFloat(t.dtype)) return t;
  const most = largest[t.dtype as keyof typeof largest];
  const { nan = 0, posinf = most, neginf = -most } = options;
  return where(isnan(t), nan, where(equal(t, Infinity), posinf, where(equal(t, -Infinity), neginf, t)));
}

const skipping =
  (op: string, choose: typeof maximum) =>
  (a: TensorLike, b: TensorLike): Tensor => {
    const [p, q] = meet(op, a, b);
    return isFloat(p.dtype) ? where(isnan(p), q, where(isnan(q), p, choose(p, q))) : choose(p, q);
  };

/** The larger of a and b, or the one that is not NaN; broadcast. Throws ShapeError if shapes do not broadcast. */
export const fmax: (a: TensorLike, b: TensorLike) => Tensor = skipping("fmax", maximum);
/** The smaller of a and b, or the one that is not NaN; broadcast. Throws ShapeError if shapes do not broadcast. */
export const fmin: (a: TensorLike, b: TensorLike) => Tensor = skipping("fmin", minimum);
