import { callable, checkTensor } from "../check.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { clip } from "../functions/arithmetic.ts";
import { astype } from "../functions/casting.ts";
import { asTensor, checkIntegers, type TensorLike } from "../functions/operands.ts";
import { said } from "../said.ts";
import { sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Structure } from "../tree.ts";
import { leavesLike, liveArguments, treeFlatten, treeNames, treeUnflatten } from "../tree.ts";
import { makeSwitch } from "./switch.ts";

type Branch<A extends readonly unknown[], R> = (...operands: A) => R;

/** Calls the branch that `index` names; `names` are those of the branches in messages. */
function choose<A extends readonly unknown[], R>(
  op: string,
  index: Tensor,
  branches: readonly Branch<A, R>[],
  names: readonly string[],
  operands: A,
): R {
  const [leaves, input] = liveArguments(op, operands);
  let structure: Structure | undefined;
  let first: readonly Tensor[] = [];
  const results = makeSwitch(
    index,
    leaves,
    branches.map((f, b) => (xs) => {
      const result = f(...treeUnflatten<A>(input, xs));
      if (structure === undefined) {
        [first, structure] = treeFlatten(result);
        return first;
      }
      const ys = leavesLike(op, structure, result, names[b]);
      ys.forEach((y, i) => {
        checkSame(op, names as [string], b, y, first[i] as Tensor, () => treeNames(result)[i] as string);
      });
      return ys;
    }),
  );
  return treeUnflatten<R>(structure as Structure, results);
}

function checkSame(
  op: string,
  names: readonly string[],
  b: number,
  y: Tensor,
  first: Tensor,
  path: () => string,
): void {
  const what = (): string => `${op}: ${names[b]}: ${path() === "" ? "the result" : `'${path()}'`}`;
  if (!sameShape(y.shape, first.shape))
    throw new ShapeError(`${what()} is ${show(y.shape)}, but ${show(first.shape)} in ${names[0]}`);
  if (y.dtype !== first.dtype)
    throw new DTypeError(`${what()} is ${y.dtype}, but ${first.dtype} in ${names[0]}; cast one of them`);
}

/** A scalar tensor. Throws ShapeError for any other shape. */
function scalarOf(op: string, x: TensorLike, argument: string): Tensor {
  const t = asTensor(op, x, "i32", argument);
  checkTensor(op, t, argument);
  if (t.rank !== 0)
    throw new ShapeError(`${op}: ${argument}: expected a scalar, got ${show(t.shape)}; use where, or vmap over it`);
  return t;
}

/**
 * `trueFn(...operands)` if the scalar `pred` is true (non-zero), else `falseFn(...operands)`. Both run once, on placeholders, but only the branch that is
 * taken is computed. Operands and results are trees; results of both have the same structure, shapes and dtypes. Differentiable in both modes to any
 * order; under vmap, with a predicate per example, both branches are computed and `where` selects.
 *
 * ```ts
 * cond(greater(x.sum(), 0), (t: Tensor) => t.mul(2), (t: Tensor) => t.neg(), x);
 * ```
 * Throws ShapeError for a predicate that is no scalar or results of different shapes, DTypeError for different dtypes, ArgumentError for different
 * structures or branches that are no functions, TraceError when a branch reads a value.
 */
export function cond<A extends readonly unknown[], R>(
  pred: TensorLike,
  trueFn: (...operands: A) => R,
  falseFn: (...operands: A) => R,
  ...operands: A
): R {
  callable("cond", trueFn, "trueFn");
  callable("cond", falseFn, "falseFn");
  const index = astype(astype(scalarOf("cond", pred, "pred"), "bool"), "i32");
  return choose("cond", index, [falseFn, trueFn], ["falseFn", "trueFn"], operands);
}

/**
 * `branches[index](...operands)` for an integer scalar `index`, moved to the nearest branch if there is none; otherwise as {@link cond}.
 *
 * ```ts
 * switchCase(k, [(t: Tensor) => t.exp(), (t: Tensor) => t.log()], x);
 * ```
 * Throws DTypeError for an index that is no integer, ArgumentError for no branches, and what {@link cond} throws.
 */
export function switchCase<A extends readonly unknown[], R>(
  index: TensorLike,
  branches: readonly ((...operands: A) => R)[],
  ...operands: A
): R {
  if (!Array.isArray(branches) || branches.length === 0)
    throw new ArgumentError(`switchCase: branches: expected an array of functions, got ${said(branches)}`);
  const names = branches.map((_, i) => `branches[${i}]`);
  branches.forEach((f, i) => callable("switchCase", f, names[i] as string));
  const at = scalarOf("switchCase", index, "index");
  checkIntegers("switchCase", at, "index");
  return choose("switchCase", clip(astype(at, "i32"), 0, branches.length - 1), branches, names, operands);
}
