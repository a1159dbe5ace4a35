import type { Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  cast,
  check,
  div,
  expm1,
  isFloat,
  minimum,
  mul,
  neg,
  sqrt,
  square,
  sum,
  tensor,
  treeLeaves,
  treeMap,
  zerosLike,
} from "@gradus/tensor";
import { careful, type Optimizer } from "./optimizer.ts";
import type { Schedule } from "./schedules.ts";
import { asSchedule } from "./schedules.ts";

/** `treeMap` over the float leaves; others (counters, tables), whose gradients are zero, stay as they are. */
const mapFloats = <T>(f: (x: Tensor, y: Tensor) => Tensor, tree: T, other: T = tree): T =>
  treeMap((x, y) => (isFloat(x.dtype) ? f(x, y) : x), tree, other);

const start = (): Tensor => tensor(0, { dtype: "i32" });

/**
 * `√Σ x²` over every element of every leaf.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a tree without float tensors
 * @example
 * ```ts
 * await globalNorm(grads).item();
 * ```
 */
export function globalNorm(tree: unknown): Tensor {
  check.tree("globalNorm", tree, "tree");
  const squares = treeLeaves(tree)
    .filter((t) => isFloat(t.dtype))
    .map((t) => sum(square(t)));
  if (squares.length === 0) throw new ArgumentError("globalNorm: tree: it has no float tensors");
  return sqrt(squares.reduce((a, b) => add(a, b)));
}

/**
 * Scales all gradients by `min(1, max / globalNorm)` (Pascanu et al. 2013, algorithm 1).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `max` is not positive
 * @example
 * ```ts
 * chain(clipByGlobalNorm(1), sgd({ learningRate: 0.1 }));
 * ```
 */
export function clipByGlobalNorm(max: number): Optimizer<null> {
  check.number("(0, ∞]")("clipByGlobalNorm", max, "max");
  return careful("clipByGlobalNorm", {
    init: () => null,
    update(grads) {
      const scale = minimum(div(max, globalNorm(grads)), 1);
      return [mapFloats((g) => mul(g, cast(scale, g.dtype)), grads), null];
    },
  });
}

/** Step count and the two moving averages of {@link scaleByAdam}. */
export interface AdamState {
  /** Steps done, i32. */
  readonly count: Tensor;
  /** First moments `m`, like the parameters. */
  readonly m: unknown;
  /** Second moments `v`, like the parameters. */
  readonly v: unknown;
}

/** Options of {@link scaleByAdam}. */
export interface AdamOptions {
  /** Decay of the first moment; 0.9 unless told. */
  readonly beta1?: number;
  /** Decay of the second moment; 0.999 unless told. */
  readonly beta2?: number;
  /** Added to the root of the second moment; 1e-8 unless told. */
  readonly epsilon?: number;
}

/**
 * `m̂ / (√v̂ + ε)`: algorithm 1 of Kingma & Ba 2015 without the learning rate. The bias corrections `1 - βᵗ` are computed as
 * `-expm1(t log β)`, which keeps all digits in f32.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a decay is outside `[0, 1)` or `ε` is negative
 * @example
 * ```ts
 * chain(scaleByAdam(), scaleByLearningRate(1e-3)); // adam
 * ```
 */
export function scaleByAdam(options: AdamOptions = {}): Optimizer<AdamState> {
  check.options("scaleByAdam", options, momentOptions);
  return adamRule("scaleByAdam", options);
}

/** Options of Adam's moments. */
export const momentOptions: Readonly<Record<string, check.Check>> = {
  beta1: check.anything,
  beta2: check.anything,
  epsilon: check.anything,
};

/** {@link scaleByAdam} in the name of `op`. */
export function adamRule(
  op: string,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions,
): Optimizer<AdamState> {
  const decay = check.number("[0, 1)");
  decay(op, beta1, "beta1");
  decay(op, beta2, "beta2");
  check.number("[0, ∞)")(op, epsilon, "epsilon");
  const unbias = (x: Tensor, beta: number, t: Tensor): Tensor =>
    beta === 0 ? x : div(x, neg(expm1(mul(cast(t, x.dtype), Math.log(beta)))));
  return careful(op, {
    init: (params) => ({ count: start(), m: treeMap(zerosLike, params), v: treeMap(zerosLike, params) }),
    update(grads, state, _params) {
      check.tensor(op, state?.count, "state.count");
      check.alike(op, state.m, grads, "state.m");
      check.alike(op, state.v, grads, "state.v");
      const count = add(state.count, 1);
      const m = mapFloats((a, g) => add(mul(a, beta1), mul(g, 1 - beta1)), state.m as typeof grads, grads);
      const v = mapFloats((a, g) => add(mul(a, beta2), mul(square(g), 1 - beta2)), state.v as typeof grads, grads);
      const updates = mapFloats(
        (a, b) => div(unbias(a, beta1, count), add(sqrt(unbias(b, beta2, count)), epsilon)),
        m,
        v,
      );
      return [updates, { count, m, v }];
    },
  });
}

/**
 * Momentum `m ← μ m + g`; the update is `m`, or `μ m + g` with Nesterov's look-ahead (Sutskever et al. 2013, as in PyTorch).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `decay` is outside `[0, 1)`
 * @example
 * ```ts
 * chain(momentum(0.9, { nesterov: true }), scaleByLearningRate(0.1));
 * ```
 */
export function momentum(decay: number, options: { readonly nesterov?: boolean } = {}): Optimizer<unknown> {
  check.options("momentum", options, { nesterov: check.flag });
  return momentumRule("momentum", "decay", decay, options.nesterov ?? false);
}

/** {@link momentum} in the name of `op`. */
export function momentumRule(op: string, argument: string, decay: number, nesterov: boolean): Optimizer<unknown> {
  check.number("[0, 1)")(op, decay, argument);
  return careful(op, {
    init: (params) => treeMap(zerosLike, params),
    update(grads, state) {
      check.alike(op, state, grads, "state");
      const next = mapFloats((m, g) => add(mul(m, decay), g), state as typeof grads, grads);
      return [nesterov ? mapFloats((m, g) => add(mul(m, decay), g), next, grads) : next, next];
    },
  });
}

/**
 * Adds `decay · params` to the updates: decoupled when it comes after an adaptive rule (AdamW), L2 regularisation when before.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `decay` is negative
 * @example
 * ```ts
 * chain(scaleByAdam(), addDecayedWeights(0.01), scaleByLearningRate(1e-3)); // adamw
 * ```
 */
export const addDecayedWeights = (decay: number): Optimizer<null> => decayRule("addDecayedWeights", "decay", decay);

/** {@link addDecayedWeights} in the name of `op`. */
export function decayRule(op: string, argument: string, decay: number): Optimizer<null> {
  check.number("[0, ∞)")(op, decay, argument);
  return careful(op, {
    init: () => null,
    update: (grads, _state, params) => [mapFloats((g, p) => add(g, mul(p, decay)), grads, params), null],
  });
}

/**
 * Multiplies by `-learningRate`, a number or a schedule of the step count.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when it is neither
 * @example
 * ```ts
 * chain(scaleByAdam(), scaleByLearningRate(cosine({ peak: 1e-3, steps: 1000 })));
 * ```
 */
export const scaleByLearningRate = (learningRate: number | Schedule): Optimizer<Tensor> =>
  rateRule("scaleByLearningRate", learningRate);

/** {@link scaleByLearningRate} in the name of `op`. */
export function rateRule(op: string, learningRate: number | Schedule): Optimizer<Tensor> {
  const schedule = asSchedule(op, learningRate);
  return careful(op, {
    init: start,
    update(grads, step) {
      check.tensor(op, step, "state");
      const rate = neg(schedule(step));
      return [mapFloats((g) => mul(g, cast(rate, g.dtype)), grads), add(step, 1)];
    },
  });
}
