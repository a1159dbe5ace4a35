import { checkTensor } from "../check.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { concat, reshape, slice } from "../functions/shaping.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { liveLeaves, treeUnflatten } from "../tree.ts";

/**
 * All tensors of a tree as one vector, and the function that turns such a vector back into the tree; both are differentiable.
 * Throws DTypeError when dtypes differ, ShapeError when the tree is empty; the inverse throws ShapeError on another shape.
 *
 * ```ts
 * const [theta, unravel] = ravel(model);
 * const h = hessian((p: Tensor) => loss(unravel(p)))(theta);
 * ```
 */
export function ravel<T>(tree: T): [vector: Tensor, unravel: (vector: Tensor) => T] {
  const [leaves, structure] = liveLeaves("ravel", tree, "tree");
  const [first] = leaves;
  if (first === undefined) throw new ShapeError("ravel: tree: it holds no tensor");
  const other = leaves.find((t) => t.dtype !== first.dtype);
  if (other) throw new DTypeError(`ravel: tree: dtypes differ: ${first.dtype} and ${other.dtype}; cast them first`);
  const shapes = leaves.map((t) => t.shape);
  const sizes = leaves.map((t) => t.size);
  const total = sizes.reduce((n, s) => n + s, 0);
  const flat = leaves.map((t) => reshape(t, [t.size]));
  const unravel = (vector: Tensor): T => {
    checkTensor("unravel", vector, "vector");
    if (vector.rank !== 1 || vector.size !== total)
      throw new ShapeError(`unravel: vector: expected shape [${total}], got ${show(vector.shape)}`);
    let at = 0;
    return treeUnflatten<T>(
      structure,
      sizes.map((n, i) => {
        at += n;
        return reshape(slice(vector, [at - n], [at]), shapes[i] as readonly number[]);
      }),
    );
  };
  return [flat.length === 1 ? (flat[0] as Tensor) : concat(flat, 0), unravel];
}
