import type { Tensor } from "@gradus/tensor";
import { add, cast, check, isFloat, tensor, treeFlatten, treeMap, treeUnflatten, zerosLike } from "@gradus/tensor";
import { careful, type Optimizer } from "./optimizer.ts";

/** `treeMap` over the float leaves; others (counters, tables), whose gradients are zero, stay as they are. */
export const mapFloats = <T>(f: (x: Tensor, y: Tensor) => Tensor, tree: T, other: T = tree): T =>
  treeMap((x, y) => (isFloat(x.dtype) ? f(x, y) : x), tree, other);

/** A count of steps, none done yet. */
export const start = (): Tensor => tensor(0, { dtype: "i32" });

/** The state of a rule that looks at one parameter at a time: the steps done (i32), and a tree like the parameters for each thing it remembers. */
export type LeafState<S extends string> = { readonly count: Tensor } & { readonly [K in S]: unknown };

/** What a rule knows of a parameter beside its gradient. */
export interface At {
  /** The parameter. */
  readonly p: Tensor;
  /** The number of this step, from 1, in the parameter's dtype. */
  readonly t: Tensor;
}

/** What a rule remembers of a parameter. */
export type Slots<S extends string> = { readonly [K in S]: Tensor };

/**
 * A rule that treats each float parameter on its own.
 *
 * @param first - per thing remembered, its start for a parameter
 * @param step - the update for gradient `g` and what is remembered from now on
 */
export function perLeaf<S extends string>(
  op: string,
  first: { readonly [K in S]: (p: Tensor) => Tensor },
  step: (g: Tensor, slots: Slots<S>, at: At) => readonly [Tensor, Slots<S>],
): Optimizer<LeafState<S>> {
  const names = Object.keys(first) as S[];
  const fresh = (n: S, params: unknown): unknown =>
    treeMap((p) => (isFloat(p.dtype) ? first[n](p) : zerosLike(p)), params);
  return careful(op, {
    init: (params) => ({
      count: start(),
      ...(Object.fromEntries(names.map((n) => [n, fresh(n, params)])) as { [K in S]: unknown }),
    }),
    update<T>(grads: T, state: LeafState<S>, params: T): [T, LeafState<S>] {
      check.tensor(op, state?.count, "state.count");
      for (const n of names) check.alike(op, state[n], first[n] === zerosLike ? grads : fresh(n, params), `state.${n}`);
      const count = add(state.count, 1);
      const [leaves, structure] = treeFlatten(params);
      const gs = treeFlatten(grads)[0];
      const kept = names.map((n) => treeFlatten(state[n])[0]);
      const updates: Tensor[] = [];
      const next: Tensor[][] = names.map(() => []);
      leaves.forEach((p, i) => {
        const g = gs[i] as Tensor;
        const slots = Object.fromEntries(names.map((n, k) => [n, kept[k]?.[i]])) as Slots<S>;
        const [u, s] = isFloat(p.dtype) ? step(g, slots, { p, t: cast(count, p.dtype) }) : [g, slots];
        updates.push(u);
        names.forEach((n, k) => next[k]?.push(s[n]));
      });
      const trees = Object.fromEntries(names.map((n, k) => [n, treeUnflatten(structure, next[k] as Tensor[])]));
      return [treeUnflatten<T>(treeFlatten(grads)[1], updates), { count, ...(trees as { [K in S]: unknown }) }];
    },
  });
}
