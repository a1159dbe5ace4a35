import type { Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  cast,
  check,
  clip,
  cos,
  div,
  floor,
  less,
  minimum,
  mul,
  pow,
  ShapeError,
  sub,
  tensor,
  where,
} from "@gradus/tensor";
import { count, positive, settings } from "./settings.ts";

const number = check.number();
const steps = check.integer("[0, ∞)");

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

/** The step as an f32 number. Throws ArgumentError in the name of `op`. */
function time(op: string, step: Tensor): Tensor {
  check.tensor(op, step, "step");
  return cast(step, "f32");
}

/** From `from` to `to` along half a cosine as `phase` goes from 0 to 1. */
const halfCosine = (phase: Tensor, from: number, to: number): Tensor =>
  add(mul(add(cos(mul(phase, Math.PI)), 1), (from - to) / 2), to);

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
  const {
    peak,
    steps: total,
    warmup,
    floor,
  } = settings("cosine", options, { peak: [number], steps: [steps], warmup: [steps, 0], floor: [number, 0] });
  if (warmup >= total)
    throw new ArgumentError(`cosine: warmup: expected warmup < steps, got warmup ${warmup} and steps ${total}`);
  const fall: Schedule = (step) =>
    halfCosine(minimum(div(sub(time("cosine", step), warmup), total - warmup), 1), peak, floor);
  return warmup === 0 ? fall : warmUp(fall, { peak, warmup });
}

function warmUp(after: Schedule, { peak, warmup }: { peak: number; warmup: number }): Schedule {
  return (step) => {
    const t = cast(step, "f32");
    return where(less(t, warmup), mul(add(t, 1), peak / warmup), after(step));
  };
}

/** Options of {@link polynomial}. */
export interface PolynomialOptions {
  /** Value at the first step. */
  readonly from: number;
  /** Value from step `steps` on. */
  readonly to: number;
  /** Steps from one to the other. */
  readonly steps: number;
  /** Power of the share of steps left; 1, a straight line, unless told. */
  readonly power?: number;
}

/**
 * `to + (from - to) (1 - t / steps)^power`, then `to`: the decay of Chen et al. 2018 (DeepLab), a straight line unless told.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * sgd({ learningRate: polynomial({ from: 0.1, to: 0, steps: 1000, power: 0.9 }) });
 * ```
 */
export function polynomial(options: PolynomialOptions): Schedule {
  const given = settings("polynomial", options, {
    from: [number],
    to: [number],
    steps: [count],
    power: [positive, 1],
  });
  return (step) => {
    const left = sub(1, minimum(div(time("polynomial", step), given.steps), 1));
    return add(mul(given.power === 1 ? left : pow(left, given.power), given.from - given.to), given.to);
  };
}

/** Options of {@link exponential}. */
export interface ExponentialOptions {
  /** Value at the first step. */
  readonly from: number;
  /** Factor per `every` steps. */
  readonly decay: number;
  /** Steps that one factor takes; 1 unless told. */
  readonly every?: number;
  /** Change only at each multiple of `every`; false unless told. */
  readonly staircase?: boolean;
}

/**
 * `from · decay^(t / every)`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * sgd({ learningRate: exponential({ from: 0.1, decay: 0.5, every: 1000, staircase: true }) });
 * ```
 */
export function exponential(options: ExponentialOptions): Schedule {
  const { from, decay, every, staircase } = settings("exponential", options, {
    from: [number],
    decay: [positive],
    every: [count, 1],
    staircase: [check.flag, false],
  });
  return (step) => {
    const turns = div(time("exponential", step), every);
    return mul(pow(decay, staircase ? floor(turns) : turns), from);
  };
}

/**
 * A value for each stretch of steps: `values[0]` before step `at[0]`, `values[1]` from there on, and so forth; values may be schedules, which are told
 * the steps since their stretch began.
 *
 * @param at - where the next value begins, rising
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless there is one value more than there are boundaries, and these rise
 * @example
 * ```ts
 * piecewise([0.1, 0.01, 0.001], [3000, 4500]);
 * piecewise([polynomial({ from: 0, to: 0.1, steps: 100 }), cosine({ peak: 0.1, steps: 900 })], [100]);
 * ```
 */
export function piecewise(values: readonly (number | Schedule)[], at: readonly number[]): Schedule {
  if (!Array.isArray(values) || !Array.isArray(at) || values.length !== at.length + 1)
    throw new ArgumentError(
      `piecewise: values: expected one more than boundaries, got ${check.said(values)} and ${check.said(at)}`,
    );
  at.forEach((b, i) => {
    count("piecewise", b, `at[${i}]`);
    if (i > 0 && b <= (at[i - 1] as number))
      throw new ArgumentError(`piecewise: at: expected rising steps, got [${at}]`);
  });
  const parts = values.map((v) => asSchedule("piecewise", v));
  return (step) => {
    check.tensor("piecewise", step, "step");
    return parts.slice(1).reduce(
      (before, part, i) => {
        const from = at[i] as number;
        return where(less(step, from), before, cast(part(sub(step, from)), "f32"));
      },
      cast((parts[0] as Schedule)(step), "f32"),
    );
  };
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** Highest value. */
  readonly peak: number;
  /** Steps of the whole cycle. */
  readonly steps: number;
  /** Share of the steps that rises; 0.3 unless told. */
  readonly rise?: number;
  /** `peak` over the first value; 25 unless told. */
  readonly startFactor?: number;
  /** The first value over the last; 1e4 unless told. */
  readonly endFactor?: number;
}

/**
 * One rise from `peak / startFactor` to `peak` and one fall to `peak / (startFactor · endFactor)`, both along half a cosine: Smith & Topin 2018, in
 * the form of PyTorch's `OneCycleLR` with two phases.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * sgd({ learningRate: oneCycle({ peak: 0.4, steps: 2000 }), momentum: 0.9 });
 * ```
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const given = settings("oneCycle", options, {
    peak: [number],
    steps: [check.integer("[2, ∞)")],
    rise: [check.number("(0, 1)"), 0.3],
    startFactor: [positive, 25],
    endFactor: [positive, 1e4],
  });
  const top = given.rise * given.steps - 1;
  const [first, last] = [given.peak / given.startFactor, given.peak / (given.startFactor * given.endFactor)];
  if (top <= 0) throw new ArgumentError(`oneCycle: rise: ${given.rise} of ${given.steps} steps leaves no step to rise`);
  return (step) => {
    const t = time("oneCycle", step);
    const up = halfCosine(clip(div(t, top), 0, 1), first, given.peak);
    const down = halfCosine(clip(div(sub(t, top), given.steps - 1 - top), 0, 1), given.peak, last);
    return where(less(t, top), up, down);
  };
}
