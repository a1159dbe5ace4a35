import type { Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  cast,
  check,
  cos,
  div,
  less,
  minimum,
  mul,
  ShapeError,
  sub,
  tensor,
  where,
} from "@gradus/tensor";

/** A number as a function of the steps done so far (i32 scalar, 0 at the first step). It is part of the graph: `jit` traces it once. */
export type Schedule = (step: Tensor) => Tensor;

/** A schedule, or a number that stays. Throws ArgumentError when `value` is neither a finite number nor a function. */
export function asSchedule(op: string, value: number | Schedule): Schedule {
  if (typeof value === "function")
    return (step) => {
      const rate: unknown = value(step);
      check.tensor(op, rate, "learningRate");
      if ((rate as Tensor).rank !== 0)
        throw new ShapeError(`${op}: learningRate: the schedule must give a scalar, got [${(rate as Tensor).shape}]`);
      return rate as Tensor;
    };
  if (typeof value !== "number" || Number.isNaN(value))
    throw new ArgumentError(`${op}: learningRate: expected a number or a schedule, got ${check.said(value)}`);
  check.number("[0, ∞)")(op, value, "learningRate");
  return constant(value);
}

/**
 * The same number at every step.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless it is a finite number
 * @example
 * ```ts
 * sgd({ learningRate: constant(0.1) });
 * ```
 */
export function constant(value: number): Schedule {
  check.number()("constant", value, "value");
  return () => tensor(value);
}

/** Options of {@link cosine}. */
export interface CosineOptions {
  /** Highest value, reached when the warm-up ends. */
  readonly peak: number;
  /** Steps until {@link CosineOptions.floor} is reached, warm-up included. */
  readonly steps: number;
  /** Steps of linear rise from `peak / warmup`; 0 unless told. */
  readonly warmup?: number;
  /** Last value; 0 unless told. */
  readonly floor?: number;
}

/**
 * Linear warm-up, then half a cosine from `peak` to `floor` (Loshchilov & Hutter 2017, equation 5, one cycle), then `floor`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or when steps and warm-up are not integers with `0 <= warmup < steps`
 * @example
 * ```ts
 * adamw({ learningRate: cosine({ peak: 3e-3, warmup: 100, steps: 1400 }) });
 * ```
 */
export function cosine(options: CosineOptions): Schedule {
  const [number, integer] = [check.number(), check.integer("[0, ∞)")];
  if (options === undefined) throw new ArgumentError("cosine: options: give { peak, steps }");
  check.options("cosine", options, { peak: number, steps: integer, warmup: integer, floor: number });
  const { peak, steps, warmup = 0, floor = 0 } = options;
  number("cosine", peak, "peak");
  integer("cosine", steps, "steps");
  if (warmup >= steps)
    throw new ArgumentError(`cosine: warmup: expected warmup < steps, got warmup ${warmup} and steps ${steps}`);
  return (step) => {
    check.tensor("cosine", step, "step");
    const t = cast(step, "f32");
    const rise = mul(add(t, 1), peak / Math.max(1, warmup));
    const phase = minimum(div(sub(t, warmup), steps - warmup), 1);
    const fall = add(mul(add(cos(mul(phase, Math.PI)), 1), (peak - floor) / 2), floor);
    return where(less(t, warmup), rise, fall);
  };
}
