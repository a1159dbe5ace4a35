import type { DType, HostArray } from "../../dtype.ts";
import { evaluateBinary, evaluateUnary, foldStep, leads, wrap } from "../../ir/evaluate.ts";
import type { Accumulator, BinaryOp, Guard, Index, Instruction, Kernel, UnaryOp } from "../../ir/ir.ts";
import { f16ToNumber, numberToF16 } from "../../ir/scalar-math.ts";
import { neutral } from "../../primitives/window.ts";

/** Loop variables and the values of the instructions so far. */
interface Frame {
  readonly loops: Int32Array;
  readonly values: Float64Array;
  readonly accumulators: Float64Array;
}
type Step = (f: Frame) => number;

function indexer(e: Index): Step {
  const terms = e.terms.map(({ coefficient, atom }): Step => {
    if (atom.kind === "loop") return (f) => coefficient * (f.loops[atom.loop] as number);
    if (atom.kind === "value")
      return (f) =>
        coefficient * Math.min(Math.max(0, f.values[atom.instruction] as number), Math.max(0, atom.extent - 1));
    const of = indexer(atom.of);
    if (atom.kind === "div") return (f) => coefficient * Math.floor(of(f) / atom.by);
    return (f) => {
      const r = of(f) % atom.by;
      return coefficient * (r < 0 ? r + atom.by : r);
    };
  });
  return (f) => {
    let sum = e.constant;
    for (const t of terms) sum += t(f);
    return sum;
  };
}

function guard(guards: readonly Guard[]): (f: Frame) => boolean {
  const tests = guards.map((g) => ({ of: indexer(g.of), low: g.low, high: g.high }));
  return (f) =>
    tests.every((t) => {
      const i = t.of(f);
      return i >= t.low && i < t.high;
    });
}

const scratch = new DataView(new ArrayBuffer(8));
const setBits: Record<DType, (x: number) => void> = {
  f32: (x) => scratch.setFloat32(0, x),
  f64: (x) => scratch.setFloat64(0, x),
  f16: (x) => scratch.setUint16(0, numberToF16(x)),
  i32: (x) => scratch.setInt32(0, x),
  u32: (x) => scratch.setUint32(0, x),
  i8: (x) => scratch.setInt8(0, x),
  u8: (x) => scratch.setUint8(0, x),
  bool: (x) => scratch.setUint8(0, x),
};
const getBits: Record<DType, () => number> = {
  f32: () => scratch.getFloat32(0),
  f64: () => scratch.getFloat64(0),
  f16: () => f16ToNumber(scratch.getUint16(0)),
  i32: () => scratch.getInt32(0),
  u32: () => scratch.getUint32(0),
  i8: () => scratch.getInt8(0),
  u8: () => scratch.getUint8(0),
  bool: () => scratch.getUint8(0),
};

const load = (dtype: DType, array: HostArray, i: number): number =>
  dtype === "f16" ? f16ToNumber(array[i] as number) : (array[i] as number);

function compile(list: readonly Instruction[], arrays: readonly HostArray[]): Step[] {
  return list.map((x): Step => {
    switch (x.op) {
      case "const": {
        const value = wrap(x.dtype, x.value);
        return () => value;
      }
      case "index":
        return indexer(x.index);
      case "guard": {
        const holds = guard(x.guards);
        return (f) => Number(holds(f));
      }
      case "load": {
        const [at, holds, array] = [indexer(x.index), guard(x.guards), arrays[x.buffer] as HostArray];
        return (f) => (holds(f) ? load(x.dtype, array, at(f)) : wrap(x.dtype, x.fill));
      }
      case "accumulator":
        return (f) => wrap(x.dtype, f.accumulators[x.a] as number);
      case "where":
        return (f) => (f.values[x.a] ? (f.values[x.b] as number) : (f.values[x.c] as number));
      case "bitcast": {
        const [set, get] = [setBits[(list[x.a] as Instruction).dtype], getBits[x.dtype]];
        return (f) => {
          set(f.values[x.a] as number);
          return get();
        };
      }
      default: {
        const from = (list[x.a] as Instruction).dtype;
        if ("b" in x) {
          const [op, a, b] = [x.op as BinaryOp, x.a, x.b];
          return (f) => evaluateBinary(op, x.dtype, from, f.values[a] as number, f.values[b] as number);
        }
        const [op, a] = [x.op as UnaryOp, x.a];
        return (f) => evaluateUnary(op, x.dtype, from, f.values[a] as number);
      }
    }
  });
}

/** Calls `body` at each point of the loops `from … from + extents.length`, in row-major order. */
function nest(loops: Int32Array, from: number, extents: readonly number[], body: () => void): void {
  if (extents.some((n) => n === 0)) return;
  for (let i = 0; i < extents.length; i++) loops[from + i] = 0;
  for (;;) {
    body();
    let i = extents.length - 1;
    for (; i >= 0; i--) {
      const next = (loops[from + i] as number) + 1;
      if (next < (extents[i] as number)) {
        loops[from + i] = next;
        break;
      }
      loops[from + i] = 0;
    }
    if (i < 0) return;
  }
}

/** Runs one kernel on the arrays of its buffers. */
export function runKernel(k: Kernel, arrays: readonly HostArray[]): void {
  const [inner, outer] = [compile(k.inner, arrays), compile(k.outer, arrays)];
  const loops = new Int32Array(k.loops.length + k.reduce.length);
  const accumulators = new Float64Array(k.accumulators.length);
  const innerFrame: Frame = { loops, values: new Float64Array(inner.length), accumulators };
  const outerFrame: Frame = { loops, values: new Float64Array(outer.length), accumulators };
  const stores = k.stores.map((s) => ({
    at: indexer(s.index),
    array: arrays[s.buffer] as HostArray,
    value: s.value,
    f16: k.buffers[s.buffer]?.dtype === "f16",
  }));
  const folds = k.accumulators.map((a, i) => folder(a, i, k.inner[a.value] as Instruction));
  nest(loops, 0, k.loops, () => {
    if (folds.length > 0) {
      for (const f of folds) f.start(accumulators);
      nest(loops, k.loops.length, k.reduce, () => {
        for (let i = 0; i < inner.length; i++) innerFrame.values[i] = (inner[i] as Step)(innerFrame);
        for (const f of folds) f.step(innerFrame);
      });
    }
    for (let i = 0; i < outer.length; i++) outerFrame.values[i] = (outer[i] as Step)(outerFrame);
    for (const s of stores) {
      const v = outerFrame.values[s.value] as number;
      s.array[s.at(outerFrame)] = s.f16 ? numberToF16(v) : v;
    }
  });
}

function folder(
  { op, dtype, value }: Accumulator,
  i: number,
  from: Instruction,
): { start(acc: Float64Array): void; step(f: Frame): void } {
  if (op === "argmax" || op === "argmin") {
    let [count, best] = [0, 0];
    return {
      start(acc) {
        acc[i] = 0;
        count = 0;
      },
      step(f) {
        const v = f.values[value] as number;
        if (count === 0 || leads(op, best, v)) {
          best = v;
          f.accumulators[i] = count;
        }
        count++;
      },
    };
  }
  return {
    start: (acc) => {
      acc[i] = neutral(op, from.dtype);
    },
    step: (f) => {
      f.accumulators[i] = foldStep(op, dtype, f.accumulators[i] as number, f.values[value] as number);
    },
  };
}
