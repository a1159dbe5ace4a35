import type { Tensor } from "./tensor.ts";
import { isActive } from "./trace.ts";

/** Nodes that may wait unrealised before the graph realises itself. */
export const MAX_PENDING = 200_000;

/** Nodes that are made between two true counts, so that counting stays cheap per node; the bound may be passed by as much. */
const RECOUNT_EVERY = MAX_PENDING / 4;
let recountFrom = 0;

let realizer: ((t: Tensor) => void) | null = null;

/** The plan runner registers itself here, because a new node may have to be run at once. */
export function onOverflow(realize: (t: Tensor) => void): void {
  realizer = realize;
}

/**
 * Keeps the count of waiting nodes and lets a graph that outgrew {@link MAX_PENDING} realise itself. The cheap count adds up shared inputs
 * more than once, so past the bound the true number is counted before anything is run.
 */
export function notePending(t: Tensor): void {
  let pending = 1;
  for (const input of t.inputs) if (input.storage === null) pending += input.pending;
  t.pending = Math.min(pending, MAX_PENDING + 1);
  if (
    pending <= MAX_PENDING ||
    t.id < recountFrom ||
    t.abstract ||
    isActive(t.trace) ||
    t.parts !== null ||
    realizer === null
  )
    return;
  recountFrom = t.id + RECOUNT_EVERY;
  t.pending = countPending(t);
  if (t.pending > MAX_PENDING) realizer(t);
}

function countPending(t: Tensor): number {
  const seen = new Set<Tensor>([t]);
  const stack = [t];
  for (let x = stack.pop(); x !== undefined; x = stack.pop())
    for (const input of x.inputs)
      if (input.storage === null && !seen.has(input)) {
        seen.add(input);
        stack.push(input);
      }
  return seen.size;
}
