import { checkTensor } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { said } from "../said.ts";
import { checkAxis, show, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./arithmetic.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduction.ts";
import { expandDims, permute, reshape, squeeze } from "./shaping.ts";

/**
 * Inner product of two vectors of one size.
 *
 * ```ts
 * dot(tensor([1, 2]), tensor([3, 4])); // 11
 * ```
 * Throws ShapeError unless both are vectors of one size.
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  checkTensor("dot", a, "a");
  checkTensor("dot", b, "b");
  if (a.rank !== 1 || b.rank !== 1 || a.size !== b.size)
    throw new ShapeError(
      `dot: b: expected two vectors of one size, got ${show(a.shape)} and ${show(b.shape)}; use matmul or tensordot`,
    );
  return sum(mul(a, b));
}

/** All products of an element of `a` with one of `b`: [...a.shape, ...b.shape]. `outer(tensor([1, 2]), tensor([3, 4]))` is [[3, 4], [6, 8]]. */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkTensor("outer", a, "a");
  checkTensor("outer", b, "b");
  return mul(reshape(a, [...a.shape, ...b.shape.map(() => 1)]), b);
}

/**
 * Sums products over pairs of axes: the last `axes` of a with the first of b, or the two lists of axes given. What is left of a comes before
 * what is left of b.
 *
 * ```ts
 * tensordot(ones([2, 3, 4]), ones([4, 3, 5]), [[1, 2], [1, 0]]); // [2, 5]
 * ```
 * Throws ShapeError for axes out of range or of different sizes, ArgumentError for anything else than a count or two lists.
 */
export function tensordot(
  a: Tensor,
  b: Tensor,
  axes: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  checkTensor("tensordot", a, "a");
  checkTensor("tensordot", b, "b");
  if (typeof axes === "number") {
    if (!Number.isInteger(axes) || axes < 0 || axes > Math.min(a.rank, b.rank))
      throw new ShapeError(`tensordot: axes: ${axes} is no count of axes of ${show(a.shape)} and ${show(b.shape)}`);
  } else if (
    !Array.isArray(axes) ||
    axes.length !== 2 ||
    !axes.every(Array.isArray) ||
    axes[0].length !== axes[1].length
  )
    throw new ArgumentError(`tensordot: axes: expected a count or two lists of one length, got ${said(axes)}`);
  const [p, q] =
    typeof axes === "number"
      ? [a.shape.map((_, i) => i).slice(a.rank - axes), b.shape.map((_, i) => i).slice(0, axes)]
      : [
          axes[0].map((i) => checkAxis("tensordot", i, a.rank, "axes[0]")),
          axes[1].map((i) => checkAxis("tensordot", i, b.rank, "axes[1]")),
        ];
  p.forEach((axis, i) => {
    if (p.indexOf(axis) !== i || q.indexOf(q[i] as number) !== i)
      throw new ShapeError("tensordot: axes: an axis is named twice");
    if (a.shape[axis] !== b.shape[q[i] as number])
      throw new ShapeError(
        `tensordot: axes: sizes differ: axis ${axis} of a ${show(a.shape)}, axis ${q[i]} of b ${show(b.shape)}`,
      );
  });
  const left = a.shape.map((_, i) => i).filter((i) => !p.includes(i));
  const right = b.shape.map((_, i) => i).filter((i) => !q.includes(i));
  const [rows, columns] = [left.map((i) => a.shape[i] as number), right.map((i) => b.shape[i] as number)];
  const inner = sizeOf(p.map((i) => a.shape[i] as number));
  const product = matmul(
    reshape(permute(a, [...left, ...p]), [sizeOf(rows), inner]),
    reshape(permute(b, [...q, ...right]), [inner, sizeOf(columns)]),
  );
  return reshape(product, [...rows, ...columns]);
}

/**
 * Sums of products over the last axes of both: what is left of a before what is left of b; a scalar beside anything multiplies it.
 *
 * @throws {@link ShapeError} unless the last sizes are equal
 */
export function inner(a: Tensor, b: Tensor): Tensor {
  checkTensor("inner", a, "a");
  checkTensor("inner", b, "b");
  if (a.rank === 0 || b.rank === 0) return mul(a, b);
  if (a.shape.at(-1) !== b.shape.at(-1))
    throw new ShapeError(`inner: b: last sizes differ: a is ${show(a.shape)}, b is ${show(b.shape)}`);
  return tensordot(a, b, [[-1], [-1]]);
}

function beside(op: string, m: Tensor, v: Tensor, names: readonly [string, string], axis: -1 | -2): [Tensor, Tensor] {
  checkTensor(op, m, names[0]);
  checkTensor(op, v, names[1]);
  if (m.rank < 2) throw new ShapeError(`${op}: ${names[0]}: expected matrices, got ${show(m.shape)}`);
  if (v.rank < 1 || v.shape.at(-1) !== m.shape.at(axis))
    throw new ShapeError(`${op}: ${names[1]}: expected vectors of ${m.shape.at(axis)}, got ${show(v.shape)}`);
  return [m, v];
}

/** Matrices [..., n, m] times vectors [..., m], leading axes broadcast: [..., n]. Throws ShapeError unless sizes fit. */
export function matvec(a: Tensor, v: Tensor): Tensor {
  const [m, x] = beside("matvec", a, v, ["a", "v"], -1);
  return squeeze(matmul(m, expandDims(x, -1)), -1);
}

/** Vectors [..., n] times matrices [..., n, m], leading axes broadcast: [..., m]. Throws ShapeError unless sizes fit. */
export function vecmat(v: Tensor, a: Tensor): Tensor {
  const [m, x] = beside("vecmat", a, v, ["a", "v"], -2);
  return squeeze(matmul(expandDims(x, -2), m), -2);
}
