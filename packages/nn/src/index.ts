export type { AttentionCache, AttentionCall, MultiHeadOptions } from "./attention/multi-head.ts";
export { MultiHeadAttention } from "./attention/multi-head.ts";
export { type StackOptions, TransformerDecoder, TransformerEncoder } from "./attention/stacks.ts";
export type { DecoderCall, SelfAttentionCall, TransformerOptions } from "./attention/transformer.ts";
export { TransformerDecoderLayer, TransformerEncoderLayer } from "./attention/transformer.ts";
export { checkpointed } from "./checkpointed.ts";
export * from "./init.ts";
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  GlobalPool,
} from "./layers/adaptive-pooling.ts";
export type { NormOptions } from "./layers/affine.ts";
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from "./layers/batch-norm.ts";
export { Parallel, Residual } from "./layers/branches.ts";
export type { Conv1dOptions, Conv2dOptions, Conv3dOptions, ConvLayerOptions, PaddingMode } from "./layers/conv.ts";
export { Conv1d, Conv2d, Conv3d } from "./layers/conv.ts";
export type {
  ConvTranspose1dOptions,
  ConvTranspose2dOptions,
  ConvTranspose3dOptions,
  ConvTransposeLayerOptions,
} from "./layers/conv-transpose.ts";
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from "./layers/conv-transpose.ts";
export { Dropout, Dropout2d, DropPath } from "./layers/dropout.ts";
export { Embedding, type EmbeddingOptions, LearnedPositions, type PositionOptions } from "./layers/embedding.ts";
export type { EvoNormOptions, EvoNormVariant } from "./layers/evonorm.ts";
export { EvoNorm1d, EvoNorm2d, EvoNorm3d } from "./layers/evonorm.ts";
export { Flatten } from "./layers/flatten.ts";
export { Linear } from "./layers/linear.ts";
export { GroupNorm, InstanceNorm, LayerNorm, RMSNorm, type RMSNormOptions } from "./layers/norm.ts";
export type { AvgPoolLayerOptions, MaxPoolOptions, PoolOptions } from "./layers/pooling.ts";
export { AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d } from "./layers/pooling.ts";
export { PixelShuffle, Upsample, type UpsampleOptions } from "./layers/resizing.ts";
export { type Layer, Sequential } from "./layers/sequential.ts";
export { SinusoidalPositions } from "./layers/sinusoidal.ts";
export { type CrossEntropyOptions, crossEntropy, type NllOptions, nll } from "./losses/cross-entropy.ts";
export { type CtcOptions, ctc } from "./losses/ctc.ts";
export { type KlOptions, klDivergence } from "./losses/divergence.ts";
export type { MarginOptions, TripletOptions } from "./losses/pairs.ts";
export { contrastive, cosineEmbedding, tripletMargin } from "./losses/pairs.ts";
export type { LossOptions, Reduction } from "./losses/reduce.ts";
export type { BceOptions, HuberOptions, SmoothL1Options } from "./losses/regression.ts";
export { bceWithLogits, huber, l1, mse, smoothL1 } from "./losses/regression.ts";
export { type Mesa, type MesaOpOptions, type MesaOptions, type MesaTensor, mesa } from "./mesa/mesa.ts";
export {
  dequantizeGroups,
  type Quantized,
  type QuantizeOptions,
  quantizeGroups,
  type Ranges,
} from "./mesa/quantise.ts";
export type { MesaOp } from "./mesa/slots.ts";
export { accuracy, topKAccuracy } from "./metrics/accuracy.ts";
export { auc } from "./metrics/auc.ts";
export { type Averaging, classScores, confusionMatrix, type Scores } from "./metrics/confusion.ts";
export type { Shortcut } from "./models/blocks.ts";
export { CifarResNet, type CifarResNetOptions, resnet20, resnet56 } from "./models/cifar-resnet.ts";
export { type MixerOptions, MlpMixer, type MlpMixerOptions, mixerBase, mixerSmall } from "./models/mixer.ts";
export type { ModelOptions } from "./models/options.ts";
export type { Mlp, PartOptions, PatchEmbed } from "./models/patches.ts";
export { ResNet, type ResNetOptions, resnet18, resnet34, resnet50 } from "./models/resnet.ts";
export { LeNet5, type MlpOptions, mlp } from "./models/small.ts";
export type { DoubleConv, Down, OutConv, Up } from "./models/unet.ts";
export { UNet, type UNetOptions } from "./models/unet.ts";
export type { VisionTransformerOptions, ViTOptions } from "./models/vision-transformer.ts";
export { VisionTransformer, vitBase, vitSmall, vitTiny } from "./models/vision-transformer.ts";
export { Module } from "./module.ts";
export type { LayerOptions } from "./parameters.ts";
export { Pass, type PassOptions } from "./pass.ts";
export type { Hidden, HiddenAndCell, Recurrence, RnnOptions } from "./recurrent/networks.ts";
export { GRU, LSTM, RNN } from "./recurrent/networks.ts";
export type { Cell, RecurrentOptions } from "./recurrent/recurrent.ts";
export type { Axes, Pair, Single, Sizes, Triple } from "./settings.ts";
export * from "./state.ts";
export { type Tapped, tap } from "./tap.ts";
