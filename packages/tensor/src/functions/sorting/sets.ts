import { checkOptions, checkTensor, flag } from "../../check.ts";
import { promote } from "../../dtype.ts";
import type { Tensor } from "../../tensor.ts";
import { minimum } from "../arithmetic.ts";
import { astype } from "../casting.ts";
import { equal, logicalNot } from "../comparison.ts";
import { full } from "../fill.ts";
import { gather } from "../indexing.ts";
import { concat, reshape } from "../shaping.ts";
import { extract } from "./extract.ts";
import { checkKnown } from "./nonzero.ts";
import { searchsorted } from "./search.ts";
import { sort } from "./sort.ts";
import { unique } from "./unique.ts";

const flat = (x: Tensor): Tensor => reshape(x, [x.size]);

/**
 * True where an element of `x` is one of `test` (of any shape), or is none if `invert`; bool in the shape of `x`. NaN equals nothing.
 *
 * ```ts
 * isin(tensor([1, 2, 3]), tensor([2, 4])); // [false, true, false]
 * ```
 * Throws ArgumentError for a bad option.
 */
export function isin(x: Tensor, test: Tensor, options: { readonly invert?: boolean } = {}): Tensor {
  checkTensor("isin", x);
  checkTensor("isin", test, "test");
  checkOptions("isin", options, { invert: flag });
  const invert = options.invert ?? false;
  if (test.size === 0) return full(x.shape, invert, { dtype: "bool" });
  const dtype = promote(x.dtype, test.dtype);
  const sorted = sort(flat(astype(test, dtype)));
  const wanted = astype(x, dtype);
  const found = equal(gather(sorted, minimum(searchsorted(sorted, wanted), test.size - 1)), wanted);
  return invert ? logicalNot(found) : found;
}

function both(op: string, a: Tensor, b: Tensor): [Tensor, Tensor] {
  checkTensor(op, a, "a");
  checkTensor(op, b, "b");
  checkKnown(op, a, "a");
  checkKnown(op, b, "b");
  const dtype = promote(a.dtype, b.dtype);
  return [flat(astype(a, dtype)), flat(astype(b, dtype))];
}

/**
 * Distinct elements that are in `a` and in `b`, ascending: [count]. Rejects with TraceError for traced arguments.
 *
 * ```ts
 * await intersect1d(tensor([1, 2, 2, 3]), tensor([2, 3, 4])); // [2, 3]
 * ```
 */
export async function intersect1d(a: Tensor, b: Tensor): Promise<Tensor> {
  const [p, q] = both("intersect1d", a, b);
  const mine = await unique(p);
  return extract(isin(mine, q), mine);
}

/**
 * Distinct elements that are in `a` or in `b`, ascending: [count]. Rejects with TraceError for traced arguments.
 *
 * ```ts
 * await union1d(tensor([1, 3]), tensor([2, 3])); // [1, 2, 3]
 * ```
 */
export async function union1d(a: Tensor, b: Tensor): Promise<Tensor> {
  return unique(concat(both("union1d", a, b)));
}

/**
 * Distinct elements of `a` that are not in `b`, ascending: [count]. Rejects with TraceError for traced arguments.
 *
 * ```ts
 * await setdiff1d(tensor([1, 2, 2, 3]), tensor([2])); // [1, 3]
 * ```
 */
export async function setdiff1d(a: Tensor, b: Tensor): Promise<Tensor> {
  const [p, q] = both("setdiff1d", a, b);
  const mine = await unique(p);
  return extract(isin(mine, q, { invert: true }), mine);
}
