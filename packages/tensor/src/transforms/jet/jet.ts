import { ArgumentError } from "../../errors.ts";
import { said } from "../../said.ts";
import type { Tensor } from "../../tensor.ts";
import { treeFlatten, treeUnflatten } from "../../tree.ts";
import { filled, record, vectorLike } from "../products.ts";
import { type Series, scaled, term } from "./series.ts";
import { propagate } from "./walk.ts";

/** For each argument the derivatives of its curve, from the first; null is zero. */
export type JetSeries<A extends readonly unknown[]> = { readonly [I in keyof A]: readonly (A[I] | null)[] };

const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1));

/**
 * Taylor mode: the value of `f` and the derivatives, up to order K, of f(x(t)) at t = 0 along a curve x(t) that is given by its value `primals` and its
 * derivatives `series`. As in JAX these are derivatives, not Taylor coefficients: `series[i][k - 1]` is the k-th derivative of argument i (a tree like the
 * argument, or null for zeros), and the second result lists d^k f(x(t))/dt^k, trees like the value. By the formula of Faà di Bruno
 *
 *     f(x(t))′   = f′(x)·x′
 *     f(x(t))″   = f′(x)·x″ + f″(x)·x′·x′
 *     f(x(t))⁽ᵏ⁾ = Σ f⁽ᵐ⁾(x)·x⁽ⁿ¹⁾···x⁽ⁿᵐ⁾ over all partitions of {1, …, k} into m blocks of n₁, …, nₘ elements
 *
 * so that a line `x + t·v`, with `series = [[v, null, …]]`, gives the K first directional derivatives; see {@link derivatives}. The cost grows with K² where
 * K nested {@link jvp} double it with every order. Primitives without a rule follow from their tangent rule, so all that `jvp` differentiates is
 * allowed. Order 0 is the value alone. Leaves that are not floats stay where they are: theirs in `series` are ignored, and those of the results are zeros.
 *
 * @throws {@link ArgumentError} when `f` is no function, `primals` or `series` is no list, or the lists in `series` differ in length or in structure;
 * {@link ShapeError} or {@link GradientError} when a leaf differs in shape or dtype from the argument's; GradientError when no argument is a float
 * @see Bettencourt, Johnson, Duvenaud (2019), "Taylor-mode automatic differentiation for higher-order derivatives in JAX"
 * @example
 * ```ts
 * const [y, [y1, y2]] = jet((x: Tensor) => x.sin(), [x], [[v, null]]); // sin x, cos(x)·v, −sin(x)·v²
 * ```
 */
export function jet<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  primals: readonly [...A],
  series: JetSeries<A>,
): [value: R, series: R[]] {
  for (const [list, argument] of [
    [primals, "primals"],
    [series, "series"],
  ] as const)
    if (!Array.isArray(list)) throw new ArgumentError(`jet: ${argument}: expected a list, got ${said(list)}`);
  if (series.length !== primals.length)
    throw new ArgumentError(`jet: series: ${series.length} lists for ${primals.length} arguments`);
  series.forEach((list: unknown, i) => {
    if (!Array.isArray(list))
      throw new ArgumentError(`jet: series[${i}]: expected a list of derivatives, got ${said(list)}`);
    const order = (series[0] as readonly unknown[]).length;
    if (list.length !== order)
      throw new ArgumentError(`jet: series[${i}]: has ${list.length} derivatives, series[0] has ${order}`);
  });
  return expand("jet", f, primals as unknown as A, series, (i, k) => `series[${i}][${k}]`);
}

/** {@link jet} in the name of `op`, whose argument for a derivative is called `name(argument, order − 1)`. */
export function expand<A extends readonly unknown[], R>(
  op: string,
  f: (...args: A) => R,
  args: A,
  derivatives: readonly (readonly unknown[])[],
  name: (i: number, k: number) => string,
): [value: R, series: R[]] {
  const order = derivatives[0]?.length ?? 0;
  // by leaf, the coefficients from the first
  const terms = args.flatMap((arg, i) => {
    const [leaves, structure] = treeFlatten(arg);
    const lists = (derivatives[i] as readonly unknown[]).map((tree, k) =>
      tree === null ? null : vectorLike(op, name(i, k), structure, leaves, tree),
    );
    return leaves.map((_, j) => lists.map((list, k) => scaled(list?.[j] ?? null, 1 / factorial(k + 1))));
  });
  const { xs, ys, output, result } = record(op, f, args);
  const curves = propagate(
    ys,
    xs,
    xs.map((x, i): Series => {
      const own = terms[i] as readonly (Tensor | null)[];
      return { terms: [x, ...own], constant: own.every((t) => t === null) };
    }),
  );
  const along = Array.from({ length: order }, (_, k) => {
    const vectors = curves.map((s) => scaled(term(s, k + 1), factorial(k + 1)));
    return treeUnflatten<R>(output, filled(vectors, ys));
  });
  return [result as R, along];
}
