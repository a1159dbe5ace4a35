export type { Batches, BatchOptions } from "./batches.ts";
export { batches } from "./batches.ts";
export type { AdamWOptions, SgdOptions } from "./methods.ts";
export { adam, adamw, sgd } from "./methods.ts";
export type { Optimizer } from "./optimizer.ts";
export { applyUpdates, chain } from "./optimizer.ts";
export type { CosineOptions, Schedule } from "./schedules.ts";
export { constant, cosine } from "./schedules.ts";
export type { Loss, Metrics, TrainOptions, TrainResult, TrainState, TrainStep } from "./train.ts";
export { train } from "./train.ts";
export type { AdamOptions, AdamState } from "./transforms.ts";
export {
  addDecayedWeights,
  clipByGlobalNorm,
  globalNorm,
  momentum,
  scaleByAdam,
  scaleByLearningRate,
} from "./transforms.ts";
