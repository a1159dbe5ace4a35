import { type DType, dtypes } from "../../dtype.ts";
import { affine, rangeOf } from "../../ir/index-expr.ts";
import type { Guard, Index, Instruction, Kernel } from "../../ir/ir.ts";
import type { Code, MemoryOp } from "./assembler.ts";
import { callHost, constant, valueType } from "./scalar.ts";
import { dependsOn, lanePattern, lanesOf, neighbours } from "./vector.ts";

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

type Load = Extract<Instruction, { op: "load" }>;

/** Address of a load at position 0 of one loop, and bytes per step of that loop, or the part of its index that changes with the loop or the lanes. */
interface Base {
  readonly local: number;
  readonly loop: number;
  readonly stride: number;
  readonly rest?: Index;
}
export type Bases = ReadonlyMap<number, Base>;
export const noBases: Bases = new Map();

/** Where instructions stand: locals of those before, one element or four neighbours along a loop, `shift` elements on; `row` results on in a fold. */
export interface Place {
  readonly locals: readonly number[];
  readonly wide: boolean;
  readonly shift: number;
  readonly bases: Bases;
  readonly row?: number;
  /** Lanes that are stored if not all of them. */
  readonly kept?: number;
}

/** Four neighbours at the place where the loops stand. */
export const four: Place = { locals: [], wide: true, shift: 0, bases: noBases };

/** Index arithmetic, guards, loads and stores of one kernel. `lanes` is the loop that may run four at a time. */
export class Access {
  readonly #c: Code;
  readonly #kernel: Kernel;
  readonly #loops: readonly number[];
  readonly #lanes: number | null;

  constructor(c: Code, kernel: Kernel, loops: readonly number[], lanes: number | null) {
    this.#c = c;
    this.#kernel = kernel;
    this.#loops = loops;
    this.#lanes = lanes;
  }

  /** Locals with the address of each load at position 0 of `loop`, computed before that loop, if nothing but loops decides it. */
  bases(list: readonly Instruction[], loop: number): Bases {
    const c = this.#c;
    const out = new Map<number, Base>();
    list.forEach((x, n) => {
      if (x.op !== "load") return;
      const flat = affine(x.index, this.#loops.length);
      const bytes = dtypes[x.dtype].bytes;
      if (flat === null) {
        if (x.index.terms.some(({ atom }) => atom.kind === "value")) return;
        const moves = x.index.terms.filter((t) =>
          [loop, this.#lanes ?? loop].some((l) => dependsOn({ constant: 0, terms: [t] }, l)),
        );
        const local = c.local("i32");
        c.get(x.buffer);
        this.index(
          { constant: x.index.constant, terms: x.index.terms.filter((t) => !moves.includes(t)) },
          { locals: [], wide: false, shift: 0, bases: noBases },
        );
        this.#scale(bytes);
        c.op("i32.add");
        c.set(local);
        out.set(n, { local, loop, stride: 0, rest: { constant: 0, terms: moves } });
        return;
      }
      const local = c.local("i32");
      c.get(x.buffer);
      c.i32(flat.constant * bytes);
      c.op("i32.add");
      flat.strides.forEach((s, l) => {
        if (s === 0 || l === loop) return;
        c.get(this.#loops[l] as number);
        this.#scale(s * bytes);
        c.op("i32.add");
      });
      c.set(local);
      out.set(n, { local, loop, stride: (flat.strides[loop] as number) * bytes });
    });
    return out;
  }

  #scale(by: number): void {
    if (by === 1) return;
    this.#c.i32(by);
    this.#c.op("i32.mul");
  }

  /** Pushes `e`, `by` elements on along the lanes' loop; `lane` says which lane of computed indices counts. */
  index(e: Index, place: Place, by: number = place.shift, lane = 0): void {
    const c = this.#c;
    c.i32(e.constant);
    for (const { coefficient, atom } of e.terms) {
      if (atom.kind === "loop") {
        c.get(this.#loops[atom.loop] as number);
        if (atom.loop === this.#lanes && by !== 0) {
          c.i32(by);
          c.op("i32.add");
        }
      } else if (atom.kind === "value") {
        c.get(place.locals[atom.instruction] as number);
        if (place.wide) c.extract("i32", lane);
        this.#clamp(atom.extent);
      } else {
        // Division of a negative number truncates: shift by a multiple of the divisor first.
        const low = rangeOf(atom.of)[0];
        const shift = low < 0 ? Math.ceil(-low / atom.by) : 0;
        this.index({ constant: atom.of.constant + shift * atom.by, terms: atom.of.terms }, place, by, lane);
        c.i32(atom.by);
        c.op(atom.kind === "div" ? "i32.div_u" : "i32.rem_u");
        if (atom.kind === "div" && shift > 0) {
          c.i32(shift);
          c.op("i32.sub");
        }
      }
      if (coefficient !== 1) this.#scale(coefficient);
      c.op("i32.add");
    }
  }

  /** Brings the i32 on the stack into [0, extent). */
  #clamp(extent: number): void {
    const c = this.#c;
    const t = c.local("i32");
    c.set(t);
    for (const [limit, keep] of [
      [0, "i32.gt_s"],
      [Math.max(0, extent - 1), "i32.lt_s"],
    ] as const) {
      c.get(t);
      c.i32(limit);
      c.get(t);
      c.i32(limit);
      c.op(keep);
      c.op("select");
      c.set(t);
    }
    c.get(t);
  }

  /** Pushes whether all guards hold at one element. */
  guards(guards: readonly Guard[], place: Place, by: number = place.shift, lane = 0): void {
    const c = this.#c;
    guards.forEach((g, i) => {
      // low ≤ e < high as one unsigned comparison.
      this.index(g.of, place, by, lane);
      c.i32(g.low);
      c.op("i32.sub");
      c.i32(Math.max(0, g.high - g.low));
      c.op("i32.lt_u");
      if (i > 0) c.op("i32.and");
    });
    if (guards.length === 0) c.i32(1);
  }

  /** Pushes an index expression as four i32 lanes. */
  indexLanes(e: Index, place: Place): void {
    const c = this.#c;
    const pattern = lanePattern(e, this.#lanes as number);
    if (pattern === null) {
      this.#gather("i32", (lane) => this.index(e, place, place.shift + lane, lane));
      return;
    }
    this.index(e, place);
    c.op("i32x4.splat");
    if (pattern.every((n) => n === 0)) return;
    c.lanes(...pattern);
    c.op("i32x4.add");
  }

  /** Pushes a mask: lanes in which all guards hold. */
  guardLanes(guards: readonly Guard[], place: Place): void {
    const c = this.#c;
    c.constant4("i32", -1);
    for (const g of guards) {
      this.indexLanes({ constant: g.of.constant - g.low, terms: g.of.terms }, place);
      c.constant4("i32", Math.max(0, g.high - g.low));
      c.op("i32x4.lt_u");
      c.op("v128.and");
    }
  }

  #gather(type: "f32" | "i32", push: (lane: number) => void): void {
    const c = this.#c;
    for (let lane = 0; lane < 4; lane++) {
      push(lane);
      if (lane === 0) c.op(`${type}x4.splat`);
      else c.replace(type, lane);
    }
  }

  /** Pushes the address of load `x`, which is instruction `n`, `by` elements on along the lanes' loop; gives what is left for the immediate offset. */
  #address(x: Load, n: number, place: Place, by: number, lane: number): number {
    const c = this.#c;
    const bytes = dtypes[x.dtype].bytes;
    const base = place.bases.get(n);
    if (base === undefined) {
      c.get(x.buffer);
      this.index(x.index, place, by, lane);
      this.#scale(bytes);
      c.op("i32.add");
      return 0;
    }
    c.get(base.local);
    if (base.rest !== undefined) {
      this.index(base.rest, place, by, lane);
      this.#scale(bytes);
      c.op("i32.add");
      return 0;
    }
    if (base.stride !== 0) {
      c.get(this.#loops[base.loop] as number);
      this.#scale(base.stride);
      c.op("i32.add");
    }
    const { row = 0 } = place;
    const strides = by === 0 && row === 0 ? [] : (affine(x.index, this.#loops.length)?.strides as number[]);
    const along = (loop: number, steps: number): number =>
      steps === 0 ? 0 : (strides[loop] as number) * steps * bytes;
    const ahead = along(this.#lanes as number, by) + along(this.#kernel.loops.length - 1, row);
    // An immediate offset is not taken modulo 4 GiB: it must not stand on an address in front of the memory, as that of an element whose guards fail may be.
    if (ahead === 0 || (ahead > 0 && x.guards.length === 0)) return ahead;
    c.i32(ahead);
    c.op("i32.add");
    return 0;
  }

  /** Pushes one element, as its dtype is held in a local. */
  #element(x: Load, n: number, place: Place, by: number, lane: number): void {
    const c = this.#c;
    const offset = this.#address(x, n, place, by, lane);
    c.memory(loads[x.dtype], offset);
    if (x.dtype !== "f16") return;
    c.op("f64.convert_i32_u");
    callHost(c, "load16", "f64");
    c.op("f32.demote_f64");
  }

  /** Pushes one element, or its fill where a guard fails. */
  load(x: Load, n: number, place: Place, by: number = place.shift, lane = 0): void {
    if (x.guards.length === 0) {
      this.#element(x, n, place, by, lane);
      return;
    }
    this.guards(x.guards, place, by, lane);
    this.#c.choose(
      valueType(x.dtype),
      () => this.#element(x, n, place, by, lane),
      () => constant(this.#c, x.dtype, x.fill),
    );
  }

  /** Pushes four neighbours. */
  loadLanes(x: Load, n: number, place: Place): void {
    const c = this.#c;
    const loop = this.#lanes as number;
    const slow = (): void => this.#scattered(x, n, place);
    const fast = (): void => this.#neighbours(x, n, place);
    if (x.guards.length === 0) {
      fast();
      return;
    }
    const fixed = x.guards.every((g) => !dependsOn(g.of, loop));
    if (fixed) {
      this.guards(x.guards, place);
      c.choose("v128", fast, () => this.#fill(x));
      return;
    }
    if (x.guards.some((g) => lanesOf(g.of, loop) === null)) {
      slow();
      return;
    }
    // Guards hold between two lanes in which they hold.
    this.guards(x.guards, place);
    this.guards(x.guards, place, place.shift + 3);
    c.op("i32.and");
    c.choose("v128", fast, slow);
  }

  /** Pushes four elements that lie side by side in memory, whatever loop runs along them, from the one at `place` on. */
  loadAcross(x: Load, n: number, place: Place): void {
    const offset = this.#address(x, n, place, place.shift, 0);
    this.#c.memory("v128.load", offset);
  }

  #fill(x: Load): void {
    if (x.dtype === "f32") this.#c.constant4("f32", x.fill);
    else this.#c.constant4("i32", x.dtype === "bool" ? -Number(x.fill !== 0) : x.fill);
  }

  /** Four elements one by one, each with its guards. */
  #scattered(x: Load, n: number, place: Place): void {
    this.#gather(x.dtype === "f32" ? "f32" : "i32", (lane) => this.load(x, n, place, place.shift + lane, lane));
    this.#asMask(x.dtype);
  }

  /** Four elements whose guards hold. */
  #neighbours(x: Load, n: number, place: Place): void {
    const c = this.#c;
    const pattern = lanePattern(x.index, this.#lanes as number);
    const stride = pattern?.every((n, lane) => n === lane * pattern[1]) ? pattern[1] : null;
    const bytes = dtypes[x.dtype].bytes;
    const at = (by: number): number => this.#address(x, n, place, place.shift + by, 0);
    if (stride === 0 && bytes === 4) {
      const offset = at(0);
      c.memory("v128.load32_splat", offset);
    } else if (stride === 0) {
      const offset = at(0);
      c.memory(loads[x.dtype], offset);
      c.op("i32x4.splat");
      this.#asMask(x.dtype);
    } else if (stride === 1 && bytes === 4) {
      const offset = at(0);
      c.memory("v128.load", offset);
    } else if (stride === 1) {
      const offset = at(0);
      c.memory("v128.load32_zero", offset);
      c.op("i16x8.extend_low_i8x16_u");
      c.op("i32x4.extend_low_i16x8_u");
      this.#asMask(x.dtype);
    } else if (stride === -1 && bytes === 4) {
      const offset = at(3);
      c.memory("v128.load", offset);
      const v = c.local("v128");
      c.tee(v);
      c.get(v);
      c.shuffle(3, 2, 1, 0);
    } else if (stride === 2 && bytes === 4) {
      // Every second of eight; the last of them may lie behind the buffer, but never behind the memory.
      const first = at(0);
      c.memory("v128.load", first);
      const second = at(2);
      c.memory("v128.load", second);
      c.shuffle(0, 2, 4, 6);
    } else if (pattern !== null && neighbours.has(pattern.join()) && bytes === 4) {
      const v = c.local("v128");
      const offset = at(0);
      c.memory("v128.load64_zero", offset);
      c.tee(v);
      c.get(v);
      c.shuffle(...pattern);
    } else {
      this.#gather(x.dtype === "f32" ? "f32" : "i32", (lane) => this.#element(x, n, place, place.shift + lane, lane));
      this.#asMask(x.dtype);
    }
  }

  #asMask(dtype: DType): void {
    if (dtype !== "bool") return;
    this.#c.constant4("i32", 0);
    this.#c.op("i32x4.ne");
  }

  /** Stores the first lanes of the vector on the stack. */
  #storeSome(lanes: number): void {
    const c = this.#c;
    const [at, v] = [c.local("i32"), c.local("v128")];
    c.set(v);
    c.set(at);
    const push = (): void => {
      c.get(at);
      c.get(v);
    };
    if (lanes > 1) {
      push();
      c.storeHalf(0, 0);
    }
    if (lanes === 2) return;
    push();
    c.storeLane(lanes === 1 ? 0 : 8, lanes === 1 ? 0 : 2);
  }

  /** Stores local `value`: one element, or four neighbours. */
  store(s: Kernel["stores"][number], value: number, place: Place): void {
    const c = this.#c;
    const { dtype } = this.#kernel.buffers[s.buffer] as { dtype: DType };
    c.get(s.buffer);
    this.index(s.index, place);
    this.#scale(dtypes[dtype].bytes);
    c.op("i32.add");
    c.get(value);
    if (!place.wide) {
      if (dtype === "f16") {
        c.op("f64.promote_f32");
        callHost(c, "store16", "f64");
        c.op("i32.trunc_sat_f64_u");
      }
      c.memory(stores[dtype]);
    } else if (dtype === "bool") {
      c.constant4("i32", 1);
      c.op("v128.and");
      const v = c.local("v128");
      c.tee(v);
      c.get(v);
      c.op("i16x8.narrow_i32x4_u");
      c.tee(v);
      c.get(v);
      c.op("i8x16.narrow_i16x8_u");
      c.storeLane();
    } else if (place.kept === undefined) c.memory("v128.store");
    else this.#storeSome(place.kept);
  }
}
