import { checkTensor, integer } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { said } from "../../said.ts";
import { checkAxis, checkShape, broadcastShapes as meetShapes, type Shape, show } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import { broadcastTo, chunk, concat, flip, reshape, swapaxes } from "../shaping.ts";
import { inName } from "../statistics/nan.ts";

const lifted =
  (op: string, shape: (s: Shape) => Shape) =>
  (x: Tensor): Tensor => {
    checkTensor(op, x);
    return reshape(x, shape(x.shape));
  };
const one = (s: Shape): Shape => (s.length === 0 ? [1] : s);
const two = (s: Shape): Shape => (s.length < 2 ? [1, ...one(s)] : s);
const three = (s: Shape): Shape => (s.length < 2 ? [1, ...one(s), 1] : s.length === 2 ? [...s, 1] : s);

/** `x` with at least one axis: a scalar becomes [1]. */
export const atleast1d: (x: Tensor) => Tensor = lifted("atleast1d", one);
/** `x` with at least two axes, new ones first: a vector becomes a row. */
export const atleast2d: (x: Tensor) => Tensor = lifted("atleast2d", two);
/** `x` with at least three axes: a vector [n] becomes [1, n, 1], a matrix [n, m] becomes [n, m, 1]. */
export const atleast3d: (x: Tensor) => Tensor = lifted("atleast3d", three);

/** @inline */
type Join = (tensors: readonly Tensor[]) => Tensor;
const joined =
  (op: string, lift: (s: Shape) => Shape, axis: (rank: number) => number): Join =>
  (tensors) => {
    if (!Array.isArray(tensors) || tensors.length === 0)
      throw new ArgumentError(`${op}: tensors: expected at least one tensor`);
    const list = (tensors as readonly Tensor[]).map((x, i) => {
      checkTensor(op, x, `tensors[${i}]`);
      return reshape(x, lift(x.shape));
    });
    return inName(op, () => concat(list, axis((list[0] as Tensor).rank)));
  };

/** Tensors side by side: along axis 1, vectors along their only axis. Throws ArgumentError for none, ShapeError if other axes differ. */
export const hstack: Join = joined("hstack", one, (rank) => (rank === 1 ? 0 : 1));
/** Tensors one below the other: along axis 0, vectors as rows. Throws as {@link hstack}. */
export const vstack: Join = joined("vstack", two, () => 0);
/** Tensors one behind the other: along axis 2, vectors as [1, n, 1]. Throws as {@link hstack}. */
export const dstack: Join = joined("dstack", three, () => 2);
/** Vectors as the columns of a matrix, beside matrices as they are. Throws as {@link hstack}. */
export const columnStack: Join = joined(
  "columnStack",
  (s) => (s.length < 2 ? [...one(s), 1] : s),
  () => 1,
);

/** Blocks in nested lists: the innermost lie along the last axis, those around them along the one before, and so on. */
export type Blocks = Tensor | readonly Blocks[];

/**
 * A tensor put together from blocks: the innermost lists are joined along the last axis, the lists around them along the axis before, and so on. Blocks get leading
 * axes of size 1 as needed.
 *
 * @throws {@link ArgumentError} for an empty list or anything but tensors, {@link ShapeError} for uneven nesting or blocks that do not fit
 * @example
 * ```ts
 * block([[a, b], [c, d]]); // a matrix of four
 * ```
 */
export function block(blocks: Blocks): Tensor {
  const depth = (b: Blocks): number => (Array.isArray(b) ? 1 + Math.max(0, ...b.map(depth)) : 0);
  const leaves = (b: Blocks): Tensor[] => (Array.isArray(b) ? b.flatMap(leaves) : [b as Tensor]);
  const list = leaves(blocks);
  list.forEach((x, i) => checkTensor("block", x, `blocks[${i}]`));
  const rank = Math.max(depth(blocks), ...list.map((x) => x.rank));
  const build = (b: Blocks, level: number): Tensor => {
    if (level === 0) {
      if (!(b instanceof Tensor)) throw new ShapeError("block: blocks: lists are nested to different depths");
      return reshape(b, [...new Array<number>(rank - b.rank).fill(1), ...b.shape]);
    }
    if (!Array.isArray(b)) throw new ShapeError("block: blocks: lists are nested to different depths");
    if (b.length === 0) throw new ArgumentError("block: blocks: a list is empty");
    return inName("block", () =>
      concat(
        b.map((x) => build(x, level - 1)),
        rank - level,
      ),
    );
  };
  return build(blocks, depth(blocks));
}

/**
 * `sections` pieces along `axis` as equal as can be, the larger ones first, or the pieces between the positions listed.
 *
 * @throws {@link ArgumentError} for a number below 1 or positions that do not ascend within the axis, {@link ShapeError} for a bad axis
 * @example
 * ```ts
 * arraySplit(arange(5), 2);      // [0, 1, 2] and [3, 4]
 * arraySplit(arange(5), [1, 3]); // [0], [1, 2] and [3, 4]
 * ```
 */
export function arraySplit(x: Tensor, sections: number | readonly number[], axis = 0): Tensor[] {
  checkTensor("arraySplit", x);
  const n = x.shape[checkAxis("arraySplit", axis, x.rank)] as number;
  if (typeof sections === "number") {
    integer("[1, ∞)")("arraySplit", sections, "sections");
    const [small, more] = [Math.floor(n / sections), n % sections];
    return chunk(
      x,
      Array.from({ length: sections }, (_, i) => small + Number(i < more)),
      axis,
    );
  }
  const ends = Array.isArray(sections) ? [0, ...sections, n] : [];
  const sizes = ends.slice(1).map((e, i) => e - (ends[i] as number));
  if (sizes.length === 0 || !sizes.every((s) => Number.isInteger(s) && s >= 0))
    throw new ArgumentError(`arraySplit: sections: ${said(sections)} does not ascend in [0, ${n}]`);
  return chunk(x, sizes, axis);
}

/** The shape that all of the shapes broadcast to. Throws ShapeError if they do not. `broadcastShapes([3, 1], [2])` is [3, 2]. */
export function broadcastShapes(...shapes: readonly Shape[]): Shape {
  shapes.forEach((s, i) => checkShape("broadcastShapes", s, `shapes[${i}]`));
  return shapes.reduce((a, b) => meetShapes("broadcastShapes", a, b, ["shapes", "the next"]), []);
}

/** All tensors in the shape they broadcast to, each in its dtype. Throws ShapeError if they do not, ArgumentError unless it is a list. */
export function broadcastArrays(tensors: readonly Tensor[]): Tensor[] {
  if (!Array.isArray(tensors)) throw new ArgumentError("broadcastArrays: tensors: expected a list of tensors");
  tensors.forEach((x, i) => checkTensor("broadcastArrays", x, `tensors[${i}]`));
  const shape = tensors.reduce<Shape>((s, x) => meetShapes("broadcastArrays", s, x.shape, ["tensors", "the next"]), []);
  return tensors.map((x) => broadcastTo(x, shape));
}

const flipped =
  (op: string, axis: number) =>
  (x: Tensor): Tensor => {
    checkTensor(op, x);
    checkAxis(op, axis, x.rank, "x");
    return flip(x, axis);
  };
/** Columns in the opposite order: axis 1 reversed. Throws ShapeError below rank 2. */
export const fliplr: (x: Tensor) => Tensor = flipped("fliplr", 1);
/** Rows in the opposite order: axis 0 reversed. Throws ShapeError for a scalar. */
export const flipud: (x: Tensor) => Tensor = flipped("flipud", 0);

/**
 * `x` turned by `k` quarter turns, from the first of the two axes (default 0 and 1) towards the second.
 *
 * @throws {@link ShapeError} for bad axes, {@link ArgumentError} for a k that is no integer
 * @example
 * ```ts
 * rot90(tensor([[1, 2], [3, 4]])); // [[2, 4], [1, 3]]
 * ```
 */
export function rot90(x: Tensor, k = 1, axes: readonly [number, number] = [0, 1]): Tensor {
  checkTensor("rot90", x);
  integer()("rot90", k, "k");
  if (!Array.isArray(axes) || axes.length !== 2)
    throw new ArgumentError(`rot90: axes: expected two axes, got ${said(axes)}`);
  const [p, q] = axes.map((a) => checkAxis("rot90", a, x.rank, "axes")) as [number, number];
  if (p === q) throw new ShapeError(`rot90: axes: ${show(axes)} names one axis twice`);
  const turns = ((k % 4) + 4) % 4;
  if (turns === 2) return flip(x, [p, q]);
  return turns === 1 ? swapaxes(flip(x, q), p, q) : turns === 3 ? flip(swapaxes(x, p, q), q) : x;
}
