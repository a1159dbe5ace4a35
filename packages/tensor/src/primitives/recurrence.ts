import { add, mul } from "../functions/arithmetic.ts";
import { pad, slice } from "../functions/shaping.ts";
import { isFloat } from "../dtype.ts";
import { reshape } from "../functions/shaping.ts";
import type { Primitive } from "../primitive.ts";
import { apply, type Tensor } from "../tensor.ts";
import { alignBatch } from "./batching.ts";

interface Direction {
  readonly reverse: boolean;
}

/** The neighbour before (or, reversed, after) each element of the middle axis; 0 at the start. */
function previous(x: Tensor, reverse: boolean): Tensor {
  const n = x.shape[1] as number;
  const padded = pad(x, [[0, 0], reverse ? [0, 1] : [1, 0], [0, 0]]);
  const [outer, , inner] = x.shape as [number, number, number];
  return reverse ? slice(padded, [0, 1, 0], [outer, n + 1, inner]) : slice(padded, [0, 0, 0], [outer, n, inner]);
}

const run = (a: Tensor, b: Tensor, reverse: boolean): Tensor => apply(recurrencePrimitive, [a, b], { reverse });

/**
 * h[j] = a[j]·h[j−1] + b[j] along the middle axis of [outer, n, inner], from h[−1] = 0. Closed under differentiation: the tangent follows the
 * same recurrence, the cotangent the reversed one.
 */
export const recurrencePrimitive: Primitive<Direction> = {
  name: "recurrence",
  infer: ([a]) => a as Tensor,
  vjp(ct, out) {
    if (!isFloat(out.dtype)) return [null, null];
    const { reverse } = out.attributes;
    const g = run(previous(out.inputs[0] as Tensor, !reverse), ct, !reverse);
    return [mul(g, previous(out, reverse)), g];
  },
  jvp([da, db], out) {
    if (!da && !db) return null;
    const drive = da ? mul(da, previous(out, out.attributes.reverse)) : null;
    return run(out.inputs[0] as Tensor, drive && db ? add(drive, db) : ((drive ?? db) as Tensor), out.attributes.reverse);
  },
  batch(inputs, batched, size, out) {
    const [a, b] = alignBatch(inputs, batched, size).map((t) => reshape(t, [size * (t.shape[1] as number), ...t.shape.slice(2)])) as [Tensor, Tensor];
    return reshape(run(a, b, out.attributes.reverse), [size, ...out.shape]);
  },
  lower: {
    kind: "special",
    special(node) {
      const [outer, n, inner] = node.shape as [number, number, number];
      return { kind: "recurrence", dtype: node.dtype, outer, n, inner, reverse: node.attributes.reverse };
    },
  },
};

/** Running sum along the middle axis of [outer, n, inner]. */
export const cumsumPrimitive: Primitive<Direction> = {
  name: "cumsum",
  infer: ([x]) => x as Tensor,
  vjp: (ct, out) => [isFloat(out.dtype) ? apply(cumsumPrimitive, [ct], { reverse: !out.attributes.reverse }) : null],
  jvp: ([dx], out) => (dx ? apply(cumsumPrimitive, [dx], out.attributes) : null),
  batch([x], _, size, out) {
    const [, outer, n, inner] = (x as Tensor).shape as [number, number, number, number];
    return reshape(apply(cumsumPrimitive, [reshape(x as Tensor, [size * outer, n, inner])], out.attributes), [size, outer, n, inner]);
  },
  lower: {
    kind: "special",
    special(node) {
      const [outer, n, inner] = node.shape as [number, number, number];
      return { kind: "cumulative", op: "sum", dtype: node.dtype, outer, n, inner, reverse: node.attributes.reverse };
    },
  },
};
