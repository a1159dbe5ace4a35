import { Code } from "../assembler.ts";

/** What a register tile is made of. */
export interface Kind {
  readonly dtype: "f32" | "f64";
  /** Bytes of an element. */
  readonly bytes: 4 | 8;
  readonly rows: number;
  /** Columns: two vectors. */
  readonly columns: 8 | 4;
  readonly fused: boolean;
}

/** With fused multiply-add six rows fill the registers; without, the products would spill, and four rows are best. */
export const kindOf = (dtype: "f32" | "f64", fused: boolean): Kind =>
  dtype === "f32"
    ? { dtype, bytes: 4, rows: fused ? 6 : 4, columns: 8, fused }
    : { dtype, bytes: 8, rows: fused ? 6 : 4, columns: 4, fused };

/** The innermost loop is unrolled by this; packing pads the depth with zeros. */
export const UNROLL = 4;

/** Parameters: a (packed [k][rows]), b (packed [k][columns]), c, depth, bytes per row of c, 1 to write the product to c or 0 to add it. */
export function tile({ dtype, bytes, rows, columns, fused }: Kind): Code {
  const c = new Code(6);
  const [a, b, out, depth, stride, first] = [0, 1, 2, 3, 4, 5];
  const type = dtype === "f32" ? ("f32x4" as const) : ("f64x2" as const);
  const acc = Array.from({ length: rows }, () => [c.local("v128"), c.local("v128")]);
  const right = [c.local("v128"), c.local("v128")];
  const left = c.local("v128");
  const i = c.local("i32");
  // Locals start at zero, and so do the sums.
  c.i32(0);
  c.set(i);
  c.loop(
    i,
    () => c.get(depth),
    UNROLL,
    () => {
      for (let u = 0; u < UNROLL; u++) {
        right.forEach((r, j) => {
          c.get(b);
          c.memory("v128.load", u * columns * bytes + 16 * j);
          c.set(r);
        });
        acc.forEach((pair, m) => {
          c.get(a);
          c.memory(dtype === "f32" ? "v128.load32_splat" : "v128.load64_splat", (u * rows + m) * bytes);
          c.set(left);
          pair.forEach((r, j) => {
            if (!fused) c.get(r);
            c.get(left);
            c.get(right[j] as number);
            if (fused) {
              c.get(r);
              c.op(`${type}.relaxed_madd`);
            } else {
              c.op(`${type}.mul`);
              c.op(`${type}.add`);
            }
            c.set(r);
          });
        });
      }
      for (const [p, by] of [
        [a, rows * bytes * UNROLL],
        [b, columns * bytes * UNROLL],
      ] as const) {
        c.get(p);
        c.i32(by);
        c.op("i32.add");
        c.set(p);
      }
    },
  );
  const write = (adding: boolean): void => {
    for (const pair of acc) {
      pair.forEach((r, j) => {
        c.get(out);
        if (adding) {
          c.get(out);
          c.memory("v128.load", 16 * j);
        }
        c.get(r);
        if (adding) c.op(`${type}.add`);
        c.memory("v128.store", 16 * j);
      });
      c.get(out);
      c.get(stride);
      c.op("i32.add");
      c.set(out);
    }
  };
  c.get(first);
  c.choose(
    null,
    () => write(false),
    () => write(true),
  );
  return c;
}
