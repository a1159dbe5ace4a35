import type { Storage } from "../backend.ts";
import { TraceError } from "../errors.ts";
import { onOverflow } from "../pending.ts";
import { adopt, release } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import { capture } from "./capture.ts";
import { blame, checksNaNs, debugNaNs, holdNaN } from "./debug-nans.ts";
import { lower } from "./lower.ts";
import { Compiled } from "./program.ts";

/** Plans by structure, the least recently used first. */
const cache = new Map<string, Compiled>();
const MAX_PLANS = 512;

/** Computes the given tensors together. Each then holds its value; history is kept. */
export function realizeTensors(tensors: readonly Tensor[]): void {
  const wanted = [...new Set(tensors)].filter((t) => t.storage === null && t.host === null);
  if (wanted.length === 0) return;
  for (const t of wanted)
    if (t.abstract)
      throw new TraceError(`data: ${t} is traced and has no value; return it from the traced function instead`);
  const graph = capture(wanted);
  let compiled = cache.get(graph.key);
  if (compiled === undefined) {
    compiled = new Compiled(lower(graph));
    if (cache.size >= MAX_PLANS) {
      const [oldest, plan] = cache.entries().next().value as [string, Compiled];
      cache.delete(oldest);
      plan.dispose();
    }
  } else cache.delete(graph.key);
  cache.set(graph.key, compiled);
  const storages = compiled.run(graph.leaves.map((n) => graph.nodes[n] as Tensor));
  wanted.forEach((t, i) => {
    adopt(t, storages[i] as Storage);
    t.pending = 0;
  });
  if (!checksNaNs() || !holdNaN(wanted)) return;
  for (const t of wanted) backOut(t);
  debugNaNs(false);
  try {
    blame(graph, realizeTensors);
  } finally {
    debugNaNs(true);
  }
}

/** Makes `t` uncomputed again. */
function backOut(t: Tensor): void {
  const storage = release(t);
  storage?.backend.free(storage);
}

/** Plans kept for reuse. */
export const cachedPlans = (): number => cache.size;

onOverflow((t) => {
  realizeTensors([t]);
  t.inputs = [];
  t.cut = true;
});
