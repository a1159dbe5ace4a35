import { checkOptions, checkTensor, oneOf } from "../../check.ts";
import { isFloat } from "../../dtype.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { said } from "../../said.ts";
import { broadcastShapes, checkAxis, checkShape, type Shape, show, sizeOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { add, clip, div, mod, mul, rem } from "../arithmetic.ts";
import { at } from "../at.ts";
import { astype } from "../casting.ts";
import { greaterEqual, less, logicalAnd } from "../comparison.ts";
import { gather, scatterSet } from "../indexing.ts";
import { iota } from "../iota.ts";
import { asTensor, checkIntegers, type TensorLike } from "../operands.ts";
import { where } from "../selection.ts";
import { broadcastTo, moveaxis, reshape, stack } from "../shaping.ts";
import { fitting } from "./fitting.ts";

/** What an index outside an axis means: the nearest end, counted round the axis, or nothing, which gives NaN (0 in integer dtypes). */
export type OutsideMode = "clip" | "wrap" | "fill";

/** Options of {@link take}. */
export interface TakeOptions {
  /** Default: of x in row-major order. */
  readonly axis?: number;
  /** Default "clip". Under "wrap" and "fill" negative indices count from the end. */
  readonly mode?: OutsideMode;
}

const axisOption = (op: string, value: unknown, argument: string): void => {
  if (!Number.isInteger(value)) throw new ShapeError(`${op}: ${argument}: ${said(value)} is no axis`);
};
function whole(op: string, indices: unknown, argument = "indices"): Tensor {
  const t = asTensor(op, indices as TensorLike, "i32", argument);
  checkIntegers(op, t, argument);
  return astype(t, "i32");
}

/**
 * Elements of `x` in row-major order, or slices along `axis`, at integer `indices` of any shape, which takes the place of the axis.
 *
 * @throws {@link DTypeError} for indices that are no integers, {@link ShapeError} for a bad or empty axis, {@link ArgumentError} for another mode
 * @example
 * ```ts
 * take(tensor([10, 20, 30]), -1, { mode: "wrap" }); // 30
 * ```
 */
export function take(x: Tensor, indices: TensorLike, options: TakeOptions = {}): Tensor {
  checkTensor("take", x);
  const picks = whole("take", indices);
  checkOptions("take", options, { axis: axisOption, mode: oneOf("clip", "wrap", "fill") });
  const { axis, mode = "clip" } = options;
  const along = axis === undefined ? 0 : checkAxis("take", axis, x.rank);
  const t = axis === undefined ? reshape(x, [x.size]) : x;
  const n = t.shape[along] as number;
  if (n === 0 && picks.size > 0) throw new ShapeError(`take: x: axis ${along} of ${show(t.shape)} is empty`);
  if (mode !== "fill") return gather(t, mode === "wrap" ? mod(picks, Math.max(n, 1)) : picks, along);
  const from = where(less(picks, 0), add(picks, n), picks);
  const inside = logicalAnd(greaterEqual(from, 0), less(from, n));
  const shape = [...t.shape.slice(0, along).map(() => 1), ...picks.shape, ...t.shape.slice(along + 1).map(() => 1)];
  return where(
    reshape(inside, shape),
    gather(t, from, along),
    isFloat(t.dtype) ? Number.NaN : x.dtype === "bool" ? false : 0,
  );
}

/**
 * `x` with the elements at integer `indices` of its row-major order replaced by `values`, from the first again when they run out. Negative indices count from the
 * end, others outside are skipped; of repeated ones the last stays.
 *
 * @throws {@link DTypeError} for indices that are no integers or values that do not fit, {@link ArgumentError} for no values
 */
export function put(x: Tensor, indices: TensorLike, values: TensorLike): Tensor {
  checkTensor("put", x);
  const picks = reshape(whole("put", indices), [-1]);
  const news = fitting("put", x, values);
  if (news.size === 0 && picks.size > 0) throw new ArgumentError("put: values: expected at least one");
  const turn = gather(reshape(news, [news.size]), rem(iota([picks.size], { dtype: "i32" }), Math.max(1, news.size)));
  return reshape(scatterSet(reshape(x, [x.size]), fromEnd(picks, x.size), turn), x.shape);
}

/** Negative ones counted from the end; those before the start past it, where nothing is. */
function fromEnd(i: Tensor, n: number): Tensor {
  const j = where(less(i, 0), add(i, n), i);
  return where(less(j, 0), n, j);
}

/**
 * `x` with its elements along `axis` (default the last) at integer `indices` replaced: out[…, indices[…, j, …], …] = values[…, j, …]. Other axes of indices and all
 * of values broadcast. Negative indices count from the end, others outside are skipped; of repeated ones the last stays. The inverse of takeAlongAxis.
 *
 * @throws {@link DTypeError} for indices that are no integers or values that do not fit, {@link ShapeError} when shapes do not fit
 */
export function putAlongAxis(x: Tensor, indices: Tensor, values: TensorLike, axis = -1): Tensor {
  const op = "putAlongAxis";
  checkTensor(op, x);
  checkTensor(op, indices, "indices");
  const picks = whole(op, indices);
  const along = checkAxis(op, axis, x.rank);
  if (picks.rank !== x.rank || picks.shape.some((n, i) => i !== along && n !== 1 && n !== x.shape[i]))
    throw new ShapeError(
      `${op}: indices: ${show(indices.shape)} does not fit x ${show(x.shape)} outside axis ${along}`,
    );
  const [n, m] = [x.shape[along] as number, picks.shape[along] as number];
  const shape = x.shape.map((k, i) => (i === along ? m : k));
  const news = fitting(op, x, values, "values", shape);
  if (x.size === 0) return x;
  const rows = moveaxis(x, along, -1);
  const outer = x.size / n;
  const flat = (t: Tensor): Tensor => reshape(moveaxis(broadcastTo(t, shape), along, -1), [outer, m]);
  const column = fromEnd(flat(picks), n);
  const place = add(mul(iota([outer, m], { axis: 0, dtype: "i32" }), n), column);
  // a column past the end would be the next row's first
  const target = where(less(column, n), place, x.size);
  const out = scatterSet(reshape(rows, [x.size]), reshape(target, [outer * m]), reshape(flat(news), [outer * m]));
  return moveaxis(reshape(out, rows.shape), -1, along);
}

/**
 * Coordinates (i32, one tensor per axis) of positions in the row-major order of `shape`. Negative positions count from the end; others outside are moved to the
 * nearest end.
 *
 * @throws {@link DTypeError} for positions that are no integers, {@link ArgumentError} for a bad shape
 * @example
 * ```ts
 * unravelIndex(tensor([5], { dtype: "i32" }), [2, 3]); // [1] and [2]
 * ```
 */
export function unravelIndex(indices: TensorLike, shape: Shape): Tensor[] {
  const picks = whole("unravelIndex", indices);
  checkShape("unravelIndex", shape);
  const size = sizeOf(shape);
  let rest = clip(where(less(picks, 0), add(picks, size), picks), 0, Math.max(0, size - 1));
  return [...shape]
    .reverse()
    .map((n) => {
      const i = rem(rest, Math.max(1, n));
      rest = div(rest, Math.max(1, n));
      return i;
    })
    .reverse();
}

/**
 * Positions (i32) in the row-major order of `shape` of coordinates, one tensor of integers per axis, which broadcast. Coordinates outside an axis are moved to its
 * nearest end, or counted round it by "wrap".
 *
 * @throws {@link DTypeError} for coordinates that are no integers, {@link ShapeError} for another number of them, {@link ArgumentError} for another mode
 */
export function ravelMultiIndex(
  coordinates: readonly TensorLike[],
  shape: Shape,
  mode: "clip" | "wrap" = "clip",
): Tensor {
  const op = "ravelMultiIndex";
  checkShape(op, shape);
  oneOf("clip", "wrap")(op, mode, "mode");
  if (!Array.isArray(coordinates) || coordinates.length !== shape.length || shape.length === 0)
    throw new ShapeError(`${op}: coordinates: expected ${shape.length} tensors, one per axis of ${show(shape)}`);
  if (shape.includes(0)) throw new ShapeError(`${op}: shape: ${show(shape)} has no places`);
  const places = (coordinates as readonly TensorLike[]).map((c, i) => whole(op, c, `coordinates[${i}]`));
  places.reduce<Shape>(
    (met, t, i) => broadcastShapes(op, met, t.shape, ["coordinates before", `coordinates[${i}]`]),
    [],
  );
  return places
    .map((t, i) => (mode === "clip" ? clip(t, 0, (shape[i] as number) - 1) : mod(t, shape[i] as number)))
    .reduce((flat, c, i) => add(mul(flat, shape[i] as number), c));
}

/** The coordinates of every place of `shape`: i32 [rank, ...shape]; row k holds the positions along axis k. Throws ArgumentError for a bad shape. */
export function indices(shape: Shape): Tensor {
  checkShape("indices", shape);
  if (shape.length === 0) throw new ArgumentError("indices: shape: a scalar has no coordinates");
  return stack(shape.map((_, axis) => iota(shape, { axis, dtype: "i32" })));
}

/** What a window starts at: one integer tensor [rank], or a number or scalar tensor per axis. */
export type Start = Tensor | readonly TensorLike[];

/** The start along each axis as i32 scalars, moved so that the window fits. */
function starts(op: string, x: Tensor, start: Start, sizes: Shape): Tensor[] {
  let list: readonly TensorLike[];
  if (Array.isArray(start)) list = start as readonly TensorLike[];
  else {
    checkTensor(op, start, "start");
    list =
      (start as Tensor).rank === 1 ? sizes.slice(0, (start as Tensor).size).map((_, i) => at(start as Tensor, i)) : [];
    if ((start as Tensor).size !== x.rank) list = [];
  }
  if (list.length !== x.rank) throw new ShapeError(`${op}: start: expected ${x.rank} positions for x ${show(x.shape)}`);
  return list.map((s, i) => {
    const t = whole(op, s, Array.isArray(start) ? `start[${i}]` : "start");
    if (t.rank !== 0) throw new ShapeError(`${op}: start[${i}]: expected a scalar, got ${show(t.shape)}`);
    return clip(t, 0, (x.shape[i] as number) - (sizes[i] as number));
  });
}

const fitsIn = (op: string, argument: string, sizes: Shape, x: Tensor): void => {
  if (sizes.length !== x.rank || sizes.some((n, i) => n > (x.shape[i] as number)))
    throw new ShapeError(`${op}: ${argument}: ${show(sizes)} does not fit in x ${show(x.shape)}`);
};

/**
 * A window of `x` of fixed sizes whose start may be traced; it is moved to lie inside x.
 *
 * @param start - integers: a tensor [rank], or one number or scalar tensor per axis
 * @throws {@link ShapeError} for a window that is larger than x or another number of positions, {@link DTypeError} for positions that are no integers
 * @example
 * ```ts
 * jit((x: Tensor, i: Tensor) => dynamicSlice(x, [i, 0], [1, 4]));
 * ```
 */
export function dynamicSlice(x: Tensor, start: Start, sizes: Shape): Tensor {
  checkTensor("dynamicSlice", x);
  checkShape("dynamicSlice", sizes, "sizes");
  fitsIn("dynamicSlice", "sizes", sizes, x);
  return starts("dynamicSlice", x, start, sizes).reduce((t, s, axis) => {
    const n = sizes[axis] as number;
    return n === t.shape[axis]
      ? t
      : n === 0
        ? gather(t, iota([0], { dtype: "i32" }), axis)
        : gather(t, add(iota([n], { dtype: "i32" }), s), axis);
  }, x);
}

/** `x` with the window at `start`, which may be traced and is moved to lie inside x, replaced by `update` of its size. Throws as {@link dynamicSlice}. */
export function dynamicUpdateSlice(x: Tensor, update: Tensor, start: Start): Tensor {
  const op = "dynamicUpdateSlice";
  checkTensor(op, x);
  checkTensor(op, update, "update");
  fitsIn(op, "update", update.shape, x);
  const news = fitting(op, x, update, "update");
  const from = starts(op, x, start, update.shape);
  if (update.size === 0) return x;
  const places = from.map((s, i) => add(iota([x.shape[i] as number], { dtype: "i32" }), mul(s, -1)));
  const wide = places.reduce((t, p, axis) => gather(t, p, axis), news);
  const inside = places.map((p, i) =>
    reshape(
      logicalAnd(greaterEqual(p, 0), less(p, update.shape[i] as number)),
      x.shape.map((n, k) => (k === i ? n : 1)),
    ),
  );
  return inside.length === 0 ? wide : where(inside.reduce(logicalAnd), wide, x);
}
