import type { Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  abs,
  check,
  clone,
  dispose,
  jit,
  max,
  ravel,
  realize,
  tidy,
  treeMap,
  valueAndGrad,
} from "@gradus/tensor";
import { lbfgs } from "./lbfgs.ts";
import { applyUpdates, type Context, checkOptimizer, type Optimizer } from "./optimizer.ts";
import { asked, atLeastZero, count, settings } from "./settings.ts";

/** Options of {@link minimize}. */
export interface MinimizeOptions {
  /** The rule; {@link lbfgs} unless told. */
  readonly optimizer?: Optimizer;
  /** Most steps; 200 unless told. */
  readonly maxIterations?: number;
  /** Stops when no element of the gradient is larger; 1e-5 unless told. */
  readonly gradientTolerance?: number;
  /** Stops when the loss changes by no more than this share of itself; 0 unless told. */
  readonly valueTolerance?: number;
  /** Called after each step; a promise is awaited. */
  readonly onStep?: (step: {
    readonly iteration: number;
    readonly value: number;
    readonly gradient: number;
  }) => void | Promise<void>;
  /** Stops after the step that is running. */
  readonly signal?: AbortSignal;
}

/** How {@link minimize} ended. */
export interface Minimum<T> {
  /** The point. */
  readonly x: T;
  /** The loss there. */
  readonly value: number;
  /** Largest element of the gradient there, without sign. */
  readonly gradient: number;
  /** Steps done. */
  readonly iterations: number;
  /** What ended it: a tolerance, the steps, the signal, that no step lowers the loss, or a loss that is not finite. */
  readonly reason: "gradient" | "value" | "iterations" | "signal" | "stuck" | "diverged";
}

/** Point, state of the rule, loss, gradient; then the loss and the largest element of the gradient as numbers to read. */
type Turn<T> = readonly [x: T, state: unknown, value: Tensor, grads: T, largest: Tensor];

/**
 * Goes down from `start` until the gradient is small: one compiled step after the other, by {@link lbfgs} unless told.
 *
 * @param f - a scalar of a tree of tensors
 * @param start - where to begin; it stays as it is
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const { x } = await minimize((x: Tensor) => sum(square(sub(x, 3))), zeros([2]));
 * ```
 */
export const minimize = async <T>(f: (x: T) => Tensor, start: T, options: MinimizeOptions = {}): Promise<Minimum<T>> =>
  prepared("minimize", f, options)(start);

/**
 * As {@link minimize}, for a function that is minimised again and again with other data: its step is compiled once.
 *
 * @param f - a scalar of a tree of tensors, and of what else the search is given
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const fit = minimizer((w: Tensor, x: Tensor, y: Tensor) => mean(square(sub(matmul(x, w), y))));
 * const fits = [await fit(start, x1, y1), await fit(start, x2, y2)];
 * ```
 */
export const minimizer = <T, R extends readonly unknown[]>(
  f: (x: T, ...rest: R) => Tensor,
  options: MinimizeOptions = {},
): ((start: T, ...rest: R) => Promise<Minimum<T>>) => prepared("minimizer", f, options);

function prepared<T, R extends readonly unknown[]>(
  op: string,
  f: (x: T, ...rest: R) => Tensor,
  options: MinimizeOptions,
): (start: T, ...rest: R) => Promise<Minimum<T>> {
  check.callable(op, f, "f");
  const { optimizer, maxIterations, gradientTolerance, valueTolerance, onStep, signal } = settings(
    op,
    options as Required<MinimizeOptions>,
    {
      optimizer: [asked[0], lbfgs()],
      maxIterations: [count, 200],
      gradientTolerance: [atLeastZero, 1e-5],
      valueTolerance: [atLeastZero, 0],
      onStep: [check.callable, () => undefined],
      signal: [asked[0], new AbortController().signal],
    },
  );
  checkOptimizer(op, optimizer, "optimizer");
  if (typeof signal.aborted !== "boolean")
    throw new ArgumentError(`${op}: signal: expected an AbortSignal, got ${check.said(signal)}`);
  const largest = (grads: T): Tensor => max(abs(ravel(grads)[0]));
  const slopeOf = valueAndGrad(f) as unknown as (x: T, ...rest: R) => [Tensor, T];
  const begin = (start: T, rest: R): Turn<T> => {
    const x = treeMap(clone, start);
    const [value, grads] = slopeOf(x, ...rest);
    return [x, optimizer.init(x), value, grads, largest(grads)];
  };
  const step = jit(
    (x: T, state: unknown, value: Tensor, grads: T, rest: R): Turn<T> => {
      const context = { loss: (p: T) => f(p, ...rest), value } as Context<T>;
      const [updates, next] = optimizer.update(grads, state, x, context);
      const there = applyUpdates(x, updates);
      const [v, g] = optimizer.after?.(next, x) ?? slopeOf(there, ...rest);
      return [there, next, v, g, largest(g)];
    },
    { donate: [0, 1, 2, 3] },
  );
  return async (start, ...rest) => {
    check.tree(op, start, "start");
    let turn = tidy(() => realize(begin(start, rest)));
    let [value, gradient] = [await turn[2].item(), await turn[4].item()] as [number, number];
    for (let iterations = 0, why: Minimum<T>["reason"] | null = null; ; iterations++) {
      if (gradient <= gradientTolerance) why = "gradient";
      else if (!Number.isFinite(value)) why = "diverged";
      else if (why === null && iterations >= maxIterations) why = "iterations";
      else if (why === null && signal.aborted) why = "signal";
      if (why !== null) {
        dispose(turn.slice(1));
        return { x: turn[0], value, gradient, iterations, reason: why };
      }
      const [x, state, v, g, old] = turn;
      turn = step(x, state, v, g, rest);
      old.dispose();
      const [before, steep] = [value, gradient];
      [value, gradient] = [await turn[2].item(), await turn[4].item()] as [number, number];
      await onStep({ iteration: iterations, value, gradient });
      const moved = Math.abs(before - value);
      if (moved === 0 && gradient === steep) why = "stuck";
      else if (moved < valueTolerance * Math.abs(value)) why = "value";
    }
  };
}
