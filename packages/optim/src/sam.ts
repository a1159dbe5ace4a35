import type { Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  abs,
  add,
  cast,
  check,
  div,
  grad,
  isFinite,
  isFloat,
  mul,
  slice,
  square,
  stopGradient,
  treeFlatten,
  treeLeaves,
  treeMap,
  treeNames,
  treeUnflatten,
  where,
  zerosLike,
} from "@gradus/tensor";
import { globalNorm } from "./clip.ts";
import { everything, type Mask } from "./decay.ts";
import { mapFloats } from "./leaf.ts";
import { careful, checkOptimizer, need, type Optimizer } from "./optimizer.ts";
import { atLeastZero, callable, count, settings } from "./settings.ts";

/** Options of {@link sam}. */
export interface SamOptions {
  /** Radius `ρ` of the ball in which the loss is made small; 0.05 unless told. */
  readonly rho?: number;
  /** Measure the ball in lengths of the weights: adaptive SAM (Kwon et al. 2021, equation 10), with `ρ` about ten times as large; false unless told. */
  readonly adaptive?: boolean;
  /** Added to the norm that the gradient is divided by; 1e-12 unless told. */
  readonly epsilon?: number;
  /**
   * Parts into which the batch is cut, each with a perturbation of its own, whose gradients are averaged: the `m`-sharpness of Foret et al. 2021, section
   * 4.1; 1, the whole batch, unless told. It needs `context.batch` and `context.lossOn`, which {@link train} gives.
   */
  readonly microBatches?: number;
  /** Which parameters are perturbed; all unless told. */
  readonly mask?: Mask;
}

/**
 * Sharpness-aware minimisation around any rule (Foret et al. 2021, algorithm 1; for ViT and Mixer, Chen, Hsieh & Gong 2022): the rule gets the gradient at
 * `w + ρ g / ‖g‖`, on the same batch and with the same random numbers. The norm is that of all parameters together; no derivative goes through
 * the perturbation. It costs a second gradient.
 *
 * Weight decay inside the rule stays out of the perturbation. Values that the loss reports beside itself (statistics of batch
 * normalisation) are those of the first pass.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range; at `update` without `context.loss`
 * @example
 * ```ts
 * const optimizer = sam(adamw({ learningRate: 3e-3, weightDecay: 0.3 }), { rho: 0.2 });
 * ```
 */
export function sam(rule: Optimizer, options: SamOptions = {}): Optimizer {
  checkOptimizer("sam", rule, "rule");
  const { rho, adaptive, epsilon, microBatches, mask } = settings("sam", options, {
    rho: [atLeastZero, 0.05],
    adaptive: [check.flag, false],
    epsilon: [atLeastZero, 1e-12],
    microBatches: [count, 1],
    mask: [callable, everything],
  });

  /** `w + ε̂`, where `ε̂ = ρ g / ‖g‖`; `w` where the gradient is zero or not finite. */
  const uphill = <T>(params: T, grads: T): T => {
    const names = treeNames(params);
    const [weights, structure] = treeFlatten(params);
    const slopes = treeLeaves(grads).map((g, i) => {
      const w = weights[i] as Tensor;
      return isFloat(w.dtype) && mask(names[i] as string, w) ? g : zerosLike(g);
    });
    const scaled = adaptive ? slopes.map((g, i) => mul(abs(weights[i] as Tensor), g)) : slopes;
    const norm = globalNorm(scaled);
    const scale = where(isFinite(norm), div(rho, add(norm, epsilon)), 0);
    const moved = weights.map((w, i) => {
      const g = slopes[i] as Tensor;
      if (!isFloat(w.dtype)) return w;
      const along = adaptive ? mul(square(w), g) : g;
      return add(w, where(isFinite(norm), mul(along, cast(scale, w.dtype)), 0));
    });
    return treeUnflatten<T>(structure, moved.map(stopGradient));
  };

  return careful("sam", {
    init: (params) => rule.init(params),
    update(grads, state, params, context) {
      const loss = need("sam", context, "loss");
      if (microBatches === 1) {
        const sharp = rho === 0 ? grads : grad(loss)(uphill(params, grads));
        return rule.update(sharp as typeof grads, state, params, context);
      }
      const [batch, lossOn] = [need("sam", context, "batch"), need("sam", context, "lossOn")];
      const sums = parts(batch, microBatches).map((part) => {
        const own = (p: typeof params): Tensor => lossOn(p, part as never);
        const first = grad(own)(params) as typeof grads;
        return grad(own)(uphill(params, first)) as typeof grads;
      });
      const total = sums.reduce((a, b) => treeMap((x, y) => add(x, y), a, b));
      const mean = mapFloats((g) => mul(g, 1 / microBatches), total);
      return rule.update(mean, state, params, context);
    },
  });
}

/** A batch cut along axis 0 into `n` parts of equal size. */
function parts(batch: unknown, n: number): unknown[] {
  const sizes = treeLeaves(batch).map((t) => t.shape[0] ?? 0);
  const size = sizes[0] as number;
  if (sizes.some((s) => s !== size) || size % n !== 0)
    throw new ArgumentError(`sam: microBatches: ${n} does not divide the batch of ${[...new Set(sizes)].join(", ")}`);
  const each = size / n;
  return Array.from({ length: n }, (_, i) =>
    treeMap(
      (t) => slice(t, [i * each, ...t.shape.slice(1).map(() => 0)], [(i + 1) * each, ...t.shape.slice(1)]),
      batch,
    ),
  );
}
