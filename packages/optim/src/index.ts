export { type AccumulateState, accumulate } from "./accumulate.ts";
export { type AdadeltaOptions, adadelta, scaleByAdadelta } from "./adadelta.ts";
export { type AdagradOptions, adagrad, scaleByAdagrad } from "./adagrad.ts";
export { type AdagradNormOptions, adagradNorm, scaleByAdagradNorm } from "./adagrad-norm.ts";
export {
  type AdaHessianOptions,
  adaHessian,
  type HessianOptions,
  type HessianState,
  type SpatialAverage,
  scaleByHessian,
} from "./adahessian.ts";
export { type AdamOptions, type AdamState, type AdamWOptions, adam, adamw, scaleByAdam } from "./adam.ts";
export {
  type AdaptiveBatchSize,
  adaptiveBatchSize,
  type BatchSizeOptions,
  type BatchTest,
  wantedBatchSize,
} from "./adaptive/size.ts";
export { type GradientStats, gradientStats } from "./adaptive/stats.ts";
export {
  type AdaptiveOptions,
  type AdaptiveResult,
  type AdaptiveStep,
  scaleBySamples,
  trainAdaptive,
} from "./adaptive/train.ts";
export { amsgrad, scaleByAmsgrad } from "./amsgrad.ts";
export { type AveragedState, type AverageOptions, averaged } from "./average.ts";
export type { Batches, BatchOptions } from "./batches.ts";
export { batches } from "./batches.ts";
export {
  type Booster,
  type BoostingOptions,
  type BoostingStep,
  gradientBoostedMlp,
  type Targets,
} from "./boosting/fit.ts";
export { type Activation, BoostedMlp, type Label, type UnitsOption } from "./boosting/model.ts";
export { clipAdaptively, clipByGlobalNorm, clipByValue, globalNorm } from "./clip.ts";
export { addDecayedWeights, type Mask } from "./decay.ts";
export { type DiffGradOptions, diffGrad, type FrictionVersion, friction, scaleByDiffGrad } from "./diffgrad.ts";
export { hutchinsonDiagonal, rademacherLike } from "./hutchinson.ts";
export { lamb, scaleByTrustRatio } from "./lamb.ts";
export { type LbfgsOptions, type LbfgsState, lbfgs } from "./lbfgs.ts";
export { type At, type LeafState, perLeaf, type Slots } from "./leaf.ts";
export { type LionOptions, lion, scaleByLion } from "./lion.ts";
export { type MinimizeOptions, type Minimum, minimize, minimizer } from "./minimize.ts";
export { type NadamOptions, type NadamState, nadam, scaleByNadam } from "./nadam.ts";
export { applyUpdates, type Context, chain, type Optimizer } from "./optimizer.ts";
export { freeze, partition } from "./partition.ts";
export { type PlateauOptions, type PlateauState, reduceOnPlateau } from "./plateau.ts";
export { radam, scaleByRadam } from "./radam.ts";
export { type Rate, scaleByLearningRate } from "./rate.ts";
export { type RmsOptions, type RmspropOptions, rmsprop, scaleByRms } from "./rmsprop.ts";
export { type SamOptions, sam } from "./sam.ts";
export type {
  CosineOptions,
  ExponentialOptions,
  OneCycleOptions,
  PolynomialOptions,
  Schedule,
} from "./schedules.ts";
export { constant, cosine, exponential, oneCycle, piecewise, polynomial } from "./schedules.ts";
export { momentum, type SgdOptions, sgd } from "./sgd.ts";
export {
  type Sso,
  type SsoOptions,
  type SsoReport,
  type SsoState,
  type SurrogateOptions,
  sso,
  type TargetMethod,
  targetSurrogate,
} from "./sso.ts";
export {
  differentiable,
  type TargetLoss,
  type TargetStep,
  type TargetValue,
  targetLineSearch,
} from "./target-loss.ts";
export { testFunctions } from "./test-functions.ts";
export { type FirstLayer, type TractOptions, tract, tractGrad, untract } from "./tract.ts";
export type { Checkpointing, Loss, Metrics, TrainOptions, TrainResult, TrainState, TrainStep } from "./train.ts";
export { train } from "./train.ts";
export type { LineSearchOptions } from "./wolfe.ts";
