import { callable, checkTensor } from "../check.ts";
import { isFloat } from "../dtype.ts";
import { GradientError } from "../errors.ts";
import { astype } from "../functions/casting.ts";
import { equal } from "../functions/comparison.ts";
import { iota } from "../functions/iota.ts";
import { moveaxis, reshape } from "../functions/shaping.ts";
import { Tensor } from "../tensor.ts";
import { grad } from "./grad.ts";
import { linearize, vjp } from "./products.ts";
import { vmap } from "./vmap.ts";

/** Unit vectors in the shape of `like`, stacked. */
export function basisOf(like: Tensor): Tensor {
  const n = like.size;
  return reshape(
    astype(equal(iota([n, n], { dtype: "i32", axis: 0 }), iota([n, n], { dtype: "i32", axis: 1 })), like.dtype),
    [n, ...like.shape],
  );
}

export function checkFloat(op: string, what: string, t: unknown): asserts t is Tensor {
  if (!(t instanceof Tensor)) throw new GradientError(`${op}: ${what}: must be one tensor; use ravel for trees`);
  checkTensor(op, t, what);
  if (!isFloat(t.dtype)) throw new GradientError(`${op}: ${what}: has dtype ${t.dtype}; only floats have derivatives`);
}

/**
 * The Jacobian of a function of one tensor, shape `[...value, ...x]`, one forward pass per element of `x` (batched): best for few inputs.
 * Further arguments are held fixed. Throws GradientError unless `x` and the value are float tensors.
 *
 * ```ts
 * jacobianForward((x: Tensor) => x.pow(2))(x); // diag(2x)
 * ```
 */
export function jacobianForward<R extends readonly unknown[]>(
  f: (x: Tensor, ...rest: R) => Tensor,
): (x: Tensor, ...rest: R) => Tensor {
  return forward("jacobianForward", f);
}

function forward<R extends readonly unknown[]>(
  op: string,
  f: (x: Tensor, ...rest: R) => Tensor,
): (x: Tensor, ...rest: R) => Tensor {
  callable(op, f, "f");
  return (x, ...rest) => {
    checkFloat(op, "x", x);
    const [y, push] = linearize((p: Tensor) => f(p, ...rest), x);
    checkFloat(op, "the value of f", y);
    const basis = basisOf(x);
    return reshape(moveaxis(vmap(push)(basis), 0, -1), [...y.shape, ...x.shape]);
  };
}

/**
 * The Jacobian of a function of one tensor, shape `[...value, ...x]`, one reverse pass per element of the value (batched): best for few
 * outputs. Further arguments are held fixed. Throws GradientError unless `x` and the value are float tensors.
 *
 * ```ts
 * jacobianReverse((x: Tensor) => x.pow(2))(x); // diag(2x)
 * ```
 */
export function jacobianReverse<R extends readonly unknown[]>(
  f: (x: Tensor, ...rest: R) => Tensor,
): (x: Tensor, ...rest: R) => Tensor {
  callable("jacobianReverse", f, "f");
  return (x, ...rest) => {
    checkFloat("jacobianReverse", "x", x);
    const [y, pull] = vjp((p: Tensor) => f(p, ...rest), x);
    checkFloat("jacobianReverse", "the value of f", y);
    const basis = basisOf(y);
    return reshape(vmap((ct: Tensor) => pull(ct)[0])(basis), [...y.shape, ...x.shape]);
  };
}

/** Other name of {@link jacobianForward}. */
export const jacfwd: typeof jacobianForward = jacobianForward;
/** Other name of {@link jacobianReverse}. */
export const jacrev: typeof jacobianReverse = jacobianReverse;

/**
 * The Hessian of a scalar function of one tensor, shape `[...x, ...x]`, forward over reverse. Throws as {@link jacobianForward} and grad do.
 *
 * ```ts
 * hessian((x: Tensor) => x.pow(3).sum())(x); // diag(6x)
 * ```
 */
export function hessian<R extends readonly unknown[]>(
  f: (x: Tensor, ...rest: R) => Tensor,
): (x: Tensor, ...rest: R) => Tensor {
  callable("hessian", f, "f");
  return forward("hessian", (x: Tensor, ...rest: R) => grad((p: Tensor) => f(p, ...rest))(x));
}
