import type { Tensor } from "../tensor.ts";
import { part } from "../tensor.ts";
import { Graph, interpret, partsOf, reach, rebuild } from "./graph.ts";

/** A graph that computes the same with calls expanded and loops freed of what nobody uses. Worth its time where a plan is made once: in jit and in loop bodies. */
export function optimise(graph: Graph): Graph {
  let { outputs } = graph;
  for (let next = expand(outputs); next !== null; next = expand(outputs)) outputs = next;
  for (let next = prune(outputs); next !== null; next = prune(outputs)) outputs = next;
  return outputs === graph.outputs ? graph : new Graph(graph.inputs, outputs);
}

/** The outputs with `replace(node)` in the place of every node for which it is not null; null when there is none. */
function rewrite(
  outputs: readonly Tensor[],
  replace: (node: Tensor, inputs: readonly Tensor[]) => readonly Tensor[] | null,
): Tensor[] | null {
  const env = new Map<Tensor, Tensor | readonly Tensor[]>();
  let changed = false;
  interpret<Tensor>(
    reach(outputs, 0),
    env,
    (t) => t,
    (node, inputs) => {
      const same = node.inputs.every((x, i) => x === inputs[i]);
      const parts = node.parts === null ? null : replace(node, inputs);
      if (parts !== null) {
        changed = true;
        return parts;
      }
      if (!same) return rebuild(node, inputs);
      return node.parts === null ? node : partsOf(node);
    },
  );
  return changed ? outputs.map((t) => env.get(t) as Tensor) : null;
}

const expand = (outputs: readonly Tensor[]): Tensor[] | null =>
  rewrite(outputs, (node, inputs) => {
    const { lower } = node.primitive;
    return lower.kind === "inline" ? lower.expand(rebuilt(node, inputs)) : null;
  });

/** Parts that are used, then the loops that can do with less. A smaller loop may free an older one, so this is repeated until nothing changes. */
function prune(outputs: readonly Tensor[]): Tensor[] | null {
  const used = new Map<Tensor, boolean[]>();
  for (const t of reach(outputs, 0)) {
    if (t.primitive !== part) continue;
    const owner = t.inputs[0] as Tensor;
    if (!used.has(owner))
      used.set(
        owner,
        (owner.parts ?? []).map(() => false),
      );
    (used.get(owner) as boolean[])[t.attributes.index] = true;
  }
  return rewrite(outputs, (node, inputs) => {
    const { lower } = node.primitive;
    if (lower.kind !== "special" || lower.prune === undefined) return null;
    const parts = lower.prune(rebuilt(node, inputs), used.get(node) ?? []);
    // parts that are gone are never looked at
    return parts === null ? null : (parts as readonly Tensor[]);
  });
}

/** The node on these inputs. */
function rebuilt(node: Tensor, inputs: readonly Tensor[]): Tensor {
  if (node.inputs.every((x, i) => x === inputs[i])) return node;
  const [first] = rebuild(node, inputs) as readonly Tensor[];
  return first?.inputs[0] ?? node;
}
