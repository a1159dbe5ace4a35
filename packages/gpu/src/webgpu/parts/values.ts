import type { Instruction, Kernel } from "@gradus/tensor";
import { dtypes } from "@gradus/tensor";
import type { Load } from "./kernels.ts";
import { flat, load, operandsOf, pointwise, pruned, storing } from "./kernels.ts";
import { bytesOf, operandCount, product, windows } from "./windows.ts";
import type { Workshop } from "./workshop.ts";

/** Loads whose place depends on data that leads all over a buffer too large to be seen whole: no part of the loops makes that smaller. */
export function wildLoads(k: Kernel, { limits }: Workshop): ReadonlySet<Instruction> {
  const ones = [...k.loops, ...k.reduce].map(() => 1);
  const wild = (x: Instruction): boolean => {
    if (x.op !== "load" || operandsOf(x).length === 0) return false;
    const only: Kernel = { ...k, inner: [], outer: [x], stores: [] };
    const seen = windows(only, ones)[x.buffer];
    if (seen == null) return false;
    const [from, to] = bytesOf(only, x.buffer, seen, limits);
    return to - from + limits.alignment > limits.binding;
  };
  return new Set([...k.inner, ...k.outer].filter(wild));
}

/** Stores value `n` of the outer list, or of the inner one, in a temporary, and goes on with the kernel that reads it there. */
function storeFirst(w: Workshop, k: Kernel, places: readonly number[], inside: boolean, n: number): void {
  const list = inside ? k.inner : k.outer;
  const { dtype } = list[n] as Instruction;
  const points = inside ? pointwise(k) : k;
  const size = product(points.loops);
  const at = flat(points.loops);
  const id = w.take(size * dtypes[dtype].bytes);
  w.emit(storing(points, n, dtype, at, size), [...places, id]);
  w.emit(reading(k, inside, n, size), [...places, id]);
  w.give(id);
}

/** The kernel with value `n` read from one more buffer, row-major. */
function reading(k: Kernel, inside: boolean, n: number, size: number): Kernel {
  const list = inside ? k.inner : k.outer;
  const { dtype } = list[n] as Instruction;
  const at = flat(inside ? [...k.loops, ...k.reduce] : k.loops);
  const next = list.with(n, load(dtype, k.buffers.length, at));
  const { contraction: _, ...plain } = k;
  return pruned({
    ...plain,
    buffers: [...k.buffers, { dtype, size }],
    ...(inside ? { inner: next } : { outer: next }),
  });
}

/** Makes the values of a wild load stretch by stretch of its buffer, each pass taking what the ones before have found. */
export function loadInPasses(w: Workshop, k: Kernel, places: readonly number[], x: Load): void {
  const inside = k.inner.includes(x);
  const list = inside ? k.inner : k.outer;
  const n = list.indexOf(x);
  const points = inside ? pointwise(k) : k;
  const size = product(points.loops);
  const at = flat(points.loops);
  const { bytes } = dtypes[x.dtype];
  const id = w.take(size * bytes);
  const whole = (k.buffers[x.buffer] as Kernel["buffers"][number]).size;
  const step = Math.floor((w.limits.binding - w.limits.alignment) / bytes);
  for (let low = 0; low < whole; low += step) {
    const guards = [{ of: x.index, low, high: Math.min(whole, low + step) }];
    const here: Load = { ...x, guards: [...x.guards, ...guards] };
    const outer: Instruction[] = [...points.outer.slice(0, n), here];
    const buffers = [...k.buffers];
    if (low > 0) {
      outer.push(
        load(x.dtype, buffers.push({ dtype: x.dtype, size }) - 1, at),
        { op: "guard", dtype: "bool", guards: here.guards },
        { op: "where", dtype: x.dtype, a: n + 2, b: n, c: n + 1 },
      );
    }
    w.emit(
      storing({ ...points, buffers, outer }, outer.length - 1, x.dtype, at, size),
      low > 0 ? [...places, id, id] : [...places, id],
    );
  }
  w.emit(reading(k, inside, n, size), [...places, id]);
  w.give(id);
}

/** Buffers that each value of a list depends on. */
function sources(list: readonly Instruction[]): ReadonlySet<number>[] {
  const found: Set<number>[] = [];
  for (const x of list) {
    const own = new Set(operandsOf(x).flatMap((o) => [...(found[o] as Set<number>)]));
    if (x.op === "load") own.add(x.buffer);
    found.push(own);
  }
  return found;
}

/** Stores a value first, so that fewer buffers are left to bind at once; false if no value does that. */
export function bindFewer(w: Workshop, k: Kernel, places: readonly number[]): boolean {
  const folds = k.outer.findIndex((x) => x.op === "accumulator");
  if (folds >= 0 && k.outer.some((x) => x.op === "load")) {
    storeFirst(w, k, places, false, folds);
    return true;
  }
  const inside = folds >= 0;
  const list = inside ? k.inner : k.outer;
  const from = sources(list);
  const most = w.limits.operands - 1;
  let [best, fewest] = [-1, Number.POSITIVE_INFINITY];
  list.forEach((x, n) => {
    const own = from[n] as ReadonlySet<number>;
    if (own.size > most || own.size === 0 || (x.op === "load" && operandsOf(x).length === 0)) return;
    const left = operandCount(reading(k, inside, n, 0));
    const before = operandCount(k);
    // where every value shares its buffers with others, one that leads to a value of too many
    const leads =
      left >= before && list.some((y, m) => (from[m] as ReadonlySet<number>).size > most && operandsOf(y).includes(n));
    if ((left < before || leads) && left <= fewest) [best, fewest] = [n, left];
  });
  if (best < 0) return false;
  storeFirst(w, k, places, inside, best);
  return true;
}
