import { checkOptions, checkTensor, number, tensor as tensorOption } from "../check.ts";
import { ShapeError } from "../errors.ts";
import { checkAxes, checkAxis, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { elu, hardtanh, relu6, softplus } from "./activation.ts";
import { add, div, mul, neg, sub } from "./arithmetic.ts";
import { greater, greaterEqual, less, lessEqual } from "./comparison.ts";
import { abs, exp, expm1, log, log1p, sigmoid, sqrt, tanh } from "./elementary.ts";
import { real, type TensorLike } from "./operands.ts";
import { type Axes, mean } from "./reduction.ts";
import { where } from "./selection.ts";
import { chunk } from "./shaping.ts";

// Further activations; as those of activation.ts they take integers as f32 and keep NaN.

/** @inline */
type Activation = (x: TensorLike) => Tensor;
const named =
  (op: string, f: (x: Tensor) => Tensor): Activation =>
  (x) =>
    f(real(op, x));

/** x where positive, else `alpha` · (e^{x/alpha} − 1) (Barron 2017). `celu(tensor(2))` is 2. Throws ArgumentError for an alpha not above 0. */
export function celu(x: TensorLike, alpha = 1): Tensor {
  const t = real("celu", x);
  number("(0, ∞)")("celu", alpha, "alpha");
  return mul(elu(div(t, alpha)), alpha);
}

/** min(max(x + 3, 0), 6)/6. `hardSigmoid(tensor(0))` is 0.5. */
export const hardSigmoid: Activation = named("hardSigmoid", (x) => div(relu6(add(x, 3)), 6));

/** x · {@link hardSigmoid}(x), also called hard swish (Howard et al. 2019). */
export const hardSilu: Activation = named("hardSilu", (x) => mul(x, hardSigmoid(x)));

/** Same as {@link hardSilu}. */
export const hardSwish: Activation = named("hardSwish", hardSilu);

/** x · tanh(softplus(x)) (Misra 2019). */
export const mish: Activation = named("mish", (x) => mul(x, tanh(softplus(x))));

/** (x + √(x² + b))/2, a smooth relu (Barron 2021). `squareplus(tensor(0))` is 1. Throws ArgumentError for a b below 0. */
export function squareplus(x: TensorLike, b = 4): Tensor {
  const t = real("squareplus", x);
  number("[0, ∞)")("squareplus", b, "b");
  return div(add(t, sqrt(add(mul(t, t), b))), 2);
}

/** 0 up to −1, (x + 1)²/4 up to 1, x beyond. */
export const sparsePlus: Activation = named("sparsePlus", (x) => {
  const t = add(x, 1);
  return where(lessEqual(x, -1), 0, where(greaterEqual(x, 1), x, div(mul(t, t), 4)));
});

/** The derivative of {@link sparsePlus}: (x + 1)/2 limited to [0, 1]. */
export const sparseSigmoid: Activation = named("sparseSigmoid", (x) => div(add(hardtanh(x), 1), 2));

/** log(1 − e^{−x}) for x > 0, without cancellation (Mächler 2012); NaN below. */
export const log1mexp: Activation = named("log1mexp", (x) => {
  const small = less(x, Math.LN2);
  return where(small, log(neg(expm1(neg(where(small, x, Math.LN2))))), log1p(neg(exp(neg(where(small, Math.LN2, x))))));
});

/** x where |x| > `lambda` (default ½), else 0. Throws ArgumentError for a lambda below 0. */
export function hardshrink(x: TensorLike, lambda = 0.5): Tensor {
  const t = real("hardshrink", x);
  number("[0, ∞)")("hardshrink", lambda, "lambda");
  return where(lessEqual(abs(t), lambda), 0, t);
}

/** x moved towards 0 by `lambda` (default ½), 0 between: the proximal operator of lambda·|x|. Throws ArgumentError for a lambda below 0. */
export function softshrink(x: TensorLike, lambda = 0.5): Tensor {
  const t = real("softshrink", x);
  number("[0, ∞)")("softshrink", lambda, "lambda");
  return where(greater(t, lambda), sub(t, lambda), where(less(t, -lambda), add(t, lambda), mul(t, 0)));
}

/**
 * The first half of `x` along `axis` (default the last) times the sigmoid of the second (Dauphin et al. 2017).
 *
 * @throws {@link ShapeError} for a bad axis or an odd size
 */
export function glu(x: Tensor, axis = -1): Tensor {
  checkTensor("glu", x);
  const t = real("glu", x);
  const n = t.shape[checkAxis("glu", axis, t.rank)] as number;
  if (n % 2 !== 0) throw new ShapeError(`glu: x: expected an even size along axis ${axis}, got ${show(x.shape)}`);
  const [a, b] = chunk(t, [n / 2, n / 2], axis) as [Tensor, Tensor];
  return mul(a, sigmoid(b));
}

/** Options of {@link standardize}. */
export interface StandardizeOptions {
  /** Default that of x over the axes. */
  readonly mean?: Tensor;
  /** Default that of x over the axes. */
  readonly variance?: Tensor;
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: number;
}

/**
 * (x − mean)/√(variance + epsilon) over `axes` (default the last); integers become f32.
 *
 * @throws {@link ShapeError} for a bad axis or if a mean or variance does not broadcast, {@link ArgumentError} for a bad option
 */
export function standardize(x: Tensor, axes: Axes = -1, options: StandardizeOptions = {}): Tensor {
  checkTensor("standardize", x);
  checkOptions("standardize", options, { mean: tensorOption, variance: tensorOption, epsilon: number("[0, ∞)") });
  const t = real("standardize", x);
  const list = checkAxes("standardize", axes, t.rank);
  const d = sub(t, options.mean ?? mean(t, list, { keepDims: true }));
  const spread = options.variance ?? mean(mul(d, d), list, { keepDims: true });
  return div(d, sqrt(add(spread, options.epsilon ?? 1e-5)));
}
