import { checkTensor, integer } from "../../check.ts";
import { type DType, isFloat } from "../../dtype.ts";
import { apply, hostTensor, Tensor } from "../../tensor.ts";
import { div, mod, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { round } from "../elementary.ts";
import { asTensor, checkIntegers, meet, type TensorLike } from "../operands.ts";
import { pointwise } from "./pointwise.ts";

/** Euclid's algorithm. */
function greatest(a: number, b: number): number {
  let [p, q] = [Math.abs(a), Math.abs(b)];
  while (q > 0) [p, q] = [q, p % q];
  return p;
}
const gcdPrimitive = pointwise({ name: "gcd", f: () => greatest, derivatives: [null, null] });
const lcmPrimitive = pointwise({
  name: "lcm",
  f: () => (a, b) => (a === 0 || b === 0 ? 0 : (Math.abs(a) / greatest(a, b)) * Math.abs(b)),
  derivatives: [null, null],
});

function integers(op: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  const dtypeOf = (x: TensorLike): DType => (x instanceof Tensor ? x.dtype : "i32");
  const [p, q] = [asTensor(op, a, dtypeOf(b), "a"), asTensor(op, b, dtypeOf(a), "b")];
  checkIntegers(op, p, "a");
  checkIntegers(op, q, "b");
  const pair = meet(op, p, q);
  return pair[0].dtype === "bool" ? [astype(pair[0], "i32"), astype(pair[1], "i32")] : pair;
}

/**
 * The greatest common divisor of integers, broadcast; never negative, gcd(0, 0) = 0.
 *
 * @throws {@link DTypeError} for floats, {@link ShapeError} if shapes do not broadcast
 * @example
 * ```ts
 * gcd(tensor([12, 18], { dtype: "i32" }), 8); // [4, 2]
 * ```
 */
export const gcd = (a: TensorLike, b: TensorLike): Tensor => apply(gcdPrimitive, integers("gcd", a, b), null);

/** The least common multiple of integers, broadcast; it wraps when it does not fit. Throws as {@link gcd}. */
export const lcm = (a: TensorLike, b: TensorLike): Tensor => apply(lcmPrimitive, integers("lcm", a, b), null);

/**
 * Quotient ⌊a/b⌋ and remainder with the sign of b (that of mod), in the promoted dtype, broadcast: a = quotient·b + remainder.
 *
 * @throws {@link ShapeError} if shapes do not broadcast
 * @example
 * ```ts
 * divmod(tensor(-7), 2); // [−4, 1]
 * ```
 */
export function divmod(a: TensorLike, b: TensorLike): [quotient: Tensor, remainder: Tensor] {
  if (typeof a === "object") checkTensor("divmod", a, "a");
  const [p, q] = meet("divmod", a, b);
  const remainder = mod(p, q);
  const quotient = div(sub(p, remainder), q);
  return [isFloat(quotient.dtype) ? round(quotient) : quotient, remainder];
}

/**
 * The Bernoulli numbers B₀ … Bₙ (B₁ = −½), f64 [n + 1], from exact tangent numbers.
 *
 * @param n - at most 258: larger ones do not fit in f64
 * @throws {@link ArgumentError} for another n
 * @example
 * ```ts
 * bernoulliNumbers(4); // [1, −1/2, 1/6, 0, −1/30]
 * ```
 */
export function bernoulliNumbers(n: number): Tensor {
  integer("[0, 258]")("bernoulliNumbers", n, "n");
  const half = Math.floor(n / 2);
  // tangent numbers T₁ = 1, T₂ = 2, T₃ = 16, … (Knuth and Buckholtz, 1967)
  const t = Array.from({ length: half + 1 }, () => 0n);
  t[1] = 1n;
  for (let k = 2; k <= half; k++) t[k] = BigInt(k - 1) * (t[k - 1] as bigint);
  for (let k = 2; k <= half; k++)
    for (let j = k; j <= half; j++) t[j] = BigInt(j - k) * (t[j - 1] as bigint) + BigInt(j - k + 2) * (t[j] as bigint);
  const values = new Float64Array(n + 1);
  values[0] = 1;
  if (n >= 1) values[1] = -0.5;
  for (let k = 1; k <= half; k++) {
    const power = 4n ** BigInt(k);
    const size = quotient(2n * BigInt(k) * (t[k] as bigint), power * (power - 1n));
    values[2 * k] = k % 2 === 0 ? -size : size;
  }
  return hostTensor(values, [n + 1], "f64");
}

/** p/q of integers of any size. */
function quotient(p: bigint, q: bigint): number {
  const shift = Math.max(0, 64 + q.toString(2).length - p.toString(2).length);
  return Number((p << BigInt(shift)) / q) / 2 ** Math.min(shift, 1000) / 2 ** Math.max(0, shift - 1000);
}
