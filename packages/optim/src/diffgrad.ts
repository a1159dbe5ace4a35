import type { Tensor } from "@gradus/tensor";
import { abs, add, check, div, maximum, mul, onesLike, sigmoid, sqrt, square, sub, zerosLike } from "@gradus/tensor";
import { type AdamOptions, average, correction, moments } from "./adam.ts";
import { decayRule } from "./decay.ts";
import { perLeaf, type Slots } from "./leaf.ts";
import { chain, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, atLeastZero, settings, type Table } from "./settings.ts";

/**
 * How a change of the gradient `d = gₜ₋₁ - gₜ` brakes the step.
 *
 * - 0: `σ(|d|)`, between 0.5 and 1, the paper's method
 * - 1: `σ(d)`, between 0 and 1: a gradient that grows is braked more
 * - 2: `9 σ(|d| / 2) - 4`, between 0.5 and 5
 * - `"experimental-3"`, `"experimental-4"`: `σ(s |d| - μ)` with mean `μ` and standard deviation (3) or variance (4) `s` of the gradients before
 *   this step; reconstructed from an independent implementation
 */
export type FrictionVersion = 0 | 1 | 2 | "experimental-3" | "experimental-4";

const versions: readonly FrictionVersion[] = [0, 1, 2, "experimental-3", "experimental-4"];

/**
 * The friction coefficient `ξ` of diffGrad, by which Adam's step is multiplied (Dubey et al. 2020, equations 9 and 10).
 *
 * @param previous - the gradient of the step before; zeros at the first
 * @param g - the gradient of this step
 * @param version - one of the versions without statistics
 * @example
 * ```ts
 * friction(zeros([1]), ones([1])); // σ(1) = 0.731
 * ```
 */
export function friction(previous: Tensor, g: Tensor, version: 0 | 1 | 2 = 0): Tensor {
  check.tensor("friction", previous, "previous");
  check.tensor("friction", g, "g");
  oneOf([0, 1, 2])("friction", version, "version");
  const d = sub(previous, g);
  if (version === 0) return sigmoid(abs(d));
  return version === 1 ? sigmoid(d) : sub(mul(sigmoid(mul(abs(d), 0.5)), 9), 4);
}

/** As `check.oneOf`, for words and numbers. */
const oneOf =
  (known: readonly FrictionVersion[]): check.Check =>
  (op, value, name) => {
    if (!known.includes(value as FrictionVersion)) check.oneOf(...known.map(String))(op, value, name);
  };

/** Options of {@link scaleByDiffGrad}. */
export interface DiffGradOptions extends AdamOptions {
  /** Which friction; 0, the paper's, unless told. */
  readonly version?: FrictionVersion;
}

const table: Table<DiffGradOptions> = { ...moments, version: [oneOf(versions), 0] };

/**
 * `√(1 - β₂ᵗ) / (1 - β₁ᵗ) · ξ m / (√v + ε)`: Dubey et al. 2020, algorithm 1, without the learning rate. The moments do not contain the friction `ξ`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a decay is outside `[0, 1)`, `ε` is negative or the version unknown
 * @example
 * ```ts
 * chain(scaleByDiffGrad(), scaleByLearningRate(1e-3)); // diffGrad
 * ```
 */
export const scaleByDiffGrad = (options: DiffGradOptions = {}): Optimizer =>
  diffGradRule("scaleByDiffGrad", settings("scaleByDiffGrad", options, table));

type Kept = "m" | "v" | "previous";

function diffGradRule(op: string, { beta1, beta2, epsilon, version }: Required<DiffGradOptions>): Optimizer {
  const step = (g: Tensor, old: Slots<Kept>, t: Tensor, xi: Tensor): [Tensor, Slots<Kept>] => {
    const m = average(old.m, g, beta1);
    const v = average(old.v, square(g), beta2);
    const scale = div(sqrt(unit(beta2, t)), unit(beta1, t));
    return [mul(scale, div(mul(xi, m), add(sqrt(v), epsilon))), { m, v, previous: g }];
  };
  const kept = { m: zerosLike, v: zerosLike, previous: zerosLike };
  if (typeof version === "number")
    return perLeaf(op, kept, (g, old, { t }) => step(g, old, t, friction(old.previous, g, version)));
  return perLeaf(op, { ...kept, sum: zerosLike, squares: zerosLike }, (g, old, { t }) => {
    const before = maximum(sub(t, 1), 1);
    const mean = div(old.sum, before);
    const variance = maximum(sub(div(old.squares, before), square(mean)), 0);
    const spread = version === "experimental-3" ? sqrt(variance) : variance;
    const xi = sigmoid(sub(mul(spread, abs(sub(old.previous, g))), mean));
    const [u, next] = step(g, old, t, xi);
    return [u, { ...next, sum: add(old.sum, g), squares: add(old.squares, square(g)) }];
  });
}

/** `1 - βᵗ`, which is 1 for `β = 0`. */
const unit = (beta: number, t: Tensor): Tensor => (beta === 0 ? onesLike(t) : correction(beta, t));

/**
 * diffGrad: Adam whose step on each coordinate is braked where its gradient hardly changes (Dubey et al. 2020, algorithm 1). Where gradients are small
 * the friction is close to 0.5, so compare it with Adam at half its learning rate, too.
 *
 * @param options - `weightDecay`: L2 penalty added to the gradient, as in the authors' code; 0 unless told
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = diffGrad({ learningRate: 1e-3 });
 * ```
 */
export function diffGrad(options: DiffGradOptions & Rate & { readonly weightDecay?: number }): Optimizer {
  const given = settings("diffGrad", options, { learningRate: asked, weightDecay: [atLeastZero, 0], ...table });
  const rules = given.weightDecay === 0 ? [] : [decayRule("diffGrad", given.weightDecay)];
  return chain(...rules, diffGradRule("diffGrad", given), rateRule("diffGrad", given.learningRate));
}
