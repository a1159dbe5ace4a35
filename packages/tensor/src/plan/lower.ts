import { dtypes } from "../dtype.ts";
import { affine, indexKey } from "../ir/index-expr.ts";
import type { Kernel, Plan, PlanBuffer, Special, Step } from "../ir/ir.ts";
import { part, type Tensor } from "../tensor.ts";
import type { Captured } from "./capture.ts";
import { materialised } from "./group.ts";
import { buildKernel, Materialise } from "./kernel.ts";
import { inherit, layOut } from "./memory.ts";

/** Work on nodes' buffers, before buffers have numbers. `writes` of them, at the end, are results. */
export interface Task {
  readonly work: Kernel | Special;
  readonly buffers: readonly number[];
  readonly writes: number;
}

/** Lowers a captured graph to a plan. `donated`: positions among the leaves whose memory the results may take over. */
export function lower(graph: Captured, donated: readonly number[] = []): Plan {
  const { nodes, inputs, outputs, leaves } = graph;
  const stored = materialised(graph);
  const given = new Set(leaves);
  const alias = new Map<number, number>();
  const tasks: Task[] = [];
  const done = new Set<number>(given);
  const partsOf = new Map<number, Map<number, number>>();
  nodes.forEach((t, n) => {
    if (t.primitive !== part || given.has(n)) return;
    const owner = (inputs[n] as readonly number[])[0] as number;
    if (!partsOf.has(owner)) partsOf.set(owner, new Map());
    partsOf.get(owner)?.set(t.attributes.index, n);
  });
  const extra: { dtype: Tensor["dtype"]; size: number }[] = [];

  const make = (n: number): void => {
    if (done.has(n)) return;
    const node = nodes[n] as Tensor;
    const { lower: rule } = node.primitive;
    if (rule.kind === "alias" && !graph.scalars.has(n)) {
      const from = (inputs[n] as readonly number[])[0] as number;
      if (graph.scalars.has(from)) make(from);
      alias.set(n, from);
      done.add(n);
      return;
    }
    if (rule.kind === "part") {
      done.add(n);
      return;
    }
    if (rule.kind === "special") {
      tasks.push(special(n, node));
      done.add(n);
      return;
    }
    for (;;) {
      try {
        const { kernel, buffers } = buildKernel(graph, stored, n);
        tasks.push({ work: kernel, buffers, writes: 1 });
        done.add(n);
        return;
      } catch (e) {
        if (!(e instanceof Materialise)) throw e;
        stored.add(e.node);
        make(e.node);
      }
    }
  };
  const special = (n: number, node: Tensor): Task => {
    const rule = node.primitive.lower as Extract<Tensor["primitive"]["lower"], { kind: "special" }>;
    const from = inputs[n] as readonly number[];
    for (const i of from) if (graph.scalars.has(i)) make(i);
    if (node.parts === null) return { work: rule.special(node, [true]), buffers: [...from, n], writes: 1 };
    const used = node.parts.map((_, i) => partsOf.get(n)?.has(i) ?? false);
    const work = rule.special(node, used);
    const results: number[] = [];
    node.parts.forEach((aval, i) => {
      // A carry that nobody asks for is still computed, into scratch memory.
      const p = partsOf.get(n)?.get(i);
      if (p !== undefined) results.push(p);
      else if ((work.kind === "scan" || work.kind === "while") && i < work.carries)
        results.push(-extra.push({ dtype: aval.dtype, size: aval.shape.reduce((a, b) => a * b, 1) }));
    });
    return { work, buffers: [...from, ...results], writes: results.length };
  };

  for (const n of leaves) stored.add(n); // kernels load them
  nodes.forEach((_, n) => {
    if (stored.has(n)) make(n);
  });
  // Results that are inputs, aliases or doubles of one another get buffers of their own by a copy.
  const base = (n: number): number => {
    let m = n;
    while (alias.has(m)) m = alias.get(m) as number;
    return m;
  };
  const taken = new Set<number>();
  const results = outputs.map((n) => {
    const owned = !alias.has(n) && !given.has(n) && !taken.has(n);
    taken.add(n);
    if (owned) return n;
    const node = nodes[n] as Tensor;
    const id = -extra.push({ dtype: node.dtype, size: node.size });
    tasks.push({ work: copyKernel(node), buffers: [base(n), id], writes: 1 });
    return id;
  });
  const type = (id: number): { dtype: Tensor["dtype"]; size: number } =>
    id < 0 ? (extra[-id - 1] as never) : (nodes[id] as Tensor);
  const flat = tasks.map((t) => ({ ...t, buffers: t.buffers.map((b) => (b < 0 ? b : base(b))) }));
  return number(flat, leaves, results, type, donated);
}

function copyKernel(node: Tensor): Kernel {
  const index = {
    constant: 0,
    terms: node.size === 1 ? [] : [{ coefficient: 1, atom: { kind: "loop", loop: 0, extent: node.size } as const }],
  };
  const type = { dtype: node.dtype, size: node.size };
  return {
    kind: "loops",
    name: "copy",
    loops: [node.size],
    reduce: [],
    inner: [],
    accumulators: [],
    outer: [{ op: "load", dtype: node.dtype, buffer: 0, index, guards: [], fill: 0 }],
    buffers: [type, type],
    stores: [{ buffer: 1, index, value: 0 }],
  };
}

/** Numbers the buffers and gives temporaries their places. */
function number(
  tasks: readonly Task[],
  leaves: readonly number[],
  results: readonly number[],
  type: (id: number) => { dtype: Tensor["dtype"]; size: number },
  donated: readonly number[],
): Plan {
  const ids = new Map<number, number>();
  const list: { dtype: Tensor["dtype"]; size: number; role: PlanBuffer["role"] }[] = [];
  const give = (id: number, role: PlanBuffer["role"]): number => {
    let i = ids.get(id);
    if (i === undefined) {
      const { dtype, size } = type(id);
      ids.set(id, (i = list.push({ dtype, size, role }) - 1));
    }
    return i;
  };
  const inputs = leaves.map((id) => give(id, "input"));
  const outputs = results.map((id) => give(id, "output"));
  const steps: Step[] = tasks.map(({ work, buffers }) => ({
    work,
    buffers: buffers.map((id) => give(id, "temporary")),
  }));
  const writes = tasks.map((t) => t.writes);
  const { offsets, arenaBytes } = layOut(list, steps, writes, canOverwrite);
  const heirs = inherit(
    list,
    steps,
    writes,
    donated.map((i) => inputs[i] as number),
    canOverwrite,
  );
  const bytes = (b: { dtype: Tensor["dtype"]; size: number }): number => b.size * dtypes[b.dtype].bytes;
  const outside = list.reduce((sum, b, i) => sum + (b.role === "temporary" || heirs.has(i) ? 0 : bytes(b)), 0);
  return {
    buffers: list.map((b, i) => ({ ...b, offset: offsets.get(i) ?? 0 })),
    inputs,
    outputs,
    steps,
    inherits: outputs.map((b) => inputs.indexOf(heirs.get(b) ?? -1)),
    arenaBytes,
    peakBytes: outside + arenaBytes,
  };
}

/** True when the result of a kernel may take the place of operand `i`: every element is read only where it is then written. */
function canOverwrite(work: Kernel | Special, i: number): boolean {
  if (work.kind !== "loops" || work.reduce.length > 0 || work.contraction !== undefined) return false;
  const store = work.stores[0];
  if (store === undefined || affine(store.index, work.loops.length) === null) return false;
  const key = indexKey(store.index);
  const types = [work.buffers[i], work.buffers[store.buffer]];
  if (types[0]?.size !== types[1]?.size || types[0]?.dtype !== types[1]?.dtype) return false;
  return work.outer.every(
    (x) => x.op !== "load" || x.buffer !== i || (x.guards.length === 0 && indexKey(x.index) === key),
  );
}
