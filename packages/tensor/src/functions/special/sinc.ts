import type { Primitive } from "../../primitive.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { real, type TensorLike } from "../operands.ts";
import { pointwise } from "./pointwise.ts";
import { sinPi } from "./scalar/gamma.ts";

export interface Order {
  /** Which derivative. */
  readonly n: number;
}

/**
 * The n-th derivative of sin t / t: from t·s = sin t follows t·s⁽ⁿ⁾ + n·s⁽ⁿ⁻¹⁾ = sin⁽ⁿ⁾ t, which is stable upwards while t > n; below, the Taylor series.
 */
const derivativeOf =
  (n: number): ((t: number) => number) =>
  (t) => {
    if (Math.abs(t) === Infinity) return 0;
    if (Math.abs(t) > n + 1) {
      let s = Math.sin(t) / t;
      for (let k = 1; k <= n; k++) s = (Math.sin(t + (k * Math.PI) / 2) - k * s) / t;
      return s;
    }
    // Σ (−1)ᵐ t^{2m−n} / ((2m − n)! (2m + 1))
    let sum = 0;
    for (let m = Math.ceil(n / 2), term = n % 2 === 0 ? 1 : t; ; m++) {
      const next = (m % 2 === 0 ? term : -term) / (2 * m + 1);
      sum += next;
      const k = 2 * m - n;
      term *= (t * t) / ((k + 1) * (k + 2));
      if (!(Math.abs(term) > 1e-18 * Math.abs(sum)) && Math.abs(term) < 1e-18) return sum;
      if (Number.isNaN(term)) return term;
    }
  };

export const derivatives: Primitive<Order> = pointwise<Order>({
  name: "derivative of sinc",
  f: ({ n }) => {
    const f = derivativeOf(n);
    return (x) => Math.PI ** n * f(Math.PI * x);
  },
  derivatives: [([x], _, { n }) => apply(derivatives, [x as Tensor], { n: n + 1 })],
});
const primitive = pointwise({
  name: "sinc",
  f: () => (x) => (x === 0 ? 1 : Math.abs(x) === Infinity ? 0 : sinPi(x) / (Math.PI * x)),
  derivatives: [([x]) => apply(derivatives, [x as Tensor], { n: 1 })],
});

/**
 * sin(πx)/(πx), elementwise, 1 at 0, and 0 at every other integer; integers are taken as f32. Derivatives are exact at 0, too.
 *
 * @throws {@link ArgumentError} for anything but a tensor or number
 */
export const sinc = (x: TensorLike): Tensor => apply(primitive, [real("sinc", x)], null);
