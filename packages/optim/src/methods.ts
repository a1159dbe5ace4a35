import { ArgumentError } from "@gradus/tensor";
import type { Optimizer } from "./optimizer.ts";
import { chain } from "./optimizer.ts";
import type { Schedule } from "./schedules.ts";
import type { AdamOptions } from "./transforms.ts";
import { addDecayedWeights, momentum, scaleByAdam, scaleByLearningRate } from "./transforms.ts";

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** Step size, or a schedule of the step count. */
  readonly learningRate: number | Schedule;
  /** 0 unless told. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
  /** L2 penalty added to the gradient before the momentum, as in PyTorch; 0 unless told. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent with (Nesterov) momentum; the update rule is PyTorch's.
 *
 * @throws ArgumentError for an option out of range
 * @example
 * ```ts
 * const optimizer = sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true });
 * ```
 */
export function sgd(options: SgdOptions): Optimizer {
  const { learningRate, momentum: decay = 0, nesterov = false, weightDecay = 0 } = options;
  if (nesterov && decay === 0)
    throw new ArgumentError("sgd: nesterov: it looks ahead along the momentum; give momentum > 0");
  const rules: Optimizer[] = [];
  if (weightDecay !== 0) rules.push(addDecayedWeights(weightDecay));
  if (decay !== 0) rules.push(momentum(decay, { nesterov }));
  return chain(...rules, scaleByLearningRate(learningRate));
}

/**
 * Adam: Kingma & Ba 2015, algorithm 1.
 *
 * @throws ArgumentError for an option out of range
 * @example
 * ```ts
 * const optimizer = adam({ learningRate: 1e-3 });
 * ```
 */
export function adam({
  learningRate,
  ...moments
}: AdamOptions & { readonly learningRate: number | Schedule }): Optimizer {
  return chain(scaleByAdam(moments), scaleByLearningRate(learningRate));
}

/** Options of {@link adamw}. */
export interface AdamWOptions extends AdamOptions {
  /** Step size, or a schedule of the step count. */
  readonly learningRate: number | Schedule;
  /** Decay `λ`, multiplied by the learning rate as in PyTorch; 0.01 unless told. */
  readonly weightDecay?: number;
}

/**
 * Adam with decoupled weight decay, `θ ← θ - η (m̂ / (√v̂ + ε) + λ θ)`: Loshchilov & Hutter 2019, algorithm 2, with `λ` scaled by `η`.
 *
 * @throws ArgumentError for an option out of range
 * @example
 * ```ts
 * const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: 3e-4 }));
 * ```
 */
export function adamw({ learningRate, weightDecay = 0.01, ...moments }: AdamWOptions): Optimizer {
  return chain(scaleByAdam(moments), addDecayedWeights(weightDecay), scaleByLearningRate(learningRate));
}
