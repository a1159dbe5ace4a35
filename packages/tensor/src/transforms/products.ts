import { callable } from "../check.ts";
import { isFloat } from "../dtype.ts";
import { ArgumentError, GradientError, ShapeError } from "../errors.ts";
import { zerosLike } from "../functions/fill.ts";
import { said } from "../said.ts";
import { sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { withTrace } from "../trace.ts";
import type { Structure } from "../tree.ts";
import { leavesLike, liveArguments, liveLeaves, treeFlatten, treeUnflatten } from "../tree.ts";
import { pullback, pushforward } from "./differentiate.ts";
import { grad, watch } from "./grad.ts";

export interface Recorded {
  readonly xs: readonly Tensor[];
  readonly input: Structure;
  readonly ys: readonly Tensor[];
  readonly output: Structure;
  readonly result: unknown;
}

/** Runs `f` on watched copies of its arguments and keeps what both modes need. */
export function record(op: string, f: (...args: never[]) => unknown, args: readonly unknown[]): Recorded {
  callable(op, f, "f");
  const [leaves, input] = liveArguments(op, args);
  if (!leaves.some((t) => isFloat(t.dtype)))
    throw new GradientError(`${op}: args: the arguments hold no float tensor to differentiate by`);
  return withTrace((trace) => {
    const xs = leaves.map((t) => watch(t, trace));
    const result = f(...(treeUnflatten(input, xs) as never[]));
    const [ys, output] = treeFlatten(result);
    return { xs, input, ys, output, result };
  });
}

/** The leaves of a tangent or cotangent tree; they must look like those they belong to. */
export function vectorLike(
  op: string,
  argument: string,
  structure: Structure,
  like: readonly Tensor[],
  tree: unknown,
): (Tensor | null)[] {
  liveLeaves(op, tree, argument);
  return leavesLike(op, structure, tree, argument).map((v, i) => {
    const x = like[i] as Tensor;
    if (!sameShape(v.shape, x.shape))
      throw new ShapeError(`${op}: ${argument}: leaf ${i} has shape ${show(v.shape)}, expected ${show(x.shape)}`);
    if (!isFloat(x.dtype)) return null;
    if (v.dtype !== x.dtype)
      throw new GradientError(`${op}: ${argument}: leaf ${i} has dtype ${v.dtype}, expected ${x.dtype}`);
    return v;
  });
}

export const filled = (vectors: readonly (Tensor | null)[], like: readonly Tensor[]): Tensor[] =>
  vectors.map((v, i) => v ?? zerosLike(like[i] as Tensor));

/**
 * The value of `f` and the function that pulls a cotangent of the value back to cotangents of the arguments (a tuple).
 * Throws GradientError when no argument is a float; the pullback throws ShapeError or ArgumentError when its cotangent does not look like the value.
 *
 * ```ts
 * const [y, pull] = vjp((a: Tensor, b: Tensor) => a.mul(b), a, b);
 * const [da, db] = pull(onesLike(y));
 * ```
 */
export function vjp<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...args: A
): [value: R, pull: (cotangent: R) => A] {
  const { xs, input, ys, output, result } = record("vjp", f, args);
  const pull = (cotangent: R): A =>
    treeUnflatten<A>(input, filled(pullback(ys, vectorLike("vjp", "cotangent", output, ys, cotangent), xs), xs));
  return [result as R, pull];
}

/**
 * The value of `f` and the linear function that maps tangents of the arguments to the tangent of the value; `f` runs once.
 * Throws as {@link jvp} does.
 *
 * ```ts
 * const [y, push] = linearize((x: Tensor) => x.sin(), x);
 * push(v); // cos(x) · v
 * ```
 */
export function linearize<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...args: A
): [value: R, push: (...tangents: A) => R] {
  return linear("linearize", f, args);
}

function linear<A extends readonly unknown[], R>(
  op: string,
  f: (...args: A) => R,
  args: A,
): [value: R, push: (...tangents: A) => R] {
  const { xs, input, ys, output, result } = record(op, f, args);
  const push = (...tangents: A): R =>
    treeUnflatten<R>(output, filled(pushforward(ys, xs, vectorLike(op, "tangents", input, xs, tangents)), ys));
  return [result as R, push];
}

/**
 * Forward mode: the value of `f` and its derivative along `tangents` (one tree per argument). Tangents of leaves that are not floats are ignored.
 * Throws GradientError when no argument is a float or a dtype differs, ShapeError or ArgumentError when tangents do not look like the arguments.
 *
 * ```ts
 * const [y, dy] = jvp((x: Tensor) => x.pow(3), [x], [v]); // dy = 3 x² v
 * ```
 */
export function jvp<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  args: readonly [...A],
  tangents: readonly [...A],
): [value: R, tangent: R] {
  for (const [list, argument] of [
    [args, "args"],
    [tangents, "tangents"],
  ] as const)
    if (!Array.isArray(list)) throw new ArgumentError(`jvp: ${argument}: expected a list, got ${said(list)}`);
  const [value, push] = linear("jvp", f, args as unknown as A);
  return [value, push(...(tangents as unknown as A))];
}

/**
 * Hessian-vector product of a scalar function by its first argument, forward over reverse: the cost of a few gradients, no matrix.
 * Throws as {@link jvp} and {@link grad} do.
 *
 * ```ts
 * hvp((x: Tensor) => x.pow(3).sum(), x, v); // 6 x v
 * ```
 */
export function hvp<T, R extends readonly unknown[]>(f: (x: T, ...rest: R) => Tensor, x: T, v: T, ...rest: R): T {
  callable("hvp", f, "f");
  liveLeaves("hvp", x, "x");
  liveLeaves("hvp", v, "v");
  const slope = grad((point: T) => f(point, ...rest));
  return linear("hvp", slope, [x])[1](v);
}
