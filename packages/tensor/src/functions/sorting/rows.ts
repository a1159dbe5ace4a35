import type { Shape } from "../../shape.ts";
import { sizeOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { moveaxis, reshape } from "../shaping.ts";

/** `x` as rows [outer, n] along `axis` (not negative). */
export function toRows(x: Tensor, axis: number): Tensor {
  const n = x.shape[axis] as number;
  return reshape(moveaxis(x, axis, -1), [sizeOf(x.shape.filter((_, i) => i !== axis)), n]);
}

/** Rows [outer, m] put back along `axis` of a tensor of `shape`, whose size there becomes m. */
export function fromRows(rows: Tensor, shape: Shape, axis: number): Tensor {
  const outside = shape.filter((_, i) => i !== axis);
  return moveaxis(reshape(rows, [...outside, rows.shape[1] as number]), -1, axis);
}
