import { attributesKey } from "../plan/kinds.ts";
import type { Aval } from "../primitive.ts";
import { barrierPrimitive } from "../primitives/structure.ts";
import type { Tensor } from "../tensor.ts";
import { alias, apply, applyMany, hostTensor, part, placeholder, placeholderLike } from "../tensor.ts";
import { withTrace } from "../trace.ts";
import { avalKey, identityOf } from "../tree.ts";

/**
 * The nodes under `outputs` that are not older than `oldest`, in order of creation. Inputs are made before the nodes that use them, so
 * this order is topological and an older node cannot depend on a younger one: no recursion, no second walk.
 */
export function reach(outputs: readonly Tensor[], oldest: number): Tensor[] {
  const seen = new Set<Tensor>();
  const stack: Tensor[] = [];
  const visit = (t: Tensor): void => {
    if (t.id < oldest || seen.has(t)) return;
    seen.add(t);
    stack.push(t);
  };
  outputs.forEach(visit);
  for (let t = stack.pop(); t !== undefined; t = stack.pop()) t.inputs.forEach(visit);
  return [...seen].sort((a, b) => a.id - b.id);
}

/** The nodes under `outputs` that depend on one of `xs` (those of `xs` that are met included), inputs first. `met` sees every node passed on the way. */
export function between(outputs: readonly Tensor[], xs: readonly Tensor[], met?: (t: Tensor) => void): Tensor[] {
  let oldest = Number.POSITIVE_INFINITY;
  for (const x of xs) oldest = Math.min(oldest, x.id);
  const inside = new Set<Tensor>(xs);
  const nodes: Tensor[] = [];
  for (const t of reach(outputs, oldest)) {
    met?.(t);
    if (!inside.has(t) && !t.inputs.some((x) => inside.has(x))) continue;
    inside.add(t);
    nodes.push(t);
  }
  return nodes;
}

/**
 * The one interpreter behind substitution, batching and forward mode: gives every node of `nodes` a meaning of type V. Nodes that `env`
 * knows keep theirs; `outside` gives that of inputs that are not in `nodes`; multi-output nodes mean one V per part.
 */
export function interpret<V>(
  nodes: readonly Tensor[],
  env: Map<Tensor, V | readonly V[]>,
  outside: (t: Tensor) => V,
  rule: (node: Tensor, inputs: readonly V[]) => V | readonly V[],
): void {
  const get = (t: Tensor): V => (env.has(t) ? (env.get(t) as V) : outside(t));
  for (const node of nodes) {
    if (env.has(node)) continue;
    if (node.primitive === part)
      env.set(node, (env.get(node.inputs[0] as Tensor) as readonly V[])[node.attributes.index] as V);
    else env.set(node, rule(node, node.inputs.map(get)));
  }
}

/** The same operation on other inputs. */
export const rebuild = (node: Tensor, inputs: readonly Tensor[]): Tensor | readonly Tensor[] => {
  if (node.primitive === alias) return inputs[0] as Tensor; // an alias is a handle for differentiation: a copy of the graph needs none
  return node.parts === null
    ? apply(node.primitive, inputs, node.attributes)
    : applyMany(node.primitive, inputs, node.attributes);
};

const copied = (node: Tensor, inputs: readonly Tensor[]): Tensor | readonly Tensor[] =>
  node.host === null ? rebuild(node, inputs) : hostTensor(node.host.slice(), node.shape, node.dtype);

/**
 * A closed graph: `outputs` depend on nothing but `inputs` and scalar constants. It serialises to a text that is equal for equal graphs,
 * so that plan caches may hash the attributes of a node that holds one.
 */
export class Graph {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  #key: string | null = null;

  constructor(inputs: readonly Tensor[], outputs: readonly Tensor[]) {
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /**
   * The outputs for other inputs. Constants are made anew as well: a trace around takes them for its own and folds them, and none that belongs to the
   * graph is ever captured and then realised, which would open it.
   */
  apply(inputs: readonly Tensor[]): Tensor[] {
    const env = new Map<Tensor, Tensor | readonly Tensor[]>(this.inputs.map((t, i) => [t, inputs[i] as Tensor]));
    interpret(reach(this.outputs, 0), env, (t) => t, copied);
    return this.outputs.map((t) => env.get(t) as Tensor);
  }

  toJSON(): string {
    this.#key ??= serialise(this);
    return this.#key;
  }
}

function serialise({ inputs, outputs }: Graph): string {
  const number = new Map<Tensor, number>();
  inputs.forEach((t, i) => number.set(t, i));
  const lines = inputs.map(avalKey);
  for (const t of reach(outputs, 0)) {
    if (number.has(t)) continue;
    const data = t.host !== null && t.inputs.length === 0 ? `=${t.host.join()}` : "";
    lines.push(
      `${identityOf(t.primitive)}(${t.inputs.map((x) => number.get(x)).join()})${attributesKey(computed(t))}${t.parts === null ? avalKey(t) : ""}${data}`,
    );
    number.set(t, number.size);
  }
  return `${lines.join(";")}>${outputs.map((t) => number.get(t)).join()}`;
}

/** The attributes that a value depends on: the rules of a call are for its derivatives only, the number of a barrier keeps it apart only. */
function computed({ primitive, attributes }: Tensor): unknown {
  if (primitive === barrierPrimitive) return null;
  if (primitive.lower.kind !== "inline") return attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([, x]) => typeof x !== "function"));
}

/** A traced function: `captures` are tensors from outside that its graph takes as further inputs after the arguments. */
export interface Traced {
  readonly graph: Graph;
  readonly captures: readonly Tensor[];
}

/** Runs `f` on fresh placeholders and closes the graph of what it returns. */
export function trace(avals: readonly Aval[], f: (inputs: Tensor[], trace: number) => readonly Tensor[]): Traced {
  return withTrace((id) => {
    const inputs = avals.map((aval) => placeholderLike(aval, id));
    // what has a smaller id was there before the function ran
    const start = inputs[0]?.id ?? placeholderLike({ shape: [], dtype: "f32" }, id).id;
    return close(inputs, f(inputs, id), start);
  });
}

/** Turns what `outputs` use beside `inputs` into further inputs; nodes younger than `start` were made by the traced function. */
export function close(inputs: readonly Tensor[], outputs: readonly Tensor[], start: number): Traced {
  const inside = new Set<Tensor>(inputs);
  const inline = new Set<Tensor>();
  const captured = new Map<Tensor, Tensor>();
  const nodes = reach(outputs, start);
  for (const t of nodes) {
    if (inside.has(t)) continue;
    if (t.inputs.some((x) => inside.has(x))) inside.add(t);
    else if (isInline(t, inline)) inline.add(t);
  }
  const capture = (t: Tensor): void => {
    if (!inside.has(t) && !inline.has(t) && !captured.has(t)) captured.set(t, placeholderLike(t, 0));
  };
  for (const t of nodes) if (inside.has(t)) t.inputs.forEach(capture);
  outputs.forEach(capture);
  if (captured.size === 0) return { graph: new Graph(inputs, outputs), captures: [] };
  const from = [...captured.keys()];
  const to = [...captured.values()];
  // the captures are inputs of inner nodes: every node that depends on an argument is kept, only these edges change
  const env = new Map<Tensor, Tensor | readonly Tensor[]>([...captured, ...inputs.map((t) => [t, t] as const)]);
  interpret(
    nodes.filter((t) => inside.has(t)),
    env,
    (t) => t,
    (node, ins) => (ins.every((x, i) => x === node.inputs[i]) ? keep(node) : rebuild(node, ins)),
  );
  return {
    graph: new Graph(
      [...inputs, ...to],
      outputs.map((t) => (env.get(t) as Tensor | undefined) ?? t),
    ),
    captures: from,
  };
}

/** An unchanged node; for one with several outputs, its parts anew (they are handles only). */
const keep = (node: Tensor): Tensor | readonly Tensor[] => (node.parts === null ? node : partsOf(node));

/** Scalar constants and elementwise work on them stay in the graph, where they fold; larger ones become inputs, as does what belongs to another trace. */
function isInline(t: Tensor, inline: ReadonlySet<Tensor>): boolean {
  if (t.abstract || t.primitive === placeholder || t.parts !== null) return false;
  if (t.inputs.length === 0)
    return t.host !== null
      ? t.rank === 0 && t.dtype !== "f16" && !Object.is(t.host[0], -0)
      : t.storage === null && t.primitive.lower.kind === "map";
  return t.storage === null && t.primitive.lower.kind === "map" && t.inputs.every((x) => inline.has(x));
}

/** All outputs of a multi-output node. */
export const partsOf = (node: Tensor): Tensor[] => (node.parts ?? []).map((_, index) => apply(part, [node], { index }));
