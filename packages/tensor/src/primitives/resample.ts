import { isFloat } from "../dtype.ts";
import { reshape } from "../functions/shaping.ts";
import type { Index } from "../ir/ir.ts";
import type { Primitive } from "../primitive.ts";
import { apply, type Tensor } from "../tensor.ts";

/**
 * A sparse matrix along axis 1 of x [outer, n, inner]: out[o, m, i] = Σₜ weights[t, m]·x[o, indices[t, m], i]. Inputs are x, indices (i32) and weights
 * of the matrix, then those of its transpose, so that the derivative gathers too instead of scattering. The tables are constants; a weight of 0
 * marks a place that is not there, and nothing is read from it.
 */
export const resamplePrimitive: Primitive<null> = {
  name: "resample",
  infer([x, indices]) {
    const [outer, , inner] = (x as Tensor).shape as [number, number, number];
    return { shape: [outer, (indices as Tensor).shape[1] as number, inner], dtype: (x as Tensor).dtype };
  },
  vjp(ct, out) {
    const [, indices, weights, back, backWeights] = out.inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const dx = isFloat(out.dtype) ? apply(resamplePrimitive, [ct, back, backWeights, indices, weights], null) : null;
    return [dx, null, null, null, null];
  },
  jvp: ([dx], out) => (dx ? apply(resamplePrimitive, [dx, ...out.inputs.slice(1)], null) : null),
  batch([x, ...tables], _, size) {
    const [, outer, n, inner] = (x as Tensor).shape as [number, number, number, number];
    const y = apply(resamplePrimitive, [reshape(x as Tensor, [size * outer, n, inner]), ...tables], null);
    return reshape(y, [size, outer, y.shape[1] as number, inner]);
  },
  lower: {
    kind: "reduce",
    op: () => "sum",
    extents: (node) => [(node.inputs[1] as Tensor).shape[0] as number],
    emit(b, node, index, inner) {
      const [x, indices, weights] = node.inputs as [Tensor, Tensor, Tensor];
      const [o, m, i] = index as [Index, Index, Index];
      const place = [inner[0] as Index, m];
      const row = b.dynamic(b.value(indices, place), x.shape[1] as number);
      const weight = b.value(weights, place);
      const zero = b.constant(node.dtype, 0);
      const product = b.binary("mul", node.dtype, weight, b.value(x, [o, row, i]));
      return b.where(node.dtype, b.binary("eq", "bool", weight, zero), zero, product);
    },
  },
};
