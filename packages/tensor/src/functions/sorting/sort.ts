import { checkOptions, checkTensor, flag } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { sortPrimitive } from "../../primitives/sort.ts";
import { said } from "../../said.ts";
import { checkAxis, sameShape, show } from "../../shape.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { takeAlongAxis } from "../indexing.ts";
import { iota } from "../iota.ts";
import { slice } from "../shaping.ts";
import { fromRows, toRows } from "./rows.ts";

/** Options of {@link sort} and {@link argsort}. */
export interface SortOptions {
  /** From large to small; default false. Equal elements keep their order either way. */
  readonly descending?: boolean;
}

function sorted(op: string, x: Tensor, axis: number, options: SortOptions): [values: Tensor, indices: Tensor] {
  checkTensor(op, x);
  checkOptions(op, options, { descending: flag });
  const along = checkAxis(op, axis, x.rank);
  const parts = applyMany(sortPrimitive, [toRows(x, along)], { descending: options.descending ?? false });
  return parts.map((rows) => fromRows(rows, x.shape, along)) as [Tensor, Tensor];
}

/**
 * Elements in ascending order along `axis` (default the last), in the shape of `x`. Stable; NaN counts as larger than every number (last, or first if
 * descending); 0 and −0 are equal.
 *
 * ```ts
 * sort(tensor([3, 1, 2])); // [1, 2, 3]
 * ```
 * Throws ShapeError for a bad axis, ArgumentError for a bad option.
 */
export const sort = (x: Tensor, axis = -1, options: SortOptions = {}): Tensor => sorted("sort", x, axis, options)[0];

/**
 * Positions (i32) along `axis` (default the last) that put `x` in ascending order, in the shape of `x`; the order is that of {@link sort}.
 *
 * ```ts
 * argsort(tensor([3, 1, 2])); // [1, 2, 0]
 * ```
 * Throws ShapeError for a bad axis, ArgumentError for a bad option.
 */
export const argsort = (x: Tensor, axis = -1, options: SortOptions = {}): Tensor =>
  sorted("argsort", x, axis, options)[1];

/**
 * The `k` largest elements along `axis` (default the last), largest first, and their positions (i32); of equals the first comes first. NaN counts as
 * the largest. Both have the shape of `x` with size `k` along the axis.
 *
 * ```ts
 * const [values, indices] = topK(tensor([1, 5, 3]), 2); // [5, 3], [1, 2]
 * ```
 * Throws ShapeError for a bad axis, ArgumentError unless 0 ≤ k ≤ n.
 */
export function topK(x: Tensor, k: number, axis = -1): [values: Tensor, indices: Tensor] {
  checkTensor("topK", x);
  const along = checkAxis("topK", axis, x.rank);
  const n = x.shape[along] as number;
  if (!Number.isInteger(k) || k < 0 || k > n)
    throw new ArgumentError(`topK: k: expected an integer in [0, ${n}], got ${said(k)}`);
  const stop = x.shape.map((m, i) => (i === along ? k : m));
  return sorted("topK", x, along, { descending: true }).map((t) => slice(t, [], stop)) as [Tensor, Tensor];
}

function checkPlace(op: string, x: Tensor, k: number, axis: number): void {
  checkTensor(op, x);
  const n = x.shape[checkAxis(op, axis, x.rank)] as number;
  if (!Number.isInteger(k) || k < -n || k >= n)
    throw new ArgumentError(`${op}: k: expected an integer in [${-n}, ${n}), got ${said(k)}`);
}

/**
 * Elements along `axis` (default the last) with the one at `k` where sorting puts it, no larger ones before and no smaller ones after it. The rest is
 * sorted as well.
 *
 * ```ts
 * partition(tensor([4, 1, 3, 2]), 1); // element 1 is 2
 * ```
 * Throws ShapeError for a bad axis, ArgumentError for `k` outside it (negative ones count from the end).
 */
export function partition(x: Tensor, k: number, axis = -1): Tensor {
  checkPlace("partition", x, k, axis);
  return sort(x, axis);
}

/** Positions (i32) that {@link partition} takes its elements from. Throws ShapeError for a bad axis, ArgumentError for `k` outside it. */
export function argpartition(x: Tensor, k: number, axis = -1): Tensor {
  checkPlace("argpartition", x, k, axis);
  return argsort(x, axis);
}

/**
 * Positions (i32) along `axis` (default the last) that sort by several keys of one shape: by the last key, equals by the one before it, and so on.
 *
 * ```ts
 * lexsort([firstNames, surnames]); // by surname, then by first name
 * ```
 * Throws ArgumentError for no keys, ShapeError when shapes differ or the axis is bad.
 */
export function lexsort(keys: readonly Tensor[], axis = -1): Tensor {
  if (!Array.isArray(keys) || keys.length === 0)
    throw new ArgumentError("lexsort: keys: expected an array of at least one tensor");
  keys.forEach((key, i) => checkTensor("lexsort", key, `keys[${i}]`));
  const [first, ...others] = keys as [Tensor, ...Tensor[]];
  const along = checkAxis("lexsort", axis, first.rank);
  others.forEach(({ shape }, i) => {
    if (!sameShape(shape, first.shape))
      throw new ShapeError(`lexsort: keys[${i + 1}]: expected ${show(first.shape)} as keys[0], got ${show(shape)}`);
  });
  if (first.size === 0) return iota(first.shape, { axis: along, dtype: "i32" });
  return others.reduce(
    (order, key) => {
      const next = argsort(takeAlongAxis(key, order, along), along);
      return takeAlongAxis(order, next, along);
    },
    argsort(first, along),
  );
}
