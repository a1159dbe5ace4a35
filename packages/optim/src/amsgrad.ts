import { add, div, maximum, sqrt, square, zerosLike } from "@gradus/tensor";
import { type AdamOptions, average, moments, unbiased } from "./adam.ts";
import { type LeafState, perLeaf } from "./leaf.ts";
import { chain, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, settings } from "./settings.ts";

/**
 * `m̂ / (√v̂ + ε)` with `v̂` the largest second moment so far: algorithm 2 of Reddi, Kale & Kumar 2018, with the bias corrections of
 * Adam as in PyTorch (the largest of the uncorrected moments is kept, and corrected when used).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a decay is outside `[0, 1)` or `ε` is negative
 * @example
 * ```ts
 * chain(scaleByAmsgrad(), scaleByLearningRate(1e-3)); // amsgrad
 * ```
 */
export const scaleByAmsgrad = (options: AdamOptions = {}): Optimizer<LeafState<"m" | "v" | "largest">> =>
  amsgradRule("scaleByAmsgrad", settings("scaleByAmsgrad", options, moments));

const amsgradRule = (
  op: string,
  { beta1, beta2, epsilon }: Required<AdamOptions>,
): Optimizer<LeafState<"m" | "v" | "largest">> =>
  perLeaf(op, { m: zerosLike, v: zerosLike, largest: zerosLike }, (g, old, { t }) => {
    const m = average(old.m, g, beta1);
    const v = average(old.v, square(g), beta2);
    const largest = maximum(old.largest, v);
    const u = div(unbiased(m, beta1, t), add(sqrt(unbiased(largest, beta2, t)), epsilon));
    return [u, { m, v, largest }];
  });

/**
 * AMSGrad: Adam whose second moment never falls (Reddi, Kale & Kumar 2018, algorithm 2).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = amsgrad({ learningRate: 1e-3 });
 * ```
 */
export function amsgrad(options: AdamOptions & Rate): Optimizer {
  const given = settings("amsgrad", options, { learningRate: asked, ...moments });
  return chain(amsgradRule("amsgrad", given), rateRule("amsgrad", given.learningRate));
}
