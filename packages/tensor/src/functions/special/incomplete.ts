import type { Primitive } from "../../primitive.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { add, mul, neg, sub } from "../arithmetic.ts";
import { exp } from "../elementary.ts";
import type { TensorLike } from "../operands.ts";
import { xlog1py, xlogy } from "./entropy.ts";
import { betaln, lgamma } from "./gamma.ts";
import { type BinaryFunction, meetThree, two } from "./operands.ts";
import { pointwise, unknown } from "./pointwise.ts";
import { incompleteBeta, incompleteGamma } from "./scalar/incomplete.ts";
import { hurwitzZeta } from "./scalar/zeta.ts";

/** The density x^{a−1} e^{−x} / Γ(a) by which P grows. */
const gammaDensity = (a: Tensor, x: Tensor): Tensor => exp(sub(sub(xlogy(sub(a, 1), x), x), lgamma(a)));

const names = ["a", "x"];
const lower = pointwise({
  name: "gammainc",
  f: () => incompleteGamma(false),
  derivatives: [unknown, ([a, x]) => gammaDensity(a as Tensor, x as Tensor)],
  names,
});
const upper = pointwise({
  name: "gammaincc",
  f: () => incompleteGamma(true),
  derivatives: [unknown, ([a, x]) => neg(gammaDensity(a as Tensor, x as Tensor))],
  names,
});
const betaPrimitive = pointwise({
  name: "betainc",
  f: () => incompleteBeta,
  derivatives: [
    unknown,
    unknown,
    ([a, b, x]) => {
      const [p, q, t] = [a, b, x] as [Tensor, Tensor, Tensor];
      return exp(sub(add(xlogy(sub(p, 1), t), xlog1py(sub(q, 1), neg(t))), betaln(p, q)));
    },
  ],
  names: ["a", "b", "x"],
});
const zetaPrimitive: Primitive<null> = pointwise({
  name: "zeta",
  f: () => hurwitzZeta,
  derivatives: [unknown, ([s, q]) => neg(mul(s as Tensor, zeta(add(s as Tensor, 1), q as Tensor)))],
  names: ["s", "q"],
});

/**
 * The regularised lower incomplete gamma function P(a, x) = 1/Γ(a) ∫₀ˣ t^{a−1} e^{−t} dt, broadcast; NaN for negative arguments. Series below
 * x = a + 1, continued fraction above. Differentiable by x only.
 *
 * @throws {@link ShapeError} if shapes do not broadcast, {@link GradientError} when its derivative by `a` is asked for
 * @example
 * ```ts
 * gammainc(tensor(1), tensor(2)); // 1 − e⁻²
 * ```
 */
export const gammainc: BinaryFunction = two(lower, ["a", "x"]);

/** The upper one, Q(a, x) = 1 − P(a, x), accurate where it is small. Throws as {@link gammainc}. */
export const gammaincc: BinaryFunction = two(upper, ["a", "x"]);

/**
 * The regularised incomplete beta function I_x(a, b) = 1/B(a, b) ∫₀ˣ t^{a−1} (1 − t)^{b−1} dt, broadcast; NaN outside a, b > 0 and 0 ≤ x ≤ 1.
 * Differentiable by x only.
 *
 * @throws {@link ShapeError} if shapes do not broadcast, {@link GradientError} when its derivative by `a` or `b` is asked for
 * @example
 * ```ts
 * betainc(tensor(1), tensor(1), tensor(0.3)); // 0.3
 * ```
 */
export const betainc = (a: TensorLike, b: TensorLike, x: TensorLike): Tensor =>
  apply(betaPrimitive, meetThree("betainc", [a, b, x], ["a", "b", "x"]), null);

const hurwitz = two(zetaPrimitive, ["s", "q"]);

/**
 * Hurwitz's zeta function Σ (k + q)^{−s} for s > 1 and q > 0, broadcast; q = 1, the default, is Riemann's. ∞ at s = 1 and where a term is, NaN elsewhere.
 * Differentiable by q only.
 *
 * @throws {@link ShapeError} if shapes do not broadcast, {@link GradientError} when its derivative by `s` is asked for
 * @example
 * ```ts
 * zeta(tensor(2)); // π²/6
 * ```
 */
export const zeta = (s: TensorLike, q: TensorLike = 1): Tensor => hurwitz(s, q);
