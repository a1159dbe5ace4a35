import type { Tensor } from "@gradus/tensor";
import { add, div, expm1, mul, neg, sqrt, square, zerosLike } from "@gradus/tensor";
import { decayRule, everything, type Mask } from "./decay.ts";
import { type LeafState, perLeaf } from "./leaf.ts";
import { chain, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, atLeastZero, callable, decay, settings, type Table } from "./settings.ts";

/** Options of {@link scaleByAdam}. */
export interface AdamOptions {
  /** Decay of the first moment; 0.9 unless told. */
  readonly beta1?: number;
  /** Decay of the second moment; 0.999 unless told. */
  readonly beta2?: number;
  /** Added to the root of the second moment; 1e-8 unless told. */
  readonly epsilon?: number;
}

/** Step count and the two moving averages of {@link scaleByAdam}, each like the parameters. */
export type AdamState = LeafState<"m" | "v">;

/** Adam's options and their defaults. */
export const moments: Table<AdamOptions> = { beta1: [decay, 0.9], beta2: [decay, 0.999], epsilon: [atLeastZero, 1e-8] };

/** `βᵗ` subtracted from one, as `-expm1(t log β)`, which keeps all digits in f32. */
export const correction = (beta: number, t: Tensor): Tensor => neg(expm1(mul(t, Math.log(beta))));

/** A moving average that started at zero, without its bias: `x / (1 - βᵗ)`. */
export const unbiased = (x: Tensor, beta: number, t: Tensor): Tensor => (beta === 0 ? x : div(x, correction(beta, t)));

/** `β a + (1 - β) x`. */
export const average = (a: Tensor, x: Tensor, beta: number): Tensor => add(mul(a, beta), mul(x, 1 - beta));

/**
 * `m̂ / (√v̂ + ε)`: algorithm 1 of Kingma & Ba 2015 without the learning rate.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a decay is outside `[0, 1)` or `ε` is negative
 * @example
 * ```ts
 * chain(scaleByAdam(), scaleByLearningRate(1e-3)); // adam
 * ```
 */
export const scaleByAdam = (options: AdamOptions = {}): Optimizer<AdamState> =>
  adamRule("scaleByAdam", settings("scaleByAdam", options, moments));

/** {@link scaleByAdam} in the name of `op`. */
export const adamRule = (op: string, { beta1, beta2, epsilon }: Required<AdamOptions>): Optimizer<AdamState> =>
  perLeaf(op, { m: zerosLike, v: zerosLike }, (g, old, { t }) => {
    const m = average(old.m, g, beta1);
    const v = average(old.v, square(g), beta2);
    return [div(unbiased(m, beta1, t), add(sqrt(unbiased(v, beta2, t)), epsilon)), { m, v }];
  });

/**
 * Adam: Kingma & Ba 2015, algorithm 1.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = adam({ learningRate: 1e-3 });
 * ```
 */
export function adam(options: AdamOptions & Rate): Optimizer {
  const given = settings("adam", options, { learningRate: asked, ...moments });
  return chain(adamRule("adam", given), rateRule("adam", given.learningRate));
}

/** Options of {@link adamw}. */
export interface AdamWOptions extends AdamOptions, Rate {
  /** Decay `λ`, multiplied by the learning rate as in PyTorch; 0.01 unless told. */
  readonly weightDecay?: number;
  /** Which parameters decay; all unless told. */
  readonly mask?: Mask;
}

/**
 * Adam with decoupled weight decay, `θ ← θ - η (m̂ / (√v̂ + ε) + λ θ)`: Loshchilov & Hutter 2019, algorithm 2, with `λ` scaled by `η`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: 3e-4, mask: (name) => name.endsWith("weight") }));
 * ```
 */
export function adamw(options: AdamWOptions): Optimizer {
  const given = settings("adamw", options, {
    learningRate: asked,
    weightDecay: [atLeastZero, 0.01],
    mask: [callable, everything],
    ...moments,
  });
  return chain(
    adamRule("adamw", given),
    decayRule("adamw", given.weightDecay, given.mask),
    rateRule("adamw", given.learningRate),
  );
}
