import type { Tensor } from "@gradus/tensor";
import { add, isFloat, mul, treeFlatten, treeNames, treeUnflatten } from "@gradus/tensor";
import { careful, type Optimizer } from "./optimizer.ts";
import { atLeastZero, callable, settings } from "./settings.ts";

/** Chooses parameters by their path in the tree, such as `features.3.weight`. */
export type Mask = (name: string, parameter: Tensor) => boolean;

/** All parameters. */
export const everything: Mask = () => true;

/**
 * Adds `decay · params` to the updates: decoupled when it comes after an adaptive rule (AdamW), L2 regularisation when before.
 *
 * @param options - `mask` chooses the parameters that decay; all unless told
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `decay` is negative
 * @example
 * ```ts
 * chain(scaleByAdam(), addDecayedWeights(0.01, { mask: (_, p) => p.rank > 1 }), scaleByLearningRate(1e-3));
 * ```
 */
export function addDecayedWeights(decay: number, options: { readonly mask?: Mask } = {}): Optimizer<null> {
  atLeastZero("addDecayedWeights", decay, "decay");
  const { mask } = settings("addDecayedWeights", options, { mask: [callable, everything] });
  return decayRule("addDecayedWeights", decay, mask);
}

/** {@link addDecayedWeights} in the name of `op`. */
export const decayRule = (op: string, decay: number, mask: Mask = everything): Optimizer<null> =>
  careful(op, {
    init: () => null,
    update<T>(grads: T, _state: null, params: T): [T, null] {
      const [leaves, structure] = treeFlatten(grads);
      const names = treeNames(params);
      const weights = treeFlatten(params)[0];
      const decayed = leaves.map((g, i) => {
        const p = weights[i] as Tensor;
        return isFloat(g.dtype) && mask(names[i] as string, p) ? add(g, mul(p, decay)) : g;
      });
      return [treeUnflatten<T>(structure, decayed), null];
    },
  });
