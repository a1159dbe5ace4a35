import type { Tensor } from "@gradus/tensor";
import { add, cast, check, mul, neg } from "@gradus/tensor";
import { mapFloats, start } from "./leaf.ts";
import { careful, type Optimizer } from "./optimizer.ts";
import { asSchedule, type Schedule } from "./schedules.ts";

/** What every method is told. */
export interface Rate {
  /** Step size, or a schedule of the step count. */
  readonly learningRate: number | Schedule;
}

/**
 * Multiplies by `-learningRate`, a number or a schedule of the step count.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when it is neither
 * @example
 * ```ts
 * chain(scaleByAdam(), scaleByLearningRate(cosine({ peak: 1e-3, steps: 1000 })));
 * ```
 */
export const scaleByLearningRate = (learningRate: number | Schedule): Optimizer<Tensor> =>
  rateRule("scaleByLearningRate", learningRate);

/** {@link scaleByLearningRate} in the name of `op`. */
export function rateRule(op: string, learningRate: number | Schedule): Optimizer<Tensor> {
  const schedule = asSchedule(op, learningRate);
  // A number is exact in any dtype; a schedule's value is f32.
  const scale = typeof learningRate === "number" ? (g: Tensor): Tensor => mul(g, -learningRate) : null;
  return careful(op, {
    init: start,
    update(grads, step) {
      check.tensor(op, step, "state");
      const next = add(step, 1);
      if (scale !== null) return [mapFloats(scale, grads), next];
      const rate = neg(schedule(step));
      return [mapFloats((g) => mul(g, cast(rate, g.dtype)), grads), next];
    },
  });
}
