import { checkOptions, checkTensor, integer, number } from "../../check.ts";
import { ArgumentError, TraceError } from "../../errors.ts";
import type { Tensor } from "../../tensor.ts";
import { div, mul, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { less } from "../comparison.ts";
import { cumsum } from "../cumulative.ts";
import { full } from "../fill.ts";
import { scatterSet } from "../indexing.ts";
import { iota } from "../iota.ts";
import { sum } from "../reduction.ts";
import { where } from "../selection.ts";
import { reshape, stack } from "../shaping.ts";

/** Options of functions whose result is as large as the data say, to fix its size beforehand. */
export interface SizeOptions {
  /** Size of the result: what is more is cut off, what is missing is filled. With it the call is synchronous and works in jit, vmap and scan. */
  readonly size: number;
  /** What fills missing places. */
  readonly fill?: number;
}

/** Checks of {@link SizeOptions}. */
export function checkSize(op: string, options: SizeOptions): void {
  checkOptions(op, options, { size: integer("[0, ∞)"), fill: number() });
  if (options.size === undefined)
    throw new ArgumentError(`${op}: size: is missing; leave out the options for a promise`);
}

/** Throws TraceError for a traced tensor, whose elements are not known. */
export function checkKnown(op: string, x: Tensor, argument: string): void {
  if (x.abstract)
    throw new TraceError(
      `${op}: ${argument}: is traced, so the size of the result is unknown; fix a size, or call it outside`,
    );
}

/** How many are true, read. Throws TraceError for a traced mask, whose count is not known. */
export async function countNow(op: string, mask: Tensor, argument = "x"): Promise<number> {
  checkKnown(op, mask, argument);
  return (await sum(astype(mask, "i32")).data())[0] as number;
}

/** Positions (i32 [size]) of the first true elements of a mask [n]; 0 where there are no more. */
export function positionsOf(mask: Tensor, size: number): Tensor {
  const target = where(mask, sub(cumsum(astype(mask, "i32")), 1), size);
  return scatterSet(full([size], 0, { dtype: "i32" }), target, iota(mask.shape, { dtype: "i32" }));
}

/** `values` [size, …] with `fill` from place `count` (a scalar tensor) on. */
export function fillFrom(values: Tensor, count: Tensor, fill: number): Tensor {
  const size = values.shape[0] as number;
  const present = reshape(less(iota([size], { dtype: "i32" }), count), [size, ...values.shape.slice(1).map(() => 1)]);
  return where(present, values, full([], fill, { dtype: values.dtype }));
}

const flatMask = (op: string, x: Tensor): Tensor => {
  checkTensor(op, x);
  return reshape(astype(x, "bool"), [x.size]);
};

function coordinates(x: Tensor, flat: Tensor): Tensor[] {
  let rest = flat;
  const columns: Tensor[] = [];
  for (let axis = x.rank - 1; axis >= 0; axis--) {
    const n = Math.max(1, x.shape[axis] as number);
    const above = div(rest, n);
    columns.unshift(sub(rest, mul(above, n)));
    rest = above;
  }
  return columns;
}

/** Both forms of a function on the positions of true elements: with a size, or with the size awaited. */
function sized<R>(
  op: string,
  x: Tensor,
  options: SizeOptions | undefined,
  make: (positions: Tensor, finish: (t: Tensor) => Tensor) => R,
): R | Promise<R> {
  const mask = flatMask(op, x);
  if (options === undefined) return countNow(op, mask).then((size) => make(positionsOf(mask, size), (t) => t));
  checkSize(op, options);
  const count = sum(astype(mask, "i32"));
  return make(positionsOf(mask, options.size), (t) => fillFrom(t, count, options.fill ?? 0));
}

/**
 * Positions (i32 [count]) of the non-zero elements in row-major order. Their number depends on the data, so this is a promise, unless `size` is given;
 * `fill` (default 0) then takes the places that are left.
 *
 * ```ts
 * await flatnonzero(tensor([0, 3, 0, 4]));                  // [1, 3]
 * flatnonzero(tensor([0, 3, 0, 4]), { size: 3, fill: -1 }); // [1, 3, -1]
 * ```
 * Throws ArgumentError for a bad size; rejects with TraceError for a traced `x` without one.
 */
export function flatnonzero(x: Tensor, options: SizeOptions): Tensor;
export function flatnonzero(x: Tensor): Promise<Tensor>;
export function flatnonzero(x: Tensor, options?: SizeOptions): Tensor | Promise<Tensor> {
  return sized("flatnonzero", x, options, (flat, finish) => finish(flat));
}

/**
 * Coordinates of the non-zero elements in row-major order: one i32 [count] per axis. A promise unless `size` is given; see {@link flatnonzero}.
 *
 * ```ts
 * const [rows, columns] = await nonzero(tensor([[0, 1], [2, 0]])); // [0, 1], [1, 0]
 * ```
 * Throws ArgumentError for a bad size; rejects with TraceError for a traced `x` without one.
 */
export function nonzero(x: Tensor, options: SizeOptions): Tensor[];
export function nonzero(x: Tensor): Promise<Tensor[]>;
export function nonzero(x: Tensor, options?: SizeOptions): Tensor[] | Promise<Tensor[]> {
  return sized("nonzero", x, options, (flat, finish) => coordinates(x, flat).map(finish));
}

/**
 * Coordinates of the non-zero elements as the rows of an i32 [count, rank]. A promise unless `size` is given; see {@link flatnonzero}.
 *
 * ```ts
 * await argwhere(tensor([[0, 1], [2, 0]])); // [[0, 1], [1, 0]]
 * ```
 * Throws ArgumentError for a bad size; rejects with TraceError for a traced `x` without one.
 */
export function argwhere(x: Tensor, options: SizeOptions): Tensor;
export function argwhere(x: Tensor): Promise<Tensor>;
export function argwhere(x: Tensor, options?: SizeOptions): Tensor | Promise<Tensor> {
  return sized("argwhere", x, options, (flat, finish) =>
    x.rank === 0 ? full([flat.size, 0], 0, { dtype: "i32" }) : finish(stack(coordinates(x, flat), 1)),
  );
}
