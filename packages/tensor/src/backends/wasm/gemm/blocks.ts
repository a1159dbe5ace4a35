import { Code } from "../assembler.ts";
import type { Kind } from "./tile.ts";

/** Rows of a block of A that stay in the second-level cache while all panels of B pass. */
const MC = 96;

/** Parameters: packed a, packed b, c, m, n, padded depth, bytes per row of c, scratch tile, 1 to write c or 0 to add to it. `tile` is the number of the tile function. */
export function blocks({ rows, columns, bytes, dtype }: Kind, tile: number): Code {
  const c = new Code(9);
  const [a, b, out, m, n, depth, stride, scratch, first] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const local = (): number => c.local("i32");
  const [ic, j, i, end, pa, pb, pc, r, q] = [
    local(),
    local(),
    local(),
    local(),
    local(),
    local(),
    local(),
    local(),
    local(),
  ] as const;
  const block = Math.floor(MC / rows) * rows;
  const sum = (...parts: (() => void)[]): void =>
    parts.forEach((p, k) => {
      p();
      if (k > 0) c.op("i32.add");
    });
  const product = (...factors: (number | { readonly i32: number })[]): void =>
    factors.forEach((l, k) => {
      if (typeof l === "number") c.get(l);
      else c.i32(l.i32);
      if (k > 0) c.op("i32.mul");
    });
  const below = (x: () => void, limit: number): void => {
    x();
    c.get(limit);
    c.op("i32.lt_s");
  };
  /** At the edges the tile goes to scratch first; only what belongs to c is brought there. */
  const edge = (): void => {
    for (const l of [pa, pb, scratch, depth]) c.get(l);
    c.i32(columns * bytes);
    c.i32(1);
    c.call(tile);
    c.i32(0);
    c.set(r);
    c.loop(
      r,
      () => c.i32(rows),
      1,
      () => {
        below(
          () =>
            sum(
              () => c.get(i),
              () => c.get(r),
            ),
          m,
        );
        c.choose(null, () => {
          c.i32(0);
          c.set(q);
          c.loop(
            q,
            () => c.i32(columns),
            1,
            () => {
              below(
                () =>
                  sum(
                    () => c.get(j),
                    () => c.get(q),
                  ),
                n,
              );
              c.choose(null, () => {
                const place = (): void =>
                  sum(
                    () => c.get(pc),
                    () => product(r, stride),
                    () => product(q, { i32: bytes }),
                  );
                place();
                sum(
                  () => c.get(scratch),
                  () => product(r, { i32: columns * bytes }),
                  () => product(q, { i32: bytes }),
                );
                c.memory(`${dtype}.load`);
                c.get(first);
                c.choose(
                  dtype,
                  () => (dtype === "f32" ? c.f32(-0) : c.f64(-0)),
                  () => {
                    place();
                    c.memory(`${dtype}.load`);
                  },
                );
                c.op(`${dtype}.add`);
                c.memory(`${dtype}.store`);
              });
            },
          );
        });
      },
    );
  };
  const whole = (): void => {
    for (const l of [pa, pb, pc, depth, stride, first]) c.get(l);
    c.call(tile);
  };
  c.i32(0);
  c.set(ic);
  c.loop(
    ic,
    () => c.get(m),
    block,
    () => {
      c.get(ic);
      c.i32(block);
      c.op("i32.add");
      c.tee(end);
      c.get(m);
      c.get(end);
      c.get(m);
      c.op("i32.lt_s");
      c.op("select");
      c.set(end);
      c.i32(0);
      c.set(j);
      c.loop(
        j,
        () => c.get(n),
        columns,
        () => {
          sum(
            () => c.get(b),
            () => product(j, depth, { i32: bytes }),
          );
          c.set(pb);
          c.get(ic);
          c.set(i);
          c.loop(
            i,
            () => c.get(end),
            rows,
            () => {
              sum(
                () => c.get(a),
                () => product(i, depth, { i32: bytes }),
              );
              c.set(pa);
              sum(
                () => c.get(out),
                () => product(i, stride),
                () => product(j, { i32: bytes }),
              );
              c.set(pc);
              sum(
                () => c.get(i),
                () => c.i32(rows),
              );
              c.get(m);
              c.op("i32.le_s");
              sum(
                () => c.get(j),
                () => c.i32(columns),
              );
              c.get(n);
              c.op("i32.le_s");
              c.op("i32.and");
              c.choose(null, whole, edge);
            },
          );
        },
      );
    },
  );
  return c;
}
