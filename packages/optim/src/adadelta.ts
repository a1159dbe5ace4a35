import { add, div, mul, sqrt, square, zerosLike } from "@gradus/tensor";
import { average } from "./adam.ts";
import { type LeafState, perLeaf } from "./leaf.ts";
import { chain, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, decay, positive, settings, type Table } from "./settings.ts";

/** Options of {@link scaleByAdadelta}. */
export interface AdadeltaOptions {
  /** Decay of both averages; 0.9 unless told. */
  readonly rho?: number;
  /** Added under both roots; 1e-6 unless told. */
  readonly epsilon?: number;
}

const table: Table<AdadeltaOptions> = { rho: [decay, 0.9], epsilon: [positive, 1e-6] };

/**
 * `g √(E[Δ²] + ε) / √(E[g²] + ε)`: algorithm 1 of Zeiler 2012, where `Δ` are the steps before the learning rate.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `rho` is outside `[0, 1)` or `ε` is not positive
 * @example
 * ```ts
 * chain(scaleByAdadelta(), scaleByLearningRate(1)); // adadelta
 * ```
 */
export const scaleByAdadelta = (options: AdadeltaOptions = {}): Optimizer<LeafState<"g2" | "d2">> =>
  adadeltaRule("scaleByAdadelta", settings("scaleByAdadelta", options, table));

const adadeltaRule = (op: string, { rho, epsilon }: Required<AdadeltaOptions>): Optimizer<LeafState<"g2" | "d2">> =>
  perLeaf(op, { g2: zerosLike, d2: zerosLike }, (g, old) => {
    const g2 = average(old.g2, square(g), rho);
    const d = mul(div(sqrt(add(old.d2, epsilon)), sqrt(add(g2, epsilon))), g);
    return [d, { g2, d2: average(old.d2, square(d), rho) }];
  });

/**
 * AdaDelta: Zeiler 2012, algorithm 1; the paper has no learning rate, which is 1 unless told.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = adadelta();
 * ```
 */
export function adadelta(options: AdadeltaOptions & Partial<Rate> = {}): Optimizer {
  const given = settings("adadelta", options, { learningRate: [asked[0], 1], ...table });
  return chain(adadeltaRule("adadelta", given), rateRule("adadelta", given.learningRate));
}
