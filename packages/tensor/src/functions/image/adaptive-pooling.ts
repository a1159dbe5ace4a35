import type { Tensor } from "../../tensor.ts";
import { type PerAxis, perAxis } from "../convolution.ts";
import { tensor } from "../creation.ts";
import { gather } from "../indexing.ts";
import { real } from "../operands.ts";
import { maxPool } from "../pooling.ts";
import { along, area, resampled, spans } from "./resampling.ts";
import { spatial } from "./spatial.ts";

/**
 * Means over windows that divide the spatial axes of x [n, c, …in] into `size` parts, the o-th of m from ⌊o·in/m⌋ up to ⌈(o + 1)·in/m⌉. Integers are taken as f32.
 *
 * @returns [n, c, …size]
 * @throws {@link ShapeError} below rank 3 or for an empty axis, {@link ArgumentError} for a bad size
 * @example
 * ```ts
 * adaptiveAvgPool(x, 1); // the mean of each channel, [n, c, 1, 1]
 * ```
 */
export function adaptiveAvgPool(x: Tensor, size: PerAxis): Tensor {
  const input = spatial("adaptiveAvgPool", x);
  const sizes = perAxis("adaptiveAvgPool", "size", size, input.length);
  return along(
    real("adaptiveAvgPool", x),
    sizes.map((m, i) => [i + 2, m]),
    (t, axis, m) => resampled(t, axis, area(t.shape[axis] as number, m)),
  );
}

/**
 * Largest elements of the windows of {@link adaptiveAvgPool}; of equal ones the first takes the derivative.
 *
 * @returns [n, c, …size], in the dtype of x
 * @throws {@link ShapeError} below rank 3 or for an empty axis, {@link ArgumentError} for a bad size
 */
export function adaptiveMaxPool(x: Tensor, size: PerAxis): Tensor {
  const input = spatial("adaptiveMaxPool", x);
  const sizes = perAxis("adaptiveMaxPool", "size", size, input.length);
  const windows = sizes.map((m, i) => {
    const list = spans(input[i] as number, m);
    return { list, width: Math.max(...list.map(([start, stop]) => stop - start)) };
  });
  // windows side by side, of one width: the last element of a shorter one is repeated
  const apart = windows.reduce((t, { list, width }, i) => {
    if (list.length * width === input[i]) return t;
    const places = list.flatMap(([start, stop]) =>
      Array.from({ length: width }, (_, k) => Math.min(start + k, stop - 1)),
    );
    return gather(t, tensor(places, { dtype: "i32" }), i + 2);
  }, x);
  return maxPool(
    apart,
    windows.map((w) => w.width),
  );
}
