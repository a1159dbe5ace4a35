import { checkTensor, integer } from "../check.ts";
import { fits, promote } from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import {
  broadcast,
  concatPrimitive,
  flipPrimitive,
  padPrimitive,
  permutePrimitive,
  reshapePrimitive,
  slicePrimitive,
  stopPrimitive,
} from "../primitives/structure.ts";
import { said } from "../said.ts";
import { checkAxes, checkAxis, checkShape, type Shape, sameShape, show, sizeOf } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { extend, type PadMode, padModes } from "./padding.ts";

/**
 * The same elements in row-major order under another shape; one size may be −1 and is then worked out.
 *
 * ```ts
 * reshape(tensor([1, 2, 3, 4]), [2, -1]); // [[1, 2], [3, 4]]
 * ```
 * Throws ShapeError if the sizes differ.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor("reshape", x);
  const free = Array.isArray(shape) ? shape.indexOf(-1) : -1;
  let to: Shape = shape;
  if (free >= 0) {
    const others = sizeOf(shape.filter((_, i) => i !== free));
    if (shape.indexOf(-1, free + 1) >= 0)
      throw new ArgumentError(`reshape: shape: ${show(shape)} has more than one -1`);
    if (others === 0 || x.size % others !== 0)
      throw new ShapeError(`reshape: shape: ${show(x.shape)} (${x.size} elements) does not fit ${show(shape)}`);
    to = shape.map((n, i) => (i === free ? x.size / others : n));
  }
  checkShape("reshape", to);
  if (sizeOf(to) !== x.size)
    throw new ShapeError(`reshape: shape: ${show(x.shape)} has ${x.size} elements, ${show(to)} has ${sizeOf(to)}`);
  return sameShape(to, x.shape) ? x : apply(reshapePrimitive, [x], { shape: [...to] });
}

/** `x` repeated along new leading axes and axes of size 1 until it has `shape`. Throws ShapeError if it does not broadcast. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensor("broadcastTo", x);
  if (Array.isArray(shape) && sameShape(x.shape, shape)) return x;
  checkShape("broadcastTo", shape);
  const lead = shape.length - x.rank;
  if (lead < 0 || x.shape.some((n, i) => n !== 1 && n !== shape[lead + i]))
    throw new ShapeError(`broadcastTo: shape: ${show(x.shape)} does not broadcast to ${show(shape)}`);
  return apply(broadcast, [x], { shape: [...shape], axes: x.shape.map((_, i) => lead + i) });
}

/** `x` spread over `shape` so that axis i of x becomes axis `axes[i]`; `axes` ascend. Throws ShapeError when sizes do not fit. */
export function broadcastInDim(x: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  checkTensor("broadcastInDim", x);
  checkShape("broadcastInDim", shape);
  if (
    !Array.isArray(axes) ||
    axes.length !== x.rank ||
    axes.some((a, i) => !(a > (axes[i - 1] ?? -1)) || (x.shape[i] !== 1 && x.shape[i] !== shape[a]))
  )
    throw new ShapeError(`broadcastInDim: axes: ${said(axes)} do not place x ${show(x.shape)} in ${show(shape)}`);
  return sameShape(x.shape, shape) && axes.every((a, i) => a === i)
    ? x
    : apply(broadcast, [x], { shape: [...shape], axes: [...axes] });
}

/**
 * Axes in another order: axis i of the result is axis `axes[i]` of x; without `axes` the order is reversed.
 *
 * Throws ShapeError unless `axes` names each axis once.
 */
export function permute(x: Tensor, axes?: readonly number[]): Tensor {
  checkTensor("permute", x);
  if (axes !== undefined && !Array.isArray(axes))
    throw new ArgumentError(`permute: axes: expected an array, got ${said(axes)}`);
  const order =
    axes === undefined
      ? x.shape.map((_, i) => x.rank - 1 - i)
      : axes.map((a) => checkAxis("permute", a, x.rank, "axes"));
  if (order.length !== x.rank || new Set(order).size !== x.rank)
    throw new ShapeError(`permute: axes: ${show(axes ?? [])} does not name each of ${x.rank} axes once`);
  return order.every((a, i) => a === i) ? x : apply(permutePrimitive, [x], { axes: order });
}

/** The last two axes exchanged. Throws ShapeError below rank 2. */
export function transpose(x: Tensor): Tensor {
  checkTensor("transpose", x);
  if (x.rank < 2) throw new ShapeError(`transpose: x: expected rank 2 or more, got ${show(x.shape)}`);
  return swapaxes(x, -1, -2);
}

/** Two axes exchanged. Throws ShapeError out of range. */
export function swapaxes(x: Tensor, a: number, b: number): Tensor {
  checkTensor("swapaxes", x);
  const [p, q] = [checkAxis("swapaxes", a, x.rank, "a"), checkAxis("swapaxes", b, x.rank, "b")];
  return permute(
    x,
    x.shape.map((_, i) => (i === p ? q : i === q ? p : i)),
  );
}

/** Axis `from` moved to position `to`. Throws ShapeError out of range. */
export function moveaxis(x: Tensor, from: number, to: number): Tensor {
  checkTensor("moveaxis", x);
  const source = checkAxis("moveaxis", from, x.rank, "from");
  const order = x.shape.map((_, i) => i).filter((i) => i !== source);
  order.splice(checkAxis("moveaxis", to, x.rank, "to"), 0, source);
  return permute(x, order);
}

/** A new axis of size 1 at position `axis`. Throws ShapeError out of range. */
export function expandDims(x: Tensor, axis: number): Tensor {
  checkTensor("expandDims", x);
  const shape = [...x.shape];
  shape.splice(checkAxis("expandDims", axis, x.rank + 1), 0, 1);
  return reshape(x, shape);
}

/** Without its axes of size 1, or without those named. Throws ShapeError if a named axis has another size. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  checkTensor("squeeze", x);
  const gone =
    axes === undefined ? x.shape.flatMap((n, i) => (n === 1 ? [i] : [])) : checkAxes("squeeze", axes, x.rank);
  for (const a of gone)
    if (x.shape[a] !== 1)
      throw new ShapeError(`squeeze: axes: axis ${a} of ${show(x.shape)} has size ${x.shape[a]}, not 1`);
  return reshape(
    x,
    x.shape.filter((_, i) => !gone.includes(i)),
  );
}

/**
 * Elements from `start` up to, not including, `stop` of each axis, every `step`-th (positive; default 1). Lists may be shorter than the rank: the
 * axes that are left are kept whole.
 *
 * ```ts
 * slice(tensor([0, 1, 2, 3, 4]), [1], [5], [2]); // [1, 3]
 * ```
 * Throws ShapeError for more entries than axes, ArgumentError for bounds outside the axis or a step below 1.
 */
export function slice(
  x: Tensor,
  start: readonly number[],
  stop: readonly number[],
  step: readonly number[] = [],
): Tensor {
  checkTensor("slice", x);
  for (const [name, list] of [
    ["start", start],
    ["stop", stop],
    ["step", step],
  ] as const)
    if (!Array.isArray(list) || list.length > x.rank)
      throw new ShapeError(
        `slice: ${name}: expected at most ${x.rank} numbers for x ${show(x.shape)}, got ${said(list)}`,
      );
  const from = x.shape.map((_, i) => start[i] ?? 0);
  const to = x.shape.map((n, i) => stop[i] ?? n);
  const by = x.shape.map((_, i) => step[i] ?? 1);
  x.shape.forEach((n, i) => {
    const [p, q, s] = [from[i], to[i], by[i]] as [number, number, number];
    if (!Number.isInteger(p) || !Number.isInteger(q) || p < 0 || q > n || p > q)
      throw new ArgumentError(
        `slice: ${Number.isInteger(p) && p >= 0 && p <= n ? "stop" : "start"}: [${p}, ${q}) is outside axis ${i} of ${show(x.shape)}`,
      );
    if (!Number.isInteger(s) || s < 1)
      throw new ArgumentError(`slice: step: ${s} is no positive integer; use flip for the other direction`);
  });
  const whole = x.shape.every((n, i) => from[i] === 0 && to[i] === n && by[i] === 1);
  return whole ? x : apply(slicePrimitive, [x], { start: from, stop: to, step: by });
}

/** Order reversed along the named axes (default all). Throws ShapeError out of range. */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  checkTensor("flip", x);
  const list = checkAxes("flip", axes, x.rank).filter((a) => (x.shape[a] as number) > 1);
  return list.length === 0 ? x : apply(flipPrimitive, [x], { axes: list });
}

/**
 * x with more elements around: `padding[i]` = [before, after] of axis i, not negative. They are `value` (default 0), or continue the axis: "edge" repeats
 * its last element, "reflect" mirrors it about that element, "symmetric" beyond it, "wrap" begins again at the other end, by any amount.
 *
 * @throws {@link ShapeError} for another number of axes, or an empty axis that is to go on; {@link ArgumentError} for negative padding or an unknown mode;
 * {@link DTypeError} for a value that x cannot hold
 * @example
 * ```ts
 * pad(tensor([1, 2, 3]), [[2, 2]], "reflect"); // [3, 2, 1, 2, 3, 2, 1]
 * ```
 */
export function pad(x: Tensor, padding: readonly (readonly [number, number])[], value: number | PadMode = 0): Tensor {
  checkTensor("pad", x);
  if (!Array.isArray(padding) || padding.length !== x.rank)
    throw new ShapeError(`pad: padding: expected ${x.rank} pairs for ${show(x.shape)}`);
  for (const p of padding)
    if (!Array.isArray(p) || p.length !== 2 || !p.every((n: number) => Number.isInteger(n) && n >= 0))
      throw new ArgumentError(`pad: padding: ${said(p)} is no pair of non-negative integers`);
  if (padModes.includes(value as string)) return extend(x, padding, value as PadMode);
  if (typeof value !== "number")
    throw new ArgumentError(`pad: value: expected a number or one of ${padModes.join(", ")}, got ${said(value)}`);
  if (!fits(x.dtype, value)) throw new DTypeError(`pad: value: ${value} does not fit ${x.dtype}; cast x first`);
  if (padding.every(([a, b]) => a === 0 && b === 0)) return x;
  return apply(padPrimitive, [x], {
    low: padding.map((p) => p[0]),
    high: padding.map((p) => p[1]),
    interior: padding.map(() => 0),
    value,
  });
}

/** Tensors one after another along an existing axis (default 0), promoted. Throws ArgumentError for none, ShapeError if other axes differ. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new ArgumentError("concat: tensors: expected at least one tensor");
  for (const [i, t] of tensors.entries()) checkTensor("concat", t, `tensors[${i}]`);
  const first = tensors[0] as Tensor;
  const along = checkAxis("concat", axis, first.rank);
  for (const t of tensors)
    if (t.rank !== first.rank || t.shape.some((n: number, i: number) => i !== along && n !== first.shape[i]))
      throw new ShapeError(`concat: tensors: ${show(t.shape)} and ${show(first.shape)} differ outside axis ${along}`);
  if (tensors.length === 1) return first;
  const dtype = tensors.reduce((d, t) => promote(d, t.dtype), first.dtype);
  return apply(
    concatPrimitive,
    tensors.map((t) => astype(t, dtype)),
    { axis: along },
  );
}

/** Tensors of one shape side by side along a new axis (default 0). Throws ArgumentError for none, ShapeError if shapes differ. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(tensors) || tensors.length === 0)
    throw new ArgumentError("stack: tensors: expected at least one tensor");
  for (const [i, t] of tensors.entries()) checkTensor("stack", t, `tensors[${i}]`);
  checkAxis("stack", axis, (tensors[0] as Tensor).rank + 1);
  for (const t of tensors)
    if (!sameShape(t.shape, (tensors[0] as Tensor).shape))
      throw new ShapeError(`stack: tensors: shapes differ: ${show(t.shape)} and ${show((tensors[0] as Tensor).shape)}`);
  return concat(
    tensors.map((t) => expandDims(t, axis)),
    axis,
  );
}

/**
 * `sections` equal pieces along `axis`, or pieces of the sizes listed.
 *
 * ```ts
 * const [q, k, v] = chunk(x, 3, -1);
 * ```
 * Throws ShapeError if they do not fill the axis.
 */
export function chunk(x: Tensor, sections: number | readonly number[], axis = 0): Tensor[] {
  checkTensor("chunk", x);
  const along = checkAxis("chunk", axis, x.rank);
  const n = x.shape[along] as number;
  const sizes =
    typeof sections === "number"
      ? new Array<number>(Number.isInteger(sections) && sections > 0 ? sections : 0).fill(n / sections)
      : sections;
  if (
    !Array.isArray(sizes) ||
    !sizes.every((s) => Number.isInteger(s) && s >= 0) ||
    sizes.reduce((a, b) => a + b, 0) !== n
  )
    throw new ShapeError(`chunk: sections: ${said(sections)} does not divide axis ${along} of ${show(x.shape)}`);
  let from = 0;
  return (sizes as readonly number[]).map((s) => {
    const start = x.shape.map((_, i) => (i === along ? from : 0));
    from += s;
    return slice(
      x,
      start,
      x.shape.map((m, i) => (i === along ? from : m)),
    );
  });
}

/** The value of x; no derivative passes. */
export function stopGradient(x: Tensor): Tensor {
  checkTensor("stopGradient", x);
  return apply(stopPrimitive, [x], null);
}

/** Elements moved by `shift` along `axis`, those that leave at one end coming back at the other. */
export function roll(x: Tensor, shift: number, axis = -1): Tensor {
  checkTensor("roll", x);
  const along = checkAxis("roll", axis, x.rank);
  const n = x.shape[along] as number;
  integer()("roll", shift, "shift");
  const s = n === 0 ? 0 : ((shift % n) + n) % n;
  if (s === 0) return x;
  const [head, tail] = chunk(x, [n - s, s], along) as [Tensor, Tensor];
  return concat([tail, head], along);
}

/** The whole of x repeated `times[i]` times along axis i. Throws ShapeError for another number of axes. */
export function tile(x: Tensor, times: readonly number[]): Tensor {
  checkTensor("tile", x);
  if (!Array.isArray(times) || times.length !== x.rank || !times.every((n) => Number.isInteger(n) && n >= 0))
    throw new ShapeError(`tile: times: expected ${x.rank} non-negative integers for ${show(x.shape)}`);
  const wide = broadcastInDim(
    x,
    x.shape.flatMap((n, i) => [times[i] as number, n]),
    x.shape.map((_, i) => 2 * i + 1),
  );
  return reshape(
    wide,
    x.shape.map((n, i) => n * (times[i] as number)),
  );
}

/** Each element repeated `count` times along `axis`. Throws ShapeError for a bad axis, ArgumentError for a count that is no size. */
export function repeat(x: Tensor, count: number, axis: number): Tensor {
  checkTensor("repeat", x);
  const along = checkAxis("repeat", axis, x.rank);
  checkShape("repeat", [count], "count");
  const wide = [...x.shape.slice(0, along + 1), count, ...x.shape.slice(along + 1)];
  return reshape(
    broadcastInDim(
      x,
      wide,
      x.shape.map((_, i) => (i <= along ? i : i + 1)),
    ),
    x.shape.map((n, i) => (i === along ? n * count : n)),
  );
}

/** Axes `from` to `to` (inclusive; default all) merged into one. `flatten(zeros([8, 3, 4]), 1)` is [8, 12]. Throws ShapeError for bad axes. */
export function flatten(x: Tensor, from = 0, to = -1): Tensor {
  checkTensor("flatten", x);
  if (x.rank === 0) return reshape(x, [1]);
  const [p, q] = [checkAxis("flatten", from, x.rank, "from"), checkAxis("flatten", to, x.rank, "to")];
  if (p > q) throw new ShapeError(`flatten: from: axis ${p} comes after axis ${q} of ${show(x.shape)}`);
  return reshape(x, [...x.shape.slice(0, p), sizeOf(x.shape.slice(p, q + 1)), ...x.shape.slice(q + 1)]);
}

/** The slices of `x` along `axis` (default 0), without that axis. Throws ShapeError for a bad axis. */
export function unstack(x: Tensor, axis = 0): Tensor[] {
  checkTensor("unstack", x);
  const along = checkAxis("unstack", axis, x.rank);
  const ones = new Array<number>(x.shape[along] as number).fill(1);
  return ones.length === 0 ? [] : chunk(x, ones, along).map((t) => squeeze(t, along));
}
