export type { Backend, Executable, Storage } from "./backend.ts";
export { getBackend, setBackend } from "./backends/current.ts";
export { jsBackend } from "./backends/js/index.ts";
export { to } from "./backends/to.ts";
export { type WasmBackend, type WasmOptions, wasmBackend } from "./backends/wasm/index.ts";
/**
 * Argument checks, for authors of packages on top of this one: each throws a typed one-line error `function: argument: what is wrong`.
 *
 * ```ts
 * check.options("layer", options, { rate: check.number("[0, 1)"), bias: check.flag });
 * ```
 */
export * as check from "./checks.ts";
export type { DType, DTypeInfo, HostArray } from "./dtype.ts";
export { dtypes, isFloat, promote } from "./dtype.ts";
export * from "./errors.ts";
export * from "./functions/activation.ts";
export * from "./functions/arithmetic.ts";
export { at, type Pick } from "./functions/at.ts";
export { type AttentionOptions, dotProductAttention } from "./functions/attention.ts";
export * from "./functions/bits/index.ts";
export * from "./functions/casting.ts";
export { clone } from "./functions/clone.ts";
export * from "./functions/closeness.ts";
export * from "./functions/comparison.ts";
export { type ConvOptions, conv, type Padding, type PerAxis } from "./functions/convolution.ts";
export * from "./functions/creation.ts";
export { type CumulativeOptions, cummax, cummin, cumprod, cumsum, recurrence } from "./functions/cumulative.ts";
export * from "./functions/differences/index.ts";
export { einsum, einsumPath } from "./functions/einsum.ts";
export type { EinsumPath } from "./functions/einsum-path.ts";
export * from "./functions/elementary.ts";
export { erfinv } from "./functions/erfinv.ts";
export * from "./functions/fft/index.ts";
export { type DTypeOption, full, fullLike, ones, onesLike, scalar, zeros, zerosLike } from "./functions/fill.ts";
export { applyAlongAxis, cumlogsumexp, reduce, sortKeyVal } from "./functions/folds.ts";
export * from "./functions/gates.ts";
export * from "./functions/image/index.ts";
export * from "./functions/indexing.ts";
export { iota } from "./functions/iota.ts";
export * from "./functions/joining/index.ts";
export * from "./functions/linalg/index.ts";
export * as linalg from "./functions/linalg/index.ts";
export { matmul } from "./functions/matmul.ts";
export { type MeshgridOptions, meshgrid } from "./functions/meshgrid.ts";
export type { TensorLike } from "./functions/operands.ts";
export type { PadMode } from "./functions/padding.ts";
export * from "./functions/picking/index.ts";
export * from "./functions/polynomial/index.ts";
export { type AvgPoolOptions, avgPool, maxPool, reduceWindow, type WindowOptions } from "./functions/pooling.ts";
export { dot, inner, matvec, outer, tensordot, vecmat } from "./functions/products.ts";
export * from "./functions/reduction.ts";
export * from "./functions/segments.ts";
export { where } from "./functions/selection.ts";
export {
  broadcastInDim,
  broadcastTo,
  chunk,
  concat,
  expandDims,
  flatten,
  flip,
  moveaxis,
  pad,
  permute,
  repeat,
  reshape,
  roll,
  slice,
  squeeze,
  stack,
  stopGradient,
  swapaxes,
  tile,
  transpose,
  unstack,
} from "./functions/shaping.ts";
export * from "./functions/signal/index.ts";
export { logSoftmax, logsumexp, softmax } from "./functions/softmax.ts";
export * from "./functions/sorting/index.ts";
export { geomspace, logspace } from "./functions/spaced.ts";
export * from "./functions/special/index.ts";
export type { BinaryFunction, UnaryFunction } from "./functions/special/operands.ts";
export * from "./functions/statistics/index.ts";
export type * from "./ir/ir.ts";
export { dispose, memory, realize, tidy } from "./memory.ts";
export { debugNaNs } from "./plan/debug-nans.ts";
export { explain } from "./plan/explain.ts";
export type { Aval, Builder, Lowering, Primitive, Value } from "./primitive.ts";
export * from "./random/index.ts";
export * as random from "./random/index.ts";
export type { NestedValues, Values } from "./read.ts";
export type { Shape } from "./shape.ts";
export { Tensor } from "./tensor.ts";
export { type AssociativeScanOptions, associativeScan } from "./transforms/associative-scan.ts";
export { checkpoint } from "./transforms/checkpoint.ts";
export { cond, switchCase } from "./transforms/cond.ts";
export { type CustomRules, customGradient } from "./transforms/custom.ts";
export { type GradOptions, type Grads, grad, valueAndGrad } from "./transforms/grad.ts";
export { type GradientOptions, gradient } from "./transforms/gradient.ts";
export { hessian, jacfwd, jacobianForward, jacobianReverse, jacrev } from "./transforms/jacobian.ts";
export { derivatives, type JetSeries, jet, laplacian } from "./transforms/jet/index.ts";
export { type JitOptions, type Jitted, jit } from "./transforms/jit.ts";
export { type MapOptions, map } from "./transforms/map.ts";
export { hvp, jvp, linearize, vjp } from "./transforms/products.ts";
export { ravel } from "./transforms/ravel.ts";
export { type Saver, type SavingGraph, saving } from "./transforms/saving.ts";
export { type ScanOptions, scan } from "./transforms/scan.ts";
export { vectorize } from "./transforms/vectorize.ts";
export { type BatchAxes, type VmapOptions, vmap } from "./transforms/vmap.ts";
export { type ForOptions, forLoop, type WhileOptions, whileLoop } from "./transforms/while-loop.ts";
export {
  type Structure,
  TreeNode,
  treeFlatten,
  treeLeaves,
  treeMap,
  treeNames,
  treeStructure,
  treeUnflatten,
} from "./tree.ts";
