import { ArgumentError, check } from "@gradus/tensor";
import type { Optimizer } from "./optimizer.ts";
import { chain } from "./optimizer.ts";
import type { Schedule } from "./schedules.ts";
import type { AdamOptions } from "./transforms.ts";
import { adamRule, decayRule, momentOptions, momentumRule, rateRule } from "./transforms.ts";

/** Options of {@link sgd}. */
export interface SgdOptions {
  /** Step size, or a schedule of the step count. */
  readonly learningRate: number | Schedule;
  /** Share of the last update that stays, in [0, 1); 0 unless told. */
  readonly momentum?: number;
  /** Look ahead along the momentum; false unless told. */
  readonly nesterov?: boolean;
  /** L2 penalty added to the gradient before the momentum, as in PyTorch; 0 unless told. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent with (Nesterov) momentum; the update rule is PyTorch's.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true });
 * ```
 */
export function sgd(options: SgdOptions): Optimizer {
  if (options === undefined) throw new ArgumentError("sgd: options: give { learningRate }");
  const { anything, flag } = check;
  check.options("sgd", options, { learningRate: anything, momentum: anything, nesterov: flag, weightDecay: anything });
  const { learningRate, momentum: decay = 0, nesterov = false, weightDecay = 0 } = options;
  if (nesterov && decay === 0)
    throw new ArgumentError("sgd: nesterov: it looks ahead along the momentum; give momentum > 0");
  const rules: Optimizer[] = [];
  if (weightDecay !== 0) rules.push(decayRule("sgd", "weightDecay", weightDecay));
  if (decay !== 0) rules.push(momentumRule("sgd", "momentum", decay, nesterov));
  return chain(...rules, rateRule("sgd", learningRate));
}

/**
 * Adam: Kingma & Ba 2015, algorithm 1.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = adam({ learningRate: 1e-3 });
 * ```
 */
export function adam(options: AdamOptions & { readonly learningRate: number | Schedule }): Optimizer {
  if (options === undefined) throw new ArgumentError("adam: options: give { learningRate }");
  check.options("adam", options, { learningRate: check.anything, ...momentOptions });
  return chain(adamRule("adam", options), rateRule("adam", options.learningRate));
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
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: 3e-4 }));
 * ```
 */
export function adamw(options: AdamWOptions): Optimizer {
  if (options === undefined) throw new ArgumentError("adamw: options: give { learningRate }");
  check.options("adamw", options, { learningRate: check.anything, weightDecay: check.anything, ...momentOptions });
  const { learningRate, weightDecay = 0.01 } = options;
  return chain(
    adamRule("adamw", options),
    decayRule("adamw", "weightDecay", weightDecay),
    rateRule("adamw", learningRate),
  );
}
