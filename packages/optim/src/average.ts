import type { Tensor } from "@gradus/tensor";
import { add, cast, check, div, equal, floor, greater, maximum, mul, sub, treeMap, where } from "@gradus/tensor";
import { mapFloats, start } from "./leaf.ts";
import { type Context, careful, checkOptimizer, type Optimizer } from "./optimizer.ts";
import { count, settings } from "./settings.ts";

/** State of {@link averaged}. */
export interface AveragedState {
  /** Steps done, i32. */
  readonly count: Tensor;
  /** The averaged parameters. */
  readonly average: unknown;
  /** State of the rule. */
  readonly inner: unknown;
}

/** Options of {@link averaged}. */
export interface AverageOptions {
  /** Share of the average that stays at each step; `"equal"` weighs all steps alike, as stochastic weight averaging does. */
  readonly decay: number | "equal";
  /** Steps before the average begins; until then it is the parameters themselves; 0 unless told. */
  readonly from?: number;
  /** Steps from one averaging to the next; 1 unless told (stochastic weight averaging takes an epoch's). */
  readonly every?: number;
}

/**
 * `rule`, which also keeps an average of the parameters over its steps in its state: exponential (Polyak & Juditsky 1992) or equal, as
 * stochastic weight averaging (Izmailov et al. 2018, algorithm 1). The trained parameters do not change by it; take the average by `state.average`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = averaged(sgd({ learningRate: 0.1 }), { decay: 0.999 });
 * const { optimizer: state } = await train(model, { optimizer, … });
 * const smooth = state.average;
 * ```
 */
export function averaged(rule: Optimizer, options: AverageOptions): Optimizer<AveragedState> {
  checkOptimizer("averaged", rule, "rule");
  const { decay, from, every } = settings("averaged", options, {
    decay: [(op, value, name) => (value === "equal" ? undefined : check.number("[0, 1)")(op, value, name))],
    from: [check.integer("[0, ∞)"), 0],
    every: [count, 1],
  });
  return careful("averaged", {
    init: (params) => ({ count: start(), average: treeMap((p) => add(p, 0), params), inner: rule.init(params) }),
    update<T>(grads: T, state: AveragedState, params: T, context?: Context<T>): [T, AveragedState] {
      check.alike("averaged", state?.average, params, "state.average");
      const [updates, inner] = rule.update(grads, state.inner, params, context);
      const done = add(state.count, 1);
      // Averagings done so far, this one included; not before there is something to average.
      const n = div(sub(cast(done, "f32"), from), every);
      const due = where(greater(done, from), equal(sub(n, floor(n)), 0), false);
      const share = decay === "equal" ? div(1, maximum(n, 1)) : where(greater(n, 1), 1 - decay, 1);
      const weight = where(greater(done, from), where(due, share, 0), 1);
      const average = mapFloats(
        (a, next) => add(a, mul(sub(next, a), cast(weight, a.dtype))),
        state.average as T,
        treeMap((p, u) => add(p, u), params, updates),
      );
      return [updates, { count: done, average, inner }];
    },
  });
}
