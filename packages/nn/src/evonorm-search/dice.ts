import { check } from "@gradus/tensor";

/** Numbers in [0, 1), one at a call: `Math.random`, or {@link dice} for those that come again. */
export type Dice = () => number;

/**
 * Numbers in [0, 1) that depend on the seed alone (splitmix32).
 *
 * @param seeds - integers, such as a seed and the number of what is drawn
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when a seed is no integer
 * @example
 * ```ts
 * const draw = dice(1);
 * randomGraph(draw);
 * ```
 */
export function dice(...seeds: readonly number[]): Dice {
  for (const seed of seeds) check.integer()("dice", seed, "seeds");
  let state = 0;
  const next: Dice = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
  for (const seed of seeds) state = Math.trunc(next() * 2 ** 32) ^ (seed | 0);
  return next;
}

/** An index below `n`. */
export const below = (draw: Dice, n: number): number => Math.min(n - 1, Math.floor(draw() * n));
