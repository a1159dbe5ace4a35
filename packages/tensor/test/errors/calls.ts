import * as g from "../../src/index.ts";
import { type Call, call, f32, i32, callRows as rows } from "./row.ts";

const unary = `relu relu6 leakyRelu elu selu gelu silu softplus logSigmoid softsign hardtanh tanhshrink neg square reciprocal abs sign floor
 ceil round trunc sqrt exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf sigmoid isNaN isInf isFinite
 logicalNot erfinv sum prod max min argmax argmin any all mean variance std norm norm1 softmax logSoftmax logsumexp cumsum cumprod cummax
 cummin transpose squeeze flip stopGradient flatten unstack zerosLike onesLike tril triu clone permute`;
const binary = `add sub mul div rem mod maximum minimum atan2 pow equal notEqual less lessEqual greater greaterEqual logicalAnd logicalOr
 logicalXor matmul outer`;
const bits = "bitwiseAnd bitwiseOr bitwiseXor shiftLeft shiftRight";
const draws = "uniform normal truncatedNormal gumbel exponential laplace bernoulli";
const key = (): g.Tensor[] => [g.key(0)];
const one = (): g.Tensor[] => [f32(2, 2)];

/** Every function of the core that takes tensors, in a call that works. */
export const calls: Readonly<Record<string, Call>> = {
  ...rows(unary.replace(/\s+/g, " "), (name) => [["x"], one, call(name)]),
  ...rows(binary.replace(/\s+/g, " "), (name) => [["a", "b"], () => [f32(2, 2), f32(2, 2)], call(name)]),
  ...rows(bits, (name) => [["a", "b"], () => [i32(2), i32(2)], call(name)]),
  ...rows(draws, (name) => [["key"], key, call(name)]),
  ...rows("scatterAdd scatterSet scatterMax scatterMin", (name) => [
    ["x", "indices", "updates"],
    () => [f32(3), i32(2), f32(2)],
    call(name),
  ]),
  ...rows("foldIn", (name) => [["key", "data"], () => [g.key(0), i32()], call(name)]),
  split: [["key"], key, call("split")],
  bits: [["key"], key, call("bits", [2])],
  categorical: [["key", "logits"], () => [g.key(0), f32(3)], call("categorical")],
  randint: [["key"], key, call("randint", [2], 0, 3)],
  permutation: [["key", "x"], () => [g.key(0), f32(3)], call("permutation")],
  shuffle: [["key", "x"], () => [g.key(0), f32(3)], (k, x) => rename("permutation", "shuffle", () => g.shuffle(k, x))],
  choice: [["key", "x"], () => [g.key(0), f32(3)], call("choice")],
  astype: [["x"], one, call("astype", "i32")],
  cast: [["x"], one, (x) => rename("astype", "cast", () => g.cast(x, "i32"))],
  bitcast: [["x"], one, call("bitcast", "i32")],
  clip: [["x", "low", "high"], () => [f32(2), f32(2), f32(2)], call("clip")],
  where: [["condition", "a", "b"], () => [f32(2), f32(2), f32(2)], call("where")],
  at: [["x", "picks[0]"], () => [f32(2), i32(1)], call("at")],
  conv: [["x", "w"], () => [f32(1, 1, 4), f32(1, 1, 2)], call("conv")],
  reduceWindow: [["x"], one, call("reduceWindow", "sum", 2)],
  maxPool: [["x"], () => [f32(1, 1, 4)], call("maxPool", 2)],
  avgPool: [["x"], () => [f32(1, 1, 4)], call("avgPool", 2)],
  oneHot: [["x"], () => [i32(2)], call("oneHot", 3)],
  fullLike: [["x"], one, call("fullLike", 3)],
  recurrence: [["a", "b"], () => [f32(3), f32(3)], call("recurrence")],
  einsum: [["operands[0]", "operands[1]"], () => [f32(2, 2), f32(2, 2)], (a, b) => g.einsum("ij,jk", a, b)],
  gather: [["x", "indices"], () => [f32(3), i32(2)], call("gather")],
  takeAlongAxis: [["x", "indices"], () => [f32(3), i32(2)], call("takeAlongAxis")],
  dot: [["a", "b"], () => [f32(2), f32(2)], call("dot")],
  tensordot: [["a", "b"], () => [f32(2, 2), f32(2, 2)], call("tensordot", 1)],
  meshgrid: [["vectors[0]", "vectors[1]"], () => [f32(2), f32(3)], (a, b) => g.meshgrid([a, b])],
  reshape: [["x"], one, call("reshape", [4])],
  broadcastTo: [["x"], one, call("broadcastTo", [3, 2, 2])],
  swapaxes: [["x"], one, call("swapaxes", 0, 1)],
  moveaxis: [["x"], one, call("moveaxis", 0, 1)],
  expandDims: [["x"], one, call("expandDims", 0)],
  slice: [["x"], one, call("slice", [0], [1])],
  pad: [
    ["x"],
    one,
    call("pad", [
      [0, 1],
      [0, 0],
    ]),
  ],
  concat: [["tensors[0]", "tensors[1]"], () => [f32(2), f32(2)], (a, b) => g.concat([a, b])],
  stack: [["tensors[0]", "tensors[1]"], () => [f32(2), f32(2)], (a, b) => g.stack([a, b])],
  chunk: [["x"], one, call("chunk", 2)],
  roll: [["x"], one, call("roll", 1)],
  tile: [["x"], one, call("tile", [1, 2])],
  repeat: [["x"], one, call("repeat", 2, 0)],
  gradient: [["y"], () => [f32()], (y) => g.gradient(y, y)],
};

/** Another name of a function reports in the name of that function. */
function rename(from: string, to: string, f: () => unknown): unknown {
  try {
    return f();
  } catch (e) {
    (e as Error).message = (e as Error).message.replace(`${from}: `, `${to}: `);
    throw e;
  }
}
