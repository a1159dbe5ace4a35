import type { Tensor } from "@gradus/tensor";
import { add, check, cond, div, equal, rem, treeMap, zerosLike } from "@gradus/tensor";
import { mapFloats, start } from "./leaf.ts";
import { careful, checkOptimizer, type Optimizer } from "./optimizer.ts";
import { count } from "./settings.ts";

/** State of {@link accumulate}. */
export interface AccumulateState {
  /** Small steps since the last large one, i32. */
  readonly seen: Tensor;
  /** Sum of their gradients, like the parameters. */
  readonly sum: unknown;
  /** State of the rule. */
  readonly inner: unknown;
}

/**
 * One step of `rule` on the mean gradient of every `steps` calls; the calls between give updates of zero. Equal batches of a mean loss give what one
 * batch `steps` times as large gives.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} unless `rule` is a rule and `steps` a positive integer
 * @example
 * ```ts
 * const optimizer = accumulate(adamw({ learningRate: 1e-3 }), 8);
 * ```
 */
export function accumulate(rule: Optimizer, steps: number): Optimizer<AccumulateState> {
  checkOptimizer("accumulate", rule, "rule");
  count("accumulate", steps, "steps");
  return careful("accumulate", {
    init: (params) => ({ seen: start(), sum: treeMap(zerosLike, params), inner: rule.init(params) }),
    update<T>(grads: T, state: AccumulateState, params: T): [T, AccumulateState] {
      check.tensor("accumulate", state?.seen, "state.seen");
      const seen = add(state.seen, 1);
      const sum = mapFloats((s, g) => add(s, g), state.sum as T, grads);
      const [updates, kept, inner] = cond(
        equal(seen, steps),
        (total: T, old: unknown, p: T): [T, T, unknown] => {
          const mean = mapFloats((s) => div(s, steps), total);
          const [u, next] = rule.update(mean, old, p);
          return [u, treeMap(zerosLike, total), next];
        },
        (total: T, old: unknown): [T, T, unknown] => [treeMap(zerosLike, total), total, old],
        sum,
        state.inner,
        params,
      );
      return [updates, { seen: rem(seen, steps), sum: kept, inner }];
    },
  });
}
