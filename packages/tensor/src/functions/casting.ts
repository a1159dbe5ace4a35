import { checkTensor } from "../check.ts";
import { checkDType, type DType } from "../dtype.ts";
import { bitcast as bitcastPrimitive, cast as castPrimitive } from "../primitives/structure.ts";
import { apply, type Tensor } from "../tensor.ts";

/**
 * `x` in another dtype: float to integer truncates and saturates (NaN gives 0), integer to integer wraps, to bool is `≠ 0`.
 *
 * ```ts
 * astype(tensor([1.7, -1.7]), "i32"); // [1, -1]
 * ```
 * Throws DTypeError for an unknown dtype.
 */
export function astype(x: Tensor, dtype: DType): Tensor {
  checkTensor("astype", x);
  checkDType("astype", dtype);
  return x.dtype === dtype ? x : apply(castPrimitive, [x], { dtype });
}

/** Same as {@link astype}. */
export const cast: typeof astype = astype;

/** The bits of `x` read as another dtype of the same width. Throws DTypeError or ShapeError if the widths differ. */
export function bitcast(x: Tensor, dtype: DType): Tensor {
  checkTensor("bitcast", x);
  checkDType("bitcast", dtype);
  return x.dtype === dtype ? x : apply(bitcastPrimitive, [x], { dtype });
}
