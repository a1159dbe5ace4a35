import { anything, checkOptions, checkTensor, flag, integer, tensor as tensorOption } from "../../check.ts";
import { ArgumentError, ShapeError, TraceError } from "../../errors.ts";
import { said } from "../../said.ts";
import { sameShape, show, sizeOf } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import { add, clip, div, maximum, mul, sub } from "../arithmetic.ts";
import { at } from "../at.ts";
import { astype } from "../casting.ts";
import { equal, greaterEqual, lessEqual, logicalAnd } from "../comparison.ts";
import { zeros } from "../fill.ts";
import { scatterAdd } from "../indexing.ts";
import { iota } from "../iota.ts";
import { checkIntegers, real } from "../operands.ts";
import { max, min, sum } from "../reduction.ts";
import { where } from "../selection.ts";
import { reshape, slice, unstack } from "../shaping.ts";
import { searchsorted } from "../sorting/search.ts";

/** How many bins of one width, or the edges themselves: ascending, [bins + 1]. */
export type Bins = number | Tensor;
/** The ends of the first and of the last bin. */
export type BinRange = readonly [low: number, high: number];

/** Options of {@link histogram}. */
export interface HistogramOptions {
  /** Default: the smallest and the largest element. */
  readonly range?: BinRange;
  /** What each element counts, in the shape of x; default 1. */
  readonly weights?: Tensor;
  /** Divide by the total and by the width of each bin, so that the integral is 1; default false. */
  readonly density?: boolean;
}

const range = (op: string, value: unknown, argument: string): void => {
  const [low, high] = Array.isArray(value) && value.length === 2 ? value : [];
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high)
    throw new ArgumentError(`${op}: ${argument}: expected [low, high] with low ≤ high, got ${said(value)}`);
};

function edgesOf(op: string, x: Tensor, bins: Bins, ends: BinRange | undefined, argument = "bins"): Tensor {
  if (bins instanceof Tensor) {
    checkTensor(op, bins, argument);
    if (bins.rank !== 1 || bins.size < 2)
      throw new ShapeError(`${op}: ${argument}: expected at least two edges on one axis, got ${show(bins.shape)}`);
    return real(op, bins, argument);
  }
  integer("[1, ∞)")(op, bins, argument);
  if (ends === undefined && x.size === 0) return edgesOf(op, x, bins, [0, 1], argument);
  const [a, b] = ends ? ends.map((e) => astype(add(zeros([], { dtype: x.dtype }), e), x.dtype)) : [min(x), max(x)];
  // a range of no width is made one wide
  const same = equal(a as Tensor, b as Tensor);
  const low = sub(a as Tensor, where(same, 0.5, 0));
  const high = add(b as Tensor, where(same, 0.5, 0));
  const t = div(iota([bins + 1], { dtype: x.dtype }), bins);
  return add(mul(low, sub(1, t)), mul(high, t));
}

const vectors = (op: string, x: Tensor, argument = "x"): Tensor => {
  checkTensor(op, x, argument);
  const t = real(op, x, argument);
  return reshape(t, [t.size]);
};

/** Counts of points, given by coordinates, in the boxes between edges. */
function counted(
  op: string,
  points: readonly Tensor[],
  edges: readonly Tensor[],
  options: Omit<HistogramOptions, "range">,
): Tensor {
  const { weights, density = false } = options;
  const size = (points[0] as Tensor).size;
  if (weights && weights.size !== size)
    throw new ShapeError(`${op}: weights: expected ${size} elements, one per element of x, got ${show(weights.shape)}`);
  const shape = edges.map((e) => e.size - 1);
  let flat: Tensor | null = null;
  let inside: Tensor | null = null;
  points.forEach((x, i) => {
    const e = edges[i] as Tensor;
    const n = shape[i] as number;
    // the last bin has both ends
    const bin = clip(sub(searchsorted(e, x, { side: "right" }), 1), 0, n - 1);
    const here = logicalAnd(greaterEqual(x, at(e, 0)), lessEqual(x, at(e, n)));
    flat = flat === null ? bin : add(mul(flat, n), bin);
    inside = inside === null ? here : logicalAnd(inside, here);
  });
  const total = sizeOf(shape);
  const dtype = weights ? real(op, weights).dtype : density ? (points[0] as Tensor).dtype : "i32";
  const place = where(inside as unknown as Tensor, flat as unknown as Tensor, total);
  const add1 = weights ? reshape(astype(weights, dtype), [size]) : 1;
  const counts = reshape(scatterAdd(zeros([total], { dtype }), place, add1), shape);
  if (!density) return counts;
  return edges.reduce(
    (y, e, axis) => {
      const n = shape[axis] as number;
      const width = sub(slice(e, [1], [n + 1]), slice(e, [0], [n]));
      return div(
        y,
        reshape(
          width,
          shape.map((m, i) => (i === axis ? m : 1)),
        ),
      );
    },
    div(counts, sum(counts)),
  );
}

const known = { range, weights: tensorOption, density: flag };

/**
 * The edges [bins + 1] of `bins` (default 10) bins of one width from the smallest to the largest element of x, or over `range`. `bins` that are edges already
 * are returned.
 *
 * @throws {@link ArgumentError} for a bad number of bins or range, {@link ShapeError} for edges of another shape
 */
export function histogramBinEdges(x: Tensor, bins: Bins = 10, options: { readonly range?: BinRange } = {}): Tensor {
  const t = vectors("histogramBinEdges", x);
  checkOptions("histogramBinEdges", options, { range });
  return edgesOf("histogramBinEdges", t, bins, options.range);
}

/**
 * How many elements of x lie in each bin, i32 [bins] (float with weights or density), and the edges [bins + 1]. Bins hold their left edge, the last one both.
 * Derivatives pass to the weights.
 *
 * @throws {@link ArgumentError} for a bad number of bins or option, {@link ShapeError} for edges or weights of another shape
 * @example
 * ```ts
 * const [counts, edges] = histogram(tensor([1, 2, 2, 4]), 3); // [1, 2, 1], [1, 2, 3, 4]
 * ```
 */
export function histogram(x: Tensor, bins: Bins = 10, options: HistogramOptions = {}): [counts: Tensor, edges: Tensor] {
  const t = vectors("histogram", x);
  checkOptions("histogram", options, known);
  const edges = edgesOf("histogram", t, bins, options.range);
  return [counted("histogram", [t], [edges], options), edges];
}

/** Options of {@link histogramdd}. */
export interface HistogramddOptions extends Omit<HistogramOptions, "range"> {
  /** One pair per axis; default the smallest and the largest coordinate. */
  readonly range?: readonly BinRange[];
}

const perAxis = { ...known, range: anything };

function several(
  op: string,
  points: readonly Tensor[],
  bins: Bins | readonly Bins[],
  options: HistogramddOptions,
): [counts: Tensor, edges: Tensor[]] {
  checkOptions(op, options, perAxis);
  const list = Array.isArray(bins) ? (bins as readonly Bins[]) : points.map(() => bins as Bins);
  if (list.length !== points.length)
    throw new ArgumentError(`${op}: bins: expected one or ${points.length}, got ${list.length}`);
  const ranges = options.range;
  if (ranges !== undefined && (!Array.isArray(ranges) || ranges.length !== points.length))
    throw new ArgumentError(`${op}: range: expected ${points.length} pairs [low, high], got ${said(ranges)}`);
  ranges?.forEach((r, i) => range(op, r, `range[${i}]`));
  const edges = points.map((x, i) => edgesOf(op, x, list[i] as Bins, ranges?.[i], `bins[${i}]`));
  return [counted(op, points, edges, options), edges];
}

/**
 * Points, the rows of x [n, d], counted in boxes: [b₁, …, b_d], and the edges along each axis. `bins` is for all axes or one per axis.
 *
 * @throws {@link ShapeError} unless x has two axes, and as {@link histogram}
 */
export function histogramdd(
  x: Tensor,
  bins: Bins | readonly Bins[] = 10,
  options: HistogramddOptions = {},
): [counts: Tensor, edges: Tensor[]] {
  checkTensor("histogramdd", x);
  if (x.rank !== 2 || x.shape[1] === 0)
    throw new ShapeError(`histogramdd: x: expected points [n, d] with d ≥ 1, got ${show(x.shape)}`);
  return several("histogramdd", unstack(real("histogramdd", x), 1), bins, options);
}

/** As {@link histogramdd} for points (x, y) whose coordinates are given apart: counts [bx, by], and the edges of both. */
export function histogram2d(
  x: Tensor,
  y: Tensor,
  bins: Bins | readonly [Bins, Bins] = 10,
  options: HistogramddOptions = {},
): [counts: Tensor, edges: Tensor[]] {
  const points = [vectors("histogram2d", x), vectors("histogram2d", y, "y")];
  if (!sameShape(x.shape, y.shape))
    throw new ShapeError(`histogram2d: y: shapes differ: x is ${show(x.shape)}, y is ${show(y.shape)}`);
  return several("histogram2d", points, bins, options);
}

/** Options of {@link bincount}. */
export interface BincountOptions {
  /** What each element counts, in the shape of x; default 1. */
  readonly weights?: Tensor;
  /** How many counts; larger elements are skipped. With it the call is synchronous and works in jit and vmap. */
  readonly length?: number;
}

/**
 * How often 0, 1, 2, … occur among the integers x, negative ones counting as 0: i32, or the weights' dtype. A promise unless `length` is given, as the number of
 * counts is the largest element and one.
 *
 * @throws {@link DTypeError} for floats, {@link ShapeError} for weights of another shape, {@link ArgumentError} for a bad option
 * @example
 * ```ts
 * bincount(tensor([0, 2, 2], { dtype: "i32" }), { length: 4 }); // [1, 0, 2, 0]
 * ```
 */
export function bincount(x: Tensor, options: BincountOptions & { readonly length: number }): Tensor;
export function bincount(x: Tensor, options?: BincountOptions): Promise<Tensor>;
export function bincount(x: Tensor, options: BincountOptions = {}): Tensor | Promise<Tensor> {
  checkTensor("bincount", x);
  checkIntegers("bincount", x, "x");
  checkOptions("bincount", options, { weights: tensorOption, length: integer("[0, ∞)") });
  const { weights, length } = options;
  if (weights && !sameShape(weights.shape, x.shape))
    throw new ShapeError(`bincount: weights: expected ${show(x.shape)} as x, got ${show(weights.shape)}`);
  const flat = maximum(reshape(astype(x, "i32"), [x.size]), 0);
  const dtype = weights?.dtype === "bool" ? "i32" : (weights?.dtype ?? "i32");
  const count = (n: number): Tensor =>
    scatterAdd(zeros([n], { dtype }), flat, weights ? reshape(astype(weights, dtype), [x.size]) : 1);
  if (length !== undefined) return count(length);
  if (x.size === 0) return Promise.resolve(count(0));
  if (x.abstract) throw new TraceError("bincount: x: is traced, so the number of counts is unknown; give a length");
  return max(flat)
    .item()
    .then((largest) => count(largest + 1));
}
