import { alike, callable, integer, tree } from "../../check.ts";
import { sum } from "../../functions/reduction.ts";
import type { Tensor } from "../../tensor.ts";
import { basisOf, checkFloat } from "../jacobian.ts";
import { vmap } from "../vmap.ts";
import { expand } from "./jet.ts";

/**
 * The directional derivatives d^k f(x + t·v)/dt^k at t = 0 for k = 0, …, `order`: a list of `order` + 1 trees like the value of `f`, which starts with that
 * value. `x` is a tree with a float in it, and `v` one like it. One pass of {@link jet}.
 *
 * @throws {@link ArgumentError} when `f` is no function, `order` no natural number or `v` not of the structure of `x`; {@link ShapeError} or
 * {@link GradientError} when a leaf of `v` differs in shape or dtype; GradientError when `x` holds no float
 * @example
 * ```ts
 * derivatives((x: Tensor) => x.exp(), x, onesLike(x), 4); // eˣ five times
 * ```
 */
export function derivatives<T, R>(f: (x: T) => R, x: T, v: T, order: number): R[] {
  callable("derivatives", f, "f");
  integer("[0, ∞)")("derivatives", order, "order");
  tree("derivatives", x, "x");
  alike("derivatives", v, x, "v");
  const line = Array.from({ length: order }, (_, k) => (k === 0 ? v : null));
  const [value, series] = expand("derivatives", f, [x], [line], () => "v");
  return [value, ...series];
}

/**
 * The Laplacian Σ ∂²f/∂xᵢ² over all elements of the float tensor `x`, in the shape of the value of `f`, a float tensor: two orders of {@link jet} along every
 * coordinate, batched. Further arguments are held fixed; for many points, `vmap`.
 *
 * @throws {@link ArgumentError} when `f` is no function, {@link GradientError} unless `x` and the value are float tensors
 * @example
 * ```ts
 * laplacian((x: Tensor) => x.mul(x).sum(), x);                        // 2·n
 * vmap((x: Tensor) => laplacian(network, x, model))(points);          // at many points
 * ```
 */
export function laplacian<R extends readonly unknown[]>(
  f: (x: Tensor, ...rest: R) => Tensor,
  x: Tensor,
  ...rest: R
): Tensor {
  callable("laplacian", f, "f");
  checkFloat("laplacian", "x", x);
  const value = (p: Tensor): Tensor => {
    const y = f(p, ...rest);
    checkFloat("laplacian", "the value of f", y);
    return y;
  };
  const curvature = (e: Tensor): Tensor => expand("laplacian", value, [x], [[e, null]], () => "x")[1][1] as Tensor;
  return sum(vmap(curvature)(basisOf(x)), 0);
}
