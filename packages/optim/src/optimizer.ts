import type { Key, Tensor } from "@gradus/tensor";
import { ArgumentError, add, check, treeMap } from "@gradus/tensor";

/** What a rule may ask for beside the gradients: line searches, second gradients, curvature. {@link train} gives it to every rule. */
export interface Context<T = unknown> {
  /** The loss of any parameters on the batch of this step: a scalar, with the same random numbers at each call. */
  readonly loss?: (params: T) => Tensor;
  /** The loss of the parameters given. */
  readonly value?: Tensor;
  /** A key that is fresh at each step, and not the one that the loss gets. */
  readonly key?: Key;
  /** The batch of this step, a tree whose axis 0 counts examples. */
  readonly batch?: unknown;
  /** The loss on another batch, or on a part of this one, with the same random numbers. */
  readonly lossOn?: (params: T, batch: never) => Tensor;
  /** An estimate of the diagonal of the Hessian, like the parameters, for rules that would else make one. */
  readonly diagonal?: T;
}

/**
 * A rule that turns gradients into updates, in the manner of Optax: `init` makes its state, `update` is pure, and both work on any tree of
 * tensors. Rules compose by {@link chain}.
 */
// biome-ignore lint/suspicious/noExplicitAny: each rule has its own state, which only it looks into
export interface Optimizer<S = any> {
  /** State before the first step: a tree of tensors. */
  init(params: unknown): S;
  /** Updates to add to `params` (see {@link applyUpdates}), shaped like `grads`, and the next state. */
  update<T>(grads: T, state: S, params: T, context?: Context<T>): [T, S];
  /** The loss and the gradients after the step that gave `state`, from rules that looked there: it spares {@link minimize} to compute them. */
  after?<T>(state: S, like: T): [Tensor, T];
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
    update(grads, state, params, context) {
      check.alike(op, grads, params, "grads");
      return rule.update(grads, state, params, context);
    },
    ...(rule.after && { after: rule.after }),
  };
}

/** What the rule `op` needs from the context. Throws ArgumentError when it is not there. */
export function need<T, N extends keyof Context>(
  op: string,
  context: Context<T> | undefined,
  name: N,
): NonNullable<Context<T>[N]> {
  const found = context?.[name];
  if (found === undefined)
    throw new ArgumentError(
      `${op}: context.${name}: it needs this; give it as update(grads, state, params, { ${name} })`,
    );
  return found as NonNullable<Context<T>[N]>;
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
    update(grads, state, params, context) {
      if (!Array.isArray(state) || state.length !== rules.length)
        throw new ArgumentError(`chain: state: expected that of ${rules.length} rules; make it by init(params)`);
      let updates = grads;
      const next = rules.map((rule, i) => {
        const [u, s] = rule.update(updates, state[i], params, context);
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
