import { checkTensor } from "../../check.ts";
import { promote } from "../../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../../errors.ts";
import { checkAxis, sameShape, show } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { maximum, rem, sub } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { cumsum } from "../cumulative.ts";
import { gather } from "../indexing.ts";
import { where } from "../selection.ts";
import { reshape } from "../shaping.ts";
import { checkKnown, flatnonzero } from "./nonzero.ts";

const truth = (x: Tensor): Tensor => reshape(astype(x, "bool"), [x.size]);

/**
 * Elements of `x` where `condition`, of the same shape, is non-zero: [count] in row-major order.
 *
 * ```ts
 * await extract(greater(x, 0), x);
 * ```
 * Rejects with ShapeError when shapes differ, TraceError for a traced condition: use `where` there.
 */
export async function extract(condition: Tensor, x: Tensor): Promise<Tensor> {
  checkTensor("extract", condition, "condition");
  checkTensor("extract", x);
  if (!sameShape(condition.shape, x.shape))
    throw new ShapeError(`extract: condition: shapes differ: ${show(condition.shape)} and ${show(x.shape)}`);
  checkKnown("extract", condition, "condition");
  return gather(reshape(x, [x.size]), await flatnonzero(truth(condition)));
}

/**
 * Slices of `x` along `axis` where `condition` [k], no longer than the axis, is non-zero; without an axis, of `x` flattened.
 *
 * ```ts
 * await compress(tensor([0, 1, 1]), tensor([[1, 2, 3], [4, 5, 6]]), 1); // [[2, 3], [5, 6]]
 * ```
 * Rejects with ShapeError when the condition does not fit or the axis is bad, TraceError for a traced condition.
 */
export async function compress(condition: Tensor, x: Tensor, axis?: number): Promise<Tensor> {
  checkTensor("compress", condition, "condition");
  checkTensor("compress", x);
  const from = axis === undefined ? reshape(x, [x.size]) : x;
  const along = checkAxis("compress", axis === undefined ? 0 : axis, from.rank);
  const n = from.shape[along] as number;
  if (condition.rank !== 1 || condition.size > n)
    throw new ShapeError(
      `compress: condition: expected at most ${n} elements on one axis, got ${show(condition.shape)}`,
    );
  checkKnown("compress", condition, "condition");
  return gather(from, await flatnonzero(condition), along);
}

/**
 * `x` with its elements at the non-zero places of `mask`, of the same shape, replaced by those of `values` one after another, from the start again when
 * they run out.
 *
 * ```ts
 * place(tensor([1, 2, 3, 4]), tensor([1, 0, 1, 1]), tensor([10, 20])); // [10, 2, 20, 10]
 * ```
 * Throws ShapeError when shapes differ, ArgumentError for no values, DTypeError when the values do not fit.
 */
export function place(x: Tensor, mask: Tensor, values: Tensor): Tensor {
  checkTensor("place", x);
  checkTensor("place", mask, "mask");
  checkTensor("place", values, "values");
  if (!sameShape(mask.shape, x.shape))
    throw new ShapeError(`place: mask: shapes differ: ${show(mask.shape)} and ${show(x.shape)}`);
  if (values.size === 0) throw new ArgumentError("place: values: expected at least one");
  if (promote(x.dtype, values.dtype) !== x.dtype)
    throw new DTypeError(`place: values: ${values.dtype} does not fit into ${x.dtype}; cast it first`);
  if (x.size === 0) return x;
  const chosen = truth(mask);
  const nth = rem(maximum(sub(cumsum(astype(chosen, "i32")), 1), 0), values.size);
  const flat = reshape(astype(values, x.dtype), [values.size]);
  return reshape(where(chosen, gather(flat, nth), reshape(x, [x.size])), x.shape);
}
