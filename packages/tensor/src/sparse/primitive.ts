import { DTypeError } from "../errors.ts";
import { add } from "../functions/arithmetic.ts";
import { broadcastTo, permute, reshape } from "../functions/shaping.ts";
import type { Primitive } from "../primitive.ts";
import { apply, type Tensor } from "../tensor.ts";
import { each, type Layout, sampled, times, timesTransposed } from "./kernels.ts";

/** How the tables name the entries, and the shape of the matrix as they do: `rows` by `columns`. */
export interface Pattern {
  /** The first table holds where each row starts, [rows + 1], instead of the row of each entry, [entries]. */
  readonly compressed: boolean;
  readonly rows: number;
  readonly columns: number;
}

const tables = (name: string, ...indices: readonly Tensor[]): void => {
  for (const t of indices)
    if (t.dtype !== "i32") throw new DTypeError(`${name}: indices: expected i32, got ${t.dtype}`);
};

/** A batched [size, outer, …] (or one for all) as [size · outer, …]; index tables that all share stay as they are. */
function fold(t: Tensor, batched: boolean, size: number, outer: number, table: boolean): Tensor {
  if (table && !batched && t.shape[0] === 1) return t;
  const rest = t.shape.slice(batched ? 2 : 1);
  const whole = batched ? t : reshape(t, [1, ...t.shape]);
  return reshape(broadcastTo(whole, [size, outer, ...rest]), [size * outer, ...rest]);
}

const unfold = (t: Tensor, size: number): Tensor =>
  reshape(t, [size, (t.shape[0] as number) / size, ...t.shape.slice(1)]);

/**
 * A x, or Aᵀ x if transposed, for sparse A: values [outer, entries], two index tables [outer or 1, …], x [outer, columns (or rows), width]. With
 * {@link sampledProduct} closed under differentiation, as both are linear in each float input.
 */
export const sparseProduct: Primitive<Pattern & { readonly transposed: boolean }> = {
  name: "sparseProduct",
  infer([values, major, minor, x], { rows, columns, transposed }) {
    tables("sparseProduct", major as Tensor, minor as Tensor);
    const { shape, dtype } = x as Tensor;
    return { shape: [(values as Tensor).shape[0] as number, transposed ? columns : rows, shape[2] as number], dtype };
  },
  vjp(ct, out, _, needs) {
    const [values, major, minor, x] = out.inputs as [Tensor, Tensor, Tensor, Tensor];
    const { transposed, ...pattern } = out.attributes;
    const [left, right] = transposed ? [x, ct] : [ct, x];
    return [
      needs(values) ? apply(sampledProduct, [major, minor, left, right], pattern) : null,
      null,
      null,
      needs(x) ? apply(sparseProduct, [values, major, minor, ct], { ...pattern, transposed: !transposed }) : null,
    ];
  },
  jvp([dv, , , dx], out) {
    const [values, major, minor, x] = out.inputs as [Tensor, Tensor, Tensor, Tensor];
    const terms = [
      dv ? apply(sparseProduct, [dv, major, minor, x], out.attributes) : null,
      dx ? apply(sparseProduct, [values, major, minor, dx], out.attributes) : null,
    ];
    return sumOf(terms);
  },
  batch(inputs, batched, size, out) {
    const [values, major, minor, x] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const [outer, length, width] = out.shape as [number, number, number];
    if (batched[3] && !batched[0] && !batched[1] && !batched[2]) {
      // one matrix for all: the batch widens the dense operand
      const wide = reshape(permute(x, [1, 2, 0, 3]), [outer, x.shape[2] as number, size * width]);
      const y = apply(sparseProduct, [values, major, minor, wide], out.attributes);
      return permute(reshape(y, [outer, length, size, width]), [2, 0, 1, 3]);
    }
    const folded = inputs.map((t, i) => fold(t, batched[i] as boolean, size, outer, i === 1 || i === 2));
    return unfold(apply(sparseProduct, folded, out.attributes), size);
  },
  lower: {
    kind: "special",
    special(node) {
      const { compressed, rows, columns, transposed } = node.attributes;
      const [values, major, minor] = node.inputs as [Tensor, Tensor, Tensor];
      const [outer, entries] = values.shape as [number, number];
      const size = { entries, rows, columns, width: node.shape[2] as number };
      const shared = [major, minor].map((t) => t.shape[0] === 1) as [boolean, boolean];
      const kernel = transposed ? timesTransposed : times;
      return {
        kind: "routine",
        name: "sparseProduct",
        run: ([v, p, q, x, y]) =>
          each(node.dtype, outer, [p, q] as never, shared, [v, x] as never, y as never, (p, q, v, x, y) =>
            kernel({ major: p, minor: q, compressed }, size, v, x, y),
          ),
      };
    },
  },
};

/** For each entry (r, c) of a pattern the product of row r of a [outer, rows, width] with row c of b [outer, columns, width]: [outer, entries]. */
export const sampledProduct: Primitive<Pattern> = {
  name: "sampledProduct",
  infer([major, minor, a]) {
    tables("sampledProduct", major as Tensor, minor as Tensor);
    return {
      shape: [(a as Tensor).shape[0] as number, (minor as Tensor).shape[1] as number],
      dtype: (a as Tensor).dtype,
    };
  },
  vjp(ct, out, _, needs) {
    const [major, minor, a, b] = out.inputs as [Tensor, Tensor, Tensor, Tensor];
    const by = (x: Tensor, transposed: boolean): Tensor =>
      apply(sparseProduct, [ct, major, minor, x], { ...out.attributes, transposed });
    return [null, null, needs(a) ? by(b, false) : null, needs(b) ? by(a, true) : null];
  },
  jvp([, , da, db], out) {
    const [major, minor, a, b] = out.inputs as [Tensor, Tensor, Tensor, Tensor];
    return sumOf([
      da ? apply(sampledProduct, [major, minor, da, b], out.attributes) : null,
      db ? apply(sampledProduct, [major, minor, a, db], out.attributes) : null,
    ]);
  },
  batch(inputs, batched, size, out) {
    const outer = out.shape[0] as number;
    const folded = inputs.map((t, i) => fold(t, batched[i] as boolean, size, outer, i < 2));
    // both dense operands were spread, so the result has all batches
    return unfold(apply(sampledProduct, folded, out.attributes), size);
  },
  lower: {
    kind: "special",
    special(node) {
      const { compressed, rows, columns } = node.attributes;
      const [major, minor, a] = node.inputs as [Tensor, Tensor, Tensor];
      const [outer, entries] = node.shape as [number, number];
      const size = { entries, rows, columns, width: a.shape[2] as number };
      const shared = [major, minor].map((t) => t.shape[0] === 1) as [boolean, boolean];
      return {
        kind: "routine",
        name: "sampledProduct",
        run: ([p, q, a, b, y]) =>
          each(node.dtype, outer, [p, q] as never, shared, [a, b] as never, y as never, (p, q, a, b, y) =>
            sampled({ major: p, minor: q, compressed } satisfies Layout, size, a, b, y),
          ),
      };
    },
  },
};

const sumOf = ([p, q]: readonly (Tensor | null)[]): Tensor | null => (p && q ? add(p, q) : (p ?? q ?? null));
