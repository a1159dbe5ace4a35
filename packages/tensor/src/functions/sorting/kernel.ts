import type { Code } from "../../backends/wasm/assembler.ts";
import { advance, place } from "../../backends/wasm/planes/layout.ts";
import type { DType } from "../../dtype.ts";
import type { RowCode } from "../../ir/ir.ts";

/** Rows shorter than this are sorted by insertion. */
const SHORT = 40;
/** Rows from this length on have digits of 11 bits instead of 8. */
const LONG = 2048;
/** Estimated nanoseconds of an element. */
const ELEMENT = 12;
const TOP = 0x80000000;
const INFINITY = 0x7f800000;

/** What is sorted, and what is wanted of it. */
export interface SortOf {
  readonly dtype: DType;
  readonly outer: number;
  readonly n: number;
  readonly descending: boolean;
  readonly values: boolean;
  readonly indices: boolean;
}

/** Rows of 32-bit numbers in order, as `sortRows` has them; null for other types. */
export function sortCode(of: SortOf): RowCode | null {
  const { dtype, outer, n, descending, values, indices } = of;
  if (dtype !== "f32" && dtype !== "i32" && dtype !== "u32") return null;
  if (outer * n === 0 || n > 2 ** 27 || !(values || indices)) return null;
  const layout = layOut(n, indices);
  return {
    key: `sort ${[dtype, n, descending, values, indices]}`,
    rows: outer,
    cost: n * ELEMENT,
    scratch: layout.bytes,
    write: (c) => new SortCode(c, of, layout).write(),
  };
}

interface Layout {
  /** Bytes of a key, with its position if that is wanted. */
  readonly size: number;
  readonly bits: number;
  readonly passes: number;
  /** Where the second copy of the keys begins, the counts of digits, and their end. */
  readonly other: number;
  readonly counts: number;
  readonly bytes: number;
}

/** The keys begin after a word that is smaller than any. */
const FIRST = 64;

function layOut(n: number, indices: boolean): Layout {
  const size = indices ? 8 : 4;
  const keys = Math.ceil((n * size) / 64) * 64;
  const bits = n < LONG ? 8 : 11;
  const passes = Math.ceil(32 / bits);
  if (n < SHORT) return { size, bits, passes, other: FIRST, counts: FIRST, bytes: FIRST + keys };
  const [other, counts] = [FIRST + keys, FIRST + 2 * keys];
  return { size, bits, passes, other, counts, bytes: counts + passes * 4 * 2 ** bits };
}

/**
 * Least-significant-digit radix sort of one row after another. Elements become unsigned keys in their order; with positions, a key and its position
 * move together as one word of 64 bits. Parameters: x, values and indices (those wanted), constants, scratch, from, to.
 */
class SortCode {
  readonly #c: Code;
  readonly #of: SortOf;
  readonly #at: Layout;
  readonly #scratch: number;
  readonly #keys: number;
  readonly #other: number;
  readonly #i: number;
  readonly #row: number;
  readonly #read: number;
  readonly #to: number;
  readonly #bits: number;
  readonly #key: number;
  readonly #slot: number;
  readonly #sum: number;
  readonly #zeros: number;
  readonly #never: number;
  readonly #pair: number;
  readonly #v: number;

  constructor(c: Code, of: SortOf, at: Layout) {
    [this.#c, this.#of, this.#at] = [c, of, at];
    this.#scratch = 2 + Number(of.values) + Number(of.indices);
    const local = (): number => c.local("i32");
    [this.#keys, this.#other, this.#i, this.#row, this.#read, this.#to] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ];
    [this.#bits, this.#key, this.#slot, this.#sum, this.#zeros, this.#never] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ];
    [this.#pair, this.#v] = [c.local("f64"), c.local("v128")];
  }

  write(): void {
    const c = this.#c;
    const of = this.#of;
    const at = this.#at;
    const scratch = this.#scratch;
    const row = this.#row;
    const [from, to] = [scratch + 1, scratch + 2];
    const { n } = of;
    c.loop(
      from,
      () => c.get(to),
      1,
      () => {
        this.#rowOf(0);
        c.set(row);
        place(c, this.#keys, scratch, FIRST);
        place(c, this.#other, scratch, at.other);
        if (n >= SHORT) {
          c.get(scratch);
          c.i32(at.counts);
          c.op("i32.add");
          c.i32(0);
          c.i32(at.bytes - at.counts);
          c.fillBytes();
        }
        this.#encode();
        if (n < SHORT) this.#insert();
        else for (let p = 0; p < at.passes; p++) this.#pass(p);
        this.#finish();
      },
    );
  }

  /** Pushes the address of the row in a buffer. */
  #rowOf(buffer: number): void {
    const c = this.#c;
    c.get(buffer);
    c.get(this.#scratch + 1);
    c.i32(4 * this.#of.n);
    c.op("i32.mul");
    c.op("i32.add");
  }

  #count(times: number, body: () => void, step = 1): void {
    const c = this.#c;
    const i = this.#i;
    c.i32(0);
    c.set(i);
    c.loop(i, () => c.i32(times), step, body);
  }

  /** Runs `body` while `more` pushes 1. */
  #during(more: () => void, body: () => void): void {
    const c = this.#c;
    const never = this.#never;
    c.i32(0);
    c.set(never);
    c.loop(never, more, 0, body);
  }

  /** Pushes scratch plus the bytes from the beginning of counts to the one of digit `p` of the key. */
  #digit(p: number): void {
    const c = this.#c;
    const at = this.#at;
    const shift = p * at.bits - 2;
    c.get(this.#key);
    c.i32(Math.abs(shift));
    c.op(shift < 0 ? "i32.shl" : "i32.shr_u");
    c.i32(4 * (2 ** at.bits - 1));
    c.op("i32.and");
    c.get(this.#scratch);
    c.op("i32.add");
  }

  /** Offset of the counts of digit `p` from scratch. */
  #countsOf(p: number): number {
    return this.#at.counts + p * 4 * 2 ** this.#at.bits;
  }

  /** Makes keys of the row, and counts their digits. */
  #encode(): void {
    const c = this.#c;
    const of = this.#of;
    const at = this.#at;
    const read = this.#read;
    const to = this.#to;
    const bits = this.#bits;
    const key = this.#key;
    const slot = this.#slot;
    const { n, descending } = of;
    place(c, read, this.#row);
    place(c, to, this.#keys);
    c.i32(0);
    c.set(this.#zeros);
    this.#count(n, () => {
      c.get(read);
      c.memory("i32.load");
      c.set(bits);
      this.#keyOf();
      if (descending) {
        c.i32(-1);
        c.op("i32.xor");
      }
      c.set(key);
      c.get(to);
      c.get(key);
      c.memory("i32.store");
      if (of.indices) {
        c.get(to);
        c.get(this.#i);
        c.memory("i32.store", 4);
      }
      if (n >= SHORT)
        for (let p = 0; p < at.passes; p++) {
          this.#digit(p);
          c.tee(slot);
          c.get(slot);
          c.memory("i32.load", this.#countsOf(p));
          c.i32(1);
          c.op("i32.add");
          c.memory("i32.store", this.#countsOf(p));
        }
      advance(c, read, 4);
      advance(c, to, at.size);
    });
  }

  /** Pushes the key of `bits`: NaN is the largest, and 0 and −0 have the same. */
  #keyOf(): void {
    const c = this.#c;
    const of = this.#of;
    const bits = this.#bits;
    if (of.dtype !== "f32") {
      c.get(bits);
      if (of.dtype === "u32") return;
      c.i32(TOP);
      c.op("i32.xor");
      return;
    }
    const size = this.#slot;
    // NaN, or
    c.i32(-1);
    // negative numbers inverted, others with the top bit; and −0 as 0
    c.i32(TOP);
    c.get(bits);
    c.get(bits);
    c.i32(31);
    c.op("i32.shr_s");
    c.i32(TOP);
    c.op("i32.or");
    c.op("i32.xor");
    c.get(bits);
    c.i32(TOP);
    c.op("i32.eq");
    c.tee(this.#key);
    c.op("select");
    c.i32(INFINITY);
    c.get(bits);
    c.i32(TOP - 1);
    c.op("i32.and");
    c.tee(size);
    c.op("i32.lt_u");
    c.op("select");
    c.get(this.#zeros);
    c.get(this.#key);
    c.op("i32.or");
    c.set(this.#zeros);
  }

  /** Moves the key at `from`, with its position, to `bytes` after `to`. */
  #move(to: number, bytes: number, from: () => void): void {
    const c = this.#c;
    const of = this.#of;
    c.get(to);
    from();
    c.memory(of.indices ? "f64.load" : "i32.load");
    c.memory(of.indices ? "f64.store" : "i32.store", bytes);
  }

  #insert(): void {
    const c = this.#c;
    const of = this.#of;
    const at = this.#at;
    const keys = this.#keys;
    const key = this.#key;
    const read = this.#read;
    const to = this.#to;
    const pair = this.#pair;
    const { size } = at;
    // smaller than every key, so that none moves past the beginning
    c.get(this.#scratch);
    c.i32(0);
    c.memory("i32.store", FIRST - size);
    place(c, read, keys);
    this.#count(of.n - 1, () => {
      place(c, to, read);
      advance(c, read, size);
      c.get(read);
      c.memory("i32.load");
      c.set(key);
      if (of.indices) {
        c.get(read);
        c.memory("f64.load");
        c.set(pair);
      }
      this.#during(
        () => {
          c.get(key);
          c.get(to);
          c.memory("i32.load");
          c.op("i32.lt_u");
        },
        () => {
          this.#move(to, size, () => c.get(to));
          advance(c, to, -size);
        },
      );
      c.get(to);
      c.get(of.indices ? pair : key);
      c.memory(of.indices ? "f64.store" : "i32.store", size);
    });
  }

  /** Moves all keys to their places by digit `p`; nothing to do when they agree in it. */
  #pass(p: number): void {
    const c = this.#c;
    const of = this.#of;
    const at = this.#at;
    const keys = this.#keys;
    const other = this.#other;
    const key = this.#key;
    const read = this.#read;
    const slot = this.#slot;
    const sum = this.#sum;
    const to = this.#to;
    const counts = this.#countsOf(p);
    c.get(keys);
    c.memory("i32.load");
    c.set(key);
    this.#digit(p);
    c.memory("i32.load", counts);
    c.i32(of.n);
    c.op("i32.ne");
    c.choose(null, () => {
      place(c, sum, other);
      place(c, slot, this.#scratch);
      this.#count(2 ** at.bits, () => {
        c.get(slot);
        c.get(sum);
        c.get(sum);
        c.get(slot);
        c.memory("i32.load", counts);
        c.i32(at.size);
        c.op("i32.mul");
        c.op("i32.add");
        c.set(sum);
        c.memory("i32.store", counts);
        advance(c, slot, 4);
      });
      this.#count(
        of.n * at.size,
        () => {
          c.get(keys);
          c.get(this.#i);
          c.op("i32.add");
          c.tee(read);
          c.memory("i32.load");
          c.set(key);
          this.#digit(p);
          c.tee(slot);
          c.get(slot);
          c.memory("i32.load", counts);
          c.tee(to);
          c.i32(at.size);
          c.op("i32.add");
          c.memory("i32.store", counts);
          if (of.indices) this.#move(to, 0, () => c.get(read));
          else {
            c.get(to);
            c.get(key);
            c.memory("i32.store");
          }
        },
        at.size,
      );
      for (const local of [keys, other]) c.get(local);
      for (const local of [keys, other]) c.set(local);
    });
  }

  #finish(): void {
    const c = this.#c;
    const of = this.#of;
    const read = this.#read;
    const to = this.#to;
    const i = this.#i;
    place(c, read, this.#keys);
    if (of.indices) {
      const { values } = of;
      const sum = this.#sum;
      const slot = this.#slot;
      this.#rowOf(1);
      c.set(to);
      if (values) {
        this.#rowOf(2);
        c.set(slot);
      }
      this.#count(of.n, () => {
        c.get(values ? slot : to);
        c.get(read);
        c.memory("i32.load", 4);
        c.tee(sum);
        c.memory("i32.store");
        if (values) {
          c.get(to);
          c.get(this.#row);
          c.get(sum);
          c.i32(2);
          c.op("i32.shl");
          c.op("i32.add");
          c.memory("i32.load");
          c.memory("i32.store");
          advance(c, slot, 4);
        }
        advance(c, to, 4);
        advance(c, read, 8);
      });
      return;
    }
    this.#rowOf(1);
    c.set(to);
    const step = (load: "v128.load" | "v128.load32_zero", bytes: number): void => {
      c.get(to);
      c.get(read);
      c.memory(load);
      this.#decode();
      if (bytes === 4) c.storeLane();
      else c.memory("v128.store");
      advance(c, read, bytes);
      advance(c, to, bytes);
    };
    this.#count(Math.floor(of.n / 4), () => step("v128.load", 16));
    this.#count(of.n % 4, () => step("v128.load32_zero", 4));
    if (of.dtype !== "f32") return;
    // If −0 was met, the run of zeros gets those of the row in their order.
    c.get(this.#zeros);
    c.choose(null, () => {
      this.#rowOf(1);
      c.set(to);
      const size = (): void => {
        c.i32(TOP - 1);
        c.op("i32.and");
      };
      this.#during(
        () => {
          c.get(to);
          c.memory("i32.load");
          size();
          c.i32(0);
          c.op("i32.ne");
        },
        () => advance(c, to, 4),
      );
      this.#count(
        4 * of.n,
        () => {
          c.get(this.#row);
          c.get(i);
          c.op("i32.add");
          c.memory("i32.load");
          c.tee(this.#bits);
          size();
          c.op("i32.eqz");
          c.choose(null, () => {
            c.get(to);
            c.get(this.#bits);
            c.memory("i32.store");
            advance(c, to, 4);
          });
        },
        4,
      );
    });
  }

  /** The elements of four keys on the stack. */
  #decode(): void {
    const c = this.#c;
    const of = this.#of;
    const v = this.#v;
    if (of.descending) c.op("v128.not");
    if (of.dtype === "u32") return;
    if (of.dtype === "f32") {
      c.tee(v);
      c.get(v);
      c.op("v128.not");
      c.i32(31);
      c.op("i32x4.shr_s");
      c.constant4("i32", TOP);
      c.op("v128.or");
    } else c.constant4("i32", TOP);
    c.op("v128.xor");
  }
}
