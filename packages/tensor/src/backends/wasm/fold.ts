import type { DType } from "../../dtype.ts";
import type { ReduceOp } from "../../ir/ir.ts";
import { neutral } from "../../primitives/window.ts";
import { type Bases, noBases, type Place } from "./access.ts";
import type { Code, Op } from "./assembler.ts";
import { binary, constant, valueType } from "./scalar.ts";

/** Elements that are added up in single precision before a partial sum goes to the total: bounds the error of long sums. */
const BLOCK = 2048;

type FoldOp = Exclude<ReduceOp, "argmax" | "argmin">;
const steps = { sum: "add", prod: "mul", max: "max", min: "min" } as const;

interface Options {
  readonly op: FoldOp;
  readonly dtype: DType;
  /** Extents and locals of the reduction loops. */
  readonly extents: readonly number[];
  readonly locals: readonly number[];
  /** Four results side by side. */
  readonly wide: boolean;
  /** The last reduction loop runs four terms at a time. */
  readonly lanes: boolean;
  /** One vector of results per shift. */
  readonly shifts: readonly number[];
  /** Vectors of terms that are folded side by side when the last loop runs four at a time. */
  readonly repeat: number;
  /** Results that are folded together when the last loop runs four at a time, or one by one. */
  readonly rows: number;
  /** Some results are folded in rows: then all are folded as those. */
  readonly joint: boolean;
  /** The loops are written out. */
  readonly unrolled: boolean;
  /** Locals that say where the only reduction loop begins and ends, if it is not run as a whole. */
  readonly range?: { readonly from: number; readonly to: number };
  /** Addresses in front of the last loop. */
  bases(): Bases;
  /** Emits the term of each row at a place, and what `take` does with its local. */
  terms(place: Place, take: (row: number, term: number) => void): void;
}

/**
 * Emits one fold over the reduction loops. Sums of f32 are taken in blocks: terms in single precision within a block, blocks in double precision
 * (one result) or in single precision (four results side by side).
 */
export class Fold {
  readonly #c: Code;
  readonly #o: Options;
  readonly #totals: number[];
  readonly #total: DType;
  /** Partial results of a block, or the totals themselves where blocks are not needed. */
  readonly #parts: number[];
  /** Of max and min of f32: the signs that zeros among the partial results should have (per result). */
  readonly #signs: number[];
  /** Terms of a block, at least. */
  readonly #block: number;
  /** The reduction axis in front of which a block begins. */
  readonly #level: number;

  constructor(c: Code, options: Options) {
    this.#c = c;
    this.#o = options;
    const { op, dtype, extents, wide, lanes, shifts, repeat, rows } = options;
    const rounding = dtype === "f32" && (op === "sum" || op === "prod");
    this.#total = rounding && !wide ? "f64" : dtype;
    const vectors = (n: number): number[] => Array.from({ length: n }, () => c.local("v128"));
    this.#totals = wide ? vectors(shifts.length) : Array.from({ length: rows }, () => c.local(valueType(this.#total)));
    const terms = extents.reduce((a, b) => a * b, 1);
    const blocks = lanes || (wide && rounding && terms > BLOCK);
    this.#block = options.joint ? BLOCK / 2 : BLOCK;
    this.#parts = blocks ? vectors(lanes ? rows * repeat : shifts.length) : this.#totals;
    const ordered = wide || lanes ? dtype === "f32" && (op === "max" || op === "min") : false;
    this.#signs = ordered ? vectors(lanes ? rows : shifts.length) : [];
    this.#level = blocks ? levelOf(extents) : -1;
  }

  run(): number[] {
    const c = this.#c;
    const o = this.#o;
    for (const t of this.#totals) this.#start(t, this.#total, o.wide);
    if (o.wide) this.#startSigns();
    this.#loop(0);
    if (o.wide) this.#signZeros(this.#totals);
    if (this.#total === o.dtype) return this.#totals;
    return this.#totals.map((t) => {
      const out = c.local("f32");
      c.get(t);
      c.op("f32.demote_f64");
      c.set(out);
      return out;
    });
  }

  #start(local: number, dtype: DType, wide: boolean): void {
    const c = this.#c;
    const o = this.#o;
    const zero = neutral(o.op, o.dtype);
    if (wide) c.constant4(o.dtype === "f32" ? "f32" : "i32", zero);
    else constant(c, dtype, zero);
    c.set(local);
  }

  /** Begins partial results anew. */
  #restart(): void {
    for (const p of this.#parts) this.#start(p, this.#o.dtype, true);
    this.#startSigns();
  }

  #startSigns(): void {
    for (const s of this.#signs) {
      this.#c.constant4("i32", this.#o.op === "max" ? -1 : 0);
      this.#c.set(s);
    }
  }

  /** to = to ∘ from, on vectors. */
  #step(to: number, from: number): void {
    const c = this.#c;
    const o = this.#o;
    c.get(to);
    c.get(from);
    const sign = o.op === "max" || o.op === "min" ? "_s" : "";
    if (this.#signs.length > 0) {
      // f32x4.max is eight instructions of x86. The first operand stays unless the second one is beyond it; NaN stays because all bits are set.
      c.op(`f32x4.p${o.op as "max" | "min"}`);
      c.get(from);
      c.get(from);
      c.op("f32x4.ne");
      c.op("v128.or");
    } else c.op((o.dtype === "f32" ? `f32x4.${steps[o.op]}` : `i32x4.${steps[o.op]}${sign}`) as Op);
    c.set(to);
  }

  /** Takes a term of result `n` into one of its partial results. */
  #take(n: number, part: number, term: number): void {
    const c = this.#c;
    const o = this.#o;
    this.#step(this.#parts[part] as number, term);
    const signs = this.#signs[n];
    if (signs === undefined) return;
    // No term is beyond a result of zero: it is +0 in a max unless all terms are negative, −0 in a min if one of them is.
    c.get(signs);
    c.get(term);
    c.op(o.op === "max" ? "v128.and" : "v128.or");
    c.set(signs);
  }

  /** Gives results that are zero the sign they should have. */
  #signZeros(results: readonly number[]): void {
    const c = this.#c;
    this.#signs.forEach((signs, n) => {
      const result = results[n] as number;
      c.get(signs);
      c.constant4("i32", 0x80000000 | 0);
      c.op("v128.and");
      c.get(result);
      c.get(result);
      c.constant4("f32", 0);
      c.op("f32x4.eq");
      c.op("v128.bitselect");
      c.set(result);
    });
  }

  /** Takes one number into a total. */
  #scalar(n: number, value: number): void {
    const c = this.#c;
    const o = this.#o;
    const total = this.#totals[n] as number;
    if (this.#total !== o.dtype) {
      c.get(total);
      c.get(value);
      c.op("f64.promote_f32");
      c.op(`f64.${steps[o.op]}` as Op);
    } else binary(c, steps[o.op], o.dtype, o.dtype, total, value);
    c.set(total);
  }

  /** The loops from `axis` on. */
  #loop(axis: number): void {
    const c = this.#c;
    const o = this.#o;
    if (axis === this.#level) this.#restart();
    if (axis === o.extents.length) this.#term(noBases);
    else if (o.unrolled)
      for (let n = 0; n < (o.extents[axis] as number); n++) {
        c.i32(n);
        c.set(o.locals[axis] as number);
        this.#loop(axis + 1);
      }
    else if (axis === o.extents.length - 1) this.#last(axis);
    else {
      const i = o.locals[axis] as number;
      c.i32(0);
      c.set(i);
      c.loop(
        i,
        () => c.i32(o.extents[axis] as number),
        1,
        () => this.#loop(axis + 1),
      );
    }
    if (axis === this.#level) this.#flush();
  }

  /** The innermost loop; a long one in blocks. */
  #last(axis: number): void {
    const c = this.#c;
    const o = this.#o;
    const extent = o.extents[axis] as number;
    const i = o.locals[axis] as number;
    if (o.range === undefined) c.i32(0);
    else c.get(o.range.from);
    c.set(i);
    const bases = o.bases();
    const { range } = o;
    if (range !== undefined) {
      c.loop(
        i,
        () => c.get(range.to),
        1,
        () => this.#term(bases),
      );
      return;
    }
    const single = (limit: () => void): void => c.loop(i, limit, 1, () => this.#term(bases));
    const terms = (limit: (margin: number) => void): void => {
      if (!o.lanes) {
        single(() => limit(0));
        return;
      }
      for (const n of new Set([o.repeat, 1]))
        c.loop(
          i,
          () => limit(4 * n - 1),
          4 * n,
          () => {
            for (let v = 0; v < n; v++)
              o.terms({ locals: [], wide: true, shift: 4 * v, bases }, (row, t) => {
                this.#take(row, row * o.repeat + v, t);
              });
          },
        );
    };
    if (this.#level !== axis || extent <= 2 * this.#block) {
      terms((margin) => c.i32(extent - margin));
      if (o.lanes) single(() => c.i32(extent));
      return;
    }
    // Every round ends one block further, the last one at the end of the row.
    const [round, end] = [c.local("i32"), c.local("i32")];
    c.i32(0);
    c.set(round);
    c.loop(
      round,
      () => c.i32(extent),
      this.#block,
      () => {
        c.get(round);
        c.i32(this.#block);
        c.op("i32.add");
        c.tee(end);
        c.i32(extent);
        c.get(end);
        c.i32(extent);
        c.op("i32.lt_s");
        c.op("select");
        c.set(end);
        terms((margin) => {
          c.get(end);
          c.i32(margin);
          c.op("i32.sub");
        });
        this.#flush();
        this.#restart();
      },
    );
    if (o.lanes) single(() => c.i32(extent));
  }

  /** One term of every result. */
  #term(bases: Bases): void {
    const o = this.#o;
    if (!o.wide) {
      o.terms({ locals: [], wide: false, shift: 0, bases }, (row, t) => this.#scalar(row, t));
      return;
    }
    o.shifts.forEach((shift, v) => {
      o.terms({ locals: [], wide: true, shift, bases }, (_, t) => this.#take(v, v, t));
    });
  }

  /** Takes the partial results of a block into the totals. */
  #flush(): void {
    const c = this.#c;
    const o = this.#o;
    if (!o.lanes) {
      this.#totals.forEach((t, v) => {
        this.#step(t, this.#parts[v] as number);
      });
      return;
    }
    const firsts = this.#totals.map((_, row) => {
      const [first, ...others] = this.#parts.slice(row * o.repeat, (row + 1) * o.repeat) as [number, ...number[]];
      for (const p of others) this.#step(first, p);
      return first;
    });
    this.#signZeros(firsts);
    const lane = c.local("f32");
    firsts.forEach((first, row) => {
      for (let l = 0; l < 4; l++) {
        c.get(first);
        c.extract("f32", l);
        c.set(lane);
        this.#scalar(row, lane);
      }
    });
  }
}

/** The innermost axis from which on a block has enough terms to be worth the flush. */
function levelOf(extents: readonly number[]): number {
  let terms = 1;
  for (let axis = extents.length - 1; axis > 0; axis--) {
    terms *= extents[axis] as number;
    if (terms >= BLOCK / 4) return axis;
  }
  return 0;
}
