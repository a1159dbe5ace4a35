import { checkOptions, checkTensor, oneOf } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { said } from "../said.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { broadcastInDim } from "./shaping.ts";

/** Options of {@link meshgrid}. */
export interface MeshgridOptions {
  /** "xy": the first vector runs along axis 1 and the second along axis 0, as in a plot; "ij": vector i runs along axis i. Default "xy". */
  readonly indexing?: "xy" | "ij";
}

/**
 * The coordinates of the grid that vectors span: one tensor per vector, all of the grid's shape.
 *
 * @param vectors - of n₀, n₁, … elements, any dtypes
 * @returns tensors of shape [n₀, n₁, …], or [n₁, n₀, …] with "xy"; dtypes stay
 * @throws {@link ArgumentError} for no vectors or an unknown option, {@link ShapeError} unless each has one axis
 * @example
 * ```ts
 * const [x, y] = meshgrid([arange(3), arange(2)]); // [[0, 1, 2], [0, 1, 2]], [[0, 0, 0], [1, 1, 1]]
 * ```
 */
export function meshgrid(vectors: readonly Tensor[], options: MeshgridOptions = {}): Tensor[] {
  if (!Array.isArray(vectors) || vectors.length === 0)
    throw new ArgumentError(`meshgrid: vectors: expected a list of at least one tensor, got ${said(vectors)}`);
  vectors.forEach((t, i) => {
    checkTensor("meshgrid", t, `vectors[${i}]`);
    if (t.rank !== 1) throw new ShapeError(`meshgrid: vectors[${i}]: expected one axis, got ${show(t.shape)}`);
  });
  checkOptions("meshgrid", options, { indexing: oneOf("xy", "ij") });
  const { indexing = "xy" } = options;
  const swap = indexing === "xy" && vectors.length > 1;
  const axis = (i: number): number => (swap && i < 2 ? 1 - i : i);
  const shape = vectors.map((_, i) => (vectors[axis(i)] as Tensor).size);
  return vectors.map((t, i) => broadcastInDim(t, shape, [axis(i)]));
}
