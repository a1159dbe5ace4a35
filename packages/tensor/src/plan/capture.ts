import { DisposedError, TraceError } from "../errors.ts";
import { barrierPrimitive, stopPrimitive } from "../primitives/structure.ts";
import { alias, part, type Tensor } from "../tensor.ts";

/** A graph as a list: equal nodes joined, calls of subgraphs expanded, identities dropped. */
export interface Captured {
  /** One tensor for each distinct node, inputs first. */
  readonly nodes: readonly Tensor[];
  /** Positions in `nodes` of the inputs of each node. */
  readonly inputs: readonly (readonly number[])[];
  /** Position of any tensor of the graph. */
  readonly at: ReadonlyMap<Tensor, number>;
  readonly outputs: readonly number[];
  /** Positions of the leaves whose values the caller gives, in order. */
  readonly leaves: readonly number[];
  /** Scalar constants that are part of the structure, by position. */
  readonly scalars: ReadonlyMap<number, number>;
  /** Equal for equal programs. */
  readonly key: string;
}

const expansions = new WeakMap<Tensor, readonly Tensor[]>();

/** The node that gives the value of `t`: identities are passed through, calls replaced by what they compute. */
function resolve(t: Tensor, pruned: ReadonlyMap<Tensor, Tensor>): Tensor {
  for (;;) {
    t = pruned.get(t) ?? t;
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

const identities = new WeakMap<object, number>();
let nextIdentity = 1;
const identity = (x: object): number => {
  let id = identities.get(x);
  if (id === undefined) identities.set(x, (id = nextIdentity++));
  return id;
};

/** Text of attributes: plain data by value, everything else by identity. */
function attributesKey(x: unknown): string {
  if (typeof x === "number") return Object.is(x, -0) ? "-0" : String(x);
  if (Array.isArray(x)) return `[${x.map(attributesKey).join()}]`;
  if (typeof x === "object" && x !== null) {
    // a closed graph writes itself out, so that equal loop bodies are equal programs
    if ("toJSON" in x && typeof x.toJSON === "function") return `"${String(x.toJSON())}"`;
    if (Object.getPrototypeOf(x) !== Object.prototype) return `#${identity(x)}`;
    return `{${Object.entries(x)
      .map(([k, v]) => `${k}:${attributesKey(v)}`)
      .join()}}`;
  }
  return typeof x === "function" ? `#${identity(x)}` : String(x);
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
function prune(graph: Captured, pruned: Map<Tensor, Tensor>): boolean {
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
    // Equal parts of joined nodes must all lead to the replacement.
    for (const [t, n] of graph.at)
      if (t.primitive === part && t.storage === null && (graph.inputs[n] as readonly number[])[0] === owner)
        pruned.set(t, smaller[t.attributes.index] as Tensor);
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
): Captured {
  const at = new Map<Tensor, number>();
  const nodes: Tensor[] = [];
  const wiring: (readonly number[])[] = [];
  const leaves: number[] = [];
  const scalars = new Map<number, number>();
  const byKey = new Map<string, number>();
  const keys: string[] = [];

  const add = (t: Tensor, key: string, from: readonly number[], text = key): number => {
    nodes.push(t);
    wiring.push(from);
    keys.push(text);
    return nodes.length - 1;
  };
  const leaf = (t: Tensor): number => {
    const value =
      t.host !== null && t.storage === null && t.size === 1 && t.dtype !== "f16" ? (t.host[0] as number) : null;
    if (value !== null && t.rank === 0 && (baked || structural.has(value)) && !Object.is(value, -0)) {
      const key = `=${t.dtype}${value}`;
      let n = byKey.get(key);
      if (n === undefined) {
        byKey.set(key, (n = add(t, key, [])));
        scalars.set(n, value);
      }
      return n;
    }
    const n = add(t, `?${t.dtype}[${t.shape}]`, []);
    leaves.push(n);
    return n;
  };
  for (const t of inputs) if (!at.has(t)) at.set(t, leaf(t));

  const visit = (t: Tensor): void => {
    const r = resolve(t, pruned);
    const known = at.get(r);
    if (known !== undefined) {
      at.set(t, known);
      return;
    }
    if (r.storage !== null || r.host !== null) at.set(r, leaf(r));
    else {
      if (r.primitive.lower.kind === "leaf")
        throw new TraceError(`data: ${r} is a placeholder of a traced function and has no value; return it instead`);
      const from = r.inputs.map((x) => at.get(x) as number);
      const key = `${identity(r.primitive)}(${from})${attributesKey(r.attributes)}${r.dtype}[${r.shape}]`;
      let n = byKey.get(key);
      // every barrier has a number of its own, which keeps it apart here but does not make another program
      if (n === undefined)
        byKey.set(key, (n = add(r, key, from, r.primitive === barrierPrimitive ? `barrier(${from})` : key)));
      at.set(r, n);
    }
    at.set(t, at.get(r) as number);
  };

  // Depth first without recursion: a tensor is visited when its inputs have been.
  const stack: Tensor[] = [...outputs].reverse();
  while (stack.length > 0) {
    const t = stack.at(-1) as Tensor;
    if (at.has(t)) {
      stack.pop();
      continue;
    }
    const r = resolve(t, pruned);
    const waiting = at.has(r) || r.storage !== null || r.host !== null ? [] : r.inputs.filter((x) => !at.has(x));
    if (waiting.length === 0) {
      visit(t);
      stack.pop();
    } else for (let i = waiting.length - 1; i >= 0; i--) stack.push(waiting[i] as Tensor);
  }
  const results = outputs.map((t) => at.get(t) as number);
  return { nodes, inputs: wiring, at, outputs: results, leaves, scalars, key: `${keys.join(";")}>${results}` };
}
