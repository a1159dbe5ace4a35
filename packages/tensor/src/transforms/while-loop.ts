import { callable, checkOptions, flag, integer } from "../check.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { add } from "../functions/arithmetic.ts";
import { astype } from "../functions/casting.ts";
import { less } from "../functions/comparison.ts";
import { iota } from "../functions/iota.ts";
import { asTensor, checkIntegers } from "../functions/operands.ts";
import { said } from "../said.ts";
import { sameShape, show } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { leavesLike, liveLeaves, treeNames, treeUnflatten } from "../tree.ts";
import { scanIn } from "./scan.ts";
import { makeWhile } from "./while.ts";

/** Options of {@link whileLoop}. */
export interface WhileOptions {
  /** Most steps: the loop then stops, whatever the condition says. Needed for reverse mode; default no bound. */
  readonly maxSteps?: number;
}

/**
 * `state = bodyFn(state)` from `init` on, as long as the scalar `condFn(state)` is true (non-zero); returns the last state. Both functions run once, on
 * placeholders; the state is a tree that keeps its structure, shapes and dtypes. Forward mode and vmap work always (a batch runs until its last example is
 * done); reverse mode needs `maxSteps` and computes that many steps again, keeping about 2·√maxSteps states.
 *
 * ```ts
 * whileLoop((x: Tensor) => less(x, 100), (x) => x.mul(2), tensor(3)); // 192
 * ```
 * Throws ArgumentError for a bad option or a state of another structure, ShapeError for a condition that is no scalar or a state of another shape,
 * DTypeError for another dtype, TraceError when a function reads a value; the derivative throws GradientError in reverse mode without `maxSteps`.
 */
export function whileLoop<C>(
  condFn: (state: C) => Tensor,
  bodyFn: (state: C) => C,
  init: C,
  options: WhileOptions = {},
): C {
  callable("whileLoop", condFn, "condFn");
  callable("whileLoop", bodyFn, "bodyFn");
  checkOptions("whileLoop", options, { maxSteps: integer("[0, ∞)") });
  return run("whileLoop", condFn, bodyFn, init, options.maxSteps ?? null, "bodyFn", () => treeNames(init));
}

function run<C>(
  op: string,
  condFn: (state: C) => Tensor,
  bodyFn: (state: C) => C,
  init: C,
  limit: number | null,
  body: string,
  names: () => readonly string[],
): C {
  const [leaves, structure] = liveLeaves(op, init, "init");
  const results = makeWhile(
    { limit, consts: [], init: leaves },
    (_, state) => {
      const more: unknown = condFn(treeUnflatten<C>(structure, state));
      if (!(more instanceof Tensor)) throw new ArgumentError(`${op}: condFn: return a tensor, got ${said(more)}`);
      if (more.rank !== 0)
        throw new ShapeError(`${op}: condFn: expected a scalar, got ${show(more.shape)}; use any or all`);
      return astype(more, "bool");
    },
    (_, state) => {
      const next = leavesLike(op, structure, bodyFn(treeUnflatten<C>(structure, state)), body);
      next.forEach((t, i) => {
        const start = leaves[i] as Tensor;
        const name = (): string => (names()[i] === "" ? "the state" : `'${names()[i]}'`);
        if (!sameShape(t.shape, start.shape))
          throw new ShapeError(
            `${op}: ${body}: ${name()} changes its shape from ${show(start.shape)} to ${show(t.shape)}`,
          );
        if (t.dtype !== start.dtype)
          throw new DTypeError(
            `${op}: ${body}: ${name()} changes its dtype from ${start.dtype} to ${t.dtype}; cast one of them`,
          );
      });
      return next;
    },
  );
  return treeUnflatten<C>(structure, results);
}

/** Options of {@link forLoop}. */
export interface ForOptions extends WhileOptions {
  /** With plain bounds: keep about 2·√n states for the reverse pass instead of all, at the cost of one more forward pass. */
  readonly checkpoint?: boolean;
}

function bound(x: number | Tensor, argument: string): Tensor {
  const t = asTensor("forLoop", x, "i32", argument);
  checkIntegers("forLoop", t, argument);
  if (t.rank !== 0) throw new ShapeError(`forLoop: ${argument}: expected a scalar, got ${show(t.shape)}`);
  return astype(t, "i32");
}

/**
 * `state = body(i, state)` for i = lower, …, upper − 1, an i32 scalar; returns the last state. With plain numbers as bounds this is a scan, differentiable in
 * both modes; with tensors it is a {@link whileLoop}, which needs `maxSteps` for reverse mode.
 *
 * ```ts
 * forLoop(0, 5, (i, sum: Tensor) => sum.add(i), tensor(0)); // 10
 * ```
 * Throws ArgumentError or DTypeError for bounds that are no integers, and what {@link scan} and {@link whileLoop} throw.
 */
export function forLoop<C>(
  lower: number | Tensor,
  upper: number | Tensor,
  body: (i: Tensor, state: C) => C,
  init: C,
  options: ForOptions = {},
): C {
  callable("forLoop", body, "body");
  checkOptions("forLoop", options, { maxSteps: integer("[0, ∞)"), checkpoint: flag });
  liveLeaves("forLoop", init, "init");
  if (lower instanceof Tensor || upper instanceof Tensor) {
    const [from, to] = [bound(lower, "lower"), bound(upper, "upper")];
    const [, state] = run<readonly [Tensor, C]>(
      "forLoop",
      ([i]) => less(i, to),
      ([i, s]) => [add(i, 1), body(i, s)],
      [from, init],
      options.maxSteps ?? null,
      "body",
      () => ["i", ...treeNames(init)],
    );
    return state;
  }
  integer("[-2147483648, 2147483647]")("forLoop", lower, "lower");
  integer("[-2147483648, 2147483647]")("forLoop", upper, "upper");
  const length = Math.min(Math.max(0, upper - lower), options.maxSteps ?? Number.POSITIVE_INFINITY);
  const steps = add(iota([length], { dtype: "i32" }), lower);
  const next = (state: C, i: Tensor): [C, null] => [body(i, state), null];
  return scanIn("forLoop", "forLoop: body", next, init, steps, { checkpoint: options.checkpoint ?? false })[0];
}
