import { dtypes } from "../../dtype.ts";
import { elementwise } from "../../primitives/elementwise.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { bitwiseAnd, bitwiseOr, mul, shiftRight, sub } from "../arithmetic.ts";
import { astype, bitcast } from "../casting.ts";
import { asTensor, checkIntegers, type TensorLike } from "../operands.ts";

/** The elements' bits as u32, from 0 up, and how many they are. */
function patterns(op: string, x: Tensor): [bits: Tensor, width: number] {
  checkIntegers(op, x, "x");
  const unsigned = { i32: "u32", i8: "u8" } as const;
  const same = x.dtype === "i32" || x.dtype === "i8" ? bitcast(x, unsigned[x.dtype]) : x;
  return [astype(same, "u32"), x.dtype === "bool" ? 1 : 8 * dtypes[x.dtype].bytes];
}

/** Bits set in u32, added up in pairs, nibbles and bytes (Warren, "Hacker's Delight", §5-1). */
function count(bits: Tensor): Tensor {
  const pairs = sub(bits, bitwiseAnd(shiftRight(bits, 1), 0x55555555));
  const four = bitwiseAnd(pairs, 0x33333333).add(bitwiseAnd(shiftRight(pairs, 2), 0x33333333));
  const bytes = bitwiseAnd(four.add(shiftRight(four, 4)), 0x0f0f0f0f);
  return shiftRight(mul(bytes, 0x01010101), 24);
}

/** A dtype that holds a count of the bits of `x`. */
const counted = (x: Tensor, n: Tensor): Tensor => astype(n, x.dtype === "bool" ? "u8" : x.dtype);

const integersOf = (op: string, x: TensorLike): Tensor => {
  const t = typeof x === "number" ? asTensor(op, x, "i32") : asTensor(op, x, null);
  checkIntegers(op, t, "x");
  return t;
};

/**
 * Every bit of integers turned over, −x − 1 for signed ones; of bool, the logical not.
 *
 * @throws {@link DTypeError} for floats
 * @example
 * ```ts
 * bitwiseNot(tensor([5], { dtype: "u8" })); // [250]
 * ```
 */
export const bitwiseNot = (x: TensorLike): Tensor => apply(elementwise.not, [integersOf("bitwiseNot", x)], null);

/**
 * How many bits are set, in the dtype of `x` (u8 for bool); negative numbers count in two's complement.
 *
 * @throws {@link DTypeError} for floats
 * @example
 * ```ts
 * populationCount(tensor([7, -1], { dtype: "i32" })); // [3, 32]
 * ```
 */
export function populationCount(x: TensorLike): Tensor {
  const t = integersOf("populationCount", x);
  return counted(t, count(patterns("populationCount", t)[0]));
}

/** How many bits are 0 before the first that is 1, in the dtype of `x` (u8 for bool). Throws DTypeError for floats. */
export function countLeadingZeros(x: TensorLike): Tensor {
  const t = integersOf("countLeadingZeros", x);
  const [bits, width] = patterns("countLeadingZeros", t);
  // every bit below the first 1 set
  const filled = [1, 2, 4, 8, 16].reduce((b, shift) => bitwiseOr(b, shiftRight(b, shift)), bits);
  return counted(t, sub(width, count(filled)));
}
