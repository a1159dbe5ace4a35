import { add, mul } from "../../functions/arithmetic.ts";
import { zerosLike } from "../../functions/fill.ts";
import type { Tensor } from "../../tensor.ts";

type Maybe = Tensor | null;

/** Taylor coefficients of a curve as far as they are known: `terms[k]` is x⁽ᵏ⁾(0)/k!, null for zero. A constant is known to every order. */
export interface Series {
  readonly terms: Maybe[];
  readonly constant: boolean;
}

/** Coefficient k of the value, or of every part, of a node, once all those before it and those of the inputs up to k are known. */
export type Step = (k: number) => Maybe | readonly Maybe[];
/** How the series of a node follow from those of its inputs; `own` are the series so far, one per part. `node` has the constant terms as inputs. */
export type Rule = (node: Tensor, inputs: readonly Series[], own: readonly Series[]) => Step;

export const fixed = (t: Tensor): Series => ({ terms: [t], constant: true });
/** How many coefficients are known. */
export const known = (s: Series): number => (s.constant ? Infinity : s.terms.length);
export const term = (s: Series, k: number): Maybe => s.terms[k] ?? null;
export const value = (s: Series): Tensor => s.terms[0] as Tensor;

export const plus = (a: Maybe, b: Maybe): Maybe => (a && b ? add(a, b) : (a ?? b));
export const scaled = (t: Maybe, by: number): Maybe => (t === null || by === 1 ? t : mul(t, by));

/** Coefficient k of a product of two series: Σ aᵢ·bₖ₋ᵢ from i = `from`. */
export function cauchy(product: (a: Tensor, b: Tensor) => Tensor, a: Series, b: Series, k: number, from = 0): Maybe {
  let sum: Maybe = null;
  for (let i = from; i <= k; i++) {
    const [p, q] = [term(a, i), term(b, k - i)];
    if (p && q) sum = plus(sum, product(p, q));
  }
  return sum;
}

const slopes = new WeakMap<Series, Series>();

/** The derivative of a curve, as far as it is known: coefficient k is (k + 1)·xₖ₊₁. Made once per series; its constant term is never null. */
export function slope(x: Series): Series {
  let s = slopes.get(x);
  if (s === undefined) {
    s = { terms: [], constant: false };
    slopes.set(x, s);
  }
  for (let k = s.terms.length; k + 1 < x.terms.length; k++)
    s.terms.push(scaled(term(x, k + 1), k + 1) ?? (k === 0 ? zerosLike(value(x)) : null));
  return s;
}
