import { select } from "../primitives/elementwise.ts";
import { broadcastShapes } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { astype } from "./casting.ts";
import { asTensor, meet, type TensorLike } from "./operands.ts";
import { broadcastTo } from "./shaping.ts";

/**
 * `a` where `condition` is true (non-zero), else `b`; all three broadcast, a and b are promoted. No derivative passes through the branch that was
 * not chosen, but a NaN derivative there still gives NaN: guard its argument too.
 *
 * ```ts
 * where(greater(x, 0), x, 0); // relu
 * ```
 * Throws ShapeError if shapes do not broadcast.
 */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  const c = astype(asTensor("where", condition, "bool", "condition"), "bool");
  const [p, q] = meet("where", a, b);
  const shape = broadcastShapes("where", c.shape, p.shape, ["condition", "a with b"]);
  return apply(select, [broadcastTo(c, shape), broadcastTo(p, shape), broadcastTo(q, shape)], null);
}
