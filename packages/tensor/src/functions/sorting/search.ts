import { checkOptions, checkTensor, flag, oneOf } from "../../check.ts";
import { promote } from "../../dtype.ts";
import { ShapeError } from "../../errors.ts";
import { searchPrimitive } from "../../primitives/search.ts";
import { sameShape, show, sizeOf } from "../../shape.ts";
import { apply, type Tensor } from "../../tensor.ts";
import { sub } from "../arithmetic.ts";
import { at } from "../at.ts";
import { astype } from "../casting.ts";
import { lessEqual } from "../comparison.ts";
import { asTensor, type TensorLike } from "../operands.ts";
import { where } from "../selection.ts";
import { flip, reshape } from "../shaping.ts";

/** Options of {@link searchsorted}. */
export interface SearchOptions {
  /** Before ("left", the default) or after ("right") equal elements. */
  readonly side?: "left" | "right";
}

/**
 * Positions (i32) at which `values` can be inserted so that `sorted`, ascending along its last axis, stays so. `sorted` of one axis takes values of
 * any shape; of several axes, values [...m] with the same leading axes. NaN comes after every number. By bisection: O(log n) per value.
 *
 * ```ts
 * searchsorted(tensor([1, 2, 2, 4]), tensor([2, 3]));                    // [1, 3]
 * searchsorted(tensor([1, 2, 2, 4]), tensor([2]), { side: "right" }); // [3]
 * ```
 * Throws ShapeError when leading axes differ or `sorted` is a scalar, ArgumentError for a bad option.
 */
export function searchsorted(sorted: Tensor, values: TensorLike, options: SearchOptions = {}): Tensor {
  checkTensor("searchsorted", sorted, "sorted");
  checkOptions("searchsorted", options, { side: oneOf("left", "right") });
  if (sorted.rank === 0) throw new ShapeError("searchsorted: sorted: a scalar has no axis to search");
  const wanted = asTensor("searchsorted", values, sorted.dtype, "values");
  const [lead, n] = [sorted.shape.slice(0, -1), sorted.shape.at(-1) as number];
  if (lead.length > 0 && (wanted.rank !== sorted.rank || !sameShape(wanted.shape.slice(0, -1), lead)))
    throw new ShapeError(
      `searchsorted: values: leading axes differ: sorted is ${show(sorted.shape)}, values is ${show(wanted.shape)}`,
    );
  const outer = sizeOf(lead);
  const dtype = promote(sorted.dtype, wanted.dtype);
  const rows = reshape(astype(sorted, dtype), [outer, n]);
  const flat = reshape(astype(wanted, dtype), [outer, lead.length > 0 ? (wanted.shape.at(-1) as number) : wanted.size]);
  return reshape(apply(searchPrimitive, [rows, flat], { right: options.side === "right" }), wanted.shape);
}

/**
 * The bin (i32) of each element between the monotonic edges `bins` `[n]`: 0 before the first, n after the last. With ascending edges, bin i is
 * bins[i−1] ≤ x < bins[i], or bins[i−1] < x ≤ bins[i] if `right`; descending edges count from the other end.
 *
 * ```ts
 * digitize(tensor([0.5, 1, 7]), tensor([0, 1, 5])); // [1, 2, 3]
 * ```
 * Throws ShapeError unless `bins` has one axis, ArgumentError for a bad option.
 */
export function digitize(x: TensorLike, bins: Tensor, options: { readonly right?: boolean } = {}): Tensor {
  checkTensor("digitize", bins, "bins");
  checkOptions("digitize", options, { right: flag });
  if (bins.rank !== 1) throw new ShapeError(`digitize: bins: expected one axis, got ${show(bins.shape)}`);
  const n = bins.size;
  const side = options.right ? "left" : "right";
  const wanted = asTensor("digitize", x, bins.dtype);
  const up = searchsorted(bins, wanted, { side });
  if (n < 2) return up;
  const down = sub(n, searchsorted(flip(bins), wanted, { side }));
  return where(lessEqual(at(bins, 0), at(bins, n - 1)), up, down);
}
