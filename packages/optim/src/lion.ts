import { sign, zerosLike } from "@gradus/tensor";
import { average } from "./adam.ts";
import { decayRule, everything, type Mask } from "./decay.ts";
import { type LeafState, perLeaf } from "./leaf.ts";
import { chain, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, atLeastZero, callable, decay, settings, type Table } from "./settings.ts";

/** Options of {@link scaleByLion}. */
export interface LionOptions {
  /** Share of the momentum in the step; 0.9 unless told. */
  readonly beta1?: number;
  /** Decay of the momentum; 0.99 unless told. */
  readonly beta2?: number;
}

const table: Table<LionOptions> = { beta1: [decay, 0.9], beta2: [decay, 0.99] };

/**
 * `sign(β₁ m + (1 - β₁) g)`, then `m ← β₂ m + (1 - β₂) g`: Chen et al. 2023, program 1.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a decay is outside `[0, 1)`
 * @example
 * ```ts
 * chain(scaleByLion(), scaleByLearningRate(1e-4)); // lion
 * ```
 */
export const scaleByLion = (options: LionOptions = {}): Optimizer<LeafState<"m">> =>
  lionRule("scaleByLion", settings("scaleByLion", options, table));

const lionRule = (op: string, { beta1, beta2 }: Required<LionOptions>): Optimizer<LeafState<"m">> =>
  perLeaf(op, { m: zerosLike }, (g, { m }) => [sign(average(m, g, beta1)), { m: average(m, g, beta2) }]);

/**
 * Lion with decoupled weight decay: Chen et al. 2023, program 1.
 *
 * @param options - `weightDecay` 0 unless told, times the learning rate; `mask` chooses the parameters that decay
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = lion({ learningRate: 1e-4, weightDecay: 0.1 });
 * ```
 */
export function lion(options: LionOptions & Rate & { readonly weightDecay?: number; readonly mask?: Mask }): Optimizer {
  const given = settings("lion", options, {
    learningRate: asked,
    weightDecay: [atLeastZero, 0],
    mask: [callable, everything],
    ...table,
  });
  return chain(
    lionRule("lion", given),
    decayRule("lion", given.weightDecay, given.mask),
    rateRule("lion", given.learningRate),
  );
}
