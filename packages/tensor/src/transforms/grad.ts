import { anything, callable, checkOptions, flag } from "../check.ts";
import { isFloat } from "../dtype.ts";
import { ArgumentError, GradientError } from "../errors.ts";
import { zerosLike } from "../functions/fill.ts";
import { said } from "../said.ts";
import { aliasOf, Tensor } from "../tensor.ts";
import { withTrace } from "../trace.ts";
import { liveArguments, treeFlatten, treeUnflatten } from "../tree.ts";
import { pullback } from "./differentiate.ts";
import { seed } from "./gradient.ts";

/** The gradients of the arguments `N` of a function with arguments `A`: one tree, or a tuple of trees when several were asked for. */
export type Grads<A extends readonly unknown[], N extends number | readonly number[]> = N extends number
  ? A[N]
  : { [K in keyof N]: N[K] extends number ? A[N[K]] : never };

/** Options of {@link grad} and {@link valueAndGrad}. */
export interface GradOptions<N extends number | readonly number[]> {
  /** Which arguments to differentiate by; the first by default. A list gives a tuple of gradients. */
  readonly argnums?: N;
  /** The function returns `[loss, aux]`; aux is passed on. */
  readonly hasAux?: boolean;
}

/** A leaf under the identity by which one differentiates; other dtypes than floats are left alone. */
export const watch = (t: Tensor, trace: number): Tensor => (isFloat(t.dtype) ? aliasOf(t, trace) : t);

/**
 * The function that returns `[value, gradients]` of a scalar function. Arguments are trees and gradients have their structure; leaves that
 * are not floats get zeros of their own dtype, leaves that the value does not depend on get zeros.
 *
 * Throws GradientError when the value is not a float scalar or an argument holds no float tensor; ArgumentError on a bad `argnums`.
 *
 * ```ts
 * const [loss, grads] = valueAndGrad((w: Tensor, x: Tensor) => matmul(x, w).pow(2).mean())(w, x);
 * ```
 */
export function valueAndGrad<A extends readonly unknown[]>(f: (...args: A) => Tensor): (...args: A) => [Tensor, A[0]];
export function valueAndGrad<A extends readonly unknown[], Aux, const N extends number | readonly number[] = 0>(
  f: (...args: A) => readonly [Tensor, Aux],
  options: GradOptions<N> & { readonly hasAux: true },
): (...args: A) => [[Tensor, Aux], Grads<A, N>];
export function valueAndGrad<A extends readonly unknown[], const N extends number | readonly number[] = 0>(
  f: (...args: A) => Tensor,
  options?: GradOptions<N> & { readonly hasAux?: false },
): (...args: A) => [Tensor, Grads<A, N>];
export function valueAndGrad(
  f: (...args: readonly unknown[]) => unknown,
  options: GradOptions<number | readonly number[]> = {},
): (...args: readonly unknown[]) => [unknown, unknown] {
  return differentiated("valueAndGrad", f, options);
}

function differentiated(
  op: string,
  f: (...args: readonly unknown[]) => unknown,
  options: GradOptions<number | readonly number[]>,
): (...args: readonly unknown[]) => [unknown, unknown] {
  callable(op, f, "f");
  checkOptions(op, options, { argnums: anything, hasAux: flag });
  const { argnums = 0, hasAux = false } = options;
  if (typeof argnums !== "number" && !Array.isArray(argnums))
    throw new ArgumentError(`${op}: argnums: expected a position or a list of them, got ${said(argnums)}`);
  const list = typeof argnums === "number" ? [argnums] : [...(argnums as readonly number[])];
  list.forEach((n, i) => {
    if (!Number.isInteger(n) || n < 0 || list.indexOf(n) !== i)
      throw new ArgumentError(`${op}: argnums: ${said(argnums)} is no list of distinct positions`);
  });
  return (...args) => {
    liveArguments(op, args);
    const flats = list.map((n) => {
      if (n >= args.length)
        throw new ArgumentError(`${op}: argnums: ${n} is out of range for ${args.length} arguments`);
      const flat = treeFlatten(args[n]);
      if (!flat[0].some((t) => isFloat(t.dtype)))
        throw new GradientError(`${op}: argument ${n} holds no float tensor to differentiate by`);
      return flat;
    });
    return withTrace((trace) => {
      const actual = [...args];
      const watched = flats.map(([leaves]) => leaves.map((t) => watch(t, trace)));
      list.forEach((n, i) => {
        actual[n] = treeUnflatten((flats[i] as (typeof flats)[number])[1], watched[i] as Tensor[]);
      });
      const result = f(...actual);
      if (hasAux && !Array.isArray(result))
        throw new ArgumentError(`${op}: hasAux: the function must return [loss, aux], got ${said(result)}`);
      const y = (hasAux ? (result as unknown[])[0] : result) as Tensor;
      if (!(y instanceof Tensor))
        throw new GradientError(
          `${op}: f: must return a scalar tensor, got ${Array.isArray(y) ? "an array (hasAux is not set)" : said(y)}`,
        );
      const all = watched.flat();
      const cts = pullback([y], [seed(op, y, undefined, "the value of f")], all);
      const grads = all.map((x, i) => (isFloat(x.dtype) ? cts[i] : null) ?? zerosLike(x));
      let at = 0;
      const trees = flats.map(([leaves, structure]) => {
        at += leaves.length;
        return treeUnflatten(structure, grads.slice(at - leaves.length, at));
      });
      return [result, typeof argnums === "number" ? trees[0] : trees];
    });
  };
}

/**
 * The gradient function of a scalar function, by its first argument or by `argnums`; see {@link valueAndGrad} for rules and errors. With
 * `hasAux` it returns `[gradients, aux]`.
 *
 * ```ts
 * const cube = (x: Tensor) => x.pow(3).sum();
 * grad(cube)(x);                               // 3 x²
 * grad((x: Tensor) => grad(cube)(x).sum())(x); // 6 x
 * ```
 */
export function grad<A extends readonly unknown[]>(f: (...args: A) => Tensor): (...args: A) => A[0];
export function grad<A extends readonly unknown[], Aux, const N extends number | readonly number[] = 0>(
  f: (...args: A) => readonly [Tensor, Aux],
  options: GradOptions<N> & { readonly hasAux: true },
): (...args: A) => [Grads<A, N>, Aux];
export function grad<A extends readonly unknown[], const N extends number | readonly number[] = 0>(
  f: (...args: A) => Tensor,
  options?: GradOptions<N> & { readonly hasAux?: false },
): (...args: A) => Grads<A, N>;
export function grad(
  f: (...args: readonly unknown[]) => unknown,
  options: GradOptions<number | readonly number[]> = {},
): (...args: readonly unknown[]) => unknown {
  const both = differentiated("grad", f, options);
  return (...args) => {
    const [value, grads] = both(...args);
    return options.hasAux ? [grads, (value as unknown[])[1]] : grads;
  };
}
