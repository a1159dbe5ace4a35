import type { DType, Key, Tensor } from "@gradus/tensor";
import {
  ArgumentError,
  add,
  check,
  iota,
  isFloat,
  lessEqual,
  matmul,
  permute,
  reshape,
  ShapeError,
  scatterSet,
  slice,
  split,
  transpose,
  where,
  zeros,
} from "@gradus/tensor";
import { xavierUniform, zerosInit } from "../init.ts";
import { Linear } from "../layers/linear.ts";
import { Module } from "../module.ts";
import type { Pass } from "../pass.ts";
import { checkPass } from "../pass.ts";
import { checkFloat, checkSize } from "../settings.ts";
import type { Attending } from "./attend.ts";
import { attend } from "./attend.ts";

/** Options of {@link MultiHeadAttention}. */
export interface MultiHeadOptions {
  /** Source of the first values. */
  readonly key: Key;
  /** Features of the keys; those of the queries unless told. */
  readonly keyFeatures?: number;
  /** Features of the values; those of the queries unless told. */
  readonly valueFeatures?: number;
  /** Share of the attention weights dropped in training; 0 unless told. */
  readonly dropout?: number;
  /** Add biases; true unless told. */
  readonly bias?: boolean;
  /** Float dtype of the parameters; f32 unless told. */
  readonly dtype?: DType;
}

/** What a call of {@link MultiHeadAttention} looks at. */
export interface AttentionCall {
  /** What is looked at, `[batch, keys, keyFeatures]`; the queries unless told. */
  readonly key?: Tensor;
  /** What is taken from there, `[batch, keys, valueFeatures]`; the keys unless told. */
  readonly value?: Tensor;
  /** Bool: true where a query may look; float: added to the scores, −∞ hides. Broadcasts to `[batch, heads, queries, keys]`. */
  readonly mask?: Tensor;
  /** No query sees a key of a later place; false unless told. */
  readonly causal?: boolean;
}

/** Keys and values of the places so far; see {@link MultiHeadAttention.cache}. */
export interface AttentionCache {
  /** `[batch, heads, capacity, features / heads]`. */
  readonly keys: Tensor;
  /** `[batch, heads, capacity, features / heads]`. */
  readonly values: Tensor;
  /** Places so far, an i32 scalar. */
  readonly length: Tensor;
}

/** Checks of {@link AttentionCall}. */
export const callOptions: Readonly<Record<string, check.Check>> = {
  key: check.tensor,
  value: check.tensor,
  mask: check.tensor,
  causal: check.flag,
};

/**
 * Multi-head attention (Vaswani et al. 2017) over `[batch, length, features]`: parameters as those of PyTorch's `MultiheadAttention`, with
 * one `in_proj_weight` for queries, keys and values where their features agree. A query that may look nowhere gets the bias of the output alone.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when `heads` does not divide `features`, or for a bad option
 * @example
 * ```ts
 * const attention = new MultiHeadAttention(64, 8, { key: key(0) });
 * attention.call(x, { causal: true });  // self-attention, x [8, 100, 64]
 * attention.call(x, { key: memory });   // cross-attention
 * ```
 */
export class MultiHeadAttention extends Module {
  /** Weights of queries, keys and values, `[3 · features, features]`, or null where their features differ. */
  readonly in_proj_weight: Tensor | null;
  /** `[features, features]`, or null. */
  readonly q_proj_weight: Tensor | null;
  /** `[features, keyFeatures]`, or null. */
  readonly k_proj_weight: Tensor | null;
  /** `[features, valueFeatures]`, or null. */
  readonly v_proj_weight: Tensor | null;
  /** `[3 · features]`, or null. */
  readonly in_proj_bias: Tensor | null;
  /** Of the heads' results. */
  readonly out_proj: Linear;
  /** Number of heads. */
  readonly heads: number;
  /** Share of the weights that is dropped in training. */
  readonly dropout: number;

  constructor(features: number, heads: number, options: MultiHeadOptions) {
    super();
    const op = "MultiHeadAttention";
    const { anything, flag, floatDType, number } = check;
    check.options(op, options, {
      key: check.key,
      keyFeatures: anything,
      valueFeatures: anything,
      dropout: number("[0, 1)"),
      bias: flag,
      dtype: floatDType,
    });
    check.key(op, options?.key, "key");
    checkSize(op, "features", features);
    checkSize(op, "heads", heads);
    if (features % heads !== 0) throw new ArgumentError(`${op}: heads: ${heads} does not divide ${features} features`);
    const { keyFeatures = features, valueFeatures = features, dropout = 0, bias = true, dtype = "f32" } = options;
    checkSize(op, "keyFeatures", keyFeatures);
    checkSize(op, "valueFeatures", valueFeatures);
    const [inKey, outKey] = split(options.key) as [Key, Key];
    const joint = keyFeatures === features && valueFeatures === features;
    const [q, k, v] = split(inKey, 3) as [Key, Key, Key];
    this.in_proj_weight = joint ? xavierUniform(inKey, [3 * features, features], dtype) : null;
    this.q_proj_weight = joint ? null : xavierUniform(q, [features, features], dtype);
    this.k_proj_weight = joint ? null : xavierUniform(k, [features, keyFeatures], dtype);
    this.v_proj_weight = joint ? null : xavierUniform(v, [features, valueFeatures], dtype);
    this.in_proj_bias = bias ? zeros([3 * features], { dtype }) : null;
    this.out_proj = new Linear(features, features, { key: outKey, bias, biasInit: zerosInit, dtype });
    this.heads = heads;
    this.dropout = dropout;
  }

  /**
   * Queries `[batch, queries, features]` → `[batch, queries, features]`. Throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes do not fit,
   * {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option.
   */
  forward(query: Tensor, options: AttentionCall = {}, pass?: Pass): Tensor {
    const op = "MultiHeadAttention";
    check.options(op, options, callOptions);
    checkPass(op, pass);
    const { key = query, value = key, mask = null, causal = false } = options;
    this.checkTokens(query, "query", 0);
    this.checkTokens(key, "key", 1);
    this.checkTokens(value, "value", 2);
    if (key.shape[0] !== query.shape[0] || key.shape[0] !== value.shape[0] || key.shape[1] !== value.shape[1])
      throw new ShapeError(
        `${op}: key: [${key.shape}] does not go with queries [${query.shape}] and values [${value.shape}]`,
      );
    const [t, s] = [query.shape[1] as number, key.shape[1] as number];
    checkMask(op, mask, [query.shape[0] as number, this.heads, t, s]);
    const places = causal ? ([place(t, 0), place(s, 1)] as const) : null;
    const [q, k, v] = this.project(query, key, value);
    return this.join(attend(q, k, v, { mask, places, drop: this.drop(pass) }));
  }

  /**
   * An empty cache for {@link MultiHeadAttention.decode}: a tree, which `jit` and `scan` take.
   *
   * @param capacity - the most places that will be decoded
   * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a size is no positive integer
   */
  cache(batch: number, capacity: number): AttentionCache {
    checkSize("MultiHeadAttention.cache", "batch", batch);
    checkSize("MultiHeadAttention.cache", "capacity", capacity);
    const { weight } = this.out_proj;
    const shape = [batch, this.heads, capacity, (weight.shape[0] as number) / this.heads];
    const { dtype } = weight;
    return { keys: zeros(shape, { dtype }), values: zeros(shape, { dtype }), length: zeros([], { dtype: "i32" }) };
  }

  /**
   * Causal self-attention of the places that come next, looking at those in the cache as well: one after the other, or several at a time, the results are
   * those of all places at once.
   *
   * @param x - `[batch, places, features]`
   * @returns `[batch, places, features]`, NaN once the cache is full, and the cache with these places
   * @throws {@link @gradus/tensor!index.ShapeError | ShapeError} when shapes do not fit
   * @example
   * ```ts
   * let cache = attention.cache(1, 100);
   * const step = jit((x: Tensor, c: AttentionCache) => attention.decode(x, c));
   * [y, cache] = step(x, cache); // x [1, 1, 64]
   * ```
   */
  decode(x: Tensor, cache: AttentionCache, pass?: Pass): [output: Tensor, cache: AttentionCache] {
    const op = "MultiHeadAttention.decode";
    checkPass(op, pass);
    checkFloat(op, x);
    const [batch, heads, capacity, d] = checkCache(op, cache);
    if (x.rank !== 3 || x.shape[0] !== batch || x.shape[2] !== heads * d || heads !== this.heads)
      throw new ShapeError(`${op}: x: expected [${batch}, places, ${heads * d}] for this cache, got [${x.shape}]`);
    const t = x.shape[1] as number;
    const [q, k, v] = this.project(x, x, x);
    const at = add(iota([t], { dtype: "i32" }), cache.length);
    const [keys, values] = [scatterSet(cache.keys, at, k, 2), scatterSet(cache.values, at, v, 2)];
    const places = [reshape(at, [t, 1]), place(capacity, 1)] as const;
    const y = this.join(attend(q, keys, values, { mask: null, places, drop: this.drop(pass) }));
    const length = add(cache.length, t);
    return [where(lessEqual(length, capacity), y, Number.NaN), { keys, values, length }];
  }

  private drop(pass: Pass | undefined): Attending["drop"] {
    return pass?.training && this.dropout > 0 ? [this.dropout, pass.key("MultiHeadAttention")] : null;
  }

  private checkTokens(x: Tensor, argument: string, part: number): void {
    checkFloat("MultiHeadAttention", x, argument);
    const weight = this.in_proj_weight ?? [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight][part];
    const features = weight?.shape[1];
    if (x.rank !== 3 || x.shape[2] !== features)
      throw new ShapeError(`MultiHeadAttention: ${argument}: expected [batch, length, ${features}], got [${x.shape}]`);
  }

  /** Queries, keys and values per head, `[batch, heads, length, features / heads]`. */
  private project(query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
    const { in_proj_weight: joint, in_proj_bias: bias } = this;
    const features = this.out_proj.weight.shape[0] as number;
    const part = (t: Tensor, i: number): Tensor => slice(t, [i * features], [(i + 1) * features]);
    const along = (x: Tensor, w: Tensor, b: Tensor | null): Tensor => {
      const y = matmul(x, transpose(w));
      return b === null ? y : add(y, b);
    };
    if (joint !== null && query === key && key === value) {
      const [n, t] = query.shape as [number, number, number];
      const all = reshape(along(query, joint, bias), [n, t, 3, this.heads, features / this.heads]);
      const heads = permute(all, [2, 0, 3, 1, 4]);
      return [0, 1, 2].map((i) => heads.at(i)) as [Tensor, Tensor, Tensor];
    }
    const separate = [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight];
    return [query, key, value].map((x, i) => {
      const w = joint === null ? (separate[i] as Tensor) : part(joint, i);
      const y = along(x, w, bias === null ? null : part(bias, i));
      const [n, t] = y.shape as [number, number, number];
      return permute(reshape(y, [n, t, this.heads, features / this.heads]), [0, 2, 1, 3]);
    }) as [Tensor, Tensor, Tensor];
  }

  /** The heads side by side, through the last layer. */
  private join(y: Tensor): Tensor {
    const [n, heads, t, d] = y.shape as [number, number, number, number];
    return this.out_proj.call(reshape(permute(y, [0, 2, 1, 3]), [n, t, heads * d]));
  }
}

/** The places of `n` tokens along an axis of `[queries, keys]`. */
const place = (n: number, axis: 0 | 1): Tensor => iota(axis === 0 ? [n, 1] : [1, n], { axis, dtype: "i32" });

/** Throws ShapeError unless `mask` broadcasts to `[batch, heads, queries, keys]`. */
export function checkMask(op: string, mask: Tensor | null, shape: readonly number[]): void {
  if (mask === null) return;
  const lead = shape.length - mask.rank;
  if (lead < 0 || mask.shape.some((n, i) => n !== 1 && n !== shape[lead + i]))
    throw new ShapeError(
      `${op}: mask: [${mask.shape}] does not broadcast to [batch, heads, queries, keys], [${shape}]`,
    );
  if (!isFloat(mask.dtype) && mask.dtype !== "bool")
    throw new ArgumentError(`${op}: mask: expected bool or a float dtype, got ${mask.dtype}; cast it first`);
}

/** `[batch, heads, capacity, features]` of a cache. */
function checkCache(op: string, cache: AttentionCache): [number, number, number, number] {
  const { keys, values, length } = cache ?? {};
  for (const [name, t] of Object.entries({ keys, values, length })) check.tensor(op, t, `cache.${name}`);
  if (keys.rank !== 4 || values.rank !== 4 || length.rank !== 0)
    throw new ShapeError(`${op}: cache: expected what cache(batch, capacity) makes, got keys [${keys.shape}]`);
  return keys.shape as unknown as [number, number, number, number];
}
