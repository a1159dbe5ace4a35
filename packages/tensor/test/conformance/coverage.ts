import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** `const x: Primitive<…> = { name: "x"`, and the same by way of the functions that make primitives. */
const declared =
  /(?:: Primitive(?:<[^=]*>)? = \{|matrixPrimitive(?:<\w+>)?\(\{|pointwise(?:<\w+>)?\(\{)\s*name: "([^"]+)"/g;

/** A function that passes the name on: `const make = (name: string, …) => pointwise({ name, …`. */
const passedOn = /(?:pointwise|matrixPrimitive)(?:<\w+>)?\(\{\s*name,/g;
const functionName = /(?:const|function) (\w+)(?: = \(|[<(])/g;

/** Names that a module's own functions give to primitives. */
function* named(text: string): Generator<string> {
  for (const use of text.matchAll(passedOn)) {
    const maker = [...text.slice(0, use.index).matchAll(functionName)].at(-1)?.[1];
    for (const call of text.matchAll(new RegExp(`\\b${maker}\\(\\s*"([^"]+)"`, "g"))) yield call[1] as string;
  }
}

/** Have no value of their own: given ones, arguments of traced functions, and the outputs of others. */
const valueless = new Set(["constant", "placeholder", "part"]);

const rules = ["infer", "vjp", "jvp", "batch", "lower"];
const isPrimitive = (x: unknown): x is { readonly name: string } =>
  typeof x === "object" && x !== null && rules.every((rule) => rule in x);

/** Names of the primitives among what a module exports, alone or in a table. */
const exported = (module: object): string[] =>
  Object.values(module)
    .flatMap((x) =>
      isPrimitive(x) ? [x] : typeof x === "object" && x !== null ? Object.values(x).filter(isPrimitive) : [],
    )
    .map((p) => p.name);

/** Names of all primitives: those that modules export, and those that the text of the sources declares for a module's own use. */
export async function primitivesInSource(): Promise<readonly string[]> {
  const root = fileURLToPath(new URL("../../src", import.meta.url));
  const names = new Set<string>();
  for (const file of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const text = readFileSync(`${root}/${file}`, "utf8");
    for (const match of text.matchAll(declared)) names.add(match[1] as string);
    for (const name of named(text)) names.add(name);
    for (const name of exported(await import(`${root}/${file}`))) names.add(name);
  }
  return [...names].filter((name) => !valueless.has(name)).sort();
}
