import { isFloat } from "../dtype.ts";
import { GradientError } from "../errors.ts";
import { add } from "../functions/arithmetic.ts";
import type { Tensor } from "../tensor.ts";
import { part } from "../tensor.ts";
import { isActive } from "../trace.ts";
import { between, interpret } from "./graph.ts";

/** Cotangents of a node's inputs; see {@link Primitive.vjp}. */
export type Rule = (
  node: Tensor,
  ct: Tensor,
  cts: readonly (Tensor | null)[],
  needs: (t: Tensor) => boolean,
) => readonly (Tensor | null)[];

/**
 * Reverse mode: the cotangents of `xs`, given those of `ys`; null where none arrives. One walk from the youngest node to the oldest, each
 * asked for its rule. Throws GradientError where history between them was let go.
 */
export function pullback(
  ys: readonly Tensor[],
  cts: readonly (Tensor | null)[],
  xs: readonly Tensor[],
  rule: Rule = (node, ct, all, needs) => node.primitive.vjp(ct, node, all, needs),
): (Tensor | null)[] {
  const nodes = between(ys, xs, historyCheck(xs));
  const inside = new Set(nodes);
  const sums = new Map<Tensor, Tensor>();
  const partSums = new Map<Tensor, (Tensor | null)[]>();
  const give = (t: Tensor, ct: Tensor | null | undefined): void => {
    if (!ct || !inside.has(t) || !isFloat(t.dtype)) return;
    const sum = sums.get(t);
    sums.set(t, sum === undefined ? ct : add(sum, ct));
  };
  const needs = (t: Tensor): boolean => inside.has(t);
  ys.forEach((y, i) => give(y, cts[i]));
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as Tensor;
    if (node.inputs.length === 0) continue;
    const given = partSums.get(node) ?? [sums.get(node) ?? null];
    const ct = given.find((t) => t !== null);
    if (!ct) continue;
    if (node.primitive === part) {
      const owner = node.inputs[0] as Tensor;
      const all = partSums.get(owner) ?? (owner.parts ?? []).map(() => null);
      partSums.set(owner, all);
      const index = node.attributes.index as number;
      all[index] = all[index] ? add(all[index], ct) : ct;
    } else rule(node, ct, given, needs).forEach((c, k) => give(node.inputs[k] as Tensor, c));
  }
  return xs.map((x) => sums.get(x) ?? null);
}

/** What depends on the arguments of a running transform is never cut, so a cut tensor met there does not depend on them. */
export const historyCheck = (xs: readonly Tensor[]): ((t: Tensor) => void) | undefined =>
  xs.every((x) => isActive(x.trace)) ? undefined : checkHistory;

function checkHistory(t: Tensor): void {
  if (t.cut)
    throw new GradientError(
      `gradient: the history of ${t} was dropped, as its graph grew too long; differentiate inside grad(), or realize() on the way`,
    );
}

/** Forward mode: the tangents of `ys`, given those of `xs`; null is zero. */
export function pushforward(
  ys: readonly Tensor[],
  xs: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
): (Tensor | null)[] {
  type T = Tensor | null;
  const env = new Map<Tensor, T | readonly T[]>(xs.map((x, i) => [x, isFloat(x.dtype) ? (tangents[i] ?? null) : null]));
  interpret<T>(
    between(ys, xs, historyCheck(xs)),
    env,
    () => null,
    (node, inputs) => {
      if (node.parts !== null && inputs.every((t) => t === null)) return node.parts.map(() => null);
      if (node.parts === null && (!isFloat(node.dtype) || inputs.every((t) => t === null))) return null;
      return node.primitive.jvp(inputs, node);
    },
  );
  return ys.map((y) => (env.get(y) as T | undefined) ?? null);
}
