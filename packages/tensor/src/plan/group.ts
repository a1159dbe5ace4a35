import { broadcast } from "../primitives/structure.ts";
import type { Tensor } from "../tensor.ts";
import type { Captured } from "./capture.ts";

/** Most instructions that are fused into one kernel: beyond, code size grows faster than memory traffic shrinks. */
const MAX_FUSED = 48;
/** Work that is rather done again than stored. */
const CHEAP = 2;
/** Where a value ends that nobody reads, and one that is read by several kernels or elsewhere than at its own index. */
const [NOWHERE, APART] = [-1, -2];

/**
 * The nodes whose values go to memory. Everything else is computed inside the kernels that use it. A kernel builder that meets a node it cannot
 * inline adds it later.
 */
export function materialised({ nodes, inputs, outputs, leaves, scalars }: Captured): Set<number> {
  const stored = new Set<number>(outputs);
  const uses = new Uint32Array(nodes.length);
  for (const list of inputs) for (const i of list) uses[i] = (uses[i] as number) + 1;
  const given = new Set([...leaves, ...scalars.keys()]);
  const cost = new Float64Array(nodes.length);
  /** Nodes that a fold is computed for, views of it included. */
  const folds = new Set<number>();
  /** Nodes that depend on scalar constants alone: hardly any work, and no memory is read. */
  const constant = new Set<number>(scalars.keys());
  /** Nodes that are stored only because several read them. */
  const shared = new Set<number>();
  const store = (i: number): void => {
    if (!scalars.has(i)) stored.add(i);
  };
  const outside = (i: number): boolean => given.has(i) || stored.has(i);

  nodes.forEach((t, n) => {
    if (given.has(n)) return;
    const from = inputs[n] as readonly number[];
    const { lower } = t.primitive;
    if (lower.kind === "special" || lower.kind === "alias") {
      from.forEach(store);
      stored.add(n);
      return;
    }
    if (lower.kind === "part") {
      stored.add(n);
      return;
    }
    if (
      t.primitive === broadcast &&
      t.size > (nodes[from[0] as number] as Tensor).size &&
      (cost[from[0] as number] as number) >= CHEAP
    )
      store(from[0] as number);
    if (lower.kind === "reduce" && lower.contraction !== undefined) {
      // Operands of products are read many times: only plain views of memory are read in place.
      for (const i of from) if (!outside(i) && !isView(nodes, inputs, i, outside)) store(i);
    }
    const fixed = lower.kind === "map" && from.length > 0 && from.every((i) => constant.has(i));
    if (fixed) constant.add(n);
    const own = t.primitive.name === "randomBits" ? 40 : fixed || (lower.kind === "map" && lower.view) ? 0.1 : 1;
    const total = (): number => from.reduce((s, i) => s + (outside(i) ? 0 : (cost[i] as number)), own);
    for (let sum = total(); sum > MAX_FUSED; sum = total()) {
      const open = from.filter((i) => !outside(i));
      const costliest = open.reduce((a, b) => ((cost[b] as number) > (cost[a] as number) ? b : a));
      if ((cost[costliest] as number) <= 1) break;
      store(costliest);
    }
    cost[n] = total();
    if (lower.kind === "reduce" || from.some((i) => folds.has(i) && !outside(i))) folds.add(n);
    if ((uses[n] as number) <= 1 || stored.has(n)) return;
    if (!folds.has(n) && (cost[n] as number) <= CHEAP) return;
    stored.add(n);
    shared.add(n);
  });

  // What several nodes share that all end in one kernel, at the same place, is computed once there and needs no memory after all.
  const ends = new Int32Array(nodes.length).fill(NOWHERE);
  for (let n = nodes.length - 1; n >= 0; n--) {
    const end = ends[n] as number;
    if (shared.has(n) && end >= 0 && (cost[end] as number) + (cost[n] as number) <= MAX_FUSED) {
      cost[end] = (cost[end] as number) + (cost[n] as number);
      stored.delete(n);
    }
    const { lower } = (nodes[n] as Tensor).primitive;
    const own = lower.kind !== "map" || !lower.pointwise ? APART : stored.has(n) ? n : end;
    for (const i of inputs[n] as readonly number[]) ends[i] = ends[i] === NOWHERE || ends[i] === own ? own : APART;
  }
  return stored;
}

function isView(
  nodes: readonly Tensor[],
  inputs: readonly (readonly number[])[],
  i: number,
  outside: (i: number) => boolean,
): boolean {
  let n = i;
  while (!outside(n)) {
    const { lower } = (nodes[n] as Tensor).primitive;
    if (lower.kind !== "map" || !lower.view) return false;
    n = (inputs[n] as readonly number[])[0] as number;
  }
  return true;
}
