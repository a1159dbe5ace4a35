import type { Tensor } from "@gradus/tensor";
import { ArgumentError, check, treeFlatten, treeMap, treeNames, treeUnflatten, zerosLike } from "@gradus/tensor";
import { type Context, careful, checkOptimizer, type Optimizer } from "./optimizer.ts";

/**
 * Leaves the parameters as they are: a rule whose updates are zero.
 *
 * @example
 * ```ts
 * partition((name) => (name.startsWith("head.") ? "head" : "rest"), { head: adam({ learningRate: 1e-3 }), rest: freeze() });
 * ```
 */
export const freeze = (): Optimizer<null> =>
  careful("freeze", { init: () => null, update: (grads) => [treeMap(zerosLike, grads), null] });

/**
 * A rule for each group of parameters. Each rule sees a tree of its own parameters only, by their paths; norms are taken within a group.
 *
 * @param group - the group of a parameter, by its path in the tree such as `features.3.weight`
 * @param rules - per group, its rule
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `group` names a group without a rule
 * @example
 * ```ts
 * const optimizer = partition((_, p) => (p.rank > 1 ? "matrices" : "vectors"), {
 *   matrices: adamw({ learningRate: 1e-3, weightDecay: 0.1 }),
 *   vectors: adam({ learningRate: 1e-3 }),
 * });
 * ```
 */
export function partition(
  group: (name: string, parameter: Tensor) => string,
  rules: Readonly<Record<string, Optimizer>>,
): Optimizer<Readonly<Record<string, unknown>>> {
  check.callable("partition", group, "group");
  if (typeof rules !== "object" || rules === null)
    throw new ArgumentError(`partition: rules: expected { group: rule }, got ${check.said(rules)}`);
  for (const [name, rule] of Object.entries(rules)) checkOptimizer("partition", rule, `rules.${name}`);
  const groups = (params: unknown): readonly string[] => {
    const names = treeNames(params);
    return treeFlatten(params)[0].map((p, i) => {
      const name = group(names[i] as string, p);
      if (Object.hasOwn(rules, name)) return name;
      const known = Object.keys(rules).join(", ");
      throw new ArgumentError(`partition: group: ${check.said(name)} of ${names[i]} has no rule; use ${known}`);
    });
  };
  /** The leaves of one group, by their paths. */
  const part = (
    tree: unknown,
    names: readonly string[],
    of: readonly string[],
    which: string,
  ): Record<string, Tensor> =>
    Object.fromEntries(treeFlatten(tree)[0].flatMap((t, i) => (of[i] === which ? [[names[i] as string, t]] : [])));
  return careful("partition", {
    init(params) {
      const [of, names] = [groups(params), treeNames(params)];
      return Object.fromEntries(Object.entries(rules).map(([g, rule]) => [g, rule.init(part(params, names, of, g))]));
    },
    update<T>(
      grads: T,
      state: Readonly<Record<string, unknown>>,
      params: T,
      context?: Context<T>,
    ): [T, Record<string, unknown>] {
      if (typeof state !== "object" || state === null)
        throw new ArgumentError("partition: state: expected that of each group; make it by init(params)");
      const [of, names] = [groups(params), treeNames(params)];
      const next: Record<string, unknown> = {};
      const found = new Map<string, Tensor>();
      const [leaves, structure] = treeFlatten(params);
      /** All parameters, those of a group replaced. */
      const whole = (some: Record<string, Tensor>): T =>
        treeUnflatten<T>(
          structure,
          leaves.map((p, i) => some[names[i] as string] ?? p),
        );
      for (const [g, rule] of Object.entries(rules)) {
        const mine = part(params, names, of, g);
        const [u, s] = rule.update(
          part(grads, names, of, g),
          state[g],
          mine,
          within(context, whole, (tree) => part(tree, names, of, g)),
        );
        next[g] = s;
        for (const [name, t] of Object.entries(u)) found.set(name, t);
      }
      return [
        treeUnflatten<T>(
          treeFlatten(grads)[1],
          names.map((name) => found.get(name) as Tensor),
        ),
        next,
      ];
    },
  });
}

/** The context of one group, whose parameters `whole` completes and `part` takes out. */
function within<T, P>(
  context: Context<T> | undefined,
  whole: (some: P) => T,
  part: (tree: unknown) => P,
): Context<P> | undefined {
  if (context === undefined) return undefined;
  const { loss, lossOn, diagonal, ...rest } = context;
  return {
    ...rest,
    ...(loss && { loss: (some: P) => loss(whole(some)) }),
    ...(lossOn && { lossOn: (some: P, batch: never) => lossOn(whole(some), batch) }),
    ...(diagonal !== undefined && { diagonal: part(diagonal) }),
  };
}
