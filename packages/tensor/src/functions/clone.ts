import { checkTensor } from "../check.ts";
import { realizeTensors } from "../plan/run.ts";
import { aliasOf, type Tensor } from "../tensor.ts";
import { isActive } from "../trace.ts";

/**
 * The value of `x` in memory of its own, computed now: it outlives `dispose` and donation of `x`. Derivatives pass through. Inside a transform
 * it is the identity, as memory is then the plan's.
 *
 * @param x - any shape and dtype
 * @returns a tensor of the same shape and dtype
 * @throws {@link ArgumentError} unless x is a tensor, {@link DisposedError} when x is gone already
 * @example
 * ```ts
 * const kept = clone(w);
 * w.dispose();
 * await kept.data();
 * ```
 */
export function clone(x: Tensor): Tensor {
  checkTensor("clone", x);
  const copy = aliasOf(x, 0);
  if (!copy.abstract && !isActive(copy.trace)) realizeTensors([copy]);
  return copy;
}
