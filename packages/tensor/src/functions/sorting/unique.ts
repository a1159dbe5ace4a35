import { checkTensor } from "../../check.ts";
import { isFloat } from "../../dtype.ts";
import { sortPrimitive } from "../../primitives/sort.ts";
import { applyMany, type Tensor } from "../../tensor.ts";
import { sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { equal, logicalAnd, logicalNot, logicalOr } from "../comparison.ts";
import { cumsum } from "../cumulative.ts";
import { isNaN as isnan } from "../elementary.ts";
import { full } from "../fill.ts";
import { gather, scatterAdd, scatterSet } from "../indexing.ts";
import { sum } from "../reduction.ts";
import { concat, reshape, slice } from "../shaping.ts";
import { checkSize, countNow, fillFrom, positionsOf, type SizeOptions } from "./nonzero.ts";

/** Distinct elements of a tensor and where they are. */
export interface Unique {
  /** Distinct elements, ascending: [count]. */
  readonly values: Tensor;
  /** Position (i32) of the first of each in row-major order: [count]. */
  readonly indices: Tensor;
  /** For every element its place among `values` (i32), in the shape of the tensor. */
  readonly inverse: Tensor;
  /** How often each occurs (i32): [count]. */
  readonly counts: Tensor;
}

/** Everything about the distinct elements of `x`, lazily, once their number is known. */
class Groups {
  readonly #x: Tensor;
  readonly #order: Tensor;
  readonly #sorted: Tensor;
  /** True at the first of each run of equals. */
  readonly first: Tensor;

  constructor(x: Tensor) {
    this.#x = x;
    const [rows, order] = applyMany(sortPrimitive, [reshape(x, [1, x.size])], { descending: false }) as [
      Tensor,
      Tensor,
    ];
    this.#sorted = reshape(rows, [x.size]);
    this.#order = reshape(order, [x.size]);
    this.first = starts(this.#sorted);
  }

  of(size: number, fill?: number): Unique {
    const { first } = this;
    const x = this.#x;
    const order = this.#order;
    const sorted = this.#sorted;
    const count = sum(astype(first, "i32"));
    const at = positionsOf(first, size);
    const group = sub(cumsum(astype(first, "i32")), 1);
    const none = x.size === 0;
    const values = none ? full([size], fill ?? 0, { dtype: x.dtype }) : gather(sorted, at);
    const empty = full([size], 0, { dtype: "i32" });
    return {
      values: fill === undefined || none ? values : fillFrom(values, count, fill),
      indices: none ? empty : gather(order, at),
      inverse: reshape(scatterSet(full([x.size], 0, { dtype: "i32" }), order, group), x.shape),
      counts: scatterAdd(empty, group, 1),
    };
  }
}

function starts(sorted: Tensor): Tensor {
  const n = sorted.size;
  if (n === 0) return full([0], false, { dtype: "bool" });
  const [a, b] = [slice(sorted, [0], [n - 1]), slice(sorted, [1], [n])];
  const same = isFloat(sorted.dtype) ? logicalOr(equal(a, b), logicalAnd(isnan(a), isnan(b))) : equal(a, b);
  return concat([full([1], true, { dtype: "bool" }), logicalNot(same)]);
}

function distinct<R>(op: string, x: Tensor, options: SizeOptions | undefined, pick: (u: Unique) => R): R | Promise<R> {
  checkTensor(op, x);
  const groups = new Groups(x);
  if (options === undefined) return countNow(op, groups.first).then((size) => pick(groups.of(size)));
  checkSize(op, options);
  return pick(groups.of(options.size, options.fill));
}

/**
 * Distinct elements in ascending order: [count]; all NaNs are one. Their number depends on the data, so this is a promise, unless `size` is given; `fill`
 * (default the smallest element) then takes the places that are left.
 *
 * ```ts
 * await unique(tensor([3, 1, 3]));       // [1, 3]
 * unique(tensor([3, 1, 3]), { size: 3 }); // [1, 3, 1]
 * ```
 * Throws ArgumentError for a bad size; rejects with TraceError for a traced `x` without one.
 */
export function unique(x: Tensor, options: SizeOptions): Tensor;
export function unique(x: Tensor): Promise<Tensor>;
export function unique(x: Tensor, options?: SizeOptions): Tensor | Promise<Tensor> {
  return distinct("unique", x, options, (u) => u.values);
}

/**
 * Distinct elements as {@link unique} gives them, and how often each occurs (i32; 0 in places that were filled).
 *
 * ```ts
 * const { values, counts } = await uniqueCounts(tensor([3, 1, 3])); // [1, 3], [1, 2]
 * ```
 * Throws ArgumentError for a bad size; rejects with TraceError for a traced `x` without one.
 */
export function uniqueCounts(x: Tensor, options: SizeOptions): Pick<Unique, "values" | "counts">;
export function uniqueCounts(x: Tensor): Promise<Pick<Unique, "values" | "counts">>;
export function uniqueCounts(
  x: Tensor,
  options?: SizeOptions,
): Pick<Unique, "values" | "counts"> | Promise<Pick<Unique, "values" | "counts">> {
  return distinct("uniqueCounts", x, options, ({ values, counts }) => ({ values, counts }));
}

/**
 * Distinct elements, the first position and the number of each, and for every element its place among them; see {@link unique}.
 *
 * ```ts
 * const { values, inverse } = await uniqueAll(tensor([3, 1, 3])); // gather(values, inverse) is the tensor again
 * ```
 * Throws ArgumentError for a bad size; rejects with TraceError for a traced `x` without one.
 */
export function uniqueAll(x: Tensor, options: SizeOptions): Unique;
export function uniqueAll(x: Tensor): Promise<Unique>;
export function uniqueAll(x: Tensor, options?: SizeOptions): Unique | Promise<Unique> {
  return distinct("uniqueAll", x, options, (u) => u);
}
