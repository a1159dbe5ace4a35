import { ArgumentError, check, isFloat, ShapeError, treeLeaves, treeNames } from "@gradus/tensor";

/** Statistics of the gradients of the `b` examples of a batch, over all parameters together. Variances divide by `b - 1`. */
export interface GradientStats {
  /** Examples, `b`. */
  readonly size: number;
  /** `‖g‖²` of the mean gradient. */
  readonly normSquared: number;
  /** Sum of the variances of all coordinates, `‖Var(gᵢ)‖₁`. */
  readonly variance: number;
  /** Variance of the inner products `⟨gᵢ, g⟩`; 0 where no test asked for it. */
  readonly inner: number;
  /** Sum of the variances of what is orthogonal to `g`. */
  readonly orthogonal: number;
  /** The largest `Var(gᵢⱼ) / gⱼ²` of all coordinates `j`; NaN where no test asked for it. */
  readonly coordinate: number;
}

/** Sums over examples from which {@link GradientStats} follow. */
export interface Sums {
  readonly size: number;
  readonly normSquared: number;
  /** `Σ ‖gᵢ‖²`. */
  readonly squares: number;
  /** `Σ (⟨gᵢ, g⟩ - ‖g‖²)²`. */
  readonly inner: number;
  /** The largest `(Σ gᵢⱼ² / b - gⱼ²) / gⱼ²`; null when it was not asked for. */
  readonly coordinate: number | null;
}

/** The statistics, from sums: the variance of what is orthogonal to `g` by Pythagoras. */
export function statsOf({ size, normSquared, squares, inner, coordinate }: Sums): GradientStats {
  const unbias = size / (size - 1);
  const variance = Math.max(0, unbias * (squares / size - normSquared));
  const along = inner / (size - 1);
  return {
    size,
    normSquared,
    variance,
    inner: along,
    orthogonal: normSquared > 0 ? Math.max(0, variance - along / normSquared) : variance,
    coordinate: coordinate === null ? Number.NaN : Math.max(0, unbias * coordinate),
  };
}

/**
 * Statistics of gradients that are there, one per example, in 64 bits on the host: for small models and for tests. {@link trainAdaptive} computes them without
 * ever holding the gradients of more than a part of the batch.
 *
 * @param grads - a tree of tensors `[b, …]`, one slice per example
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for fewer than two examples, {@link @gradus/tensor!index.ShapeError | ShapeError} when tensors differ in their number
 * @example
 * ```ts
 * const stats = await gradientStats(vmap(grad(loss), { in: [null, 0] })(params, examples));
 * ```
 */
export async function gradientStats(grads: unknown): Promise<GradientStats> {
  check.tree("gradientStats", grads, "grads");
  const names = treeNames(grads);
  const leaves = treeLeaves(grads).filter((t) => isFloat(t.dtype));
  const size = leaves[0]?.shape[0];
  if (size === undefined || size < 2)
    throw new ArgumentError(`gradientStats: grads: expected gradients of two examples at least, got ${size ?? "none"}`);
  leaves.forEach((t, i) => {
    if (t.shape[0] !== size)
      throw new ShapeError(
        `gradientStats: grads.${names[i]}: ${t.shape[0] ?? 0} examples, ${size} in the first tensor`,
      );
  });
  const rows = await Promise.all(leaves.map(async (t) => ({ data: await t.data(), width: t.size / size })));
  const columns: Float64Array[] = [];
  for (const { data, width } of rows)
    for (let j = 0; j < width; j++)
      columns.push(Float64Array.from({ length: size }, (_, i) => data[i * width + j] as number));
  const inners = new Float64Array(size);
  let [normSquared, variance, coordinate] = [0, 0, 0];
  for (const column of columns) {
    const mean = column.reduce((a, v) => a + v, 0) / size;
    const own = column.reduce((a, v) => a + (v - mean) ** 2, 0) / (size - 1);
    normSquared += mean ** 2;
    variance += own;
    if (own > 0) coordinate = Math.max(coordinate, own / mean ** 2);
    column.forEach((v, i) => {
      inners[i] = (inners[i] as number) + v * mean;
    });
  }
  const inner = inners.reduce((a, v) => a + (v - normSquared) ** 2, 0) / (size - 1);
  const orthogonal = normSquared > 0 ? Math.max(0, variance - inner / normSquared) : variance;
  return { size, normSquared, variance, inner, orthogonal, coordinate };
}
