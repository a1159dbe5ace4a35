import { checkOptions, checkTensor, oneOf, tensor } from "../check.ts";
import { isFloat } from "../dtype.ts";
import { ArgumentError, GradientError, ShapeError } from "../errors.ts";
import { onesLike, zerosLike } from "../functions/fill.ts";
import { said } from "../said.ts";
import { sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { liveLeaves, treeNames, treeUnflatten } from "../tree.ts";
import { pullback } from "./differentiate.ts";

/** Options of {@link gradient}. */
export interface GradientOptions {
  /** Cotangent of `y` (same shape); needed unless `y` has one element. */
  readonly cotangent?: Tensor;
  /** What to do about an `x` that `y` does not depend on: throw (default), or return zeros. */
  readonly unconnected?: "error" | "zeros";
}

/**
 * The gradient of `y` by tensors that `y` was computed from: arguments or any intermediates, in any tree. The result is a graph like any
 * other, so it can be differentiated again.
 *
 * Throws GradientError when `y` is not a scalar and no cotangent is given, when a dtype is not a float, when `y` does not depend on an `x`,
 * or when the history between them was dropped; ShapeError when the cotangent's shape is not that of `y`.
 *
 * ```ts
 * const activation = relu(conv(x)); const score = head(activation);
 * const weights = gradient(score, activation).mean([2, 3]);
 * ```
 */
export function gradient<T>(y: Tensor, xs: T, options: GradientOptions = {}): T {
  checkOptions("gradient", options, { cotangent: tensor, unconnected: oneOf("error", "zeros") });
  const { cotangent, unconnected = "error" } = options;
  const ct = seed("gradient", y, cotangent);
  const [leaves, structure] = liveLeaves("gradient", xs, "xs");
  if (structure.kind === "static")
    throw new ArgumentError(`gradient: xs: expected tensors to differentiate by, got ${said(xs)}`);
  const cts = pullback([y], [ct], leaves);
  const grads = leaves.map((x, i) => {
    const name = (): string => {
      const path = treeNames(xs)[i];
      return path === "" ? "xs" : `xs.${path}`;
    };
    if (!isFloat(x.dtype))
      throw new GradientError(`gradient: ${name()} has dtype ${x.dtype}; only floats have gradients`);
    const ct = cts[i];
    if (ct) return ct;
    if (unconnected === "zeros") return zerosLike(x);
    throw new GradientError(
      `gradient: y does not depend on ${name()} (${x}); realised tensors are leaves without history, so y must be computed from this very tensor, or pass unconnected: 'zeros'`,
    );
  });
  return treeUnflatten<T>(structure, grads);
}

/** The cotangent to start from: the given one, checked, or 1 for a single element. */
export function seed(op: string, y: Tensor, cotangent?: Tensor, name = "y"): Tensor {
  checkTensor(op, y, name);
  if (!isFloat(y.dtype)) throw new GradientError(`${op}: ${name}: has dtype ${y.dtype}; only floats have gradients`);
  if (cotangent === undefined) {
    if (y.size !== 1)
      throw new GradientError(
        `${op}: ${name}: has shape ${show(y.shape)}; reduce it to a scalar (sum or mean) or give a cotangent`,
      );
    return onesLike(y);
  }
  if (!sameShape(cotangent.shape, y.shape))
    throw new ShapeError(`${op}: cotangent: shape ${show(cotangent.shape)} is not that of y, ${show(y.shape)}`);
  if (cotangent.dtype !== y.dtype)
    throw new GradientError(`${op}: cotangent: dtype ${cotangent.dtype} is not that of y, ${y.dtype}`);
  return cotangent;
}
