import type { Tensor } from "@gradus/tensor";
import { check, exp, mul, sub, sum, xlogy } from "@gradus/tensor";
import type { LossOptions } from "./reduce.ts";
import { checkLast, checkPair, lossOptions, reduced } from "./reduce.ts";

/** Options of {@link klDivergence}. */
export interface KlOptions extends LossOptions {
  /** The target holds logarithms; false unless told. */
  readonly logTarget?: boolean;
}

/**
 * Kullback–Leibler divergence of the target from the prediction, `Σ_c t_c (log t_c − log p_c)` over the last axis. The mean is that over the
 * distributions: PyTorch's `batchmean`.
 *
 * @param logPrediction - logarithms of probabilities, `[..., classes]`
 * @param target - probabilities, zeros among them, or their logarithms, `[..., classes]`
 * @returns a scalar, or `[...]` with reduction `none`; nats
 * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when the shapes differ; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * klDivergence(logSoftmax(student), softmax(teacher)); // distillation
 * ```
 */
export function klDivergence(logPrediction: Tensor, target: Tensor, options: KlOptions = {}): Tensor {
  const op = "klDivergence";
  checkLast(op, logPrediction, "logPrediction", "classes");
  checkPair(op, logPrediction, target, ["logPrediction", "target"]);
  check.options(op, options, { ...lossOptions, logTarget: check.flag });
  const terms = options.logTarget
    ? mul(exp(target), sub(target, logPrediction))
    : sub(xlogy(target, target), mul(target, logPrediction));
  return reduced(sum(terms, -1), options);
}
