import type { Tensor } from "@gradus/tensor";
import { div, greater, logicalAnd, mul, sqrt, square, sum, where } from "@gradus/tensor";
import { type AdamWOptions, adamRule, moments } from "./adam.ts";
import { decayRule, everything } from "./decay.ts";
import { type LeafState, perLeaf } from "./leaf.ts";
import { chain, type Optimizer } from "./optimizer.ts";
import { rateRule } from "./rate.ts";
import { asked, atLeastZero, callable, settings } from "./settings.ts";

/**
 * Scales the update of each parameter to the parameter's length: `u ‖θ‖ / ‖u‖`, or `u` where either is zero (You et al. 2020, with `φ(z) = z`).
 *
 * @example
 * ```ts
 * chain(scaleByAdam(), scaleByTrustRatio(), scaleByLearningRate(1e-2)); // LAMB without decay
 * ```
 */
export const scaleByTrustRatio = (): Optimizer<LeafState<never>> => trustRule("scaleByTrustRatio");

const norm = (x: Tensor): Tensor => sqrt(sum(square(x)));

const trustRule = (op: string): Optimizer<LeafState<never>> =>
  perLeaf<never>(op, {}, (u, _, { p }) => {
    const [length, step] = [norm(p), norm(u)];
    const both = logicalAnd(greater(length, 0), greater(step, 0));
    return [mul(u, where(both, div(length, where(both, step, 1)), 1)), {}];
  });

/**
 * LAMB: Adam with decoupled decay whose step on each parameter is as long as the parameter, times the learning rate
 * (You et al. 2020, algorithm 2).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = lamb({ learningRate: 1e-2 });
 * ```
 */
export function lamb(options: AdamWOptions): Optimizer {
  const given = settings("lamb", options, {
    learningRate: asked,
    weightDecay: [atLeastZero, 0.01],
    mask: [callable, everything],
    ...moments,
    epsilon: [atLeastZero, 1e-6],
  });
  return chain(
    adamRule("lamb", given),
    decayRule("lamb", given.weightDecay, given.mask),
    trustRule("lamb"),
    rateRule("lamb", given.learningRate),
  );
}
