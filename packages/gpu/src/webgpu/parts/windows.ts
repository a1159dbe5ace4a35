import { type DType, dtypes, type Guard, type Index, type Instruction, type Kernel } from "@gradus/tensor";
import { affine, indexKey } from "@gradus/tensor/backend";
import type { Limits } from "../limits.ts";
import { perWord } from "../wgsl/types.ts";

/** A stretch of a buffer, in elements: from `low` to `high`, both included. */
export type Window = readonly [low: number, high: number];

export const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
export const instructionsOf = (k: Kernel): readonly Instruction[] => [...k.inner, ...k.outer];

type Bounds = (loop: number, extent: number) => Window;

function range(e: Index, bounds: Bounds): Window {
  let [low, high] = [e.constant, e.constant];
  for (const { coefficient, atom } of e.terms) {
    let [l, h] = [0, 0];
    if (atom.kind === "loop") [l, h] = bounds(atom.loop, atom.extent);
    else if (atom.kind === "value") h = Math.max(0, atom.extent - 1);
    else {
      [l, h] = range(atom.of, bounds);
      const [p, q] = [Math.floor(l / atom.by), Math.floor(h / atom.by)];
      if (atom.kind === "div") [l, h] = [p, q];
      else [l, h] = p === q ? [l - p * atom.by, h - p * atom.by] : [0, atom.by - 1];
    }
    low += coefficient * (coefficient > 0 ? l : h);
    high += coefficient * (coefficient > 0 ? h : l);
  }
  return [low, high];
}

/** Without its constant. */
const slope = (e: Index): string => indexKey({ constant: 0, terms: e.terms });

/** Where an index leads under guards, with loops of the given extents; the first number is above the second where it leads nowhere. */
function reach(e: Index, guards: readonly Guard[], extents: readonly number[]): Window {
  const narrowed = new Map<number, Window>();
  const bounds: Bounds = (loop) => narrowed.get(loop) ?? [0, (extents[loop] as number) - 1];
  for (const { of, low, high } of guards) {
    const [term] = of.terms;
    if (of.terms.length !== 1 || term?.atom.kind !== "loop") continue;
    const { coefficient: c, atom } = term;
    const [a, b] = [(low - of.constant) / c, (high - 1 - of.constant) / c];
    const [l, h] = bounds(atom.loop, atom.extent);
    narrowed.set(atom.loop, [Math.max(l, Math.ceil(Math.min(a, b))), Math.min(h, Math.floor(Math.max(a, b)))]);
  }
  if ([...narrowed.values()].some(([l, h]) => l > h)) return [0, -1];
  let [low, high] = range(e, bounds);
  for (const g of guards) {
    if (slope(g.of) !== slope(e)) continue;
    const ahead = g.of.constant - e.constant;
    [low, high] = [Math.max(low, g.low - ahead), Math.min(high, g.high - 1 - ahead)];
  }
  return [low, high];
}

/** What a kernel sees of each buffer, with loops of the given extents; null: nothing. */
export function windows(
  k: Kernel,
  extents: readonly number[] = [...k.loops, ...k.reduce],
  without: ReadonlySet<Instruction> = new Set(),
): (Window | null)[] {
  const found = k.buffers.map((): Window | null => null);
  const add = (b: number, e: Index, guards: readonly Guard[]): void => {
    const [l, h] = reach(e, guards, extents);
    const [low, high] = [Math.max(0, l), Math.min((k.buffers[b] as Kernel["buffers"][number]).size - 1, h)];
    // what is never read is bound all the same
    const [p, q] = low > high ? [0, 0] : [low, high];
    const before = found[b];
    found[b] = before == null || low > high ? (before ?? [p, q]) : [Math.min(before[0], p), Math.max(before[1], q)];
  };
  for (const x of instructionsOf(k)) if (x.op === "load" && !without.has(x)) add(x.buffer, x.index, x.guards);
  for (const s of k.stores) add(s.buffer, s.index, []);
  return found;
}

/** The bytes that have to be bound for a window: from an aligned offset, whole words. */
export function bytesOf(k: Kernel, b: number, [low, high]: Window, { alignment }: Limits): Window {
  const { bytes } = dtypes[(k.buffers[b] as Kernel["buffers"][number]).dtype];
  return [Math.floor((low * bytes) / alignment) * alignment, Math.ceil(((high + 1) * bytes) / 4) * 4];
}

/** Invocations of a workgroup. */
const LANES = 64;

/** Dtype of the elements that a kernel stores. */
export const resultOf = (k: Kernel): DType =>
  (k.buffers[(k.stores[0] as Kernel["stores"][number]).buffer] as Kernel["buffers"][number]).dtype;

/** Workgroups that a kernel takes at most: one for each word of the result where it folds. */
function groupsOf(k: Kernel, extents: readonly number[]): number {
  const words = Math.ceil(product(extents.slice(0, k.loops.length)) / perWord(resultOf(k)));
  return k.accumulators.length > 0 ? words : Math.ceil(words / LANES);
}

/** How many times too large a number is, as a logarithm. */
const beyond = (n: number, most: number): number => Math.max(0, Math.log2(n / most));
const MOST = 2 ** 31 - 1;

/** How far what a kernel divides, compares and counts goes beyond 32 bits. */
function overflow(k: Kernel, extents: readonly number[]): number {
  const [loops, reduce] = [extents.slice(0, k.loops.length), extents.slice(k.loops.length)];
  let worst = Math.max(beyond(product(loops), MOST), beyond(product(reduce), MOST));
  const look = (e: Index, itself: boolean): void => {
    if (itself) for (const n of reach(e, [], extents)) worst = Math.max(worst, beyond(Math.abs(n) + 1, MOST));
    for (const { atom } of e.terms) if ("of" in atom) look(atom.of, true);
  };
  for (const x of instructionsOf(k)) {
    if ("guards" in x) for (const g of x.guards) look({ ...g.of, constant: g.of.constant - g.low }, true);
    if ("index" in x) look(x.index, false);
  }
  return worst;
}

/**
 * By how many powers of two a kernel asks too much of one shader, summed over all that it asks for; its loops have the given extents, and loads in
 * `without` are not counted.
 */
export function excess(
  k: Kernel,
  limits: Limits,
  extents: readonly number[] = [...k.loops, ...k.reduce],
  without: ReadonlySet<Instruction> = new Set(),
): number {
  // where a part begins is not known
  const slack = extents.some((n, l) => n < ([...k.loops, ...k.reduce][l] as number)) ? limits.alignment : 0;
  const bytes = windows(k, extents, without).reduce((sum, w, b) => {
    if (w === null) return sum;
    const [from, to] = bytesOf(k, b, w, limits);
    return sum + beyond(to - from + slack, limits.binding);
  }, 0);
  return bytes + beyond(groupsOf(k, extents), limits.workgroups ** 3) + overflow(k, extents);
}

/** Whether results can be stored where they belong: packed elements only from an aligned word on, one after another. */
export function storable(k: Kernel, { alignment }: Limits): boolean {
  const [store] = k.stores;
  if (store === undefined) return false;
  const at = affine(store.index, k.loops.length);
  const { dtype } = k.buffers[store.buffer] as Kernel["buffers"][number];
  if (at === null || perWord(dtype) === 1) return at !== null;
  return (
    (at.constant * dtypes[dtype].bytes) % alignment === 0 &&
    k.loops.every((n, l) => n === 1 || at.strides[l] === product(k.loops.slice(l + 1)))
  );
}

/** Buffers that a kernel uses. */
export const operandCount = (k: Kernel): number => windows(k).filter((w) => w !== null).length;

/** Whether one shader can do a kernel. */
export const fits = (k: Kernel, limits: Limits): boolean =>
  operandCount(k) <= limits.operands && storable(k, limits) && excess(k, limits) === 0;

/** Whether one shader can do a kernel on buffers that it sees whole. */
export const fitsWhole = (k: Kernel, limits: Limits): boolean =>
  k.buffers.every(({ dtype, size }) => size * dtypes[dtype].bytes <= limits.binding) &&
  (k.buffers.length <= limits.operands || operandCount(k) <= limits.operands) &&
  groupsOf(k, k.loops) <= limits.workgroups ** 3 &&
  overflow(k, [...k.loops, ...k.reduce]) === 0;
