import type { Tensor } from "@gradus/tensor";
import {
  add,
  any,
  broadcastTo,
  cast,
  check,
  concat,
  div,
  equal,
  exp,
  expandDims,
  full,
  greater,
  iota,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalOr,
  maximum,
  moveaxis,
  mul,
  neg,
  notEqual,
  reshape,
  ShapeError,
  scan,
  slice,
  stack,
  stopGradient,
  sub,
  takeAlongAxis,
  where,
} from "@gradus/tensor";
import { checkIndices } from "../layers/embedding.ts";
import { sameShape } from "../settings.ts";
import type { LossOptions } from "./reduce.ts";
import { checkLast, lossOptions, reduced } from "./reduce.ts";

/** Options of {@link ctc}. */
export interface CtcOptions extends LossOptions {
  /** Frames of each sequence that are there, integers `[batch]`; all unless told. */
  readonly inputLengths?: Tensor;
  /** Labels of each sequence that are there, integers `[batch]`; all unless told. */
  readonly labelLengths?: Tensor;
  /** The class that stands for no label; 0 unless told. */
  readonly blank?: number;
  /** A sequence that is too short for its labels costs nothing, rather than infinitely much; false unless told. */
  readonly zeroInfinity?: boolean;
}

/** Stands for the logarithm of 0: large enough that no sum of logarithms comes near, and without the NaN of ∞ − ∞. */
const NEVER = -1e30;

/** log Σ e^x of tensors. */
function together(xs: readonly Tensor[]): Tensor {
  const top = stopGradient(xs.reduce(maximum));
  return add(top, log(xs.map((x) => exp(sub(x, top))).reduce((a, b) => add(a, b))));
}

/** Moved by `n` places along the last axis, with {@link NEVER} before. */
function later(x: Tensor, n: number): Tensor {
  const [batch, places] = x.shape as [number, number];
  const kept = Math.max(0, places - n);
  const none = full([batch, places - kept], NEVER, { dtype: x.dtype });
  return kept === 0 ? none : concat([none, slice(x, [0, 0], [batch, kept])], 1);
}

/**
 * Connectionist temporal classification (Graves et al. 2006): the negative log-likelihood of a sequence of labels, summed over all ways to repeat
 * them and to put blanks between them, by the forward recursion in the log domain. As PyTorch, the mean divides each loss by the number of its labels first.
 *
 * @param logProbabilities - `[batch, frames, classes]`, such as `logSoftmax` gives
 * @param labels - `[batch, labels]` integers; those past `labelLengths` do not count. One that is the blank or no class makes its loss NaN
 * @returns a scalar, or `[batch]` with reduction `none`; nats. Infinite, with derivative 0, where there are fewer frames than the labels need
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError}, {@link @gradus/tensor!index.DTypeError | DTypeError} when arguments do not fit; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * ctc(logSoftmax(network.call(speech)), letters, { inputLengths, labelLengths });
 * ```
 */
export function ctc(logProbabilities: Tensor, labels: Tensor, options: CtcOptions = {}): Tensor {
  const op = "ctc";
  const classes = checkLast(op, logProbabilities, "logProbabilities", "classes");
  if (logProbabilities.rank !== 3)
    throw new ShapeError(`${op}: logProbabilities: expected [batch, frames, classes], got [${logProbabilities.shape}]`);
  checkIndices(op, labels, "labels");
  const [batch, frames] = logProbabilities.shape as [number, number];
  if (labels.rank !== 2 || labels.shape[0] !== batch)
    throw new ShapeError(`${op}: labels: expected [${batch}, labels], got [${labels.shape}]`);
  check.options(op, options, {
    ...lossOptions,
    inputLengths: check.tensor,
    labelLengths: check.tensor,
    blank: check.integer(`[0, ${classes})`),
    zeroInfinity: check.flag,
  });
  const { blank = 0, zeroInfinity = false, reduction = "mean" } = options;
  const count = labels.shape[1] as number;
  const lengths = (name: "inputLengths" | "labelLengths", most: number): Tensor => {
    const t = options[name];
    if (t === undefined) return full([batch], most, { dtype: "i32" });
    checkIndices(op, t, name);
    if (!sameShape(t.shape, [batch])) throw new ShapeError(`${op}: ${name}: expected [${batch}], got [${t.shape}]`);
    return cast(t, "i32");
  };
  const [there, spoken] = [lengths("inputLengths", frames), lengths("labelLengths", count)];
  const logp = logProbabilities.dtype === "f16" ? cast(logProbabilities, "f32") : logProbabilities;

  // the labels with blanks before, between and after them: place 2i + 1 is label i
  const index = cast(labels, "i32");
  const blanks = full([batch, count], blank, { dtype: "i32" });
  const last = full([batch, 1], blank, { dtype: "i32" });
  const places = 2 * count + 1;
  const path = concat([reshape(stack([blanks, index], -1), [batch, 2 * count]), last], 1);
  const scores = maximum(moveaxis(takeAlongAxis(logp, expandDims(path, 1)), 1, 0), NEVER);
  // a label may follow another one without a blank between, unless they are equal
  const place = iota([1, places], { axis: 1, dtype: "i32" });
  const before = slice(concat([full([batch, 2], blank, { dtype: "i32" }), path], 1), [0, 0], [batch, places]);
  const leap = logicalAnd(notEqual(path, blank), notEqual(path, before));
  const start = where(less(place, 1), 0, broadcastTo(full([1, 1], NEVER, { dtype: logp.dtype }), [batch, places]));

  const step = (alpha: Tensor, [score, frame]: readonly [Tensor, Tensor]): readonly [Tensor, null] => {
    const next = add(together([alpha, later(alpha, 1), where(leap, later(alpha, 2), NEVER)]), score);
    return [where(less(frame, expandDims(there, 1)), next, alpha), null];
  };
  // place 0 before the first frame: from there one enters the first blank or the first label
  const xs = [scores, iota([frames], { dtype: "i32" })] as const;
  const [alpha] = scan<Tensor, unknown, unknown>(step as never, start, xs);
  const end = (back: number): Tensor => {
    const at = sub(mul(spoken, 2), back);
    const value = reshape(takeAlongAxis(alpha, expandDims(maximum(at, 0), 1)), [batch]);
    return where(less(at, 0), NEVER, value);
  };
  const cost = neg(together([end(0), end(1)]));
  const possible = less(cost, -NEVER / 2);
  const finite = where(possible, cost, zeroInfinity ? 0 : Number.POSITIVE_INFINITY);

  const counted = less(iota([1, count], { axis: 1, dtype: "i32" }), expandDims(spoken, 1));
  const wrong = logicalOr(equal(index, blank), logicalOr(less(index, 0), lessEqual(classes, index)));
  const outside = logicalOr(greater(there, frames), logicalOr(greater(spoken, count), less(spoken, 0)));
  const bad = logicalOr(any(logicalAnd(counted, wrong), 1), outside);
  const losses = where(bad, Number.NaN, finite);
  return reduced(reduction === "mean" ? div(losses, cast(maximum(spoken, 1), losses.dtype)) : losses, options);
}
