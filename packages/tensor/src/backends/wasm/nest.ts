import type { DType } from "../../dtype.ts";
import { affine } from "../../ir/index-expr.ts";
import type { Accumulator, Instruction, Kernel } from "../../ir/ir.ts";
import { neutral } from "../../primitives/window.ts";
import { Access, type Bases, four, noBases, type Place } from "./access.ts";
import { Code } from "./assembler.ts";
import { CHUNK, columnsOf, foldColumns, type Range } from "./columns.ts";
import { Fold } from "./fold.ts";
import { binary, bitcast, cast, constant, unary, valueType } from "./scalar.ts";
import { acrossOf, type Bounds, ofFour, runsAcross, tiles, turn } from "./tiles.ts";
import { dividesLanes, readsNear, vectorInstruction, vectorisable } from "./vector.ts";
import { vectorFunctions } from "./vector-math.ts";

/** Vectors of results that are folded side by side: their loads hide one another's latency, and rows are read in longer pieces. */
const SIDE_BY_SIDE = 4;
/** Results that are folded together where their terms share loads, as the products of rows with one vector do. */
const ROWS = 8;
/** Longer bodies are not repeated. */
const MAX_REPEATED = 16;
/** Terms of a fold that are written out one after another. */
const MAX_UNROLLED = 9;

/** One kernel as a function (pointers of its buffers, start, end): runs the outermost loop from start to end. */
export class NestCode {
  readonly code: Code;
  readonly #kernel: Kernel;
  readonly #loops: number[];
  readonly #start: number;
  readonly #end: number;
  /** Which loop runs four elements at a time: the last output loop, the last reduction loop, or none. */
  readonly #lanes: number | null;
  readonly #access: Access;
  /** Of each inner instruction: whether neighbours along the last output loop share it. Null where they are folded one by one. */
  readonly #common: readonly boolean[] | null;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    const n = kernel.buffers.length;
    this.code = new Code(n + 2);
    this.#start = n;
    this.#end = n + 1;
    const depth = kernel.loops.length + kernel.reduce.length;
    this.#loops = Array.from({ length: depth }, () => this.code.local("i32"));
    this.#lanes = vectorisable(kernel);
    this.#access = new Access(this.code, kernel, this.#loops, this.#lanes);
    this.#common = this.#lanes === depth - 1 ? commonTerms(kernel) : null;
    const across = acrossOf(kernel, this.#lanes);
    if (across === null) this.#outputs(0);
    else this.#around(across, 0);
  }

  /** The loops around tiles of the last loop and the one that runs across it. */
  #around(across: number, axis: number): void {
    const { code: c } = this;
    const k = this.#kernel;
    if (axis === k.loops.length - 1) {
      const q = this.#loops[axis] as number;
      const bounds = (loop: number): Bounds => ({
        i: this.#loops[loop] as number,
        start: () => (loop === 0 ? c.get(this.#start) : c.i32(0)),
        end: () => (loop === 0 ? c.get(this.#end) : c.i32(k.loops[loop] as number)),
      });
      const single = (): void => this.#point({ locals: [], wide: false, shift: 0, bases: noBases }, 1);
      const block = (): void => this.#block(across);
      tiles(c, bounds(across), { ...bounds(axis), i: q }, single, this.#lanes === null ? null : block);
      return;
    }
    if (axis === across) {
      this.#around(across, axis + 1);
      return;
    }
    const i = this.#loops[axis] as number;
    if (axis === 0) c.get(this.#start);
    else c.i32(0);
    c.set(i);
    const end = (): void => (axis === 0 ? c.get(this.#end) : c.i32(k.loops[axis] as number));
    c.loop(i, end, 1, () => this.#around(across, axis + 1));
  }

  /** Four by four elements: what lies in order along loop `across` is loaded so and turned. */
  #block(across: number): void {
    const { code: c } = this;
    const k = this.#kernel;
    const access = this.#access;
    const place: Place = { locals: [], wide: true, shift: 0, bases: noBases };
    const turned = new Map<number, readonly number[]>();
    k.outer.forEach((x, n) => {
      if (x.op !== "load" || !ofFour(x) || !runsAcross(x, across, k.loops.length)) return;
      const rows = [0, 1, 2, 3].map((shift) => {
        const v = c.local("v128");
        access.loadAcross(x, n, { ...place, shift });
        c.set(v);
        return v;
      });
      turned.set(n, turn(c, rows));
    });
    const p = this.#loops[across] as number;
    const advance = (by: number): void => {
      c.get(p);
      c.i32(by);
      c.op("i32.add");
      c.set(p);
    };
    for (let row = 0; row < 4; row++) {
      if (row > 0) advance(1);
      const locals = this.#instructions(k.outer, place, undefined, (n) => turned.get(n)?.[row]);
      for (const s of k.stores) access.store(s, locals[s.value] as number, { ...place, locals });
    }
    advance(-3);
  }

  #outputs(axis: number): void {
    const { code: c } = this;
    const k = this.#kernel;
    const last = k.loops.length - 1;
    if (axis > last) {
      this.#point({ locals: [], wide: false, shift: 0, bases: noBases }, 1);
      return;
    }
    const i = this.#loops[axis] as number;
    const extent = (): void => (axis === 0 ? c.get(this.#end) : c.i32(k.loops[axis] as number));
    if (axis === 0) c.get(this.#start);
    else c.i32(0);
    c.set(i);
    if (axis < last) {
      c.loop(i, extent, 1, () => this.#outputs(axis + 1));
      return;
    }
    const fits = this.#lanes === axis && k.inner.length <= MAX_REPEATED && !dividesLanes(k, axis);
    const column = fits ? columnsOf(k) : null;
    if (column !== null) {
      foldColumns(c, column, {
        bounds: { i, start: () => (axis === 0 ? c.get(this.#start) : c.i32(0)), end: extent },
        access: this.#access,
        sideBySide: SIDE_BY_SIDE,
        fold: (shifts, range) => this.#fold(column.sum, true, shifts, 1, range),
        plain: k.outer.length === 1,
        finish: (result) => this.#finish(result),
        rest: (body) => this.#rest(axis, extent, body),
      });
      return;
    }
    const bases = k.reduce.length === 0 ? this.#access.bases(k.outer, axis) : noBases;
    // Several vectors, then single ones; the scalar loop finishes the row.
    if (this.#lanes === axis)
      for (const vectors of this.#repeats(axis)) {
        const whole = c.local("i32");
        extent();
        c.i32(4 * vectors - 1);
        c.op("i32.sub");
        c.set(whole);
        c.loop(
          i,
          () => c.get(whole),
          4 * vectors,
          () => this.#point({ locals: [], wide: true, shift: 0, bases }, vectors),
        );
      }
    if (this.#common !== null) {
      const whole = c.local("i32");
      extent();
      c.i32(ROWS - 1);
      c.op("i32.sub");
      c.set(whole);
      c.loop(
        i,
        () => c.get(whole),
        1,
        () => this.#point({ locals: [], wide: false, shift: 0, bases }, 1, ROWS),
      );
    }
    // What is left of a row that is not shared by threads: nothing, or some lanes of a vector.
    if (this.#lanes === axis && axis > 0) {
      const left = (k.loops[axis] as number) % 4;
      if (left === 0) return;
      if (readsNear(k, axis)) {
        this.#point({ locals: [], wide: true, shift: 0, bases, kept: left }, 1);
        return;
      }
    }
    if (this.#lanes === axis && k.reduce.length > 0 && (k.loops[axis] as number) >= 4 && !dividesLanes(k, axis))
      this.#rest(axis, extent);
    else c.loop(i, extent, 1, () => this.#point({ locals: [], wide: false, shift: 0, bases }, 1));
  }

  /**
   * The last folds of a part of a row are four again, some of them a second time: single ones would add in another order. They are this part's own, so
   * that threads do not meet, unless it is less than four wide.
   */
  #rest(axis: number, extent: () => void, body = () => this.#point(four, 1)): void {
    const { code: c } = this;
    const i = this.#loops[axis] as number;
    c.get(i);
    extent();
    c.op("i32.lt_s");
    c.choose(null, () => {
      const before = c.local("i32");
      extent();
      c.i32(4);
      c.op("i32.sub");
      c.tee(before);
      c.i32(0);
      c.get(before);
      c.i32(0);
      c.op("i32.gt_s");
      c.op("select");
      c.set(i);
      body();
    });
  }

  /** What follows a fold of four neighbours: `result` pushes it. */
  #finish(result: () => void): void {
    const locals = this.#instructions(this.#kernel.outer, four, result);
    for (const s of this.#kernel.stores) this.#access.store(s, locals[s.value] as number, { ...four, locals });
  }

  /** Vectors per round of the loops that run one after another over the row. */
  #repeats(axis: number): number[] {
    const k = this.#kernel;
    const many = k.reduce.length > 0 && k.inner.length <= MAX_REPEATED && (k.loops[axis] as number) >= 4 * SIDE_BY_SIDE;
    return many ? [SIDE_BY_SIDE, 1] : [1];
  }

  /** One output element, `rows` of them (the loop then stands at the last one), or `vectors` times four neighbours along the last loop. */
  #point(place: Place, vectors: number, rows = 1): void {
    const { code: c } = this;
    const k = this.#kernel;
    const shifts = Array.from({ length: vectors }, (_, v) => 4 * v);
    const results = k.accumulators.map((a) => this.#fold(a, place.wide, shifts, rows));
    const finish = (at: Place, n: number): void => {
      const locals = this.#instructions(k.outer, at, (x) => c.get(results[x.a]?.[n] as number));
      for (const s of k.stores) this.#access.store(s, locals[s.value] as number, { ...at, locals });
    };
    shifts.forEach((shift, v) => {
      finish({ ...place, shift }, v);
    });
    for (let row = 1; row < rows; row++) {
      const i = this.#loops[k.loops.length - 1] as number;
      c.get(i);
      c.i32(1);
      c.op("i32.add");
      c.set(i);
      finish(place, row);
    }
  }

  /** True when the reduction loops are so short that they are written out. */
  get #isShort(): boolean {
    const k = this.#kernel;
    const lanes = this.#lanes;
    const terms = k.reduce.reduce((a, b) => a * b, 1);
    return terms <= MAX_UNROLLED && k.inner.length <= MAX_REPEATED && (lanes ?? 0) < k.loops.length;
  }

  /** Folds over the reduction loops; gives the locals that hold the results, one per shift or row. */
  #fold(a: Accumulator, wide: boolean, shifts: readonly number[], rows: number, range?: Range): number[] {
    if (a.op === "argmax" || a.op === "argmin") return this.#winners(a.op, a.value, wide, shifts);
    const k = this.#kernel;
    const fold = new Fold(this.code, {
      op: a.op,
      dtype: a.dtype,
      extents: range === undefined ? k.reduce : [CHUNK],
      ...(range === undefined ? {} : { range }),
      locals: this.#loops.slice(k.loops.length),
      wide,
      lanes: this.#lanes === k.loops.length + k.reduce.length - 1,
      shifts,
      repeat: k.inner.length <= MAX_REPEATED && this.#common === null ? SIDE_BY_SIDE : 1,
      rows,
      joint: this.#common !== null,
      unrolled: range === undefined && this.#isShort,
      bases: () => this.#access.bases(k.inner, this.#loops.length - 1),
      terms: (place, take) => this.#terms(a.value, place, rows, take),
    });
    return fold.run();
  }

  /** The terms of the rows, one after another. */
  #terms(value: number, place: Place, rows: number, take: (row: number, term: number) => void): void {
    let first: number[] = [];
    const known = (n: number): number | undefined => (this.#common?.[n] ? first[n] : undefined);
    for (let row = 0; row < rows; row++) {
      const locals = this.#instructions(this.#kernel.inner, { ...place, row }, undefined, known);
      take(row, locals[value] as number);
      if (row === 0) first = locals;
    }
  }

  /** Positions of the first winners, one local per shift. The start loses to all but its equals, and position 0 is right if nothing beats it. */
  #winners(op: "argmax" | "argmin", value: number, wide: boolean, shifts: readonly number[]): number[] {
    const { code: c } = this;
    const k = this.#kernel;
    const from = (k.inner[value] as Instruction).dtype;
    const count = c.local("i32");
    const leaders = shifts.map(
      () => [c.local(wide ? "v128" : valueType(from)), c.local(wide ? "v128" : "i32")] as const,
    );
    const take = c.local(wide ? "v128" : "i32");
    const zero = neutral(op, from);
    for (const [best, at] of leaders) {
      if (wide) c.constant4("f32", zero);
      else constant(c, from, zero);
      c.set(best);
      if (wide) c.constant4("i32", 0);
      else c.i32(0);
      c.set(at);
    }
    c.i32(0);
    c.set(count);
    const number = (): void => {
      c.get(count);
      if (wide) c.op("i32x4.splat");
    };
    this.#positions(0, (bases) => {
      shifts.forEach((shift, n) => {
        const [best, at] = leaders[n] as readonly [number, number];
        const v = this.#instructions(k.inner, { locals: [], wide, shift, bases })[value] as number;
        if (wide) lead(c, op, best, v);
        else beats(c, op, from, best, v);
        c.set(take);
        for (const [to, next] of [
          [best, () => c.get(v)],
          [at, number],
        ] as const) {
          next();
          c.get(to);
          c.get(take);
          c.op(wide ? "v128.bitselect" : "select");
          c.set(to);
        }
      });
      c.get(count);
      c.i32(1);
      c.op("i32.add");
      c.set(count);
    });
    return leaders.map(([, at]) => at);
  }

  /** The reduction loops, element by element. */
  #positions(axis: number, body: (bases: Bases) => void): void {
    const { code: c } = this;
    const k = this.#kernel;
    if (axis === k.reduce.length) {
      body(noBases);
      return;
    }
    const loop = k.loops.length + axis;
    const i = this.#loops[loop] as number;
    if (this.#isShort) {
      for (let n = 0; n < (k.reduce[axis] as number); n++) {
        c.i32(n);
        c.set(i);
        this.#positions(axis + 1, body);
      }
      return;
    }
    c.i32(0);
    c.set(i);
    const bases = axis === k.reduce.length - 1 ? this.#access.bases(k.inner, loop) : noBases;
    c.loop(
      i,
      () => c.i32(k.reduce[axis] as number),
      1,
      () => (axis === k.reduce.length - 1 ? body(bases) : this.#positions(axis + 1, body)),
    );
  }

  /** Emits the instructions; gives their locals. */
  #instructions(
    list: readonly Instruction[],
    place: Place,
    accumulator?: (x: Extract<Instruction, { op: "accumulator" }>) => void,
    known?: (n: number) => number | undefined,
  ): number[] {
    const { code: c } = this;
    const access = this.#access;
    const locals: number[] = [];
    const at: Place = { ...place, locals };
    list.forEach((x, n) => {
      const old = known?.(n);
      if (old !== undefined) {
        locals.push(old);
        return;
      }
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

/** Pushes whether `v` takes the lead from `best`: a NaN does from any number, and keeps it. */
function beats(c: Code, op: "argmax" | "argmin", from: DType, best: number, v: number): void {
  binary(c, "lt", "bool", from, op === "argmax" ? best : v, op === "argmax" ? v : best);
  if (valueType(from) === "i32") return;
  unary(c, "isnan", "bool", from, v);
  unary(c, "isnan", "bool", from, best);
  c.op("i32.eqz");
  c.op("i32.and");
  c.op("i32.or");
}

/** The same for four lanes of f32: the leader is a number, and the other does not stay behind it. */
function lead(c: Code, op: "argmax" | "argmin", best: number, v: number): void {
  c.get(best);
  c.get(best);
  c.op("f32x4.eq");
  c.get(op === "argmax" ? v : best);
  c.get(op === "argmax" ? best : v);
  c.op("f32x4.le");
  c.op("v128.not");
  c.op("v128.and");
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

/** Which inner instructions do not change along the last output loop; null unless some load is shared that way and all can be made for several rows. */
function commonTerms({ loops, reduce, inner, accumulators }: Kernel): boolean[] | null {
  const last = loops.length - 1;
  const depth = loops.length + reduce.length;
  if (last < 0 || (loops[last] as number) < ROWS || inner.length > MAX_REPEATED) return null;
  if (accumulators.some((a) => a.op === "argmax" || a.op === "argmin")) return null;
  const common: boolean[] = [];
  let worth = false;
  for (const x of inner) {
    if (x.op === "index" || x.op === "guard") return null;
    if (x.op === "load") {
      const strides = affine(x.index, depth)?.strides;
      if (strides === undefined || x.guards.length > 0 || (strides[last] as number) < 0) return null;
      common.push(strides[last] === 0);
      worth ||= strides[last] === 0 && strides[depth - 1] !== 0;
    } else common.push(["a", "b", "c"].every((o) => !(o in x) || common[(x as never)[o]] === true));
  }
  return worth && common.includes(false) ? common : null;
}
