import type { DType } from "../../dtype.ts";
import type { Accumulator, Instruction, Kernel } from "../../ir/ir.ts";
import { Access, type Bases, noBases, type Place } from "./access.ts";
import { Code } from "./assembler.ts";
import { Fold } from "./fold.ts";
import { binary, bitcast, cast, constant, unary, valueType } from "./scalar.ts";
import { vectorInstruction, vectorisable } from "./vector.ts";
import { vectorFunctions } from "./vector-math.ts";

/** Vectors of results that are folded side by side: their loads hide one another's latency, and rows are read in longer pieces. */
const SIDE_BY_SIDE = 4;
/** Longer bodies are not repeated. */
const MAX_REPEATED = 16;

/** One kernel as a function (pointers of its buffers, start, end): runs the outermost loop from start to end. */
export class NestCode {
  readonly code: Code;
  private readonly kernel: Kernel;
  private readonly loops: number[];
  private readonly start: number;
  private readonly end: number;
  /** Which loop runs four elements at a time: the last output loop, the last reduction loop, or none. */
  private readonly lanes: number | null;
  private readonly access: Access;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    const n = kernel.buffers.length;
    this.code = new Code(n + 2);
    this.start = n;
    this.end = n + 1;
    const depth = kernel.loops.length + kernel.reduce.length;
    this.loops = Array.from({ length: depth }, () => this.code.local("i32"));
    this.lanes = vectorisable(kernel);
    this.access = new Access(this.code, kernel, this.loops, this.lanes);
    this.outputs(0);
  }

  private outputs(axis: number): void {
    const { code: c, kernel: k } = this;
    const last = k.loops.length - 1;
    if (axis > last) {
      this.point({ locals: [], wide: false, shift: 0, bases: noBases }, 1);
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
    const bases = k.reduce.length === 0 ? this.access.bases(k.outer, axis) : noBases;
    // Several vectors, then single ones; the scalar loop finishes the row.
    if (this.lanes === axis)
      for (const vectors of this.repeats(axis)) {
        const whole = c.local("i32");
        extent();
        c.i32(4 * vectors - 1);
        c.op("i32.sub");
        c.set(whole);
        c.loop(
          i,
          () => c.get(whole),
          4 * vectors,
          () => this.point({ locals: [], wide: true, shift: 0, bases }, vectors),
        );
      }
    c.loop(i, extent, 1, () => this.point({ locals: [], wide: false, shift: 0, bases }, 1));
  }

  /** Vectors per round of the loops that run one after another over the row. */
  private repeats(axis: number): number[] {
    const { kernel: k } = this;
    const many = k.reduce.length > 0 && k.inner.length <= MAX_REPEATED && (k.loops[axis] as number) >= 4 * SIDE_BY_SIDE;
    return many ? [SIDE_BY_SIDE, 1] : [1];
  }

  /** One output element, or `vectors` times four neighbours along the last loop. */
  private point(place: Place, vectors: number): void {
    const { kernel: k } = this;
    const shifts = Array.from({ length: vectors }, (_, v) => 4 * v);
    const results = k.accumulators.map((a) => this.fold(a, place.wide, shifts));
    shifts.forEach((shift, v) => {
      const at = { ...place, shift };
      const locals = this.instructions(k.outer, at, (x) => {
        this.code.get(results[x.a]?.[v] as number);
      });
      for (const s of k.stores) this.access.store(s, locals[s.value] as number, { ...at, locals });
    });
  }

  /** Folds over the reduction loops; gives the locals that hold the results, one per shift. */
  private fold(a: Accumulator, wide: boolean, shifts: readonly number[]): number[] {
    if (a.op === "argmax" || a.op === "argmin") return [this.winner(a.op, a.value)];
    const { kernel: k } = this;
    const fold = new Fold(this.code, {
      op: a.op,
      dtype: a.dtype,
      extents: k.reduce,
      locals: this.loops.slice(k.loops.length),
      wide,
      lanes: this.lanes === k.loops.length + k.reduce.length - 1,
      shifts,
      repeat: k.inner.length <= MAX_REPEATED ? SIDE_BY_SIDE : 1,
      bases: () => this.access.bases(k.inner, this.loops.length - 1),
      value: (place) => this.instructions(k.inner, place)[a.value] as number,
    });
    return fold.run();
  }

  private winner(op: "argmax" | "argmin", value: number): number {
    const { code: c, kernel: k } = this;
    const from = (k.inner[value] as Instruction).dtype;
    const [best, at, count] = [c.local(valueType(from)), c.local("i32"), c.local("i32")];
    constant(c, from, 0);
    c.set(best);
    for (const x of [at, count]) {
      c.i32(0);
      c.set(x);
    }
    const float = valueType(from) !== "i32";
    this.positions(0, (bases) => {
      const v = this.instructions(k.inner, { locals: [], wide: false, shift: 0, bases })[value] as number;
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

  /** The reduction loops, element by element. */
  private positions(axis: number, body: (bases: Bases) => void): void {
    const { code: c, kernel: k } = this;
    if (axis === k.reduce.length) {
      body(noBases);
      return;
    }
    const loop = k.loops.length + axis;
    const i = this.loops[loop] as number;
    c.i32(0);
    c.set(i);
    const bases = axis === k.reduce.length - 1 ? this.access.bases(k.inner, loop) : noBases;
    c.loop(
      i,
      () => c.i32(k.reduce[axis] as number),
      1,
      () => (axis === k.reduce.length - 1 ? body(bases) : this.positions(axis + 1, body)),
    );
  }

  /** Emits the instructions; gives their locals. */
  private instructions(
    list: readonly Instruction[],
    place: Place,
    accumulator?: (x: Extract<Instruction, { op: "accumulator" }>) => void,
  ): number[] {
    const { code: c, access } = this;
    const locals: number[] = [];
    const at: Place = { ...place, locals };
    list.forEach((x, n) => {
      const local = c.local(place.wide ? "v128" : valueType(x.dtype));
      if (x.op === "accumulator") accumulator?.(x);
      else if (x.op === "load") place.wide ? access.loadLanes(x, n, at) : access.load(x, n, at);
      else if (x.op === "index") place.wide ? access.indexLanes(x.index, at) : access.index(x.index, at);
      else if (x.op === "guard") place.wide ? access.guardLanes(x.guards, at) : access.guards(x.guards, at);
      else if (place.wide) vectorInstruction(c, x, list, locals);
      else scalarInstruction(c, x, list, locals);
      c.set(local);
      locals.push(local);
    });
    return locals;
  }
}

/** One instruction (no load, index or guard) on one element; leaves the result on the stack. */
function scalarInstruction(
  c: Code,
  x: Exclude<Instruction, { op: "load" | "index" | "guard" | "accumulator" }>,
  list: readonly Instruction[],
  locals: readonly number[],
): void {
  const local = (i: number): number => locals[i] as number;
  if (x.op === "const") {
    constant(c, x.dtype, x.value);
    return;
  }
  const from: DType = (list[x.a] as Instruction).dtype;
  if (x.op === "where") {
    // biome-ignore format: the order of the stack
    for (const i of [x.b, x.c, (x as { a: number }).a]) c.get(local(i));
    c.op("select");
  } else if (x.op === "cast") cast(c, x.dtype, from, local(x.a));
  else if (x.op === "bitcast") bitcast(c, x.dtype, from, local(x.a));
  else if ("b" in x) binary(c, x.op, x.dtype, from, local(x.a), local(x.b));
  else if (from === "f32" && x.op in vectorFunctions) asVector(c, x, list, locals);
  else unary(c, x.op, x.dtype, from, local(x.a));
}

/** The functions of f32 are computed by vectors at the ends of rows too, so that an element's value does not depend on where it lies. */
function asVector(
  c: Code,
  x: { a: number } & Instruction,
  list: readonly Instruction[],
  locals: readonly number[],
): void {
  const v = c.local("v128");
  c.get(locals[x.a] as number);
  c.op("f32x4.splat");
  c.set(v);
  const lanes = [...locals];
  lanes[x.a] = v;
  vectorInstruction(c, x, list, lanes);
  c.extract("f32", 0);
}
