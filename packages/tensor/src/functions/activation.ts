import { checkOptions, flag, number } from "../check.ts";
import { ArgumentError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { add, clip, div, mul, neg, sub } from "./arithmetic.ts";
import { greater, lessEqual } from "./comparison.ts";
import { abs, erf, exp, expm1, log1p, sigmoid, tanh } from "./elementary.ts";
import { real, type TensorLike } from "./operands.ts";
import { where } from "./selection.ts";

// All are elementwise; integers are taken as f32; NaN stays NaN. Where a branch could overflow, its argument is guarded as well, so that
// derivatives of any order are finite.

/** max(x, 0); its derivative at 0 is 0. `relu(tensor([-1, 2]))` is [0, 2]. Throws ArgumentError unless x is a tensor or a number. */
export function relu(x: TensorLike): Tensor {
  const t = real("relu", x);
  return where(lessEqual(t, 0), 0, t);
}

/** min(max(x, 0), 6). `relu6(tensor([-1, 2, 9]))` is [0, 2, 6]. */
export const relu6 = (x: TensorLike): Tensor => hardtanh(real("relu6", x), 0, 6);

/** x where positive, else `slope` · x. `leakyRelu(tensor([-1, 2]))` is [-0.01, 2]. Throws ArgumentError for a slope that is no number. */
export function leakyRelu(x: TensorLike, slope = 0.01): Tensor {
  const t = real("leakyRelu", x);
  number()("leakyRelu", slope, "slope");
  return where(lessEqual(t, 0), mul(t, slope), t);
}

/** x where positive, else `alpha` · (eˣ − 1) (Clevert et al. 2016). `elu(tensor([0, 2]))` is [0, 2]. Throws ArgumentError for a bad alpha. */
export function elu(x: TensorLike, alpha = 1): Tensor {
  const t = real("elu", x);
  number()("elu", alpha, "alpha");
  const negative = lessEqual(t, 0);
  return where(negative, mul(expm1(where(negative, t, 0)), alpha), t);
}

/** Scaled ELU, which keeps zero mean and unit variance (Klambauer et al. 2017, equation 2). `selu(tensor(1))` is 1.0507. */
export const selu = (x: TensorLike): Tensor => mul(elu(real("selu", x), 1.6732632423543772), 1.0507009873554805);

/**
 * x · Φ(x) with the normal distribution function Φ (Hendrycks & Gimpel 2016), by erf, or by the tanh formula with `approximate`.
 *
 * ```ts
 * gelu(x, { approximate: true });
 * ```
 * Throws ArgumentError for an unknown option.
 */
export function gelu(x: TensorLike, options: { readonly approximate?: boolean } = {}): Tensor {
  const t = real("gelu", x);
  checkOptions("gelu", options, { approximate: flag });
  const { approximate = false } = options;
  if (!approximate) return mul(mul(t, 0.5), add(erf(mul(t, Math.SQRT1_2)), 1));
  const inner = mul(add(t, mul(mul(mul(t, t), t), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(mul(t, 0.5), add(tanh(inner), 1));
}

/** x · sigmoid(x), also called swish. `silu(tensor(0))` is 0. */
export function silu(x: TensorLike): Tensor {
  const t = real("silu", x);
  return mul(t, sigmoid(t));
}

/** log(1 + eˣ) without overflow. `softplus(tensor(1000))` is 1000. */
export function softplus(x: TensorLike): Tensor {
  const t = real("softplus", x);
  const positive = greater(t, 0);
  return add(log1p(exp(where(positive, neg(t), t))), where(lessEqual(t, 0), 0, t));
}

/** log(sigmoid(x)) without cancellation. `logSigmoid(tensor(-1000))` is -1000. */
export const logSigmoid = (x: TensorLike): Tensor => neg(softplus(neg(real("logSigmoid", x))));

/** x / (1 + |x|). `softsign(tensor(1))` is 0.5. */
export function softsign(x: TensorLike): Tensor {
  const t = real("softsign", x);
  return div(t, add(abs(t), 1));
}

/** x limited to [low, high], default [−1, 1]. `hardtanh(tensor([-3, 0.5]))` is [-1, 0.5]. Throws ArgumentError when low > high. */
export function hardtanh(x: TensorLike, low = -1, high = 1): Tensor {
  number("[-∞, ∞]")("hardtanh", low, "low");
  number("[-∞, ∞]")("hardtanh", high, "high");
  if (low > high) throw new ArgumentError(`hardtanh: low: ${low} is not below high ${high}`);
  return clip(real("hardtanh", x), low, high);
}

/** x − tanh(x). `tanhshrink(tensor(0))` is 0. */
export function tanhshrink(x: TensorLike): Tensor {
  const t = real("tanhshrink", x);
  return sub(t, tanh(t));
}
