import { mul } from "../../functions/arithmetic.ts";
import * as f from "../../functions/elementary.ts";
import type { Tensor } from "../../tensor.ts";
import { cauchy, type Rule, type Series, scaled, slope, value } from "./series.ts";

/** Functions y and z of one argument with y′ = p·z·x′ and z′ = q·y·x′. */
const pair =
  (other: (x: Tensor) => Tensor, p: number, q: number): Rule =>
  (_, [x], [y]) => {
    const z: Series = { terms: [other(value(x as Series))], constant: false };
    const next = (w: Series, factor: number, k: number): Tensor | null =>
      scaled(cauchy(mul, slope(x as Series), w, k - 1), factor / k);
    return (k) => {
      if (k > 1) z.terms.push(next(y as Series, q, k - 1));
      return next(z, p, k);
    };
  };

export const sine: Rule = pair(f.cos, 1, -1);
export const cosine: Rule = pair(f.sin, -1, 1);
export const hyperbolicSine: Rule = pair(f.cosh, 1, 1);
export const hyperbolicCosine: Rule = pair(f.sinh, 1, 1);
