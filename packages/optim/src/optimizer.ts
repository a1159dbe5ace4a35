import { add, treeMap } from "@gradus/tensor";

/**
 * A rule that turns gradients into updates, in the manner of Optax: `init` makes its state, `update` is pure, and both work on any tree of
 * tensors. Rules compose by {@link chain}.
 */
// biome-ignore lint/suspicious/noExplicitAny: each rule has its own state, which only it looks into
export interface Optimizer<S = any> {
  /** State before the first step: a tree of tensors. */
  init(params: unknown): S;
  /** Updates to add to `params` (see {@link applyUpdates}), shaped like `grads`, and the next state. */
  update<T>(grads: T, state: S, params: T): [T, S];
}

/**
 * One rule after the other: each gets the updates of the one before.
 *
 * @example
 * ```ts
 * const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: 3e-4 }));
 * ```
 */
export function chain(...rules: readonly Optimizer[]): Optimizer<readonly unknown[]> {
  return {
    init: (params) => rules.map((rule) => rule.init(params)),
    update(grads, state, params) {
      let updates = grads;
      const next = rules.map((rule, i) => {
        const [u, s] = rule.update(updates, state[i], params);
        updates = u;
        return s;
      });
      return [updates, next];
    },
  };
}

/**
 * `params + updates`, leaf by leaf.
 *
 * @throws ArgumentError naming the place where the trees differ
 * @example
 * ```ts
 * const next = applyUpdates(model, updates);
 * ```
 */
export function applyUpdates<T>(params: T, updates: T): T {
  return treeMap((p, u) => add(p, u), params, updates);
}
