import { add, div, sub } from "./arithmetic.ts";
import { exp, log } from "./elementary.ts";
import { equal } from "./comparison.ts";
import { abs } from "./elementary.ts";
import { checkOptions, checkTensor, real } from "./operands.ts";
import { max, sum, type Axes, type ReduceOptions } from "./reduction.ts";
import { where } from "./selection.ts";
import { checkAxes } from "../shape.ts";
import { reshape, stopGradient } from "./shaping.ts";
import type { Tensor } from "../tensor.ts";

/** The largest element as a constant shift, 0 where it is infinite: e^{x − shift} then neither overflows nor becomes NaN. */
function shift(x: Tensor, axes: Axes): Tensor {
  const m = stopGradient(max(x, axes, { keepDims: true }));
  return where(equal(abs(m), Infinity), 0, m);
}

/** log Σ eˣ over `axes` (default all), without overflow; −∞ where all are −∞. Throws ShapeError for a bad or empty axis. */
export function logsumexp(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  checkTensor("logsumexp", x);
  checkOptions("logsumexp", options, ["keepDims"]);
  const t = real("logsumexp", x);
  const m = shift(t, axes);
  const y = add(log(sum(exp(sub(t, m)), axes, { keepDims: true })), m);
  const list = checkAxes("logsumexp", axes, t.rank);
  return options.keepDims ? y : reshape(y, t.shape.filter((_, i) => !list.includes(i)));
}

/** eˣ / Σ eˣ along `axis` (default the last). Throws ShapeError for a bad or empty axis. */
export function softmax(x: Tensor, axis: Axes = -1): Tensor {
  checkTensor("softmax", x);
  const t = real("softmax", x);
  const e = exp(sub(t, shift(t, axis)));
  return div(e, sum(e, axis, { keepDims: true }));
}

/** x − log Σ eˣ along `axis` (default the last). Throws ShapeError for a bad or empty axis. */
export function logSoftmax(x: Tensor, axis: Axes = -1): Tensor {
  checkTensor("logSoftmax", x);
  const t = real("logSoftmax", x);
  const y = sub(t, shift(t, axis));
  return sub(y, log(sum(exp(y), axis, { keepDims: true })));
}
