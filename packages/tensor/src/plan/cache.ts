import type { Captured } from "./capture.ts";
import { lower } from "./lower.ts";
import { Compiled } from "./program.ts";

/** Plans by structure, the least recently used first. */
const cache = new Map<string, Compiled>();
const MAX_PLANS = 512;

/** Plans kept for reuse. */
export const cachedPlans = (): number => cache.size;

/** The plan of a graph: made once for all graphs that are equal but for the values of their leaves. */
export function planOf(graph: Captured): Compiled {
  const key = planKey(graph);
  let compiled = cache.get(key);
  if (compiled === undefined) {
    compiled = new Compiled(lower(graph));
    if (cache.size >= MAX_PLANS) {
      const [oldest, plan] = cache.entries().next().value as [string, Compiled];
      cache.delete(oldest);
      plan.dispose();
    }
  } else cache.delete(key);
  cache.set(key, compiled);
  return compiled;
}

/**
 * All that a plan depends on, as text, so that a map compares it exactly: for each node its kind and where its inputs stand, then the outputs.
 * Each number takes two characters of 16 bits.
 */
function planKey({ kinds, inputs, outputs }: Captured): string {
  let length = outputs.length;
  for (const from of inputs) length += 2 + from.length;
  const numbers = new Int32Array(length);
  let at = 0;
  inputs.forEach((from, n) => {
    numbers[at++] = kinds[n] as number;
    numbers[at++] = from.length;
    for (const i of from) numbers[at++] = i;
  });
  numbers.set(outputs, at);
  const characters = new Uint16Array(numbers.buffer);
  let text = "";
  // as many at a time as may safely be arguments of a call
  for (let i = 0; i < characters.length; i += 4096)
    text += String.fromCharCode.apply(null, characters.subarray(i, i + 4096) as unknown as number[]);
  return text;
}
