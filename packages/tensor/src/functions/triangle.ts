import { checkTensor, integer } from "../check.ts";
import { ShapeError } from "../errors.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { zerosLike } from "./fill.ts";
import { iota } from "./iota.ts";
import { where } from "./selection.ts";

/** Keeps the elements of the last two axes whose row i and column j satisfy `keep`, zeros the others. */
export function selectRows(op: string, x: Tensor, k: number, keep: (i: Tensor, j: Tensor) => Tensor): Tensor {
  checkTensor(op, x);
  integer("[-2147483648, 2147483647]")(op, k, "k");
  if (x.rank < 2) throw new ShapeError(`${op}: x: expected rank 2 or more, got ${show(x.shape)}`);
  const shape = x.shape.slice(-2);
  return where(keep(iota(shape, { axis: 0, dtype: "i32" }), iota(shape, { axis: 1, dtype: "i32" })), x, zerosLike(x));
}
