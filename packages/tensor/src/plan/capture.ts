import { DisposedError, TraceError } from "../errors.ts";
import { barrierPrimitive, stopPrimitive } from "../primitives/structure.ts";
import { alias, part, type Tensor } from "../tensor.ts";
import { EqualNodes } from "./equal-nodes.ts";
import { Kinds } from "./kinds.ts";

/** A graph as a list: equal nodes joined, calls of subgraphs expanded, identities dropped. */
export interface Captured {
  /** One tensor for each distinct node, inputs first. */
  readonly nodes: readonly Tensor[];
  /** Positions in `nodes` of the inputs of each node. */
  readonly inputs: readonly (readonly number[])[];
  /** What each node is, its inputs apart; see {@link Kinds}. */
  readonly kinds: readonly number[];
  /** Position of any tensor of the graph. */
  readonly at: { get(t: Tensor): number | undefined };
  readonly outputs: readonly number[];
  /** Positions of the leaves whose values the caller gives, ascending. */
  readonly leaves: readonly number[];
  /** Scalar constants that are part of the structure, by position. */
  readonly scalars: ReadonlyMap<number, number>;
}

/** What a walk found: every tensor of the graph can be listed. */
interface Listed extends Captured {
  readonly at: ReadonlyMap<Tensor, number>;
}

const expansions = new WeakMap<Tensor, readonly Tensor[]>();

/** The node that gives the value of `t`: identities are passed through, calls replaced by what they compute. */
function resolve(t: Tensor, pruned: ReadonlyMap<Tensor, Tensor>): Tensor {
  for (;;) {
    if (pruned.size > 0) t = pruned.get(t) ?? t;
    if (t.storage !== null || t.host !== null) return t;
    if (t.disposed && t.inputs.length === 0)
      throw new DisposedError(`data: the tensor ${t} was disposed before a value that needs it was computed`);
    if (t.primitive === alias || t.primitive === stopPrimitive) t = t.inputs[0] as Tensor;
    else if (t.primitive === part && (t.inputs[0] as Tensor).primitive.lower.kind === "inline") {
      const call = t.inputs[0] as Tensor;
      const lower = call.primitive.lower;
      let outputs = expansions.get(call);
      if (outputs === undefined && lower.kind === "inline") expansions.set(call, (outputs = lower.expand(call)));
      t = (outputs as readonly Tensor[])[t.attributes.index] as Tensor;
    } else return t;
  }
}

const structural = new Set([0, 1, -1, 2, 0.5]);

/**
 * Lists the graph under `outputs`. `inputs` are leaves whatever they are (placeholders); with `baked`, every scalar constant belongs to the
 * structure, else only the few values that simplify programs do, so that a changing number does not make a new program.
 */
export function capture(outputs: readonly Tensor[], inputs: readonly Tensor[] = [], baked = false): Captured {
  const pruned = new Map<Tensor, Tensor>();
  for (;;) {
    const graph = list(outputs, inputs, baked, pruned);
    if (!prune(graph, pruned)) return graph;
  }
}

/** Replaces multi-output nodes of which not all parts are asked for by smaller ones; false if there is nothing to do. */
function prune(graph: Listed, pruned: Map<Tensor, Tensor>): boolean {
  const asked = new Map<number, Tensor[]>();
  graph.nodes.forEach((t, n) => {
    if (t.primitive !== part || t.storage !== null) return;
    const owner = (graph.inputs[n] as readonly number[])[0] as number;
    asked.set(owner, [...(asked.get(owner) ?? []), t]);
  });
  let changed = false;
  for (const [owner, parts] of asked) {
    const node = graph.nodes[owner] as Tensor;
    const { lower } = node.primitive;
    if (lower.kind !== "special" || lower.prune === undefined) continue;
    const used = (node.parts ?? []).map((_, i) => parts.some((p) => p.attributes.index === i));
    if (used.every(Boolean)) continue;
    const smaller = smallerOf(node, used, lower.prune);
    if (smaller === null) continue;
    // Equal parts of joined nodes must all lead to the replacement, and those that an earlier round replaced by a part of this node.
    for (const [t, n] of graph.at)
      if (t.primitive === part && t.storage === null && (graph.inputs[n] as readonly number[])[0] === owner)
        pruned.set(t, smaller[(graph.nodes[n] as Tensor).attributes.index] as Tensor);
    changed = true;
  }
  return changed;
}

const smallerNodes = new WeakMap<Tensor, Map<string, readonly (Tensor | null)[] | null>>();

function smallerOf(
  node: Tensor,
  used: readonly boolean[],
  rule: (node: Tensor, used: readonly boolean[]) => readonly (Tensor | null)[] | null,
): readonly (Tensor | null)[] | null {
  const key = used.join();
  const known = smallerNodes.get(node) ?? new Map();
  smallerNodes.set(node, known);
  if (!known.has(key)) known.set(key, rule(node, used));
  return known.get(key) ?? null;
}

function list(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  baked: boolean,
  pruned: ReadonlyMap<Tensor, Tensor>,
): Listed {
  const at = new Map<Tensor, number>();
  const nodes: Tensor[] = [];
  const wiring: (readonly number[])[] = [];
  const kinds: number[] = [];
  const leaves: number[] = [];
  const scalars = new Map<number, number>();
  const kindOf = new Kinds();
  const equal = new EqualNodes();

  const add = (t: Tensor, kind: number, from: readonly number[]): number => {
    nodes.push(t);
    wiring.push(from);
    return kinds.push(kind) - 1;
  };
  const leaf = (t: Tensor): number => {
    const value =
      t.host !== null && t.storage === null && t.size === 1 && t.dtype !== "f16" ? (t.host[0] as number) : null;
    if (value !== null && t.rank === 0 && (baked || structural.has(value)) && !Object.is(value, -0)) {
      const kind = kindOf.scalar(t.dtype, value);
      const n = equal.find([kind], () => add(t, kind, []));
      scalars.set(n, value);
      return n;
    }
    const n = add(t, kindOf.leaf(t.dtype, t.shape), []);
    leaves.push(n);
    return n;
  };
  const operation = (t: Tensor): number => {
    if (t.primitive.lower.kind === "leaf")
      throw new TraceError(`data: ${t} is a placeholder of a traced function and has no value; return it instead`);
    const from = t.inputs.map((x) => at.get(x) as number);
    // every barrier has a number of its own, which keeps it apart here but does not make another program
    const own = t.primitive === barrierPrimitive ? [t.attributes.id as number] : [];
    const kind = kindOf.node(t, own.length > 0 ? null : t.attributes);
    return equal.find([kind, ...own, ...from], () => add(t, kind, from));
  };
  for (const t of inputs) if (!at.has(t)) at.set(t, leaf(t));

  // Depth first without recursion: a tensor is visited when its inputs have been.
  const stack: Tensor[] = [...outputs].reverse();
  while (stack.length > 0) {
    const t = stack.at(-1) as Tensor;
    if (at.has(t)) {
      stack.pop();
      continue;
    }
    const r = resolve(t, pruned);
    let n = at.get(r);
    if (n === undefined) {
      const given = r.storage !== null || r.host !== null;
      const above = stack.length;
      if (!given)
        for (let i = r.inputs.length - 1; i >= 0; i--)
          if (!at.has(r.inputs[i] as Tensor)) stack.push(r.inputs[i] as Tensor);
      if (stack.length > above) continue;
      n = given ? leaf(r) : operation(r);
      at.set(r, n);
    }
    if (r !== t) at.set(t, n);
    stack.pop();
  }
  return { nodes, inputs: wiring, kinds, at, outputs: outputs.map((t) => at.get(t) as number), leaves, scalars };
}
