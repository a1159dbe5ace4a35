import type { Tensor } from "@gradus/tensor";
import { add, div, mul, pow, sqrt, square, sub, tensor, zerosLike } from "@gradus/tensor";
import { type AdamOptions, average, moments, unbiased } from "./adam.ts";
import { type LeafState, perLeaf } from "./leaf.ts";
import { chain, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, atLeastZero, settings, type Table } from "./settings.ts";

/** Options of {@link scaleByNadam}. */
export interface NadamOptions extends AdamOptions {
  /** How fast the momentum rises to `β₁`, Dozat's `ψ`: `μₜ = β₁ (1 - 0.96^(t ψ) / 2)`; 0.004 unless told. */
  readonly momentumDecay?: number;
}

const table: Table<NadamOptions> = { ...moments, momentumDecay: [atLeastZero, 0.004] };

/** State of {@link scaleByNadam}: the moments, and the product of all `μ` so far, one number per parameter. */
export type NadamState = LeafState<"m" | "v" | "product">;

/**
 * `(μₜ₊₁ m / (1 - μ₁…μₜ₊₁) + (1 - μₜ) g / (1 - μ₁…μₜ)) / (√v̂ + ε)`: Dozat 2016, algorithm 2, with the momentum schedule of its section 4.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a decay is outside `[0, 1)`, `ε` or `momentumDecay` is negative
 * @example
 * ```ts
 * chain(scaleByNadam(), scaleByLearningRate(2e-3)); // nadam
 * ```
 */
export const scaleByNadam = (options: NadamOptions = {}): Optimizer<NadamState> =>
  nadamRule("scaleByNadam", settings("scaleByNadam", options, table));

function nadamRule(
  op: string,
  { beta1, beta2, epsilon, momentumDecay }: Required<NadamOptions>,
): Optimizer<NadamState> {
  const mu = (t: Tensor): Tensor => mul(sub(1, mul(pow(0.96, mul(t, momentumDecay)), 0.5)), beta1);
  return perLeaf(op, { m: zerosLike, v: zerosLike, product: ({ dtype }) => tensor(1, { dtype }) }, (g, old, { t }) => {
    const m = average(old.m, g, beta1);
    const v = average(old.v, square(g), beta2);
    const [now, then] = [mu(t), mu(add(t, 1))];
    const product = mul(old.product, now);
    const ahead = add(div(mul(m, then), sub(1, mul(product, then))), div(mul(g, sub(1, now)), sub(1, product)));
    return [div(ahead, add(sqrt(unbiased(v, beta2, t)), epsilon)), { m, v, product }];
  });
}

/**
 * NAdam: Adam with Nesterov's momentum (Dozat 2016, algorithm 2).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = nadam({ learningRate: 2e-3 });
 * ```
 */
export function nadam(options: NadamOptions & Rate): Optimizer {
  const given = settings("nadam", options, { learningRate: asked, ...table });
  return chain(nadamRule("nadam", given), rateRule("nadam", given.learningRate));
}
