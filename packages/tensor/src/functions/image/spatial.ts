import { checkTensor } from "../../check.ts";
import { ShapeError } from "../../errors.ts";
import { show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";

/** Sizes of the spatial axes of x [n, c, …]. Throws ArgumentError for what is no tensor, ShapeError below rank 3 or for an empty axis. */
export function spatial(op: string, x: Tensor, argument = "x"): number[] {
  checkTensor(op, x, argument);
  if (x.rank < 3) throw new ShapeError(`${op}: ${argument}: expected [n, c, …], got ${show(x.shape)}`);
  const sizes = x.shape.slice(2);
  if (sizes.includes(0)) throw new ShapeError(`${op}: ${argument}: ${show(x.shape)} has an empty axis`);
  return sizes;
}
