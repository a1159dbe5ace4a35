import type { DType, Key, Tensor } from "@gradus/tensor";
import { ArgumentError, add, check, relu, ShapeError, split } from "@gradus/tensor";
import { Dropout } from "../layers/dropout.ts";
import { Linear } from "../layers/linear.ts";
import { LayerNorm } from "../layers/norm.ts";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkPass } from "../pass.ts";
import type { AttentionCache, AttentionCall } from "./multi-head.ts";
import { MultiHeadAttention } from "./multi-head.ts";

/** Options of the transformer layers; the defaults are PyTorch's. */
export interface TransformerOptions {
  /** Source of the first values. */
  readonly key: Key;
  /** Features between the two linear layers; 2048 unless told. */
  readonly hidden?: number;
  /** Share that every dropout drops in training; 0.1 unless told. */
  readonly dropout?: number;
  /** Between the two linear layers; `relu` unless told. */
  readonly activation?: (x: Tensor) => Tensor;
  /** Normalise what goes into each branch (Xiong et al. 2020), rather than its sum with the input; false unless told. */
  readonly normFirst?: boolean;
  /** Added to the variances of the norms; 1e-5 unless told. */
  readonly epsilon?: number;
  /** Add biases; true unless told. */
  readonly bias?: boolean;
  /** Float dtype of the parameters; f32 unless told. */
  readonly dtype?: DType;
}

/** What self-attention may look at. */
export type SelfAttentionCall = Pick<AttentionCall, "mask" | "causal">;

/** What a decoder's attentions may look at. */
export interface DecoderCall extends SelfAttentionCall {
  /** As `mask`, where the memory may be looked at. */
  readonly memoryMask?: Tensor;
}

const known: Readonly<Record<string, check.Check>> = {
  key: check.key,
  hidden: check.integer("[1, ∞)"),
  dropout: check.number("[0, 1)"),
  activation: check.callable,
  normFirst: check.flag,
  epsilon: check.number("[0, ∞)"),
  bias: check.flag,
  dtype: check.floatDType,
};
const selfCall = { mask: check.tensor, causal: check.flag };

abstract class TransformerLayer extends Module {
  /** Attention of the sequence to itself. */
  readonly self_attn: MultiHeadAttention;
  /** `[hidden, features]`. */
  readonly linear1: Linear;
  /** Between the linear layers. */
  readonly dropout: Dropout;
  /** `[features, hidden]`. */
  readonly linear2: Linear;
  /** Of the first branch. */
  readonly norm1: LayerNorm;
  /** Of the second branch. */
  readonly norm2: LayerNorm;
  /** At the end of the first branch. */
  readonly dropout1: Dropout;
  /** At the end of the second branch. */
  readonly dropout2: Dropout;
  /** Between the linear layers. */
  readonly activation: (x: Tensor) => Tensor;
  /** Whether what goes into each branch is normalised. */
  readonly normFirst: boolean;

  constructor(op: string, features: number, heads: number, options: TransformerOptions) {
    super();
    check.options(op, options, known);
    check.key(op, options?.key, "key");
    check.integer("[1, ∞)")(op, features, "features");
    check.integer("[1, ∞)")(op, heads, "heads");
    if (features % heads !== 0) throw new ArgumentError(`${op}: heads: ${heads} does not divide ${features} features`);
    const { hidden = 2048, dropout = 0.1, activation = relu, normFirst = false } = options;
    const { epsilon = 1e-5, bias = true, dtype = "f32" } = options;
    const [a, b, c] = split(options.key, 4) as [Key, Key, Key];
    const norm = { epsilon, bias, dtype };
    this.self_attn = new MultiHeadAttention(features, heads, { key: a, dropout, bias, dtype });
    this.linear1 = new Linear(features, hidden, { key: b, bias, dtype });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(hidden, features, { key: c, bias, dtype });
    this.norm1 = new LayerNorm(features, norm);
    this.norm2 = new LayerNorm(features, norm);
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.activation = activation;
    this.normFirst = normFirst;
  }

  /** `x` and a branch beside it. */
  protected branch(x: Tensor, norm: LayerNorm, branch: (x: Tensor) => Tensor): Tensor {
    return this.normFirst ? add(x, branch(norm.call(x))) : norm.call(add(x, branch(x)));
  }

  /** The two linear layers. */
  protected feed(x: Tensor, pass: Pass | undefined, last: Dropout): Tensor {
    const h = this.dropout.call(this.activation(this.linear1.call(x)), pass);
    return last.call(this.linear2.call(h), pass);
  }

  /** The features of the sequence. */
  protected get features(): number {
    return this.norm1.shape[0] as number;
  }
}

/** Throws unless `x` is a batch of sequences with these features. */
function checkTokens(op: string, x: Tensor, features: number, argument = "x"): void {
  check.tensor(op, x, argument);
  if (x.rank !== 3 || x.shape[2] !== features)
    throw new ShapeError(`${op}: ${argument}: expected [batch, length, ${features}], got [${x.shape}]`);
}

/**
 * Self-attention and two linear layers, each beside a shortcut (Vaswani et al. 2017, figure 1 left); parameters as those of PyTorch's
 * `TransformerEncoderLayer`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `heads` does not divide `features`, or for a bad option
 * @example
 * ```ts
 * const layer = new TransformerEncoderLayer(64, 8, { key: key(0), hidden: 256, normFirst: true });
 * layer.call(x, { causal: true }); // x [8, 100, 64]
 * ```
 */
export class TransformerEncoderLayer extends TransformerLayer {
  constructor(features: number, heads: number, options: TransformerOptions) {
    super("TransformerEncoderLayer", features, heads, options);
  }

  /** `[batch, length, features]` → the same. Throws {@link @gradus/tensor!index.ShapeError | ShapeError}, {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option. */
  forward(x: Tensor, options: SelfAttentionCall = {}, pass?: Pass): Tensor {
    checkCall("TransformerEncoderLayer", x, this.features, options, pass);
    const h = this.branch(x, this.norm1, (t) => this.dropout1.call(this.self_attn.call(t, options, pass), pass));
    return this.branch(h, this.norm2, (t) => this.feed(t, pass, this.dropout2));
  }

  /** As {@link MultiHeadAttention.cache}. */
  cache(batch: number, capacity: number): AttentionCache {
    return this.self_attn.cache(batch, capacity);
  }

  /** The places that come next, after those in the cache, as {@link MultiHeadAttention.decode}. */
  decode(x: Tensor, cache: AttentionCache, pass?: Pass): [output: Tensor, cache: AttentionCache] {
    let next = cache;
    const h = this.branch(x, this.norm1, (t) => {
      const [y, after] = this.self_attn.decode(t, cache, pass);
      next = after;
      return this.dropout1.call(y, pass);
    });
    return [this.branch(h, this.norm2, (t) => this.feed(t, pass, this.dropout2)), next];
  }
}

function checkCall(op: string, x: Tensor, features: number, options: object, pass: Pass | undefined): void {
  checkTokens(op, x, features);
  check.options(op, options, selfCall);
  checkPass(op, pass);
}

/**
 * Self-attention, attention to a memory and two linear layers, each beside a shortcut (Vaswani et al. 2017, figure 1 right); parameters as
 * those of PyTorch's `TransformerDecoderLayer`.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `heads` does not divide `features`, or for a bad option
 * @example
 * ```ts
 * const layer = new TransformerDecoderLayer(64, 8, { key: key(0), hidden: 256 });
 * layer.call(x, memory, { causal: true }); // x [8, 20, 64], memory [8, 100, 64]
 * ```
 */
export class TransformerDecoderLayer extends TransformerLayer {
  /** Attention of the sequence to the memory. */
  readonly multihead_attn: MultiHeadAttention;
  /** Of the third branch. */
  readonly norm3: LayerNorm;
  /** At the end of the third branch. */
  readonly dropout3: Dropout;

  constructor(features: number, heads: number, options: TransformerOptions) {
    super("TransformerDecoderLayer", features, heads, options);
    const { dropout = 0.1, epsilon = 1e-5, bias = true, dtype = "f32" } = options;
    const key = split(options.key, 4)[3] as Key;
    this.multihead_attn = new MultiHeadAttention(features, heads, { key, dropout, bias, dtype });
    this.norm3 = new LayerNorm(features, { epsilon, bias, dtype });
    this.dropout3 = new Dropout(dropout);
  }

  /**
   * `[batch, length, features]` and a memory `[batch, places, features]` → `[batch, length, features]`. Throws
   * {@link @gradus/tensor!index.ShapeError | ShapeError}, {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option.
   */
  forward(x: Tensor, memory: Tensor, options: DecoderCall = {}, pass?: Pass): Tensor {
    const op = "TransformerDecoderLayer";
    checkTokens(op, x, this.features);
    checkTokens(op, memory, this.features, "memory");
    check.options(op, options, { ...selfCall, memoryMask: check.tensor });
    checkPass(op, pass);
    const { memoryMask, ...own } = options;
    const h = this.branch(x, this.norm1, (t) => this.dropout1.call(this.self_attn.call(t, own, pass), pass));
    return this.rest(h, memory, memoryMask, pass);
  }

  /** As {@link MultiHeadAttention.cache}. */
  cache(batch: number, capacity: number): AttentionCache {
    return this.self_attn.cache(batch, capacity);
  }

  /** The places that come next, after those in the cache, as {@link MultiHeadAttention.decode}. */
  decode(x: Tensor, memory: Tensor, cache: AttentionCache, pass?: Pass): [output: Tensor, cache: AttentionCache] {
    checkTokens("TransformerDecoderLayer.decode", memory, this.features, "memory");
    let next = cache;
    const h = this.branch(x, this.norm1, (t) => {
      const [y, after] = this.self_attn.decode(t, cache, pass);
      next = after;
      return this.dropout1.call(y, pass);
    });
    return [this.rest(h, memory, undefined, pass), next];
  }

  private rest(h: Tensor, memory: Tensor, mask: Tensor | undefined, pass: Pass | undefined): Tensor {
    const looked = this.branch(h, this.norm2, (t) => {
      const y = this.multihead_attn.call(t, { key: memory, ...(mask && { mask }) }, pass);
      return this.dropout2.call(y, pass);
    });
    return this.branch(looked, this.norm3, (t) => this.feed(t, pass, this.dropout3));
  }
}
