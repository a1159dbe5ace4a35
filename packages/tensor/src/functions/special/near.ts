import type { Tensor } from "../../tensor.ts";
import { add, mul } from "../arithmetic.ts";
import { less } from "../comparison.ts";
import { abs } from "../elementary.ts";
import { where } from "../selection.ts";

/** Terms of the series: 0.05²⁰ is below rounding, also after a few derivatives. */
const TERMS = 20;

/** Σ c(k) tᵏ. */
export function series(t: Tensor, coefficient: (k: number) => number): Tensor {
  let sum: Tensor = mul(t, coefficient(TERMS));
  for (let k = TERMS - 1; k > 0; k--) sum = mul(add(sum, coefficient(k)), t);
  return add(sum, coefficient(0));
}

/** A function with a removable singularity at 0: its Taylor series for |t| < radius, the formula elsewhere. */
export function taylorNear(
  t: Tensor,
  radius: number,
  coefficient: (k: number) => number,
  formula: (t: Tensor) => Tensor,
): Tensor {
  const near = less(abs(t), radius);
  return where(near, series(where(near, t, 0), coefficient), formula(where(near, 1, t)));
}
