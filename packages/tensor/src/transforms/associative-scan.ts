import { callable, checkOptions, flag, integer } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { concat, flip, reshape, slice, stack } from "../functions/shaping.ts";
import { checkAxis, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { leavesLike, liveLeaves, treeUnflatten } from "../tree.ts";

/** Options of {@link associativeScan}. */
export interface AssociativeScanOptions {
  /** The axis that is scanned; default 0. */
  readonly axis?: number;
  /** From the last element to the first; default false. */
  readonly reverse?: boolean;
}

type Combine = (a: readonly Tensor[], b: readonly Tensor[]) => Tensor[];

const along = (t: Tensor, axis: number, start: number, stop: number, step: number): Tensor => {
  const list = (at: number, others: number): number[] => [...new Array<number>(axis).fill(others), at];
  return slice(t, list(start, 0), [...t.shape.slice(0, axis), stop], list(step, 1));
};

/** a₀ b₀ a₁ b₁ …; `a` has as many elements as `b`, or one more. */
function interleave(a: Tensor, b: Tensor, axis: number): Tensor {
  const [n, m] = [a.shape[axis] as number, b.shape[axis] as number];
  const pairs = stack([along(a, axis, 0, m, 1), b], axis + 1);
  const merged = reshape(pairs, [...a.shape.slice(0, axis), 2 * m, ...a.shape.slice(axis + 1)]);
  return n === m ? merged : concat([merged, along(a, axis, m, n, 1)], axis);
}

/** Neighbours are combined and scanned as half as many elements; each of the rest is combined with the result before it. */
function sweep(combine: Combine, xs: readonly Tensor[], axis: number): readonly Tensor[] {
  const n = (xs[0] as Tensor).shape[axis] as number;
  if (n < 2) return xs;
  const part = (from: readonly Tensor[], start: number, stop: number, step: number): Tensor[] =>
    from.map((t) => along(t, axis, start, stop, step));
  const odd = sweep(combine, combine(part(xs, 0, n - 1, 2), part(xs, 1, n, 2)), axis);
  const before = n % 2 === 0 ? part(odd, 0, n / 2 - 1, 1) : odd;
  const rest = n === 2 ? [] : combine(before, part(xs, 2, n, 2));
  return xs.map((t, i) => {
    const first = along(t, axis, 0, 1, 1);
    const even = rest.length === 0 ? first : concat([first, rest[i] as Tensor], axis);
    return interleave(even, odd[i] as Tensor, axis);
  });
}

/**
 * Running combination x₀, f(x₀, x₁), f(f(x₀, x₁), x₂), … along an axis, for an associative `f`, in about 2·log₂ n calls of `f` on whole tensors instead of n
 * steps. `f` combines two trees of slices elementwise along that axis and keeps their shapes. Differentiable as `f` is.
 *
 * ```ts
 * associativeScan((a: Tensor, b: Tensor) => a.add(b), tensor([1, 2, 3])); // [1, 3, 6]
 * ```
 * Throws ArgumentError for a bad option, no tensors, or a result of another structure, ShapeError for a bad axis, when the sizes along it differ, or when `f`
 * changes a shape.
 */
export function associativeScan<T>(f: (a: T, b: T) => T, xs: T, options: AssociativeScanOptions = {}): T {
  callable("associativeScan", f, "f");
  checkOptions("associativeScan", options, { axis: integer(), reverse: flag });
  const { axis = 0, reverse = false } = options;
  const [leaves, structure] = liveLeaves("associativeScan", xs, "xs");
  if (leaves.length === 0) throw new ArgumentError("associativeScan: xs: holds no tensor");
  const sizes = leaves.map((t) => t.shape[checkAxis("associativeScan", axis, t.rank)] as number);
  if (sizes.some((n) => n !== sizes[0]))
    throw new ShapeError(`associativeScan: xs: sizes along axis ${axis} differ: ${[...new Set(sizes)].join(" and ")}`);
  // one axis for all leaves: counted from the end if it was given so
  const moved = leaves.map((t) => {
    const at = checkAxis("associativeScan", axis, t.rank);
    return { at, t: reverse ? flip(t, at) : t };
  });
  const [{ at: place }] = moved as [(typeof moved)[number]];
  if (moved.some(({ at }) => at !== place))
    throw new ShapeError(
      `associativeScan: axis: ${axis} is another axis for tensors of different rank; count from the front`,
    );
  const combine: Combine = (a, b) => {
    const result = f(treeUnflatten<T>(structure, a), treeUnflatten<T>(structure, b));
    const ys = leavesLike("associativeScan", structure, result, "f");
    ys.forEach((y, i) => {
      const [p] = [a[i] as Tensor];
      if (show(y.shape) !== show(p.shape))
        throw new ShapeError(`associativeScan: f: changes a shape from ${show(p.shape)} to ${show(y.shape)}`);
    });
    return ys;
  };
  const ys = sweep(
    combine,
    moved.map(({ t }) => t),
    place,
  );
  return treeUnflatten<T>(
    structure,
    ys.map((t) => (reverse ? flip(t, place) : t)),
  );
}
