import { checkOptions, dtype as dtypeName, integer } from "../check.ts";
import { iotaPrimitive } from "../primitives/structure.ts";
import { checkAxis, checkShape, type Shape } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import type { DTypeOption } from "./fill.ts";

/**
 * 0, 1, 2, … along `axis` (default the last), the same along all others.
 *
 * ```ts
 * iota([2, 3]); // [[0, 1, 2], [0, 1, 2]]
 * ```
 * Throws ArgumentError for a bad shape, ShapeError for an axis out of range, DTypeError for an unknown dtype.
 */
export function iota(shape: Shape, options: DTypeOption & { readonly axis?: number } = {}): Tensor {
  checkShape("iota", shape);
  checkOptions("iota", options, { dtype: dtypeName, axis: integer() });
  const dtype = options.dtype ?? "f32";
  return apply(iotaPrimitive, [], {
    shape: [...shape],
    dtype,
    axis: checkAxis("iota", options.axis ?? -1, shape.length),
  });
}
