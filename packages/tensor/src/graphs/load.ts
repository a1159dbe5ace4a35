import { options as checkOptions } from "../check.ts";
import { FileError } from "../errors.ts";
import { check, type LongOptions } from "../files/check.ts";
import { SafetensorsFile } from "../files/safetensors.ts";
import { readHeader } from "../files/safetensors-header.ts";
import { openReader, type SourceLike } from "../files/source.ts";
import { said } from "../said.ts";
import type { Tensor } from "../tensor.ts";
import { isActive } from "../trace.ts";
import type { Graph } from "../transforms/graph.ts";
import { jit } from "../transforms/jit.ts";
import { avalKey, countLeaves, type Structure, treeUnflatten } from "../tree.ts";
import { type GraphLimits, GraphReader, members } from "./read.ts";
import { sameAvals } from "./rule.ts";
import { FORMAT, VERSION } from "./save.ts";
import { collect, treeFromJSON } from "./tree.ts";

/** Options of {@link loadGraph}. */
export interface LoadGraphOptions extends GraphLimits, LongOptions {}

/** A function that {@link loadGraph} made. */
export type LoadedGraph<A extends readonly unknown[], R> = (...args: A) => R;

const op = "loadGraph";

interface Saved {
  readonly input: Structure;
  readonly output: Structure;
  readonly graph: Graph;
}

/** What the metadata say, checked but for the captured tensors. */
function parse(metadata: ReadonlyMap<string, string>, limits: GraphLimits, fail: (what: string) => never): Saved {
  if (metadata.get("format") !== FORMAT)
    fail(`format: is ${said(metadata.get("format"))}, not ${said(FORMAT)}; was it written by saveGraph?`);
  if (metadata.get("version") !== VERSION)
    fail(`version: is ${said(metadata.get("version"))}, and only ${said(VERSION)} is known; it needs a later Gradus`);
  let json: unknown;
  try {
    json = JSON.parse(metadata.get("graph") ?? "");
  } catch {
    fail("graph: is no JSON; the file is damaged");
  }
  const all = members(json, ["arguments", "result", "graph"], (what) => fail(`graph: ${what}`));
  const tree = (name: string): Structure => treeFromJSON(all[name], (what) => fail(`${name}: ${what}`));
  const [input, output] = [tree("arguments"), tree("result")];
  const graph = new GraphReader(limits, fail).graph(all.graph);
  if (input.kind !== "array") fail("arguments: expected a list");
  if (countLeaves(input) > graph.inputs.length) fail("arguments: have more tensors than the graph has inputs");
  if (countLeaves(output) !== graph.outputs.length)
    fail(`result: has ${countLeaves(output)} tensors, and the graph gives ${graph.outputs.length}`);
  return { input, output, graph };
}

/** The tensors that the graph takes after its arguments. */
async function captured(
  file: SafetensorsFile,
  { input, graph }: Saved,
  options: LongOptions,
  fail: (what: string) => never,
): Promise<Tensor[]> {
  const wanted = graph.inputs.slice(countLeaves(input));
  const names = wanted.map((_, i) => String(i));
  if (file.tensors.size !== names.length || !names.every((name) => file.tensors.has(name)))
    fail(`tensors: the graph captures ${names.length}, named by their numbers, and the file has ${file.tensors.size}`);
  const described = names.map((name) => file.tensors.get(name) as { dtype: Tensor["dtype"]; shape: readonly number[] });
  if (!sameAvals(described, wanted))
    fail(`tensors: are ${said(described.map(avalKey))}, but the graph takes ${said(wanted.map(avalKey))}`);
  const all = await file.readAll(options);
  return names.map((name) => all.get(name) as Tensor);
}

/**
 * The function that {@link saveGraph} wrote. It takes and gives trees like those of the example, of the same shapes and dtypes; it compiles at its first
 * call, as if by `jit`, for whatever backend is set; and inside of `grad`, `jvp`, `vmap`, `jit` and the other transforms it is part of their graph.
 *
 * Files may come from anywhere: operations, attributes, order, shapes and dtypes are checked before the function exists, so that it never does
 * anything but compute. No code is read from the file. How long and in how much memory it computes is up to the file, within `maxBytes` for each value.
 *
 * @param from - path, bytes, `Blob`, file handle or any `Source`
 * @returns a function whose type is up to you: what a file holds is checked at each call only
 * @throws {@link FileError} naming what is wrong with the file, whatever its bytes; {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a wrong
 * option. The function throws ArgumentError, ShapeError and DTypeError for other arguments than the example's, and GradientError where it is
 * differentiated through a `customGradient`.
 * @example
 * ```ts
 * const model = await loadGraph<[Tensor], Tensor>("model.graph");
 * const scores = await model(image).data();
 * ```
 */
export async function loadGraph<A extends readonly unknown[] = readonly Tensor[], R = Tensor>(
  from: SourceLike,
  options: LoadGraphOptions = {},
): Promise<LoadedGraph<A, R>> {
  checkOptions(op, options, { maxNodes: check.count, maxBytes: check.count, ...check.long });
  const { maxNodes, maxBytes, ...long } = options;
  long.signal?.throwIfAborted();
  const reader = await openReader(op, from);
  const fail = (what: string): never => {
    throw new FileError(`${reader.where}: ${what}`);
  };
  try {
    const file = new SafetensorsFile(reader, await readHeader(reader, {}));
    const limits = { ...(maxNodes !== undefined && { maxNodes }), ...(maxBytes !== undefined && { maxBytes }) };
    const saved = parse(file.metadata, limits, fail);
    return callable(saved, await captured(file, saved, long, fail));
  } finally {
    await reader.close();
  }
}

function callable<A extends readonly unknown[], R>(
  { input, output, graph }: Saved,
  captures: readonly Tensor[],
): LoadedGraph<A, R> {
  const apply = (leaves: readonly Tensor[]): Tensor[] => graph.apply([...leaves, ...captures]);
  const run = jit(apply);
  return (...args) => {
    const leaves: Tensor[] = [];
    collect(op, input, args, "arguments", graph.inputs, leaves);
    const traced = leaves.some((t) => t.abstract || isActive(t.trace));
    return treeUnflatten<R>(output, traced ? apply(leaves) : run(leaves));
  };
}
