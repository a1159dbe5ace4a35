import { add, div, greater, maximum, mul, pow, sqrt, square, sub, where, zerosLike } from "@gradus/tensor";
import { type AdamOptions, type AdamState, average, correction, moments, unbiased } from "./adam.ts";
import { perLeaf } from "./leaf.ts";
import { chain, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, settings } from "./settings.ts";

/**
 * `r m̂ / (√v̂ + ε)` while the variance of the step is tractable (`ρ > 4`), `m̂` before: algorithm 2 of Liu et al. 2020.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a decay is outside `[0, 1)` or `ε` is negative
 * @example
 * ```ts
 * chain(scaleByRadam(), scaleByLearningRate(1e-3)); // radam
 * ```
 */
export const scaleByRadam = (options: AdamOptions = {}): Optimizer<AdamState> =>
  radamRule("scaleByRadam", settings("scaleByRadam", options, moments));

function radamRule(op: string, { beta1, beta2, epsilon }: Required<AdamOptions>): Optimizer<AdamState> {
  const last = 2 / (1 - beta2) - 1;
  return perLeaf(op, { m: zerosLike, v: zerosLike }, (g, old, { t }) => {
    const m = average(old.m, g, beta1);
    const v = average(old.v, square(g), beta2);
    const mean = unbiased(m, beta1, t);
    const left = beta2 === 0 ? mul(t, 0) : div(mul(t, pow(beta2, t)), correction(beta2, t));
    const rho = sub(last, mul(left, 2));
    const top = mul(mul(sub(rho, 4), sub(rho, 2)), last);
    const r = sqrt(div(maximum(top, 0), mul(rho, (last - 4) * (last - 2))));
    const adaptive = div(mul(mean, r), add(sqrt(unbiased(v, beta2, t)), epsilon));
    return [where(greater(rho, 4), adaptive, mean), { m, v }];
  });
}

/**
 * RAdam: Adam whose adaptive step is rectified while its variance is large (Liu et al. 2020, algorithm 2).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = radam({ learningRate: 1e-3 });
 * ```
 */
export function radam(options: AdamOptions & Rate): Optimizer {
  const given = settings("radam", options, { learningRate: asked, ...moments });
  return chain(radamRule("radam", given), rateRule("radam", given.learningRate));
}
