import { callable } from "../check.ts";
import { ArgumentError, TraceError } from "../errors.ts";
import { writeNamed } from "../files/safetensors.ts";
import type { SinkLike } from "../files/sink.ts";
import type { Aval } from "../primitive.ts";
import { said } from "../said.ts";
import { alias, constant, part, type Tensor } from "../tensor.ts";
import { type Graph, reach, trace } from "../transforms/graph.ts";
import { liveArguments, type Structure, treeFlatten, treeUnflatten } from "../tree.ts";
import { numberToJSON } from "./fields.ts";
import type { Rule } from "./rule.ts";
import { table } from "./table.ts";
import { treeToJSON } from "./tree.ts";

/** What the metadata of a file that holds a graph say. */
export const FORMAT = "gradus graph";
export const VERSION = "1";

const op = "saveGraph";
const avalToJSON = ({ dtype, shape }: Aval): unknown => [dtype, shape];

/** Nodes by number: the inputs come first, then what each node gives, so that nodes only name what stands before them. */
function graphToJSON({ inputs, outputs }: Graph): unknown {
  const number = new Map<Tensor, number>();
  let next = 0;
  for (const t of inputs) number.set(t, next++);
  const numberOf = (t: Tensor): number => {
    const n = number.get(t);
    if (n === undefined)
      throw new TraceError(`${op}: f: uses ${t} of another trace, which has no value; call it outside of transforms`);
    return n;
  };
  const nodes: unknown[] = [];
  for (const t of reach(outputs, 0)) {
    if (number.has(t)) continue;
    // an alias is the same value, and a part of a node has its number already
    if (t.primitive === alias) number.set(t, numberOf(t.inputs[0] as Tensor));
    else if (t.primitive === part) number.set(t, numberOf(t.inputs[0] as Tensor) + (t.attributes.index as number));
    else {
      const gives = t.parts ?? [t];
      nodes.push({ ...nodeToJSON(t, t.inputs.map(numberOf)), out: gives.map(avalToJSON) });
      number.set(t, next);
      next += gives.length;
    }
  }
  return { inputs: inputs.map(avalToJSON), nodes, outputs: outputs.map(numberOf) };
}

function nodeToJSON(t: Tensor, inputs: readonly number[]): object {
  if (t.primitive === constant && t.host !== null && t.rank === 0)
    return { op: "constant", value: numberToJSON(t.host[0] as number) };
  const { rules, names } = table();
  const name = names.get(t.primitive);
  if (name === undefined)
    throw new ArgumentError(`${op}: f: uses the primitive ${said(t.primitive.name)}, for which files have no name`);
  const { fields } = rules.get(name) as Rule;
  const attributes = Object.entries(fields).map(([key, field]) => {
    const json = field.write((t.attributes as Record<string, unknown>)[key], graphToJSON);
    if (json === undefined)
      throw new ArgumentError(`${op}: f: ${name}: its attribute ${key} cannot be saved: ${said(t.attributes[key])}`);
    return [key, json] as const;
  });
  return { op: name, in: inputs, ...(attributes.length > 0 && { with: Object.fromEntries(attributes) }) };
}

/**
 * Traces `f` on arguments like `exampleArguments` and writes the graph of its operations to a file: a safetensors file whose tensors are what `f`
 * captured, such as weights, and whose metadata hold the graph as JSON. {@link loadGraph} makes a function of it, on any backend, without the code of `f`.
 *
 * As in `jit`, arguments and result are trees; the function is bound to the shapes and dtypes of the examples, to the numbers in them that are no
 * tensors, and to the way that `f` took. Scans, branches and loops stay such. Class instances become plain objects of their fields. The derivative
 * rules of `customGradient` are functions, which are not written: the loaded function computes the same values, and differentiating through them throws.
 *
 * @param to - path (written beside and renamed: whole or not at all), `WritableStream`, file handle or any `Sink`
 * @param f - as for `jit`: from trees to a tree, reading no values
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a function or foreign object in an argument or result, or an operation that is none
 * of Gradus's own; TraceError when `f` reads a value; {@link FileError} when the file cannot be written
 * @example
 * ```ts
 * await saveGraph("model.graph", (x: Tensor) => model.call(x), zeros([1, 3, 224, 224]));
 * ```
 */
export async function saveGraph<A extends readonly unknown[]>(
  to: SinkLike,
  f: (...args: A) => unknown,
  ...exampleArguments: A
): Promise<void> {
  callable(op, f, "f");
  const [leaves, input] = liveArguments(op, exampleArguments);
  let output: Structure | undefined;
  const { graph, captures } = trace(leaves, (inputs) => {
    const [ys, structure] = treeFlatten(f(...treeUnflatten<A>(input, inputs)));
    output = structure;
    return ys;
  });
  const traced = captures.find((t) => t.abstract);
  if (traced !== undefined)
    throw new TraceError(
      `${op}: f: captures ${traced}, which is traced and has no value; call it outside of transforms`,
    );
  const json = {
    arguments: treeToJSON(op, input, "arguments"),
    result: treeToJSON(op, output as Structure, "result"),
    graph: graphToJSON(graph),
  };
  await writeNamed(op, to, new Map(captures.map((t, i) => [String(i), t])), {
    metadata: { format: FORMAT, version: VERSION, graph: JSON.stringify(json) },
  });
}
