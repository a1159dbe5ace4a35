import { ArgumentError, add, check, mul, zerosLike } from "@gradus/tensor";
import { decayRule } from "./decay.ts";
import { type LeafState, perLeaf } from "./leaf.ts";
import { chain, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, atLeastZero, settings, decay as share } from "./settings.ts";

/**
 * Momentum `m ← μ m + g`; the update is `m`, or `μ m + g` with Nesterov's look-ahead (Sutskever et al. 2013, as in PyTorch).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `decay` is outside `[0, 1)`
 * @example
 * ```ts
 * chain(momentum(0.9, { nesterov: true }), scaleByLearningRate(0.1));
 * ```
 */
export function momentum(decay: number, options: { readonly nesterov?: boolean } = {}): Optimizer<LeafState<"m">> {
  share("momentum", decay, "decay");
  const { nesterov } = settings("momentum", options, { nesterov: [check.flag, false] });
  return momentumRule("momentum", decay, nesterov);
}

/** {@link momentum} in the name of `op`. */
export const momentumRule = (op: string, decay: number, nesterov: boolean): Optimizer<LeafState<"m">> =>
  perLeaf(op, { m: zerosLike }, (g, old) => {
    const m = add(mul(old.m, decay), g);
    return [nesterov ? add(mul(m, decay), g) : m, { m }];
  });

/** Options of {@link sgd}. */
export interface SgdOptions extends Rate {
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
  const { learningRate, momentum, nesterov, weightDecay } = settings("sgd", options, {
    learningRate: asked,
    momentum: [share, 0],
    nesterov: [check.flag, false],
    weightDecay: [atLeastZero, 0],
  });
  if (nesterov && momentum === 0)
    throw new ArgumentError("sgd: nesterov: it looks ahead along the momentum; give momentum > 0");
  const rules: Optimizer[] = [];
  if (weightDecay !== 0) rules.push(decayRule("sgd", weightDecay));
  if (momentum !== 0) rules.push(momentumRule("sgd", momentum, nesterov));
  return chain(...rules, rateRule("sgd", learningRate));
}
