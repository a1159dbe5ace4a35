import { type HostArray, isFloat } from "../dtype.ts";
import { zeros } from "../functions/fill.ts";
import { reshape } from "../functions/shaping.ts";
import { sortCode } from "../functions/sorting/kernel.ts";
import { sortRows } from "../functions/sorting/radix.ts";
import type { Primitive } from "../primitive.ts";
import { apply, applyMany, part, type Tensor } from "../tensor.ts";
import { scatter, take } from "./indexing.ts";

/** Rows [outer, n] as scatter and take have them: [outer, n, 1]. */
const column = (x: Tensor): Tensor => reshape(x, [...x.shape, 1]);
/** Where each sorted element came from. */
const origin = (out: Tensor): Tensor => apply(part, [out], { index: 1 });

/**
 * Rows of [outer, n] in ascending or descending order, and the positions (i32) that their elements had. Stable; NaN is the largest. Parts that
 * nobody uses are not computed.
 */
export const sortPrimitive: Primitive<{ readonly descending: boolean }> = {
  name: "sort",
  infer: ([x]) => {
    const { shape, dtype } = x as Tensor;
    return [
      { shape, dtype },
      { shape, dtype: "i32" },
    ];
  },
  vjp(_, out, [ct]) {
    const x = out.inputs[0] as Tensor;
    if (!ct || !isFloat(x.dtype)) return [null];
    const start = zeros([...x.shape, 1], { dtype: ct.dtype });
    return [reshape(apply(scatter, [start, origin(out), column(ct)], { mode: "add" }), x.shape)];
  },
  jvp([dx], out) {
    return [dx ? reshape(apply(take, [column(dx), origin(out)], null), dx.shape) : null, null];
  },
  batch([x], _, size, out) {
    const { shape } = x as Tensor;
    const [outer, n] = shape.slice(1) as [number, number];
    return applyMany(sortPrimitive, [reshape(x as Tensor, [size * outer, n])], out.attributes).map((t) =>
      reshape(t, shape),
    );
  },
  lower: {
    kind: "special",
    special(node, used) {
      const { dtype, shape } = node.inputs[0] as Tensor;
      const [outer, n] = shape as [number, number];
      const { descending } = node.attributes;
      const of = { dtype, outer, n, descending, values: !!used[0], indices: !!used[1] };
      return {
        kind: "routine",
        name: used[0] ? "sort" : "argsort",
        computes: { kind: "sort", ...of },
        code: sortCode(of),
        run([x, ...results]) {
          const values = used[0] ? (results.shift() as HostArray) : null;
          const indices = used[1] ? (results.shift() as Int32Array) : null;
          sortRows(dtype, outer, n, descending, x as HostArray, values, indices);
        },
      };
    },
  },
};
