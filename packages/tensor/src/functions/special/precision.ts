import { integer } from "../../check.ts";
import { isFloat } from "../../dtype.ts";
import { DTypeError } from "../../errors.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { div, sub } from "../arithmetic.ts";
import { abs, sqrt } from "../elementary.ts";
import { fullLike } from "../fill.ts";
import { asTensor, real, type TensorLike } from "../operands.ts";
import { nextafter } from "./floats.ts";
import { pointwise } from "./pointwise.ts";

/** 1/√x, elementwise; integers are taken as f32. Throws ArgumentError for anything but a tensor or number. `rsqrt(tensor(4))` is 0.5. */
export const rsqrt = (x: TensorLike): Tensor => div(1, sqrt(real("rsqrt", x)));

/** The distance from |x| to the next larger float of its dtype, elementwise; NaN for infinities. Throws as {@link rsqrt}. */
export function spacing(x: TensorLike): Tensor {
  const t = abs(real("spacing", x));
  return sub(nextafter(t, fullLike(t, Infinity)), t);
}

interface Format {
  readonly exponent: number;
  readonly mantissa: number;
}
/** The nearest number of a format with subnormals, ties to even. */
function rounded({ exponent, mantissa }: Format): (x: number) => number {
  const bias = 2 ** (exponent - 1) - 1;
  const largest = 2 ** bias * (2 - 2 ** -mantissa);
  return (x) => {
    if (x === 0 || !Number.isFinite(x)) return x;
    let e = Math.floor(Math.log2(Math.abs(x)));
    // log2 may be off by one next to a power of two
    if (2 ** e > Math.abs(x)) e--;
    else if (2 ** (e + 1) <= Math.abs(x)) e++;
    const step = 2 ** Math.max(Math.max(e, 1 - bias) - mantissa, -1074);
    const q = Math.abs(x) / step;
    const down = Math.floor(q);
    const rest = q - down;
    const y = (rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down) * step;
    return Math.sign(x) * (y > largest ? Infinity : y);
  };
}
const precisionPrimitive = pointwise<Format>({
  name: "reducePrecision",
  f: rounded,
  // rounding is taken as the identity, so that a network can be trained through it
  derivatives: [(args) => fullLike(args[0] as Tensor, 1)],
});

/**
 * `x` rounded to a float format of fewer bits, in its own dtype, elementwise: `exponentBits` 8 and `mantissaBits` 7 is bfloat16. Ties go to the even one, what is too
 * large to infinity. The derivative is that of the identity.
 *
 * @throws {@link DTypeError} unless x holds floats, {@link ArgumentError} for bits outside `[2, 11]` and `[0, 52]`
 */
export function reducePrecision(x: TensorLike, exponentBits: number, mantissaBits: number): Tensor {
  const t = asTensor("reducePrecision", x, null);
  if (!isFloat(t.dtype)) throw new DTypeError(`reducePrecision: x: expected floats, got ${t.dtype}; cast it first`);
  integer("[2, 11]")("reducePrecision", exponentBits, "exponentBits");
  integer("[0, 52]")("reducePrecision", mantissaBits, "mantissaBits");
  return apply(precisionPrimitive, [t], { exponent: exponentBits, mantissa: mantissaBits });
}
