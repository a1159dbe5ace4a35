import { add, div, maximum, minimum, mul, neg } from "./arithmetic.ts";
import { abs, erf, exp, expm1, log1p, sigmoid, tanh } from "./elementary.ts";
import { greater } from "./comparison.ts";
import { real, type TensorLike } from "./operands.ts";
import { where } from "./selection.ts";
import type { Tensor } from "../tensor.ts";

// Activations, elementwise; integers are taken as f32. All throw ArgumentError for anything that is no tensor or number.

/** max(x, 0); its derivative at 0 is 0. */
export function relu(x: TensorLike): Tensor {
  const t = real("relu", x);
  return where(greater(t, 0), t, 0);
}
/** x above 0, slope · x below (default 0.01). */
export function leakyRelu(x: TensorLike, slope = 0.01): Tensor {
  const t = real("leakyRelu", x);
  return where(greater(t, 0), t, mul(t, slope));
}
/** x above 0, α(eˣ − 1) below (Clevert et al. 2015, eq. 15). */
export function elu(x: TensorLike, alpha = 1): Tensor {
  const t = real("elu", x);
  return where(greater(t, 0), t, mul(expm1(minimum(t, 0)), alpha));
}
/** Scaled ELU with the fixed point of zero mean and unit variance (Klambauer et al. 2017, eq. 2). */
export const selu = (x: TensorLike): Tensor => mul(elu(x, 1.6732632423543772), 1.0507009873554805);
/** x·Φ(x); with `approximate` by tanh (Hendrycks and Gimpel 2016). */
export function gelu(x: TensorLike, options: { readonly approximate?: boolean } = {}): Tensor {
  const t = real("gelu", x);
  if (!options.approximate) return mul(mul(t, 0.5), add(erf(mul(t, Math.SQRT1_2)), 1));
  return mul(mul(t, 0.5), add(tanh(mul(add(t, mul(mul(mul(t, t), t), 0.044715)), Math.sqrt(2 / Math.PI))), 1));
}
/** x · sigmoid(x). */
export function silu(x: TensorLike): Tensor {
  const t = real("silu", x);
  return mul(t, sigmoid(t));
}
/** log(1 + eˣ), without overflow. */
export function softplus(x: TensorLike): Tensor {
  const t = real("softplus", x);
  return add(maximum(t, 0), log1p(exp(neg(abs(t)))));
}
/** log sigmoid(x), without overflow. */
export const logSigmoid = (x: TensorLike): Tensor => neg(softplus(neg(real("logSigmoid", x))));
/** x / (1 + |x|). */
export function softsign(x: TensorLike): Tensor {
  const t = real("softsign", x);
  return div(t, add(abs(t), 1));
}
/** x limited to [low, high], default [−1, 1]. */
export const hardtanh = (x: TensorLike, low = -1, high = 1): Tensor => minimum(maximum(real("hardtanh", x), low), high);
