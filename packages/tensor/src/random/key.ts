import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { randomBits } from "../primitives/random-bits.ts";
import { checkShape, show, type Shape } from "../shape.ts";
import { apply, hostTensor, Tensor } from "../tensor.ts";
import { bitwiseXor } from "../functions/arithmetic.ts";
import { at } from "../functions/at.ts";

/** State of the random numbers: a u32 tensor of shape [2]. Equal keys give equal numbers, on every backend. */
export type Key = Tensor;

/**
 * A key from a seed, an integer in [0, 2⁵³).
 *
 * ```ts
 * const [a, b] = split(key(0));
 * const x = normal(a, [3]);
 * ```
 * Throws ArgumentError for any other seed.
 */
export function key(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new ArgumentError(`key: seed: expected an integer in [0, 2^53), got ${seed}`);
  return hostTensor(new Uint32Array([Math.floor(seed / 2 ** 32), seed >>> 0]), [2], "u32");
}

/** Throws unless `k` is a key. */
export function checkKey(op: string, k: unknown): asserts k is Key {
  if (!(k instanceof Tensor)) throw new ArgumentError(`${op}: key: expected a key, got ${typeof k}; make one by key(seed)`);
  if (k.dtype !== "u32") throw new DTypeError(`${op}: key: expected u32, got ${k.dtype}; make one by key(seed)`);
  if (k.rank !== 1 || k.shape[0] !== 2) throw new ShapeError(`${op}: key: expected shape [2], got ${show(k.shape)}`);
}

/** `n` independent keys. The old key should not be used again. Throws ArgumentError unless n is a positive integer. */
export function split(k: Key, n = 2): Key[] {
  checkKey("split", k);
  if (!Number.isInteger(n) || n < 1) throw new ArgumentError(`split: n: ${n} is no positive integer`);
  const keys = apply(randomBits, [k], { shape: [n], words: "both" });
  return Array.from({ length: n }, (_, i) => at(keys, i));
}

/** A key that depends on `k` and the integer `n` (a step, an epoch). Throws ArgumentError for a negative or fractional n. */
export function foldIn(k: Key, n: number): Key {
  checkKey("foldIn", k);
  const salt = key(n);
  // The counter of a keyed draw takes the salt's place: the first pair of a stream whose key mixes both.
  return at(apply(randomBits, [mix(k, salt)], { shape: [1], words: "both" }), 0);
}

const mix = (k: Key, salt: Key): Key => bitwiseXor(at(apply(randomBits, [salt], { shape: [1], words: "both" }), 0), k);

/** Uniform 32-bit words, u32. Throws ArgumentError for a bad shape. */
export function bits(k: Key, shape: Shape): Tensor {
  checkKey("bits", k);
  checkShape("bits", shape);
  return apply(randomBits, [k], { shape: [...shape], words: "xor" });
}
