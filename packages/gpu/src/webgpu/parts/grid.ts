import type { Instruction, Kernel } from "@gradus/tensor";
import type { Limits } from "../limits.ts";
import { perWord } from "../wgsl/types.ts";
import { excess, product, resultOf } from "./windows.ts";

/** What a part of a kernel has to leave room for in buffers of its own. */
export interface Needs {
  /** Loads that are not counted, since their values will be stored first. */
  readonly without: ReadonlySet<Instruction>;
  /** Whether something is stored for every point of the loops, and of loops and reduction loops. */
  readonly outer: boolean;
  readonly inner: boolean;
}

/** Bytes of an element in a buffer of words. */
const WORD = 4;

/** Steps of every loop (reduction loops last) that one part takes, so that it fits; null if even single steps do not. */
export function chunks(k: Kernel, limits: Limits, needs: Needs): readonly number[] | null {
  const extents = [...k.loops, ...k.reduce];
  const outputs = k.loops.length;
  const stored = (elements: number): number => Math.max(0, Math.log2((elements * WORD) / limits.binding));
  const over = (c: readonly number[]): number => {
    const results = product(c.slice(0, outputs));
    const folds = k.reduce.some((n, r) => (c[outputs + r] as number) < n);
    return (
      excess(k, limits, c, needs.without) +
      (needs.outer || folds ? stored(results) : 0) +
      (needs.inner ? stored(product(c)) : 0)
    );
  };
  let best: readonly number[] = extents;
  let least = over(best);
  while (least > 0) {
    let next: readonly number[] | null = null;
    let lowest = least - 1e-9;
    best.forEach((n, l) => {
      if (n <= 1) return;
      const tried = best.with(l, Math.ceil(n / 2));
      const o = over(tried);
      if (o < lowest - 1e-9) [next, lowest] = [tried, o];
    });
    if (next === null) {
      // nothing helps at once: shorten the longest
      const longest = best.indexOf(Math.max(...best));
      const n = best[longest] as number;
      if (n <= 1) return null;
      next = best.with(longest, Math.ceil(n / 2));
    }
    best = next;
    least = over(best);
  }
  return grown(best, extents, (c) => over(c) === 0);
}

/** Parts as large as they may be, of round sizes, so that most of them are one shader. */
function grown(
  c: readonly number[],
  extents: readonly number[],
  good: (c: readonly number[]) => boolean,
): readonly number[] {
  return c.reduce((all, start, l) => {
    const extent = extents[l] as number;
    if (start === extent) return all;
    if (good(all.with(l, extent))) return all.with(l, extent);
    let [low, high] = [start, extent];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (good(all.with(l, middle))) low = middle;
      else high = middle;
    }
    const round = low >= 512 ? 256 : low >= 128 ? 64 : 1;
    return all.with(l, low - (low % round));
  }, c);
}

/**
 * Steps of every output loop that one part takes so that a result in packed elements begins at an aligned word and is of at most `most` elements; null
 * if there is no such part.
 */
export function rows(k: Kernel, limits: Limits, most: number): readonly number[] | null {
  const unit = (limits.alignment * perWord(resultOf(k))) / WORD;
  let outside = 1;
  for (let l = 0; l < k.loops.length; l++) {
    const [n, inside] = [k.loops[l] as number, product(k.loops.slice(l + 1))];
    // every row of the loops outside begins at an aligned word
    if (outside > 1 && (n * inside) % unit !== 0) return null;
    let steps = Math.floor(most / inside);
    while (steps > 0 && steps < n && (steps * inside) % unit !== 0) steps--;
    if (steps > 0) return k.loops.map((extent, i) => (i < l ? 1 : i === l ? Math.min(steps, n) : extent));
    outside *= n;
  }
  return null;
}

/** Calls `f` for each part: where it begins, and how many steps of every loop it takes. */
export function eachPart(
  extents: readonly number[],
  c: readonly number[],
  f: (from: readonly number[], count: readonly number[]) => void,
): void {
  const walk = (from: readonly number[], count: readonly number[]): void => {
    const l = from.length;
    if (l === extents.length) {
      f(from, count);
      return;
    }
    const [extent, steps] = [extents[l] as number, c[l] as number];
    if (extent === 0) walk([...from, 0], [...count, 0]);
    for (let at = 0; at < extent; at += steps) walk([...from, at], [...count, Math.min(steps, extent - at)]);
  };
  walk([], []);
}
