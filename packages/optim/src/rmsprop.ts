import { add, check, div, maximum, sqrt, square, sub, zerosLike } from "@gradus/tensor";
import { average } from "./adam.ts";
import { type LeafState, perLeaf } from "./leaf.ts";
import { chain, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, atLeastZero, decay, settings, type Table } from "./settings.ts";
import { momentumRule } from "./sgd.ts";

/** Options of {@link scaleByRms}. */
export interface RmsOptions {
  /** Decay of the averages; 0.99 unless told. */
  readonly alpha?: number;
  /** Added to the root; 1e-8 unless told. */
  readonly epsilon?: number;
  /** Divide by the standard deviation of the gradient instead of its root mean square (Graves 2013, equations 38–41); false unless told. */
  readonly centered?: boolean;
}

const table: Table<RmsOptions> = {
  alpha: [decay, 0.99],
  epsilon: [atLeastZero, 1e-8],
  centered: [check.flag, false],
};

/**
 * `g / (√E[g²] + ε)`: Tieleman & Hinton 2012, lecture 6.5.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `alpha` is outside `[0, 1)` or `ε` is negative
 * @example
 * ```ts
 * chain(scaleByRms(), scaleByLearningRate(1e-2)); // rmsprop
 * ```
 */
export const scaleByRms = (options: RmsOptions = {}): Optimizer =>
  rmsRule("scaleByRms", settings("scaleByRms", options, table));

function rmsRule(op: string, { alpha, epsilon, centered }: Required<RmsOptions>): Optimizer {
  if (!centered)
    return perLeaf(op, { v: zerosLike }, (g, old): [typeof g, { v: typeof g }] => {
      const v = average(old.v, square(g), alpha);
      return [div(g, add(sqrt(v), epsilon)), { v }];
    }) satisfies Optimizer<LeafState<"v">>;
  return perLeaf(op, { v: zerosLike, mean: zerosLike }, (g, old): [typeof g, { v: typeof g; mean: typeof g }] => {
    const v = average(old.v, square(g), alpha);
    const mean = average(old.mean, g, alpha);
    return [div(g, add(sqrt(maximum(sub(v, square(mean)), 0)), epsilon)), { v, mean }];
  }) satisfies Optimizer<LeafState<"v" | "mean">>;
}

/** Options of {@link rmsprop}. */
export interface RmspropOptions extends RmsOptions, Rate {
  /** Share of the last update that stays, in [0, 1); 0 unless told. */
  readonly momentum?: number;
}

/**
 * RMSProp with (optional) momentum on the scaled gradient, as in PyTorch: Tieleman & Hinton 2012.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = rmsprop({ learningRate: 1e-2, momentum: 0.9 });
 * ```
 */
export function rmsprop(options: RmspropOptions): Optimizer {
  const given = settings("rmsprop", options, { learningRate: asked, momentum: [decay, 0], ...table });
  const rules = [rmsRule("rmsprop", given)];
  if (given.momentum !== 0) rules.push(momentumRule("rmsprop", given.momentum, false));
  return chain(...rules, rateRule("rmsprop", given.learningRate));
}
