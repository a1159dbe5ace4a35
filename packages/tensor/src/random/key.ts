import { checkKey, checkTensor, integer } from "../check.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { add, bitwiseOr, bitwiseXor, shiftLeft, shiftRight } from "../functions/arithmetic.ts";
import { at } from "../functions/at.ts";
import { astype } from "../functions/casting.ts";
import { full } from "../functions/fill.ts";
import { stack, unstack } from "../functions/shaping.ts";
import { randomBits } from "../primitives/random-bits.ts";
import { said } from "../said.ts";
import { checkShape, type Shape, show } from "../shape.ts";
import { apply, hostTensor, type Tensor } from "../tensor.ts";

/** A state of the random number generator: u32 [2]. It is used once; further ones come from {@link split} or {@link foldIn}. */
export type Key = Tensor;

/**
 * The key of a seed (an integer). The same seed gives the same numbers on every backend, and those of `jax.random.key(seed)`.
 *
 * ```ts
 * const [a, b] = split(key(0));
 * ```
 * Throws ArgumentError unless the seed is a safe integer.
 */
export function key(seed: number): Key {
  if (!Number.isSafeInteger(seed)) throw new ArgumentError(`key: seed: expected an integer, got ${said(seed)}`);
  return hostTensor(Uint32Array.of(Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0), [2], "u32");
}

/**
 * `n` independent keys (default 2). Do not use `k` again.
 *
 * ```ts
 * const [weights, data] = split(key(1));
 * ```
 * Throws ArgumentError unless n is a positive integer.
 */
export function split(k: Key, n = 2): Key[] {
  checkKey("split", k);
  integer("[1, ∞)")("split", n, "n");
  return unstack(apply(randomBits, [k], { shape: [n], words: "both" }));
}

/**
 * The key that belongs to `data` (a non-negative integer, or an integer scalar tensor, traced ones too) under `k`: one key per step, say.
 *
 * ```ts
 * const stepKey = foldIn(k, step);
 * ```
 * Throws ArgumentError for a number that is no integer in [0, 2³²), DTypeError or ShapeError for a tensor that is no integer scalar.
 */
export function foldIn(k: Key, data: number | Tensor): Key {
  checkKey("foldIn", k);
  if (typeof data === "number") {
    if (!Number.isInteger(data) || data < 0 || data >= 2 ** 32)
      throw new ArgumentError(`foldIn: data: expected an integer in [0, 2³²), got ${data}`);
  } else {
    checkTensor("foldIn", data, "data");
    if (data.rank !== 0) throw new ShapeError(`foldIn: data: expected a scalar, got ${show(data.shape)}`);
    if (data.dtype !== "u32" && data.dtype !== "i32" && data.dtype !== "u8")
      throw new DTypeError(`foldIn: data: expected i32, u32 or u8, got ${data.dtype}`);
  }
  const word = typeof data === "number" ? full([], data, { dtype: "u32" }) : astype(data, "u32");
  return stack(threefry(at(k, 0), at(k, 1), full([], 0, { dtype: "u32" }), word));
}

/**
 * Uniform bits: u32 of `shape`, element i from counter i.
 *
 * ```ts
 * bits(key(0), [4]);
 * ```
 * Throws ArgumentError for a bad key or shape.
 */
export function bits(k: Key, shape: Shape): Tensor {
  checkKey("bits", k);
  checkShape("bits", shape);
  return apply(randomBits, [k], { shape: [...shape], words: "xor" });
}

/** Both words of each counter: u32 [...shape, 2]. */
export const words = (k: Key, shape: Shape): Tensor => apply(randomBits, [k], { shape: [...shape], words: "both" });

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** Threefry-2x32, 20 rounds, on u32 tensors: for counters that are values; {@link randomBits} does it for positions. */
export function threefry(k0: Tensor, k1: Tensor, c0: Tensor, c1: Tensor): [Tensor, Tensor] {
  const keys = [k0, k1, bitwiseXor(bitwiseXor(k0, k1), 0x1bd11bda)] as const;
  let x0 = add(c0, k0);
  let x1 = add(c1, k1);
  for (let i = 0; i < 5; i++) {
    for (const r of rotations[(i % 2) as 0 | 1]) {
      x0 = add(x0, x1);
      x1 = bitwiseXor(bitwiseOr(shiftLeft(x1, r), shiftRight(x1, 32 - r)), x0);
    }
    x0 = add(x0, keys[((i + 1) % 3) as 0 | 1 | 2]);
    x1 = add(add(x1, keys[((i + 2) % 3) as 0 | 1 | 2]), i + 1);
  }
  return [x0, x1];
}
