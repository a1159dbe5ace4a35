import type { Key, Tensor } from "@gradus/tensor";
import { ArgumentError, check } from "@gradus/tensor";
import { LayerNorm } from "../layers/norm.ts";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { keysOf } from "../settings.ts";
import type { AttentionCache } from "./multi-head.ts";
import type { DecoderCall, SelfAttentionCall, TransformerOptions } from "./transformer.ts";
import { TransformerDecoderLayer, TransformerEncoderLayer } from "./transformer.ts";

/** Options of the transformer stacks: those of their layers. */
export interface StackOptions extends TransformerOptions {
  /** Number of layers. */
  readonly layers: number;
  /** Normalise what comes out of the last layer; as `normFirst` unless told. */
  readonly finalNorm?: boolean;
}

function layersOf<L>(op: string, options: StackOptions, make: (key: Key, options: TransformerOptions) => L): L[] {
  if (options === undefined) throw new ArgumentError(`${op}: options: give { key, layers }`);
  const { layers, finalNorm, ...rest } = options;
  check.integer("[1, ∞)")(op, layers, "layers");
  if (finalNorm !== undefined) check.flag(op, finalNorm, "finalNorm");
  return keysOf(op, options.key, layers).map((key) => make(key, rest));
}

function finalNorm(features: number, options: StackOptions): LayerNorm | null {
  const { normFirst = false, finalNorm = normFirst, epsilon = 1e-5, bias = true, dtype = "f32" } = options;
  return finalNorm ? new LayerNorm(features, { epsilon, bias, dtype }) : null;
}

function checkCaches(op: string, caches: readonly AttentionCache[], layers: number): void {
  if (!Array.isArray(caches) || caches.length !== layers)
    throw new ArgumentError(`${op}: caches: expected one for each of ${layers} layers, got ${check.said(caches)}`);
}

/**
 * {@link TransformerEncoderLayer}s one after the other, called `layers.0`, `layers.1`, … and `norm`; with `{ causal: true }` a language model's.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as its layers do
 * @example
 * ```ts
 * const encoder = new TransformerEncoder(64, 8, { key: key(0), layers: 6, hidden: 256, normFirst: true });
 * encoder.call(x); // x [8, 100, 64]
 * ```
 */
export class TransformerEncoder extends Module {
  /** The layers. */
  readonly layers: readonly TransformerEncoderLayer[];
  /** After the last layer, or null. */
  readonly norm: LayerNorm | null;

  constructor(features: number, heads: number, options: StackOptions) {
    super();
    this.layers = layersOf(
      "TransformerEncoder",
      options,
      (key, rest) => new TransformerEncoderLayer(features, heads, { ...rest, key }),
    );
    this.norm = finalNorm(features, options);
  }

  /** `[batch, length, features]` → the same. Throws as its layers do. */
  forward(x: Tensor, options: SelfAttentionCall = {}, pass?: Pass): Tensor {
    check.tensor("TransformerEncoder", x, "x");
    const y = this.layers.reduce((t, layer) => layer.call(t, options, pass), x);
    return this.norm === null ? y : this.norm.call(y);
  }

  /** An empty cache for each layer; see {@link MultiHeadAttention.cache}. */
  caches(batch: number, capacity: number): AttentionCache[] {
    return this.layers.map((layer) => layer.cache(batch, capacity));
  }

  /** The places that come next, causally, after those in the caches; see {@link MultiHeadAttention.decode}. */
  decode(x: Tensor, caches: readonly AttentionCache[], pass?: Pass): [output: Tensor, caches: AttentionCache[]] {
    checkCaches("TransformerEncoder.decode", caches, this.layers.length);
    const next: AttentionCache[] = [];
    const y = this.layers.reduce((t, layer, i) => {
      const [out, cache] = layer.decode(t, caches[i] as AttentionCache, pass);
      next.push(cache);
      return out;
    }, x);
    return [this.norm === null ? y : this.norm.call(y), next];
  }
}

/**
 * {@link TransformerDecoderLayer}s one after the other, which look at one memory, called `layers.0`, `layers.1`, … and `norm`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} as its layers do
 * @example
 * ```ts
 * const decoder = new TransformerDecoder(64, 8, { key: key(0), layers: 6, hidden: 256 });
 * decoder.call(x, encoder.call(source), { causal: true });
 * ```
 */
export class TransformerDecoder extends Module {
  /** The layers. */
  readonly layers: readonly TransformerDecoderLayer[];
  /** After the last layer, or null. */
  readonly norm: LayerNorm | null;

  constructor(features: number, heads: number, options: StackOptions) {
    super();
    this.layers = layersOf(
      "TransformerDecoder",
      options,
      (key, rest) => new TransformerDecoderLayer(features, heads, { ...rest, key }),
    );
    this.norm = finalNorm(features, options);
  }

  /** `[batch, length, features]` and a memory `[batch, places, features]` → `[batch, length, features]`. Throws as its layers do. */
  forward(x: Tensor, memory: Tensor, options: DecoderCall = {}, pass?: Pass): Tensor {
    check.tensor("TransformerDecoder", x, "x");
    const y = this.layers.reduce((t, layer) => layer.call(t, memory, options, pass), x);
    return this.norm === null ? y : this.norm.call(y);
  }

  /** An empty cache for each layer; see {@link MultiHeadAttention.cache}. */
  caches(batch: number, capacity: number): AttentionCache[] {
    return this.layers.map((layer) => layer.cache(batch, capacity));
  }

  /** The places that come next, causally, after those in the caches; see {@link MultiHeadAttention.decode}. */
  decode(
    x: Tensor,
    memory: Tensor,
    caches: readonly AttentionCache[],
    pass?: Pass,
  ): [output: Tensor, caches: AttentionCache[]] {
    checkCaches("TransformerDecoder.decode", caches, this.layers.length);
    const next: AttentionCache[] = [];
    const y = this.layers.reduce((t, layer, i) => {
      const [out, cache] = layer.decode(t, memory, caches[i] as AttentionCache, pass);
      next.push(cache);
      return out;
    }, x);
    return [this.norm === null ? y : this.norm.call(y), next];
  }
}
