import type { Code, Op } from "../backends/wasm/assembler.ts";
import { advance, place, repeat } from "../backends/wasm/planes/layout.ts";
import { type DType, dtypes } from "../dtype.ts";
import type { RowCode } from "../ir/ir.ts";

/** Estimated nanoseconds of an element. */
const ELEMENT = 1;
/** Vectors of neighbouring columns that run side by side: 64 bytes. */
const BLOCK = 64;

/** What runs along the middle axis of [outer, n, inner]. */
export interface RunningOf {
  readonly op: "sum" | "max" | "min" | "recurrence";
  readonly dtype: DType;
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly reverse: boolean;
}

/** Running sums and extremes, and recurrences, of 32-bit numbers and f64: columns side by side in vectors. Null for other types. */
export function runningCode(of: RunningOf): RowCode | null {
  const { op, dtype, outer, n, inner, reverse } = of;
  if (dtype !== "f32" && dtype !== "f64" && dtype !== "i32" && dtype !== "u32") return null;
  const bytes = n * inner * dtypes[dtype].bytes;
  if (outer * bytes === 0 || bytes >= 2 ** 31) return null;
  return {
    key: `running ${[op, dtype, n, inner, reverse]}`,
    rows: outer,
    cost: n * inner * ELEMENT,
    scratch: 0,
    write: (c) => new RunningCode(c, of).write(),
  };
}

/** Parameters: x, or a and b; result, constants, scratch, from, to. Sums of f32 are kept in double precision. */
class RunningCode {
  readonly #c: Code;
  readonly #of: RunningOf;
  readonly #size: 4 | 8;
  readonly #wide: boolean;
  readonly #lanes: number;
  readonly #type: "f32x4" | "f64x2" | "i32x4";
  readonly #result: number;
  readonly #at: number;
  readonly #column: number;
  readonly #totals: readonly number[];

  constructor(c: Code, of: RunningOf) {
    [this.#c, this.#of] = [c, of];
    const { op, dtype } = of;
    this.#size = dtype === "f64" ? 8 : 4;
    this.#wide = dtype === "f32" && op === "sum";
    this.#lanes = this.#wide ? 2 : 16 / this.#size;
    this.#type = this.#wide || dtype === "f64" ? "f64x2" : dtype === "f32" ? "f32x4" : "i32x4";
    this.#result = op === "recurrence" ? 2 : 1;
    [this.#at, this.#column] = [c.local("i32"), c.local("i32")];
    this.#totals = Array.from({ length: BLOCK / this.#size / this.#lanes }, () => c.local("v128"));
  }

  write(): void {
    const c = this.#c;
    const of = this.#of;
    const at = this.#at;
    const column = this.#column;
    const size = this.#size;
    const lanes = this.#lanes;
    const result = this.#result;
    const { n, inner, reverse } = of;
    const row = inner * size;
    const [from, to] = [result + 3, result + 4];
    const [i, j] = [c.local("i32"), c.local("i32")];
    c.loop(
      from,
      () => c.get(to),
      1,
      () => {
        c.get(from);
        c.i32(n * row);
        c.op("i32.mul");
        c.i32(reverse ? (n - 1) * row : 0);
        c.op("i32.add");
        c.set(column);
        let left = inner;
        for (const [vectors, of] of [
          [this.#totals.length, lanes],
          [1, lanes],
          [1, 1],
        ] as const) {
          const columns = vectors * of;
          const times = Math.floor(left / columns);
          left -= times * columns;
          if (times === 0) continue;
          const totals = this.#totals.slice(0, vectors);
          repeat(c, i, times, () => {
            place(c, at, column);
            totals.forEach((_, k) => this.#step(k, of === 1, true));
            repeat(c, j, n - 1, () => {
              advance(c, at, reverse ? -row : row);
              totals.forEach((_, k) => this.#step(k, of === 1, false));
            });
            advance(c, column, columns * size);
          });
        }
      },
    );
  }

  /** Pushes the address of the current row in a buffer. */
  #address(buffer: number): void {
    this.#c.get(buffer);
    this.#c.get(this.#at);
    this.#c.op("i32.add");
  }

  #load(buffer: number, k: number, single: boolean): void {
    const c = this.#c;
    const size = this.#size;
    const wide = this.#wide;
    const lanes = this.#lanes;
    this.#address(buffer);
    const bytes = size * (single ? 1 : lanes);
    c.memory(bytes === 16 ? "v128.load" : bytes === 8 ? "v128.load64_zero" : "v128.load32_zero", k * lanes * size);
    if (wide) c.op("f64x2.promote_low_f32x4");
  }

  /** The next element of the k-th vector of columns, or of a single one. */
  #step(k: number, single: boolean, first: boolean): void {
    const c = this.#c;
    const of = this.#of;
    const size = this.#size;
    const wide = this.#wide;
    const lanes = this.#lanes;
    const type = this.#type;
    const result = this.#result;
    const total = this.#totals[k] as number;
    if (of.op === "recurrence") {
      if (!first) {
        this.#load(0, k, single);
        c.get(total);
        c.op(`${type}.mul` as Op);
      }
      this.#load(1, k, single);
      if (!first) c.op(`${type}.add`);
    } else {
      if (!first) c.get(total);
      this.#load(0, k, single);
      if (!first) c.op(this.#fold());
    }
    c.set(total);
    this.#address(result);
    c.get(total);
    if (wide) c.op("f32x4.demote_f64x2_zero");
    const bytes = size * (single ? 1 : lanes);
    const offset = k * lanes * size;
    if (bytes === 16) c.memory("v128.store", offset);
    else if (bytes === 8) c.storeHalf(offset, 0);
    else c.storeLane(offset);
  }

  #fold(): Op {
    const { op, dtype } = this.#of;
    if (op === "sum") return `${this.#type}.add`;
    const sign = dtype === "i32" ? "_s" : dtype === "u32" ? "_u" : "";
    return `${this.#type}.${op}${sign}` as Op;
  }
}
