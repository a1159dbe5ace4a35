import { Code } from "../assembler.ts";
import type { Kind } from "./tile.ts";
import { words } from "./words.ts";

/** Rows of a block of A that stay in the second-level cache while all panels of B pass. */
const MC = 96;

/** Parameters: packed a, packed b, c, m, n, padded depth, bytes per row of c, scratch tile, 1 to write c or 0 to add to it. `tile` is the number of the tile function. */
export function blocks({ rows, columns, bytes, dtype }: Kind, tile: number): Code {
  const c = new Code(9);
  const [a, b, out, m, n, depth, stride, scratch, first] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const { local, set, push, term, plus, times, minus, smaller, count } = words(c);
  const [ic, j, i, end, pa, pb, pc] = [local(), local(), local(), local(), local(), local(), local()] as const;
  const [r, q, height, width, place] = [local(), local(), local(), local(), local()] as const;
  const [tall, wide, size] = [{ i32: rows }, { i32: columns }, { i32: bytes }];
  const block = { i32: Math.floor(MC / rows) * rows };
  /** At the edges the tile goes to scratch first; only what belongs to c is brought there. */
  const edge = (): void => {
    for (const t of [pa, pb, scratch, depth, times(wide, size), { i32: 1 }]) term(t);
    c.call(tile);
    count(r, { i32: 0 }, height, { i32: 1 }, () =>
      count(q, { i32: 0 }, width, { i32: 1 }, () => {
        set(place, pc, times(r, stride), times(q, size));
        c.get(place);
        push(scratch, times(r, wide, size), times(q, size));
        c.memory(`${dtype}.load`);
        c.get(first);
        c.choose(
          dtype,
          () => c[dtype](-0),
          () => {
            c.get(place);
            c.memory(`${dtype}.load`);
          },
        );
        c.op(`${dtype}.add`);
        c.memory(`${dtype}.store`);
      }),
    );
  };
  const whole = (): void => {
    for (const l of [pa, pb, pc, depth, stride, first]) c.get(l);
    c.call(tile);
  };
  count(ic, { i32: 0 }, m, block, () => {
    set(end, smaller(m, plus(ic, block)));
    count(j, { i32: 0 }, n, wide, () => {
      set(pb, b, times(j, depth, size));
      set(width, smaller(wide, minus(n, j)));
      count(i, ic, end, tall, () => {
        set(pa, a, times(i, depth, size));
        set(pc, out, times(i, stride), times(j, size));
        set(height, smaller(tall, minus(m, i)));
        push(height, width);
        c.i32(rows + columns);
        c.op("i32.eq");
        c.choose(null, whole, edge);
      });
    });
  });
  return c;
}
