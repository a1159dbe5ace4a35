import { ArgumentError, add, check, treeMap } from "@gradus/tensor";

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

/** Throws ArgumentError unless `rule` has what every rule has. */
export function checkOptimizer(op: string, rule: Optimizer, argument: string): void {
  if (typeof rule?.init !== "function" || typeof rule.update !== "function")
    throw new ArgumentError(`${op}: ${argument}: expected an optimizer, got ${check.said(rule)}`);
}

/** The rule, which refuses, in the name of `op`, trees of parameters and gradients that do not go together. */
export function careful<S>(op: string, rule: Optimizer<S>): Optimizer<S> {
  return {
    init(params) {
      check.tree(op, params, "params");
      return rule.init(params);
    },
    update(grads, state, params) {
      check.alike(op, grads, params, "grads");
      return rule.update(grads, state, params);
    },
  };
}

/**
 * One rule after the other: each gets the updates of the one before.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when one of them is no rule
 * @example
 * ```ts
 * const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: 3e-4 }));
 * ```
 */
export function chain(...rules: readonly Optimizer[]): Optimizer<readonly unknown[]> {
  rules.forEach((rule, i) => {
    checkOptimizer("chain", rule, `rules[${i}]`);
  });
  return {
    init: (params) => rules.map((rule) => rule.init(params)),
    update(grads, state, params) {
      if (!Array.isArray(state) || state.length !== rules.length)
        throw new ArgumentError(`chain: state: expected that of ${rules.length} rules; make it by init(params)`);
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
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} naming the place where the trees differ, {@link @gradus/tensor!index.ShapeError | ShapeError} where shapes do
 * @example
 * ```ts
 * const next = applyUpdates(model, updates);
 * ```
 */
export function applyUpdates<T>(params: T, updates: T): T {
  check.alike("applyUpdates", updates, params, "updates");
  return treeMap((p, u) => add(p, u), params, updates);
}
