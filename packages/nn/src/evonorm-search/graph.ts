import { ArgumentError, check } from "@gradus/tensor";
import { below, type Dice } from "./dice.ts";
import { arity, momentOf, type Op, ops, printed } from "./primitives.ts";

/** An operation on nodes before it. */
export interface GraphNode {
  /** The primitive. */
  readonly op: Op;
  /** Numbers of its inputs: 0 is x, 1 zero, 2 the vector v₀, 3 the vector v₁, 4 the first operation. */
  readonly inputs: readonly number[];
}

/**
 * A layer that normalises and activates, as a graph of primitives: its value is that of the last operation. Plain data, so that
 * `JSON.stringify` writes it; {@link readGraph} reads it.
 */
export interface NormActGraph {
  /** The operations in order; each may use x, zero, v₀, v₁ and those before it. */
  readonly nodes: readonly GraphNode[];
}

/** What is there before the first operation. */
export const initial = ["x", "0", "v0", "v1"] as const;
/** The most operations that a graph may have. */
const MOST = 64;

/** Throws ArgumentError unless `value` is a graph. */
export function checkGraph(op: string, value: unknown, argument = "graph"): asserts value is NormActGraph {
  const nodes = (value as NormActGraph | null)?.nodes;
  if (!Array.isArray(nodes) || nodes.length === 0 || nodes.length > MOST)
    throw new ArgumentError(
      `${op}: ${argument}: expected { nodes: [{ op, inputs }, …] } with 1 to ${MOST} nodes, got ${check.said(value)}`,
    );
  for (const [i, node] of nodes.entries()) {
    const where = `${argument}.nodes[${i}]`;
    const { op: name, inputs } = (node ?? {}) as Partial<GraphNode>;
    if (!ops.includes(name as Op))
      throw new ArgumentError(`${op}: ${where}.op: ${check.said(name)} is unknown; use ${ops.join(", ")}`);
    const wanted = arity(name as Op);
    if (!Array.isArray(inputs) || inputs.length !== wanted)
      throw new ArgumentError(`${op}: ${where}.inputs: ${name} takes ${wanted}, got ${check.said(inputs)}`);
    for (const input of inputs) check.integer(`[0, ${initial.length + i - 1}]`)(op, input, `${where}.inputs`);
  }
}

/**
 * A graph from its JSON, or from what was parsed of it.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when it is none: an unknown primitive, a wrong number of inputs, or an input that is not before the node
 * @example
 * ```ts
 * readGraph('{"nodes":[{"op":"sigmoid","inputs":[0]},{"op":"mul","inputs":[0,4]}]}'); // SiLU
 * ```
 */
export function readGraph(json: unknown): NormActGraph {
  let value = json;
  if (typeof json === "string")
    try {
      value = JSON.parse(json);
    } catch {
      throw new ArgumentError(`readGraph: json: it is no JSON: ${check.said(json.slice(0, 40))}`);
    }
  checkGraph("readGraph", value, "json");
  return { nodes: value.nodes.map(({ op, inputs }) => ({ op, inputs: [...inputs] })) };
}

/** Whether the value of each node is needed, operations and what is there before them. */
export function used({ nodes }: NormActGraph): readonly boolean[] {
  const all = initial.length + nodes.length;
  const found = new Array<boolean>(all).fill(false);
  found[all - 1] = true;
  for (let i = all - 1; i >= initial.length; i--)
    if (found[i]) for (const input of (nodes[i - initial.length] as GraphNode).inputs) found[input] = true;
  return found;
}

/**
 * A graph in the notation of the paper: `s_wh` is the deviation over width and height, `r` a root mean square, `μ` a mean; `b`, `c` and `g`
 * stand for batch, channels and groups of them. What is used twice gets a name.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when it is no graph
 * @example
 * ```ts
 * formula(genotypes.S0); // "x·σ(v1·x) / s_whg(x)", but for parentheses
 * ```
 */
export function formula(graph: NormActGraph): string {
  checkGraph("formula", graph);
  const needed = used(graph);
  const uses = new Map<number, number>();
  for (const [i, node] of graph.nodes.entries())
    if (needed[i + initial.length]) for (const input of node.inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
  const said: string[] = [...initial];
  const names: string[] = [];
  for (const [i, { op, inputs }] of graph.nodes.entries()) {
    const at = i + initial.length;
    const text = needed[at]
      ? printed(
          op,
          inputs.map((input) => said[input] as string),
        )
      : "";
    const named = (uses.get(at) ?? 0) > 1;
    if (named) names.push(`t${i} = ${text}`);
    said.push(named ? `t${i}` : text);
  }
  return [...names, said.at(-1)].join("; ");
}

/** Which graphs are drawn. */
export interface DrawOptions {
  /** Operations of a graph; 10 unless told. */
  readonly nodes?: number;
  /** Let moments go over the batch: true for layers like B0, false for those like S0. True unless told. */
  readonly batch?: boolean;
}

/** Checks of {@link DrawOptions}. */
export const drawOptions: Readonly<Record<string, check.Check>> = {
  nodes: check.integer(`[1, ${MOST}]`),
  batch: check.flag,
};

function drawNode(draw: Dice, at: number, batch: boolean): GraphNode {
  const known = batch ? ops : ops.filter((op) => momentOf(op)?.extent !== "bwh");
  const op = known[below(draw, known.length)] as Op;
  return { op, inputs: Array.from({ length: arity(op) }, () => below(draw, initial.length + at)) };
}

/**
 * A graph whose operations are uniformly drawn among the 24 primitives, and their inputs among all nodes before.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a bad option
 * @example
 * ```ts
 * formula(randomGraph(dice(7), { batch: false }));
 * ```
 */
export function randomGraph(draw: Dice, options: DrawOptions = {}): NormActGraph {
  check.callable("randomGraph", draw, "draw");
  check.options("randomGraph", options, drawOptions);
  const { nodes = 10, batch = true } = options;
  return { nodes: Array.from({ length: nodes }, (_, i) => drawNode(draw, i, batch)) };
}

/**
 * The graph with one operation, uniformly drawn, replaced by another one with inputs of its own.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when it is no graph, or for a bad option
 * @example
 * ```ts
 * mutate(genotypes.B0, dice(1)); // differs from B0 in one node
 * ```
 */
export function mutate(graph: NormActGraph, draw: Dice, options: Pick<DrawOptions, "batch"> = {}): NormActGraph {
  checkGraph("mutate", graph);
  check.callable("mutate", draw, "draw");
  check.options("mutate", options, { batch: check.flag });
  const at = below(draw, graph.nodes.length);
  const old = JSON.stringify(graph.nodes[at]);
  let fresh: GraphNode;
  do fresh = drawNode(draw, at, options.batch ?? true);
  while (JSON.stringify(fresh) === old);
  return { nodes: graph.nodes.map((node, i) => (i === at ? fresh : node)) };
}
