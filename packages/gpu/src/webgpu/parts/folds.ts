import type { Accumulator, BinaryOp, Instruction, Kernel } from "@gradus/tensor";
import { divIndex, modIndex, scaleIndex } from "@gradus/tensor/backend";
import { eachPart } from "./grid.ts";
import { flat, load, restricted, storing } from "./kernels.ts";
import { wide } from "./wide.ts";
import { product } from "./windows.ts";
import type { Workshop } from "./workshop.ts";

const joins = { sum: "add", prod: "mul", max: "max", min: "min" } as const;

/** A fold in parts, of `c` steps of every reduction loop each: every part joins what the ones before gave, in a temporary. */
export function foldInParts(w: Workshop, k: Kernel, places: readonly number[], c: readonly number[]): void {
  const taken: number[] = [];
  const inner: Instruction[] = [];
  const buffers = [...k.buffers];
  const size = product(k.loops);
  const at = flat(k.loops);
  const accumulators = k.accumulators.map((a): Accumulator => {
    const finds = a.op === "argmax" || a.op === "argmin";
    const id = finds ? findInParts(w, k, places, c, a) : sumInParts(w, k, places, c, a);
    taken.push(id);
    const dtype = finds ? "i32" : wide(a.dtype);
    const value = inner.push(load(dtype, buffers.push({ dtype, size }) - 1, at)) - 1;
    if (finds) return { op: "min", dtype, value };
    // f16 is rounded once, at the end
    if (a.dtype === dtype || a.dtype === "f16") return { ...a, value };
    return { ...a, value: inner.push({ op: "cast", dtype: a.dtype, a: value }) - 1 };
  });
  // a fold of the one term that is left
  w.emit({ ...k, buffers, reduce: [1], inner, accumulators }, [...places, ...taken]);
  for (const id of taken) w.give(id);
}

type Fold = Accumulator & { readonly op: keyof typeof joins };

/** Calls `f` with each part of the reduction loops. */
function parts(k: Kernel, c: readonly number[], f: (part: Kernel, from: readonly number[]) => void): void {
  const zeros = k.loops.map(() => 0);
  eachPart(k.reduce, c, (from, steps) => {
    f(restricted(k, [...zeros, ...from], [...k.loops, ...steps]), from);
  });
}

/** Folds into words of a temporary, which it gives. */
function sumInParts(
  w: Workshop,
  k: Kernel,
  places: readonly number[],
  c: readonly number[],
  { op, dtype, value }: Accumulator,
): number {
  const size = product(k.loops);
  const at = flat(k.loops);
  const own = dtype === "f16" ? "f32" : dtype;
  const stored = wide(own);
  const total = w.take(4 * size);
  let first = true;
  parts(k, c, (part) => {
    const outer: Instruction[] = [{ op: "accumulator", dtype: own, a: 0 }];
    const before = part.buffers.length;
    if (!first)
      outer.push(
        load(stored, before, at),
        { op: "cast", dtype: own, a: 1 },
        { op: joins[op as Fold["op"]], dtype: own, a: 2, b: 0 },
      );
    outer.push({ op: "cast", dtype: stored, a: outer.length - 1 });
    const kernel: Kernel = {
      ...part,
      buffers: [...part.buffers, { dtype: stored, size }],
      accumulators: [{ op, dtype: own, value }],
      outer,
    };
    w.emit(storing(kernel, outer.length - 1, stored, at, size), [...places, total, total]);
    first = false;
  });
  return total;
}

/** Finds positions of the best values, into a temporary, which it gives. */
function findInParts(w: Workshop, k: Kernel, places: readonly number[], c: readonly number[], a: Accumulator): number {
  const size = product(k.loops);
  const at = flat(k.loops);
  const { dtype } = k.inner[a.value] as Instruction;
  const stored = wide(dtype);
  const [best, found, value, position] = Array.from({ length: 4 }, () => w.take(4 * size)) as [
    number,
    number,
    number,
    number,
  ];
  let first = true;
  parts(k, c, (part, from) => {
    const fold = (accumulator: Accumulator, next: Instruction[], to: number): void => {
      const outer: Instruction[] = [{ op: "accumulator", dtype: accumulator.dtype, a: 0 }, ...next];
      const kernel: Kernel = { ...part, accumulators: [accumulator], outer };
      w.emit(storing(kernel, outer.length - 1, (outer.at(-1) as Instruction).dtype, at, size), [...places, to]);
    };
    const ends = { op: a.op === "argmax" ? "max" : "min", dtype, value: a.value } as const;
    fold(ends, [{ op: "cast", dtype: stored, a: 0 }], first ? best : value);
    fold(a, [{ op: "index", dtype: "i32", index: placeInWhole(k, part, from) }], first ? found : position);
    if (!first) {
      const types = [stored, stored, "i32", "i32"] as const;
      const update: Kernel = {
        ...k,
        loops: [size],
        reduce: [],
        inner: [],
        accumulators: [],
        buffers: types.map((d) => ({ dtype: d, size })),
        outer: [],
      };
      const row = flat([size]);
      const list = types.map((d, b): Instruction => load(d, b, row));
      const leads = leading(list, a.op === "argmax" ? [0, 1] : [1, 0], stored === "f32");
      for (const [to, was, is] of [
        [found, 3, 2],
        [best, 0, 1],
      ] as const) {
        const outer: Instruction[] = [...list, { op: "where", dtype: types[is], a: leads, b: is, c: was }];
        w.emit(storing({ ...update, outer }, outer.length - 1, types[is], row, size), [
          best,
          value,
          position,
          found,
          to,
        ]);
      }
    }
    first = false;
  });
  for (const id of [best, value, position]) w.give(id);
  return found;
}

/** The position that accumulator 0 gives within a part, in the whole. */
function placeInWhole(k: Kernel, part: Kernel, from: readonly number[]) {
  const own = {
    constant: 0,
    terms: [{ coefficient: 1, atom: { kind: "value", instruction: 0, extent: product(part.reduce) } as const }],
  };
  let constant = 0;
  const terms = part.reduce.flatMap((n, r) => {
    const stride = product(k.reduce.slice(r + 1));
    const digit = modIndex(divIndex(own, product(part.reduce.slice(r + 1))), n);
    constant += (digit.constant + (from[r] as number)) * stride;
    return scaleIndex(digit, stride).terms;
  });
  return { constant, terms };
}

/** Appends whether value 1 leads value 0, or is as good and value 2 is a smaller position than value 3; `order`: which of 0 and 1 is to be the smaller one. */
function leading(list: Instruction[], [p, q]: readonly [number, number], floats: boolean): number {
  const binary = (op: BinaryOp, a: number, b: number): number => list.push({ op, dtype: "bool", a, b }) - 1;
  const nan = (a: number): number => list.push({ op: "isnan", dtype: "bool", a }) - 1;
  let better = binary("lt", p, q);
  let equal = binary("eq", 0, 1);
  if (floats) {
    // NaN wins
    const [was, is] = [nan(0), nan(1)];
    better = binary("lt", was, binary("or", better, is));
    equal = binary("or", equal, binary("and", was, is));
  }
  return binary("or", better, binary("and", equal, binary("lt", 2, 3)));
}
