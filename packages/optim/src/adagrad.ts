import { add, div, fullLike, sqrt, square } from "@gradus/tensor";
import { type LeafState, perLeaf } from "./leaf.ts";
import { chain, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, atLeastZero, settings, type Table } from "./settings.ts";

/** Options of {@link scaleByAdagrad}. */
export interface AdagradOptions {
  /** Start of the sums of squares; 0 unless told. */
  readonly initial?: number;
  /** Added to the root; 1e-10 unless told. */
  readonly epsilon?: number;
}

const table: Table<AdagradOptions> = { initial: [atLeastZero, 0], epsilon: [atLeastZero, 1e-10] };

/**
 * `g / (√s + ε)` with `s` the sum of all squared gradients: Duchi, Hazan & Singer 2011, figure 1, diagonal form.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when an option is negative
 * @example
 * ```ts
 * chain(scaleByAdagrad(), scaleByLearningRate(0.1)); // adagrad
 * ```
 */
export const scaleByAdagrad = (options: AdagradOptions = {}): Optimizer<LeafState<"s">> =>
  adagradRule("scaleByAdagrad", settings("scaleByAdagrad", options, table));

const adagradRule = (op: string, { initial, epsilon }: Required<AdagradOptions>): Optimizer<LeafState<"s">> =>
  perLeaf(op, { s: (p) => fullLike(p, initial) }, (g, old) => {
    const s = add(old.s, square(g));
    return [div(g, add(sqrt(s), epsilon)), { s }];
  });

/**
 * AdaGrad: Duchi, Hazan & Singer 2011.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = adagrad({ learningRate: 0.1 });
 * ```
 */
export function adagrad(options: AdagradOptions & Rate): Optimizer {
  const given = settings("adagrad", options, { learningRate: asked, ...table });
  return chain(adagradRule("adagrad", given), rateRule("adagrad", given.learningRate));
}
