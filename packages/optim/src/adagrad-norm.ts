import type { Tensor } from "@gradus/tensor";
import { add, cast, check, div, mul, sqrt, square, sum, tensor, zeros } from "@gradus/tensor";
import { globalNorm } from "./clip.ts";
import { type LeafState, mapFloats, perLeaf } from "./leaf.ts";
import { careful, chain, type Optimizer } from "./optimizer.ts";
import { type Rate, rateRule } from "./rate.ts";
import { asked, atLeastZero, settings, type Table } from "./settings.ts";

/** Options of {@link scaleByAdagradNorm}. */
export interface AdagradNormOptions {
  /** Start of the sum of squares; 0.01 unless told. */
  readonly initial?: number;
  /** Added to the root; 0 unless told. */
  readonly epsilon?: number;
  /** One sum for the whole model, as in the paper, or one for each row of axis 0, as in the code of AdAdaGrad; `"model"` unless told. */
  readonly granularity?: "model" | "row";
}

const table: Table<AdagradNormOptions> = {
  initial: [atLeastZero, 1e-2],
  epsilon: [atLeastZero, 0],
  granularity: [check.oneOf("model", "row"), "model"],
};

/**
 * `g / (√v + ε)` with one number `v ← v + ‖g‖²`: AdaGrad-Norm (Ward, Wu & Bottou 2020, algorithm 1).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * chain(scaleByAdagradNorm(), scaleByLearningRate(1)); // adagradNorm
 * ```
 */
export const scaleByAdagradNorm = (options: AdagradNormOptions = {}): Optimizer =>
  normRule("scaleByAdagradNorm", settings("scaleByAdagradNorm", options, table));

function normRule(op: string, { initial, epsilon, granularity }: Required<AdagradNormOptions>): Optimizer {
  if (granularity === "row") {
    const rows = (p: Tensor): number[] =>
      p.rank === 0 ? [] : [p.shape[0] as number, ...p.shape.slice(1).map(() => 1)];
    const rule = perLeaf(op, { v: (p) => add(zeros(rows(p), { dtype: p.dtype }), initial) }, (g, old) => {
      const axes = g.shape.map((_, i) => i).slice(1);
      const v = add(old.v, sum(square(g), axes, { keepDims: true }));
      return [div(g, add(sqrt(v), epsilon)), { v }];
    });
    return rule satisfies Optimizer<LeafState<"v">>;
  }
  return careful(op, {
    init: () => tensor(initial),
    update(grads, v) {
      check.tensor(op, v, "state");
      const next = add(v, cast(square(globalNorm(grads)), v.dtype));
      const scale = div(1, add(sqrt(next), epsilon));
      return [mapFloats((g) => mul(g, cast(scale, g.dtype)), grads), next];
    },
  });
}

/**
 * AdaGrad-Norm: gradient descent whose step shrinks with the sum of all squared gradient lengths (Ward, Wu & Bottou 2020, algorithm 1).
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for an unknown option, or one out of range
 * @example
 * ```ts
 * const optimizer = adagradNorm({ learningRate: 1 });
 * ```
 */
export function adagradNorm(options: AdagradNormOptions & Rate): Optimizer {
  const given = settings("adagradNorm", options, { learningRate: asked, ...table });
  return chain(normRule("adagradNorm", given), rateRule("adagradNorm", given.learningRate));
}
