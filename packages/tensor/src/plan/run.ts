import type { Storage } from "../backend.ts";
import { TraceError } from "../errors.ts";
import { onOverflow } from "../pending.ts";
import { adopt, release } from "../scope.ts";
import { storedTensor, type Tensor } from "../tensor.ts";
import { planOf } from "./cache.ts";
import { type Captured, capture } from "./capture.ts";
import { inspector, setInspector } from "./inspector.ts";
import { pieces } from "./pieces.ts";

/** Computes the given tensors together. Each then holds its value; history is kept. */
export function realizeTensors(tensors: readonly Tensor[]): void {
  const wanted = [...new Set(tensors)].filter((t) => t.storage === null && t.host === null);
  if (wanted.length === 0) return;
  for (const t of wanted)
    if (t.abstract)
      throw new TraceError(`data: ${t} is traced and has no value; return it from the traced function instead`);
  const graph = capture(wanted);
  const storages = compute(graph);
  wanted.forEach((t, i) => {
    adopt(t, storages[i] as Storage);
    t.pending = 0;
  });
  const inspects = inspector();
  if (!inspects?.finds(wanted)) return;
  for (const t of wanted) backOut(t);
  setInspector(null);
  try {
    inspects.blame(graph, realizeTensors);
  } finally {
    setInspector(inspects);
  }
}

/** Runs a graph, a long one piece by piece; gives the storages of its outputs. Between pieces a value lives until its last use. */
function compute(graph: Captured): Storage[] {
  const all = pieces(graph);
  if (all.length === 1) return planOf(graph).run(graph.leaves.map((n) => graph.nodes[n] as Tensor));
  const lastUse = new Map<number, number>();
  all.forEach(({ leaves }, p) => {
    for (const n of leaves) lastUse.set(n, p);
  });
  const results = new Map(graph.outputs.map((n): [number, Storage[]] => [n, []]));
  const values = new Map<number, Tensor>();
  try {
    all.forEach((piece, p) => {
      const storages = planOf(piece.graph).run(piece.leaves.map((n) => values.get(n) ?? (graph.nodes[n] as Tensor)));
      piece.outputs.forEach((n, i) => {
        const storage = storages[i] as Storage;
        const { shape, dtype } = graph.nodes[n] as Tensor;
        results.get(n)?.push(storage);
        if (!values.has(n) && lastUse.has(n)) values.set(n, storedTensor(storage, shape, dtype));
      });
      for (const n of piece.leaves) if (lastUse.get(n) === p && !results.has(n)) free(values.get(n)?.storage);
    });
  } catch (e) {
    for (const t of values.values()) free(t.storage);
    for (const storage of [...results.values()].flat()) free(storage);
    throw e;
  }
  return graph.outputs.map((n) => results.get(n)?.shift() as Storage);
}

function free(storage: Storage | null | undefined): void {
  if (storage && !storage.freed) storage.backend.free(storage);
}

/** Makes `t` uncomputed again. */
function backOut(t: Tensor): void {
  const storage = release(t);
  storage?.backend.free(storage);
}

onOverflow((t) => {
  realizeTensors([t]);
  t.inputs = [];
  t.cut = true;
});
