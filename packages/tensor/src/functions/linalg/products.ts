import { checkTensor } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { said } from "../../said.ts";
import { broadcastShapes, checkAxis, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { mul, sub } from "../arithmetic.ts";
import { matmul } from "../matmul.ts";
import { sum } from "../reduction.ts";
import { expandDims, moveaxis, reshape, roll, squeeze } from "../shaping.ts";

/**
 * Kronecker product: every element of `a` times all of `b`, sizes multiplied axis by axis; the one of lower rank gets leading axes of size 1. Any dtype.
 *
 * @example
 * ```ts
 * kron(tensor([1, 10]), tensor([1, 2])); // [1, 2, 10, 20]
 * ```
 */
export function kron(a: Tensor, b: Tensor): Tensor {
  checkTensor("kron", a, "a");
  checkTensor("kron", b, "b");
  const rank = Math.max(a.rank, b.rank);
  const sizes = [a, b].map((x) => [...new Array<number>(rank - x.rank).fill(1), ...x.shape]) as [number[], number[]];
  const [p, q] = sizes;
  const left = reshape(
    a,
    p.flatMap((n) => [n, 1]),
  );
  const right = reshape(
    b,
    q.flatMap((n) => [1, n]),
  );
  return reshape(
    mul(left, right),
    p.map((n, i) => n * (q[i] as number)),
  );
}

/**
 * Vector product of vectors of size 3 along `axis` (default the last); other axes broadcast. Any dtype.
 *
 * @throws {@link ShapeError} unless both have size 3 there and the rest broadcasts
 * @example
 * ```ts
 * cross(tensor([1, 0, 0]), tensor([0, 1, 0])); // [0, 0, 1]
 * ```
 */
export function cross(a: Tensor, b: Tensor, axis = -1): Tensor {
  const [p, q] = [
    [a, "a"],
    [b, "b"],
  ].map(([x, name]) => {
    const argument = name as string;
    checkTensor("cross", x, argument);
    const along = checkAxis("cross", axis, x.rank);
    if (x.shape[along] !== 3)
      throw new ShapeError(`cross: ${argument}: expected size 3 along axis ${axis}, got ${show(x.shape)}`);
    return moveaxis(x, along, -1);
  }) as [Tensor, Tensor];
  broadcastShapes("cross", p.shape, q.shape);
  const y = sub(mul(roll(p, -1), roll(q, -2)), mul(roll(p, -2), roll(q, -1)));
  return moveaxis(y, -1, axis < 0 ? axis : axis + y.rank - Math.max(a.rank, b.rank));
}

/**
 * Σ a·b along `axis` (default the last), all other axes broadcast: a batch of inner products.
 *
 * @throws {@link ShapeError} unless sizes along the axis are equal and the rest broadcasts
 * @example
 * ```ts
 * vecdot(tensor([[1, 2], [3, 4]]), tensor([1, 1])); // [3, 7]
 * ```
 */
export function vecdot(a: Tensor, b: Tensor, axis = -1): Tensor {
  checkTensor("vecdot", a, "a");
  checkTensor("vecdot", b, "b");
  const [p, q] = [
    moveaxis(a, checkAxis("vecdot", axis, a.rank), -1),
    moveaxis(b, checkAxis("vecdot", axis, b.rank), -1),
  ];
  if (p.shape.at(-1) !== q.shape.at(-1))
    throw new ShapeError(`vecdot: b: sizes along axis ${axis} differ: ${show(a.shape)} and ${show(b.shape)}`);
  broadcastShapes("vecdot", p.shape, q.shape);
  return sum(mul(p, q), -1);
}

/**
 * Inner product of `a` and `b` taken as vectors in row-major order: a scalar.
 *
 * @throws {@link ShapeError} unless both have as many elements
 * @example
 * ```ts
 * vdot(tensor([[1, 2], [3, 4]]), tensor([[1, 0], [0, 1]])); // 5
 * ```
 */
export function vdot(a: Tensor, b: Tensor): Tensor {
  checkTensor("vdot", a, "a");
  checkTensor("vdot", b, "b");
  if (a.size !== b.size)
    throw new ShapeError(`vdot: b: expected ${a.size} elements as in a ${show(a.shape)}, got ${show(b.shape)}`);
  return sum(mul(reshape(a, [a.size]), reshape(b, [b.size])));
}

/** For each pair i ≤ j the cheapest place to split the product of factors i … j, by dynamic programming over sizes. */
function splits(sizes: readonly number[]): number[][] {
  const n = sizes.length - 1;
  const cost = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const best = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let length = 2; length <= n; length++)
    for (let i = 0; i + length <= n; i++) {
      const j = i + length - 1;
      const row = cost[i] as number[];
      row[j] = Number.POSITIVE_INFINITY;
      for (let k = i; k < j; k++) {
        const work = (sizes[i] as number) * (sizes[k + 1] as number) * (sizes[j + 1] as number);
        const total = (row[k] as number) + (cost[k + 1]?.[j] as number) + work;
        if (total >= row[j]) continue;
        row[j] = total;
        (best[i] as number[])[j] = k;
      }
    }
  return best;
}

/**
 * Product of two or more matrices in the order that takes the fewest multiplications; the first may be a row vector [n] and the last a column vector [n].
 *
 * The order is found by dynamic programming over the sizes (Cormen et al., "Introduction to Algorithms", 15.2).
 *
 * @throws {@link ArgumentError} for fewer than two factors, {@link ShapeError} unless sizes fit and all but the outer ones have rank 2
 * @example
 * ```ts
 * multiDot([ones([100, 2]), ones([2, 100]), ones([100])]); // [100], from the right
 * ```
 */
export function multiDot(factors: readonly Tensor[]): Tensor {
  if (!Array.isArray(factors) || factors.length < 2)
    throw new ArgumentError(
      `multiDot: factors: expected at least two tensors, got ${Array.isArray(factors) ? factors.length : said(factors)}`,
    );
  const last = factors.length - 1;
  const list = (factors as readonly Tensor[]).map((x, i) => {
    checkTensor("multiDot", x, `factors[${i}]`);
    const outer = i === 0 || i === last;
    if (x.rank !== 2 && !(outer && x.rank === 1))
      throw new ShapeError(
        `multiDot: factors[${i}]: expected rank 2${outer ? " or 1" : ""}, got ${show(x.shape)}; use matmul for batches`,
      );
    return x.rank === 1 ? expandDims(x, i === 0 ? 0 : 1) : x;
  });
  list.forEach((x, i) => {
    const before = list[i - 1];
    if (before && before.shape[1] !== x.shape[0])
      throw new ShapeError(
        `multiDot: factors[${i}]: expected ${before.shape[1]} rows to go with ${show(before.shape)}, got ${show(x.shape)}`,
      );
  });
  const best = splits([...list.map((x) => x.shape[0] as number), (list[last] as Tensor).shape[1] as number]);
  const product = (i: number, j: number): Tensor => {
    if (i === j) return list[i] as Tensor;
    const k = best[i]?.[j] as number;
    return matmul(product(i, k), product(k + 1, j));
  };
  const gone = [0, last].flatMap((i, axis) => ((factors[i] as Tensor).rank === 1 ? [axis] : []));
  return squeeze(product(0, last), gone);
}
