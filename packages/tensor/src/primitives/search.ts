import type { DType, HostArray } from "../dtype.ts";
import { broadcastTo, reshape } from "../functions/shaping.ts";
import { f16ToNumber } from "../ir/scalar-math.ts";
import type { Primitive } from "../primitive.ts";
import { apply, type Tensor } from "../tensor.ts";

const numbers = (dtype: DType, a: HostArray): HostArray =>
  dtype === "f16" ? Float32Array.from(a as Uint16Array, f16ToNumber) : a;

/** How many of the ascending `rows[from … from + n)` come before `v` (or, on the right side, not after it); NaN comes last. */
function before(rows: HostArray, from: number, n: number, v: number, right: boolean): number {
  const last = Number.isNaN(v);
  let [low, high] = [0, n];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const r = rows[from + middle] as number;
    const ahead = right ? r <= v || last : r < v || (last && !Number.isNaN(r));
    if (ahead) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Positions (i32) at which values [outer, m] keep ascending rows [outer or 1, n] sorted: before equals, or after them on the right side. */
export const searchPrimitive: Primitive<{ readonly right: boolean }> = {
  name: "searchsorted",
  infer: ([, values]) => ({ shape: (values as Tensor).shape, dtype: "i32" }),
  vjp: () => [null, null],
  jvp: () => null,
  batch([rows, values], [rowsBatched, valuesBatched], size, out) {
    const [r, v] = [rows as Tensor, values as Tensor];
    const all = valuesBatched ? v : broadcastTo(v, [size, ...v.shape]);
    const [, outer, m] = all.shape as [number, number, number];
    const n = r.shape.at(-1) as number;
    const shared = !rowsBatched && r.shape[0] === 1;
    const table = shared
      ? r
      : reshape(broadcastTo(rowsBatched ? r : reshape(r, [1, ...r.shape]), [size, outer, n]), [size * outer, n]);
    return reshape(apply(searchPrimitive, [table, reshape(all, [size * outer, m])], out.attributes), [size, outer, m]);
  },
  lower: {
    kind: "special",
    special(node) {
      const [rows, values] = node.inputs as [Tensor, Tensor];
      const [count, n] = rows.shape as [number, number];
      const [outer, m] = values.shape as [number, number];
      const { right } = node.attributes;
      return {
        kind: "routine",
        name: "searchsorted",
        run([r, v, out]) {
          const table = numbers(rows.dtype, r as HostArray);
          const wanted = numbers(values.dtype, v as HostArray);
          for (let o = 0; o < outer; o++)
            for (let i = 0; i < m; i++)
              (out as HostArray)[o * m + i] = before(
                table,
                count === 1 ? 0 : o * n,
                n,
                wanted[o * m + i] as number,
                right,
              );
        },
      };
    },
  },
};
