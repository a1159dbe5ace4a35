import { isFloat } from "../dtype.ts";
import { add } from "../functions/arithmetic.ts";
import { permute, reshape } from "../functions/shaping.ts";
import type { Index } from "../ir/ir.ts";
import type { Primitive } from "../primitive.ts";
import { apply, type Tensor } from "../tensor.ts";
import { alignBatch } from "./batching.ts";

const swap = (x: Tensor): Tensor => permute(x, [0, 2, 1]);
const product = (a: Tensor, b: Tensor): Tensor => apply(matmulPrimitive, [a, b], null);

/** Batched product [b, m, k] × [b, k, n] → [b, m, n]. */
export const matmulPrimitive: Primitive<null> = {
  name: "matmul",
  infer([a, b]) {
    const [batch, m] = (a as Tensor).shape as [number, number, number];
    return { shape: [batch, m, (b as Tensor).shape[2] as number], dtype: (a as Tensor).dtype };
  },
  vjp(ct, out) {
    const [a, b] = out.inputs as [Tensor, Tensor];
    return isFloat(out.dtype) ? [product(ct, swap(b)), product(swap(a), ct)] : [null, null];
  },
  jvp([da, db], out) {
    const [a, b] = out.inputs as [Tensor, Tensor];
    const p = da ? product(da, b) : null;
    const q = db ? product(a, db) : null;
    return p && q ? add(p, q) : (p ?? q);
  },
  batch(inputs, batched, size) {
    const [a, b] = inputs as [Tensor, Tensor];
    // One right factor for all: the batch becomes rows, a single large product.
    if (!batched[1] && b.shape[0] === 1) {
      const [, , m, k] = a.shape as [number, number, number, number];
      return reshape(product(reshape(a, [1, size * m, k]), b), [size, 1, m, b.shape[2] as number]);
    }
    const [p, q] = alignBatch(inputs, batched, size).map((t) =>
      reshape(t, [size * (t.shape[1] as number), ...t.shape.slice(2)]),
    ) as [Tensor, Tensor];
    const y = product(p, q);
    return reshape(y, [size, (y.shape[0] as number) / size, ...y.shape.slice(1)]);
  },
  lower: {
    kind: "reduce",
    op: () => "sum",
    extents: (node) => [(node.inputs[0] as Tensor).shape[2] as number],
    emit(b, node, index, inner) {
      const [i, m, n] = index as [Index, Index, Index];
      const k = inner[0] as Index;
      return b.binary(
        "mul",
        node.dtype,
        b.value(node.inputs[0] as Tensor, [i, m, k]),
        b.value(node.inputs[1] as Tensor, [i, k, n]),
      );
    },
    contraction(node, a, b) {
      const [batch, m, k] = (node.inputs[0] as Tensor).shape as [number, number, number];
      return { kind: "matmul", batch, m, k, n: node.shape[2] as number, a, b };
    },
  },
};
