import { type DType, dtypes } from "../../dtype.ts";
import { affine, rangeOf } from "../../ir/index-expr.ts";
import type { Accumulator, Guard, Index, Instruction, Kernel } from "../../ir/ir.ts";
import { neutral } from "../../primitives/window.ts";
import { Code, type MemoryOp, type Op } from "./assembler.ts";
import { binary, bitcast, callHost, cast, constant, unary, valueType } from "./scalar.ts";
import { vectorInstruction, vectorisable } from "./vector.ts";

const loads: Record<DType, MemoryOp> = {
  f32: "f32.load",
  f64: "f64.load",
  f16: "i32.load16_u",
  i32: "i32.load",
  u32: "i32.load",
  i8: "i32.load8_s",
  u8: "i32.load8_u",
  bool: "i32.load8_u",
};
const stores: Record<DType, MemoryOp> = {
  f32: "f32.store",
  f64: "f64.store",
  f16: "i32.store16",
  i32: "i32.store",
  u32: "i32.store",
  i8: "i32.store8",
  u8: "i32.store8",
  bool: "i32.store8",
};

/** One kernel as a function (pointers of its buffers, start, end): runs the outermost loop from start to end. */
export class NestCode {
  readonly code: Code;
  private readonly kernel: Kernel;
  private readonly loops: number[];
  private readonly start: number;
  private readonly end: number;
  /** Which loop runs four elements at a time: the last output loop, the last reduction loop, or none. */
  private readonly lanes: number | null;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    const n = kernel.buffers.length;
    this.code = new Code(n + 2);
    this.start = n;
    this.end = n + 1;
    const depth = kernel.loops.length + kernel.reduce.length;
    this.loops = Array.from({ length: depth }, () => this.code.local("i32"));
    this.lanes = vectorisable(kernel);
    this.outputs(0);
  }

  private outputs(axis: number): void {
    const { code: c, kernel: k } = this;
    const last = k.loops.length - 1;
    if (axis > last) {
      this.point(false, null);
      return;
    }
    const i = this.loops[axis] as number;
    const extent = (): void => (axis === 0 ? c.get(this.end) : c.i32(k.loops[axis] as number));
    if (axis === 0) c.get(this.start);
    else c.i32(0);
    c.set(i);
    if (axis < last) {
      c.loop(i, extent, 1, () => this.outputs(axis + 1));
      return;
    }
    const bases = k.reduce.length === 0 ? this.bases(k.outer, axis) : null;
    if (this.lanes === axis) {
      // Whole groups of four first; the scalar loop finishes the row.
      const whole = c.local("i32");
      extent();
      c.i32(3);
      c.op("i32.sub");
      c.set(whole);
      c.loop(
        i,
        () => c.get(whole),
        4,
        () => this.point(true, bases),
      );
    }
    c.loop(i, extent, 1, () => this.point(false, bases));
  }

  /** One output element, or four neighbours along the last loop. */
  private point(wide: boolean, bases: Bases | null): void {
    const { kernel: k } = this;
    const results = k.accumulators.map((a) => this.fold(a, wide));
    const values = this.instructions(k.outer, wide, bases, (x) => {
      this.code.get(results[x.a] as number);
    });
    for (const s of k.stores) this.store(s, values, wide);
  }

  private store(s: Kernel["stores"][number], values: readonly number[], wide: boolean): void {
    const { code: c, kernel: k } = this;
    const { dtype } = k.buffers[s.buffer] as { dtype: DType };
    c.get(s.buffer);
    this.index(s.index, values);
    c.i32(dtypes[dtype].bytes);
    c.op("i32.mul");
    c.op("i32.add");
    c.get(values[s.value] as number);
    if (dtype === "f16") {
      callHostRaw(c);
    }
    c.memory(wide ? "v128.store" : stores[dtype]);
  }

  /** Folds over the reduction loops; gives the local that holds the result. */
  private fold(a: Accumulator, wide: boolean): number {
    const { code: c, kernel: k } = this;
    const from = (k.inner[a.value] as Instruction).dtype;
    if (a.op === "argmax" || a.op === "argmin") return this.winner(a.op, a.value, from);
    const type = wide ? "v128" : valueType(a.dtype);
    // Scalar sums of f32 are kept in double precision; it costs nothing.
    const precise =
      !wide &&
      a.dtype === "f32" &&
      (a.op === "sum" || a.op === "prod") &&
      this.lanes !== k.loops.length + k.reduce.length - 1;
    const acc = c.local(precise ? "f64" : type);
    if (precise) c.f64(neutral(a.op, a.dtype));
    else {
      constant(c, a.dtype, neutral(a.op, a.dtype));
      if (wide) c.op("f32x4.splat");
    }
    c.set(acc);
    const name = { sum: "add", prod: "mul", max: "max", min: "min" }[a.op] as "add" | "mul" | "max" | "min";
    const step = (value: number): void => {
      if (wide) {
        c.get(acc);
        c.get(value);
        c.op(`f32x4.${name}` as Op);
      } else if (precise) {
        c.get(acc);
        c.get(value);
        c.op("f64.promote_f32");
        c.op(`f64.${name}` as Op);
      } else binary(c, name, a.dtype, a.dtype, acc, value);
      c.set(acc);
    };
    this.reductions(
      0,
      wide,
      (values) => step(values[a.value] as number),
      (values, row) => {
        c.get(row);
        c.get(values[a.value] as number);
        c.op(`f32x4.${name}` as Op);
        c.set(row);
      },
      (row) => {
        const lane = c.local("f32");
        for (let l = 0; l < 4; l++) {
          c.get(row);
          c.extractF32(l);
          c.set(lane);
          step(lane);
        }
      },
      a,
    );
    if (!precise) return acc;
    const out = c.local("f32");
    c.get(acc);
    c.op("f32.demote_f64");
    c.set(out);
    return out;
  }

  private winner(op: "argmax" | "argmin", value: number, from: DType): number {
    const { code: c } = this;
    const [best, at, count] = [c.local(valueType(from)), c.local("i32"), c.local("i32")];
    constant(c, from, 0);
    c.set(best);
    for (const x of [at, count]) {
      c.i32(0);
      c.set(x);
    }
    const float = valueType(from) !== "i32";
    this.reductions(0, false, (values) => {
      const v = values[value] as number;
      binary(c, "lt", "bool", from, op === "argmax" ? best : v, op === "argmax" ? v : best);
      if (float) {
        // A NaN takes the lead from any number and keeps it.
        unary(c, "isnan", "bool", from, v);
        unary(c, "isnan", "bool", from, best);
        c.op("i32.eqz");
        c.op("i32.and");
        c.op("i32.or");
      }
      c.get(count);
      c.op("i32.eqz");
      c.op("i32.or");
      c.choose(null, () => {
        c.get(v);
        c.set(best);
        c.get(count);
        c.set(at);
      });
      c.get(count);
      c.i32(1);
      c.op("i32.add");
      c.set(count);
    });
    return at;
  }

  /** The reduction loops from `axis` on. With lanes on the last one, `row` gathers four partial results that `gather` then folds. */
  private reductions(
    axis: number,
    wide: boolean,
    step: (values: readonly number[]) => void,
    rowStep?: (values: readonly number[], row: number) => void,
    gather?: (row: number) => void,
    a?: Accumulator,
  ): void {
    const { code: c, kernel: k } = this;
    if (axis === k.reduce.length) {
      step(this.instructions(k.inner, wide, null));
      return;
    }
    const loop = k.loops.length + axis;
    const i = this.loops[loop] as number;
    const extent = k.reduce[axis] as number;
    const last = axis === k.reduce.length - 1;
    c.i32(0);
    c.set(i);
    if (!last) {
      c.loop(
        i,
        () => c.i32(extent),
        1,
        () => this.reductions(axis + 1, wide, step, rowStep, gather, a),
      );
      return;
    }
    const bases = this.bases(k.inner, loop);
    if (this.lanes === loop && rowStep && gather && a) {
      const row = c.local("v128");
      constant(c, a.dtype, neutral(a.op, a.dtype));
      c.op("f32x4.splat");
      c.set(row);
      c.loop(
        i,
        () => c.i32(extent - 3),
        4,
        () => rowStep(this.instructions(k.inner, true, bases), row),
      );
      gather(row);
    }
    c.loop(
      i,
      () => c.i32(extent),
      1,
      () => step(this.instructions(k.inner, wide, bases)),
    );
  }

  /** Locals with the address of each affine load at position 0 of `loop`, computed before that loop. */
  private bases(list: readonly Instruction[], loop: number): Bases {
    const { code: c } = this;
    const depth = this.loops.length;
    const out: Bases = new Map();
    list.forEach((x, n) => {
      if (x.op !== "load") return;
      const flat = affine(x.index, depth);
      if (flat === null) return;
      const bytes = dtypes[x.dtype].bytes;
      const local = c.local("i32");
      c.get(x.buffer);
      c.i32(flat.constant * bytes);
      c.op("i32.add");
      flat.strides.forEach((s, l) => {
        if (s === 0 || l === loop) return;
        this.scaled(l, s * bytes);
        c.op("i32.add");
      });
      c.set(local);
      out.set(n, { local, loop, stride: (flat.strides[loop] as number) * bytes });
    });
    return out;
  }

  private scaled(loop: number, by: number): void {
    const { code: c } = this;
    c.get(this.loops[loop] as number);
    if (by === 1) return;
    c.i32(by);
    c.op("i32.mul");
  }

  /** Emits the instructions; gives their locals. */
  private instructions(
    list: readonly Instruction[],
    wide: boolean,
    bases: Bases | null,
    accumulator?: (x: Extract<Instruction, { op: "accumulator" }>) => void,
  ): number[] {
    const { code: c } = this;
    const locals: number[] = [];
    list.forEach((x, n) => {
      const local = c.local(wide ? "v128" : valueType(x.dtype));
      const from = "a" in x && x.op !== "accumulator" ? (list[x.a] as Instruction).dtype : x.dtype;
      if (x.op === "accumulator") accumulator?.(x);
      else if (x.op === "load") this.load(x, n, locals, wide, bases);
      else if (wide) vectorInstruction(c, x, locals);
      else if (x.op === "const") constant(c, x.dtype, x.value);
      else if (x.op === "index") this.index(x.index, locals);
      else if (x.op === "guard") this.guards(x.guards, locals);
      else if (x.op === "where") {
        c.get(locals[x.b] as number);
        c.get(locals[x.c] as number);
        c.get(locals[x.a] as number);
        c.op("select");
      } else if (x.op === "cast") cast(c, x.dtype, from, locals[x.a] as number);
      else if (x.op === "bitcast") bitcast(c, x.dtype, from, locals[x.a] as number);
      else if ("b" in x) binary(c, x.op, x.dtype, from, locals[x.a] as number, locals[x.b] as number);
      else unary(c, x.op, x.dtype, from, locals[x.a] as number);
      c.set(local);
      locals.push(local);
    });
    return locals;
  }

  private load(
    x: Extract<Instruction, { op: "load" }>,
    n: number,
    locals: readonly number[],
    wide: boolean,
    bases: Bases | null,
  ): void {
    const { code: c } = this;
    const bytes = dtypes[x.dtype].bytes;
    const base = bases?.get(n);
    const address = (): void => {
      if (base !== undefined) {
        c.get(base.local);
        if (base.stride !== 0) {
          this.scaled(base.loop, base.stride);
          c.op("i32.add");
        }
        return;
      }
      c.get(x.buffer);
      this.index(x.index, locals);
      c.i32(bytes);
      c.op("i32.mul");
      c.op("i32.add");
    };
    const read = (): void => {
      address();
      if (wide) {
        const flat = affine(x.index, this.loops.length);
        c.memory(flat?.strides[this.lanes as number] === 1 ? "v128.load" : "v128.load32_splat");
        return;
      }
      c.memory(loads[x.dtype]);
      if (x.dtype === "f16") {
        c.op("f64.convert_i32_u");
        callHost(c, "load16", "f64");
        c.op("f32.demote_f64");
      }
    };
    if (x.guards.length === 0) {
      read();
      return;
    }
    this.guards(x.guards, locals);
    c.choose(valueType(x.dtype), read, () => constant(c, x.dtype, x.fill));
  }

  private guards(guards: readonly Guard[], locals: readonly number[]): void {
    const { code: c } = this;
    guards.forEach((g, i) => {
      // low ≤ e < high as one unsigned comparison.
      this.index(g.of, locals);
      c.i32(g.low);
      c.op("i32.sub");
      c.i32(Math.max(0, g.high - g.low));
      c.op("i32.lt_u");
      if (i > 0) c.op("i32.and");
    });
    if (guards.length === 0) c.i32(1);
  }

  private index(e: Index, locals: readonly number[]): void {
    const { code: c } = this;
    c.i32(e.constant);
    for (const { coefficient, atom } of e.terms) {
      if (atom.kind === "loop") c.get(this.loops[atom.loop] as number);
      else if (atom.kind === "value") this.clamped(locals[atom.instruction] as number, atom.extent);
      else {
        // Division of a negative number truncates: shift by a multiple of the divisor first.
        const low = rangeOf(atom.of)[0];
        const shift = low < 0 ? Math.ceil(-low / atom.by) : 0;
        this.index({ constant: atom.of.constant + shift * atom.by, terms: atom.of.terms }, locals);
        c.i32(atom.by);
        c.op(atom.kind === "div" ? "i32.div_u" : "i32.rem_u");
        if (atom.kind === "div" && shift > 0) {
          c.i32(shift);
          c.op("i32.sub");
        }
      }
      if (coefficient !== 1) {
        c.i32(coefficient);
        c.op("i32.mul");
      }
      c.op("i32.add");
    }
  }

  private clamped(value: number, extent: number): void {
    const { code: c } = this;
    const t = c.local("i32");
    c.get(value);
    c.i32(0);
    c.get(value);
    c.i32(0);
    c.op("i32.gt_s");
    c.op("select");
    c.tee(t);
    c.i32(Math.max(0, extent - 1));
    c.get(t);
    c.i32(Math.max(0, extent - 1));
    c.op("i32.lt_s");
    c.op("select");
  }
}

type Bases = Map<number, { readonly local: number; readonly loop: number; readonly stride: number }>;

/** The f32 on the stack as f16 bits. */
function callHostRaw(c: Code): void {
  c.op("f64.promote_f32");
  callHost(c, "store16", "f64");
  c.op("i32.trunc_sat_f64_u");
}
