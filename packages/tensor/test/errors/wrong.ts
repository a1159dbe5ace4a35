import * as g from "../../src/index.ts";
import { type Any, bad, f32, i32, type Row, wrongRows as rows, type Wrong } from "./row.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S } = g;
const [k, x] = [g.key(0), f32(2, 3)];
const id = (t: g.Tensor): g.Tensor => t;

const axes: (f: (...args: Any[]) => unknown) => Row[] = (f) => [
  [S, "axes", () => f(x, 2)],
  [S, "axes", () => f(x, [0, 0])],
  [A, "axes", () => f(x, "0")],
  [S, "axes", () => f(x, Number.NaN)],
  [A, "nothing", () => f(x, 0, bad)],
  [A, "options", () => f(x, 0, null)],
  [A, "keepDims", () => f(x, 0, { keepDims: 1 })],
];
const floatDraw: (f: (...args: Any[]) => unknown) => Row[] = (f) => [
  [D, "key", () => f(i32(2), [2])],
  [A, "shape", () => f(k, [-1])],
  [A, "shape", () => f(k, 3)],
  [D, "dtype", () => f(k, [2], { dtype: "i32" })],
  [A, "nothing", () => f(k, [2], bad)],
];

/** Per function: wrong shapes, dtypes, ranges and options. */
const each: Wrong = {
  ...rows("sum prod max min any all mean norm norm1 logsumexp", axes),
  ...rows("variance std", (f) => [...axes(f), [A, "correction", () => f(x, 0, { correction: Number.NaN })]]),
  ...rows("argmax argmin", (f) => [
    [S, "axis", () => f(x, 2)],
    [A, "axis", () => f(x, Number.NaN)],
    [A, "nothing", () => f(x, 0, bad)],
    [S, "x", () => f(f32(0))],
  ]),
  ...rows("softmax logSoftmax", (f) => [
    [S, "axes", () => f(x, 2)],
    [S, "axes", () => f(x, [-3])],
    [S, "axes", () => f(x, Number.NaN)],
    [A, "axes", () => f(x, "0")],
  ]),
  ...rows("cumsum cumprod cummax cummin", (f) => [
    [S, "axis", () => f(x, 2)],
    [A, "reverse", () => f(x, 0, { reverse: 1 })],
    [A, "nothing", () => f(x, 0, bad)],
  ]),
  ...rows(
    "add sub mul div rem mod maximum minimum atan2 pow equal notEqual less lessEqual greater greaterEqual logicalAnd logicalOr logicalXor",
    (f) => [[S, "b", () => f(x, f32(2))]],
  ),
  ...rows("bitwiseAnd bitwiseOr bitwiseXor shiftLeft shiftRight", (f) => [
    [D, "a", () => f(x, i32(2, 3))],
    [D, "b", () => f(i32(2, 3), x)],
    [S, "b", () => f(i32(2), i32(3))],
  ]),
  ...rows("uniform truncatedNormal", (f) => [
    ...floatDraw(f),
    [A, "low", () => f(k, [2], { low: 2, high: 1 })],
    [A, "low", () => f(k, [2], { low: 2, high: 2 })],
    [A, "high", () => f(k, [2], { high: Number.NaN })],
  ]),
  ...rows("normal gumbel exponential laplace", floatDraw),
  ...rows("scatterAdd scatterSet scatterMax scatterMin", (f) => [
    [D, "indices", () => f(x, f32(1), 1)],
    [S, "axis", () => f(x, i32(1), 1, 2)],
    [S, "updates", () => f(x, i32(1), f32(5))],
    [D, "updates", () => f(i32(3), i32(1), f32(1))],
  ]),
  ...rows("zeros ones", (f) => [
    [A, "shape", () => f([-1])],
    [A, "shape", () => f([Number.NaN])],
    [A, "shape", () => f(3)],
    [A, "shape", () => f([2 ** 30, 2 ** 30])],
    [D, "dtype", () => f([2], { dtype: "f8" })],
    [A, "nothing", () => f([2], bad)],
    [A, "options", () => f([2], "f32")],
  ]),
  tri: [
    [A, "n", () => g.tri(-1)],
    [A, "k", () => g.tri(2, 2, 0.5)],
    [A, "nothing", () => g.tri(2, 2, 0, bad)],
  ],
  ...rows("tril triu", (f) => [
    [S, "x", () => f(f32(2))],
    [A, "k", () => f(x, Number.NaN)],
  ]),
  leakyRelu: [[A, "slope", () => g.leakyRelu(x, Number.NaN)]],
  elu: [[A, "alpha", () => g.elu(x, "1" as Any)]],
  gelu: [
    [A, "nothing", () => g.gelu(x, bad)],
    [A, "approximate", () => g.gelu(x, { approximate: 1 as Any })],
  ],
  hardtanh: [
    [A, "low", () => g.hardtanh(x, 2, 1)],
    [A, "high", () => g.hardtanh(x, 0, Number.NaN)],
  ],
  clip: [
    [A, "low", () => g.clip(x, 2, 1)],
    [A, "low", () => g.clip(x, Number.NaN, 1)],
    [S, "high", () => g.clip(x, null, f32(2))],
  ],
  at: [
    [S, "picks", () => g.at(x, 0, 0, 0)],
    [S, "picks[0]", () => g.at(x, 2)],
    [A, "picks[0]", () => g.at(x, [0, Number.NaN])],
    [A, "picks[0]", () => g.at(x, [0, 1, 0])],
    [D, "picks[0]", () => g.at(x, f32(1))],
    [S, "picks[0]", () => g.at(f32(0), i32(1))],
    [S, "picks[0]", () => g.at(x, i32(1, 1))],
    [A, "picks", () => g.at(x, "...", "...")],
  ],
  astype: [[D, "dtype", () => g.astype(x, "float" as Any)]],
  bitcast: [[D, "dtype", () => g.bitcast(x, "f8" as Any)]],
  conv: [
    [S, "w", () => g.conv(f32(2, 3), f32(2, 3))],
    [S, "w", () => g.conv(f32(1, 2, 4), f32(1, 3, 2))],
    [S, "w", () => g.conv(f32(1, 1, 4), f32(1, 1, 5))],
    [A, "stride", () => g.conv(f32(1, 1, 4), f32(1, 1, 2), { stride: 0 })],
    [A, "stride", () => g.conv(f32(1, 1, 4), f32(1, 1, 2), { stride: null as Any })],
    [A, "padding", () => g.conv(f32(1, 1, 4), f32(1, 1, 2), { padding: Number.NaN })],
    [A, "padding", () => g.conv(f32(1, 1, 4), f32(1, 1, 2), { padding: "full" as Any })],
    [A, "dilation", () => g.conv(f32(1, 1, 4), f32(1, 1, 2), { dilation: [1, 1] })],
    [A, "groups", () => g.conv(f32(1, 1, 4), f32(1, 1, 2), { groups: 0 })],
    [A, "nothing", () => g.conv(f32(1, 1, 4), f32(1, 1, 2), bad)],
  ],
  ...rows("maxPool avgPool", (f) => [
    [S, "x", () => f(x, 2)],
    [A, "size", () => f(f32(1, 1, 4), 0)],
    [S, "size", () => f(f32(1, 1, 4), 5)],
    [A, "stride", () => f(f32(1, 1, 4), 2, { stride: 0.5 })],
    [A, "padding", () => f(f32(1, 1, 4), 2, { padding: -1 })],
    [A, "nothing", () => f(f32(1, 1, 4), 2, bad)],
  ]),
  reduceWindow: [
    [A, "op", () => g.reduceWindow(x, "mean" as Any, 2)],
    [A, "size", () => g.reduceWindow(x, "sum", [1, 1, 1])],
    [A, "nothing", () => g.reduceWindow(x, "sum", 2, bad)],
  ],
  tensor: [
    [A, "data", () => g.tensor(undefined as Any)],
    [A, "data", () => g.tensor(["1"] as Any)],
    [A, "data", () => g.tensor(x as Any)],
    [A, "data", () => g.tensor(new BigInt64Array(1) as Any)],
    [S, "data", () => g.tensor([[1], [1, 2]])],
    [D, "data", () => g.tensor([Number.NaN], { dtype: "i32" })],
    [D, "data", () => g.tensor([256], { dtype: "u8" })],
    [S, "shape", () => g.tensor([1, 2], { shape: [3] })],
    [A, "shape", () => g.tensor([1, 2], { shape: [-2] })],
    [D, "dtype", () => g.tensor(1, { dtype: "f8" as Any })],
    [A, "nothing", () => g.tensor(1, bad)],
  ],
  scalar: [
    [A, "value", () => g.scalar("1" as Any)],
    [D, "value", () => g.scalar(0.5, { dtype: "i32" })],
    [D, "value", () => g.scalar(-1, { dtype: "u8" })],
    [D, "dtype", () => g.scalar(1, { dtype: "f8" as Any })],
    [A, "nothing", () => g.scalar(1, bad)],
  ],
  full: [
    [A, "value", () => g.full([2], x as Any)],
    [D, "value", () => g.full([2], Number.NaN, { dtype: "i32" })],
    [A, "shape", () => g.full([0.5], 1)],
    [A, "nothing", () => g.full([2], 1, bad)],
  ],
  fullLike: [[D, "value", () => g.fullLike(i32(2), 0.5)]],
  arange: [
    [A, "start", () => g.arange(Number.NaN)],
    [A, "stop", () => g.arange(0, Number.POSITIVE_INFINITY)],
    [A, "step", () => g.arange(0, 1, 0)],
    [D, "step", () => g.arange(0, 2, 0.5, { dtype: "i32" })],
    [D, "stop", () => g.arange(0, 300, 1, { dtype: "u8" })],
    [A, "nothing", () => g.arange(0, 1, 1, bad)],
  ],
  linspace: [
    [A, "start", () => g.linspace(Number.NaN, 1, 2)],
    [A, "n", () => g.linspace(0, 1, 0)],
    [D, "dtype", () => g.linspace(0, 1, 2, { dtype: "i32" })],
    [A, "nothing", () => g.linspace(0, 1, 2, bad)],
  ],
  iota: [
    [A, "shape", () => g.iota([-1])],
    [S, "axis", () => g.iota([2], { axis: 1 })],
    [A, "nothing", () => g.iota([2], bad)],
  ],
  oneHot: [
    [D, "x", () => g.oneHot(x, 3)],
    [A, "classes", () => g.oneHot(i32(2), 0)],
    [A, "nothing", () => g.oneHot(i32(2), 3, bad)],
  ],
  meshgrid: [
    [A, "vectors", () => g.meshgrid([])],
    [S, "vectors[1]", () => g.meshgrid([f32(2), x])],
    [A, "indexing", () => g.meshgrid([f32(2)], { indexing: "yx" as Any })],
    [A, "nothing", () => g.meshgrid([f32(2)], bad)],
  ],
  recurrence: [
    [S, "b", () => g.recurrence(x, f32(2))],
    [S, "axis", () => g.recurrence(x, x, 2)],
    [A, "nothing", () => g.recurrence(x, x, 0, bad)],
  ],
  einsum: [
    [A, "subscripts", () => g.einsum("i-j", x)],
    [A, "subscripts", () => g.einsum(1 as Any, x)],
    [A, "subscripts", () => g.einsum("i->ii", f32(2))],
    [S, "operands[1]", () => g.einsum("i,i", f32(1), f32(2))],
    [A, "operands", () => g.einsum("ij,jk", x)],
    [S, "operands[0]", () => g.einsum("i", x)],
    [S, "operands[1]", () => g.einsum("ij,jk", x, x)],
  ],
  gather: [
    [D, "indices", () => g.gather(x, f32(1))],
    [S, "axis", () => g.gather(x, i32(1), 2)],
    [S, "x", () => g.gather(f32(0), i32(1))],
  ],
  takeAlongAxis: [
    [D, "indices", () => g.takeAlongAxis(x, x)],
    [S, "indices", () => g.takeAlongAxis(x, i32(2))],
    [S, "axis", () => g.takeAlongAxis(x, i32(2, 3), 2)],
    [S, "x", () => g.takeAlongAxis(f32(0), i32(1))],
  ],
  matmul: [
    [S, "b", () => g.matmul(x, x)],
    [S, "a", () => g.matmul(f32(), x)],
  ],
  dot: [[S, "b", () => g.dot(f32(2), f32(3))]],
  tensordot: [
    [S, "axes", () => g.tensordot(x, x, 3)],
    [A, "axes", () => g.tensordot(x, x, [[0]] as Any)],
    [S, "axes", () => g.tensordot(x, x, 1)],
  ],
  where: [
    [S, "condition", () => g.where(f32(4), x, x)],
    [S, "b", () => g.where(x, x, f32(2))],
  ],
  reshape: [
    [S, "shape", () => g.reshape(x, [4])],
    [A, "shape", () => g.reshape(x, [-1, -1])],
    [A, "shape", () => g.reshape(x, 6 as Any)],
    [S, "shape", () => g.reshape(x, [4, -1])],
  ],
  broadcastTo: [
    [S, "shape", () => g.broadcastTo(x, [2, 2])],
    [A, "shape", () => g.broadcastTo(x, null as Any)],
  ],
  permute: [
    [S, "axes", () => g.permute(x, [0, 0])],
    [A, "axes", () => g.permute(x, 1 as Any)],
  ],
  transpose: [[S, "x", () => g.transpose(f32(2))]],
  swapaxes: [[S, "b", () => g.swapaxes(x, 0, 2)]],
  moveaxis: [[S, "to", () => g.moveaxis(x, 0, 2)]],
  expandDims: [[S, "axis", () => g.expandDims(x, 4)]],
  squeeze: [[S, "axes", () => g.squeeze(x, 0)]],
  flip: [[S, "axes", () => g.flip(x, 2)]],
  slice: [
    [A, "start", () => g.slice(x, [-1], [1])],
    [A, "stop", () => g.slice(x, [0], [9])],
    [A, "step", () => g.slice(x, [0], [1], [0])],
    [S, "stop", () => g.slice(x, [0], [1, 1, 1])],
    [S, "start", () => g.slice(x, 0 as Any, [1])],
  ],
  pad: [
    [S, "padding", () => g.pad(x, [[0, 1]])],
    [A, "padding", () => g.pad(x, [1, 1] as Any)],
    [A, "value", () => g.pad(f32(1), [[0, 1]], "0" as Any)],
    [D, "value", () => g.pad(i32(1), [[0, 1]], 0.5)],
  ],
  concat: [
    [A, "tensors", () => g.concat([])],
    [S, "tensors", () => g.concat([x, f32(2, 2)])],
    [S, "axis", () => g.concat([x, x], 2)],
  ],
  stack: [
    [A, "tensors", () => g.stack(x as Any)],
    [S, "tensors", () => g.stack([x, f32(2)])],
    [S, "axis", () => g.stack([x, x], 3)],
  ],
  chunk: [
    [S, "sections", () => g.chunk(x, 4)],
    [S, "sections", () => g.chunk(x, null as Any)],
    [S, "axis", () => g.chunk(x, 1, 2)],
  ],
  roll: [
    [A, "shift", () => g.roll(x, 0.5)],
    [S, "axis", () => g.roll(x, 1, 2)],
  ],
  tile: [[S, "times", () => g.tile(x, [1])]],
  repeat: [
    [A, "count", () => g.repeat(x, -1, 0)],
    [S, "axis", () => g.repeat(x, 1, 2)],
  ],
  flatten: [[S, "from", () => g.flatten(x, 1, 0)]],
  unstack: [[S, "axis", () => g.unstack(x, 2)]],
  key: [
    [A, "seed", () => g.key(0.5)],
    [A, "seed", () => g.key(Number.NaN)],
  ],
  split: [
    [A, "n", () => g.split(k, 0)],
    [S, "key", () => g.split(g.ones([3], { dtype: "u32" }))],
  ],
  foldIn: [
    [A, "data", () => g.foldIn(k, -1)],
    [S, "data", () => g.foldIn(k, i32(1))],
    [D, "data", () => g.foldIn(k, f32())],
  ],
  bits: [[A, "shape", () => g.bits(k, [-1])]],
  bernoulli: [
    [A, "p", () => g.bernoulli(k, 1.5)],
    [A, "p", () => g.bernoulli(k, "1" as Any)],
    [S, "p", () => g.bernoulli(k, f32(2), [3])],
    [S, "p", () => g.bernoulli(k, f32(2), [])],
  ],
  categorical: [
    [S, "logits", () => g.categorical(k, f32(0))],
    [S, "axis", () => g.categorical(k, x, { axis: 2 })],
    [A, "shape", () => g.categorical(k, x, { shape: 3 as Any })],
    [A, "nothing", () => g.categorical(k, x, bad)],
  ],
  randint: [
    [A, "low", () => g.randint(k, [2], 3, 3)],
    [A, "high", () => g.randint(k, [2], 0, 2 ** 32)],
    [A, "shape", () => g.randint(k, 2 as Any, 0, 3)],
  ],
  permutation: [
    [A, "x", () => g.permutation(k, -1)],
    [S, "x", () => g.permutation(k, f32())],
  ],
  choice: [
    [A, "x", () => g.choice(k, 0)],
    [A, "shape", () => g.choice(k, 2, [3], { replace: false })],
    [S, "p", () => g.choice(k, 2, [1], { p: f32(3) })],
    [A, "p", () => g.choice(k, 2, [1], { p: [1, 1] as Any })],
    [A, "nothing", () => g.choice(k, 2, [1], bad)],
  ],
  isFloat: [[D, "dtype", () => g.isFloat("f8" as Any)]],
  promote: [
    [D, "a", () => g.promote("f8" as Any, "f32")],
    [D, "b", () => g.promote("f32", undefined as Any)],
  ],
  tidy: [
    [A, "f", () => g.tidy(1 as Any)],
    [A, "f", () => g.tidy(async () => x)],
  ],
  debugNaNs: [[A, "enabled", () => g.debugNaNs(1 as Any)]],
  explain: [[A, "tensors[0]", () => g.explain(1 as Any)]],
  setBackend: [
    [A, "backend", () => g.setBackend({} as Any)],
    [A, "backend", () => g.setBackend(null as Any)],
  ],
  wasmBackend: [
    [A, "threads", () => g.wasmBackend({ threads: 0 })],
    [A, "threads", () => g.wasmBackend({ threads: 1.5 })],
    [A, "threads", () => g.wasmBackend({ threads: 65 })],
    [A, "blocking", () => g.wasmBackend({ blocking: 1 as Any })],
    [A, "nothing", () => g.wasmBackend(bad)],
  ],
  to: [
    [A, "backend", () => g.to(x, {} as Any)],
    [A, "backend", () => g.to(x, "wasm" as Any)],
  ],
  treeMap: [
    [A, "f", () => g.treeMap(1 as Any, x)],
    [A, "tree 2", () => g.treeMap(id, { a: x }, { b: x })],
  ],
  treeUnflatten: [
    [A, "structure", () => g.treeUnflatten(1 as Any, [])],
    [A, "leaves", () => g.treeUnflatten(g.treeStructure(x), [])],
    [A, "leaves", () => g.treeUnflatten(g.treeStructure(x), 1 as Any)],
  ],
};

/** The rows of the core; those of one function add up. */
export const wrong: readonly Wrong[] = [
  each,
  rows("max min", (f) => [
    [S, "x", () => f(f32(0))],
    [S, "x", () => f(f32(2, 0), 1)],
  ]),
  rows("less equal maximum add", (f) => [
    [D, "b", () => f(g.ones([2], { dtype: "u8" }), 300)],
    [D, "b", () => f(g.ones([2], { dtype: "u32" }), -1)],
    [D, "a", () => f(2 ** 31, i32(2))],
  ]),
  rows("shiftLeft shiftRight", (f) => [
    [A, "b", () => f(i32(2), 32)],
    [A, "b", () => f(i32(2), -1)],
  ]),
  rows("eye tri", (f) => [
    [A, "n", () => f(-1)],
    [A, "n", () => f(Number.NaN)],
    [A, "m", () => f(2, 1.5)],
    [A, "nothing", () => (f === g.eye ? f(2, 2, bad) : f(2, 2, 0, bad))],
  ]),
  { pow: [[A, "b", () => g.pow(x, Number.NaN)]] },
];
