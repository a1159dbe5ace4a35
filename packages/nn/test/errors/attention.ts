import * as g from "@gradus/tensor";
import { type Any, bad, f32, i32, type Row } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import { floats, input, keyed, type Rows } from "./rows.ts";

const { ArgumentError: A, DTypeError: D, ShapeError: S } = g;
const key = g.key(0);
const x = f32(2, 3, 4);

/** What attention over `[batch, length, features]` refuses, made of features, heads and options. */
const attention = (op: string, make: new (features: Any, heads: Any, options: Any) => Any, more = {}): Row[] => {
  const layer = (): Any => new make(4, 2, { key, ...more });
  const named = (call: () => unknown) => () => {
    try {
      return call();
    } catch (error) {
      (error as Error).message = (error as Error).message.replace(/^\w+/, op);
      throw error;
    }
  };
  return [
    [A, "heads", () => new make(4, 3, { key, ...more })],
    [A, "heads", () => new make(4, 0, { key, ...more })],
    [A, "features", () => new make(0, 1, { key, ...more })],
    [A, "dropout", () => new make(4, 2, { key, ...more, dropout: 1 })],
    [A, "bias", () => new make(4, 2, { key, ...more, bias: 1 })],
    [A, "causal", named(() => layer().call(x, ...rest(op), { causal: 1 }))],
    [A, "mask", named(() => layer().call(x, ...rest(op), { mask: 1 }))],
    [S, "mask", named(() => layer().call(x, ...rest(op), { mask: f32(2, 2, 2) }))],
    [A, "nothing", named(() => layer().call(x, ...rest(op), bad))],
    [A, "pass", named(() => layer().call(x, ...rest(op), {}, 1))],
  ];
};
const rest = (op: string): g.Tensor[] => (op.includes("Decoder") ? [x] : []);
const layerOf = (make: new (features: Any, heads: Any, options: Any) => Any): Row[] => [
  ...keyed((options) => new make(4, 2, options)),
  [A, "hidden", () => new make(4, 2, { key, hidden: 0 })],
  [A, "activation", () => new make(4, 2, { key, activation: "relu" })],
  [A, "normFirst", () => new make(4, 2, { key, normFirst: 1 })],
  [A, "epsilon", () => new make(4, 2, { key, epsilon: -1 })],
];
const stackOf = (make: new (features: Any, heads: Any, options: Any) => Any): Row[] => [
  [A, "options", () => new make(4, 2, undefined)],
  [A, "layers", () => new make(4, 2, { key, layers: 0 })],
  [A, "layers", () => new make(4, 2, { key })],
  [A, "key", () => new make(4, 2, { layers: 1 })],
  [A, "finalNorm", () => new make(4, 2, { key, layers: 1, finalNorm: 1 })],
];
const mha = (more = {}): nn.MultiHeadAttention => new nn.MultiHeadAttention(4, 2, { key, ...more });
/** What a method refuses, in the name of its class. */
const method = (call: () => unknown) => () => {
  try {
    return call();
  } catch (error) {
    (error as Error).message = (error as Error).message.replace(/^(\w+)\.\w+/, "$1");
    throw error;
  }
};

/** Attention, transformers, embeddings and positions. */
export const attentionRows: Rows = {
  MultiHeadAttention: [
    ...input(() => mha()).map(([type, , call]): Row => [type, "query", call]),
    ...keyed((options) => new nn.MultiHeadAttention(4, 2, options)),
    ...attention("MultiHeadAttention", nn.MultiHeadAttention),
    [A, "keyFeatures", () => mha({ keyFeatures: 0 })],
    [A, "valueFeatures", () => mha({ valueFeatures: 0.5 })],
    [D, "query", () => mha().call(i32(2, 3, 4))],
    [S, "query", () => mha().call(f32(3, 4))],
    [S, "query", () => mha().call(f32(2, 3, 5))],
    [S, "key", () => mha({ keyFeatures: 3 }).call(x)],
    [S, "value", () => mha({ valueFeatures: 3 }).call(x)],
    [S, "key", () => mha().call(x, { key: f32(1, 3, 4) })],
    [S, "key", () => mha().call(x, { key: x, value: f32(2, 2, 4) })],
    [A, "mask", () => mha().call(x, { mask: i32(3, 3) })],
    [A, "batch", method(() => mha().cache(0, 3))],
    [A, "capacity", method(() => mha().cache(2, 0))],
    [S, "x", method(() => mha().decode(x, mha().cache(1, 3)))],
    [A, "cache.keys", method(() => mha().decode(x, {} as Any))],
    [S, "cache", method(() => mha().decode(x, { keys: x, values: x, length: i32() }))],
    [A, "pass", method(() => mha().decode(x, mha().cache(2, 3), 1 as Any))],
  ],
  TransformerEncoderLayer: [
    ...input(() => new nn.TransformerEncoderLayer(4, 2, { key })),
    ...layerOf(nn.TransformerEncoderLayer),
    ...attention("TransformerEncoderLayer", nn.TransformerEncoderLayer),
    [S, "x", () => new nn.TransformerEncoderLayer(4, 2, { key }).call(f32(2, 4))],
  ],
  TransformerDecoderLayer: [
    ...input(() => new nn.TransformerDecoderLayer(4, 2, { key })),
    ...layerOf(nn.TransformerDecoderLayer),
    ...attention("TransformerDecoderLayer", nn.TransformerDecoderLayer),
    [S, "x", () => new nn.TransformerDecoderLayer(4, 2, { key }).call(f32(2, 4), x)],
    [A, "memory", () => new nn.TransformerDecoderLayer(4, 2, { key }).call(x, 1 as Any)],
    [S, "memory", () => new nn.TransformerDecoderLayer(4, 2, { key }).call(x, f32(2, 3, 5))],
    [A, "memoryMask", () => new nn.TransformerDecoderLayer(4, 2, { key }).call(x, x, { memoryMask: 1 as Any })],
    [
      A,
      "memory",
      method(() => {
        const layer = new nn.TransformerDecoderLayer(4, 2, { key });
        layer.decode(x, 1 as Any, layer.cache(2, 3));
      }),
    ],
  ],
  TransformerEncoder: [
    ...input(() => new nn.TransformerEncoder(4, 2, { key, layers: 1 })),
    ...stackOf(nn.TransformerEncoder),
    [A, "caches", method(() => new nn.TransformerEncoder(4, 2, { key, layers: 1 }).decode(x, []))],
  ],
  TransformerDecoder: [
    ...input(() => new nn.TransformerDecoder(4, 2, { key, layers: 1 })),
    ...stackOf(nn.TransformerDecoder),
    [A, "caches", method(() => new nn.TransformerDecoder(4, 2, { key, layers: 1 }).decode(x, x, []))],
  ],
  Embedding: [
    ...input(() => new nn.Embedding(3, 2, { key })),
    ...keyed((options) => new nn.Embedding(3, 2, options)),
    [A, "count", () => new nn.Embedding(0, 2, { key })],
    [A, "features", () => new nn.Embedding(3, 0.5, { key })],
    [A, "paddingIndex", () => new nn.Embedding(3, 2, { key, paddingIndex: 3 })],
    [A, "paddingIndex", () => new nn.Embedding(3, 2, { key, paddingIndex: "0" as Any })],
    [A, "init", () => new nn.Embedding(3, 2, { key, init: 1 as Any })],
    [S, "init", () => new nn.Embedding(3, 2, { key, init: () => f32(1) })],
    [D, "x", () => new nn.Embedding(3, 2, { key }).call(f32(2))],
    [D, "x", () => new nn.Embedding(3, 2, { key }).call(g.ones([2], { dtype: "bool" }))],
  ],
  LearnedPositions: [
    ...floats(() => new nn.LearnedPositions(3, 2, { key })).slice(0, -1),
    ...keyed((options) => new nn.LearnedPositions(3, 2, options)),
    [A, "count", () => new nn.LearnedPositions(0, 2, { key })],
    [A, "features", () => new nn.LearnedPositions(3, 0, { key })],
    [A, "init", () => new nn.LearnedPositions(3, 2, { key, init: 1 as Any })],
    [S, "x", () => new nn.LearnedPositions(3, 2, { key }).call(f32(3, 3))],
    [S, "x", () => new nn.LearnedPositions(3, 2, { key }).call(f32(4, 2))],
    [A, "offset", () => new nn.LearnedPositions(3, 2, { key }).call(f32(1, 2), -1)],
    [A, "offset", () => new nn.LearnedPositions(3, 2, { key }).call(f32(1, 2), f32())],
  ],
  SinusoidalPositions: [
    ...input(() => new nn.SinusoidalPositions(2)),
    [A, "features", () => new nn.SinusoidalPositions(3)],
    [A, "features", () => new nn.SinusoidalPositions(0)],
    [A, "base", () => new nn.SinusoidalPositions(2, 1)],
    [S, "x", () => new nn.SinusoidalPositions(2).call(f32(3, 3))],
    [A, "offset", () => new nn.SinusoidalPositions(2).call(f32(3, 2), 0.5)],
  ],
};
