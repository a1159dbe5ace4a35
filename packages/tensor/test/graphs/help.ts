import { readSafetensors } from "../../src/files/index.ts";
import { loadGraph, saveGraph } from "../../src/graphs/index.ts";
import { treeLeaves } from "../../src/tree.ts";
import { bitsOf, written } from "../files/some.ts";

// biome-ignore lint/suspicious/noExplicitAny: functions of any trees
type Any = any;

/** The file of a function. */
export const fileOf = (f: (...args: Any[]) => unknown, ...args: unknown[]): Promise<Uint8Array<ArrayBuffer>> =>
  written((to) => saveGraph(to, f, ...args));

/** The function that a file makes of `f`. */
export const through = async (f: (...args: Any[]) => unknown, ...args: unknown[]): Promise<(...args: Any[]) => Any> =>
  loadGraph<Any[], Any>(await fileOf(f, ...args));

/** Dtypes, shapes and bytes of the tensors of a tree. */
export const bitsOfAll = (tree: unknown): Promise<unknown> => Promise.all(treeLeaves(tree).map(bitsOf));

interface Node {
  readonly op: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** The graph of a file, as JSON. */
export async function jsonOf(file: Uint8Array): Promise<{ readonly graph: { readonly nodes: readonly Node[] } }> {
  return JSON.parse((await readSafetensors(file)).metadata.get("graph") as string);
}

/** Names of all operations in JSON of a graph, those of inner graphs too. */
export function operationsIn(json: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof json !== "object" || json === null) return found;
  if ("op" in json && "out" in json) found.add(json.op as string);
  for (const inner of Object.values(json)) operationsIn(inner, found);
  return found;
}
