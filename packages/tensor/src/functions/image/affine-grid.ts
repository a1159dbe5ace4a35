import { checkOptions, checkTensor, flag } from "../../check.ts";
import { ArgumentError, ShapeError } from "../../errors.ts";
import { said } from "../../said.ts";
import { show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { add, mul } from "../arithmetic.ts";
import { iota } from "../iota.ts";
import { real } from "../operands.ts";
import { expandDims, reshape, slice } from "../shaping.ts";

/**
 * Places for {@link gridSample} by an affine map: the coordinates (x, y, …, 1) of an output of spatial sizes `size`, −1 and 1 at its ends, times `theta`.
 *
 * @param theta - [n, d, d + 1], for d spatial axes
 * @returns [n, …size, d]; integers are taken as f32
 * @throws {@link ShapeError} when shapes do not fit, {@link ArgumentError} for a bad size or option
 * @example
 * ```ts
 * affineGrid(tensor([[[1, 0, 0], [0, 1, 0]]]), [28, 28]); // the identity, [1, 28, 28, 2]
 * ```
 */
export function affineGrid(
  theta: Tensor,
  size: readonly number[],
  options: { readonly alignCorners?: boolean } = {},
): Tensor {
  checkTensor("affineGrid", theta, "theta");
  checkOptions("affineGrid", options, { alignCorners: flag });
  if (!Array.isArray(size) || size.length === 0 || !size.every((s) => Number.isInteger(s) && s >= 1))
    throw new ArgumentError(`affineGrid: size: expected positive integers, got ${said(size)}`);
  const d = size.length;
  if (theta.rank !== 3 || theta.shape[1] !== d || theta.shape[2] !== d + 1)
    throw new ShapeError(
      `affineGrid: theta: expected [n, ${d}, ${d + 1}] for size ${show(size)}, got ${show(theta.shape)}`,
    );
  const t = real("affineGrid", theta, "theta");
  const n = t.shape[0] as number;
  /** Column j of theta, in the place of the last axis of the result. */
  const column = (j: number): Tensor => reshape(slice(t, [0, 0, j], [n, d, j + 1]), [n, ...size.map(() => 1), d]);
  return size.reduce((sum, s, axis) => {
    const steps = iota([...size], { axis, dtype: t.dtype });
    // of s elements: (s − 1)/2 steps on either side of 0, or s/2 − 1/2 of those that s elements would need to fill [−1, 1]
    const unit = options.alignCorners ? 2 / Math.max(1, s - 1) : 2 / s;
    const coordinate = mul(add(steps, (1 - s) / 2), unit);
    return add(sum, mul(expandDims(coordinate, -1), column(d - 1 - axis)));
  }, column(d));
}
