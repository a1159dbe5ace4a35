import * as gradus from "@gradus/tensor";
import * as files from "@gradus/tensor/files";
import { type Entry, entries } from "./check.ts";
import { document } from "./markdown.ts";
import names from "./names.json" with { type: "json" };
import type { Table } from "./table.ts";
import { lax } from "./tables/lax.ts";
import { numpy } from "./tables/numpy.ts";
import { linalg, nn, special } from "./tables/rest.ts";

const tables: Readonly<Record<keyof typeof names.modules, Table>> = {
  "jax.numpy": numpy,
  "jax.lax": lax,
  "jax.nn": nn,
  "jax.scipy.special": special,
  "jax.numpy.linalg": linalg,
};

/** What becomes of every function, by module, and the document about it. */
export function parity(): { readonly modules: Readonly<Record<string, readonly Entry[]>>; readonly text: string } {
  const ours = {
    exported: new Set([...Object.keys(gradus), ...Object.keys(files).map((name) => `files.${name}`)]),
    methods: new Set(Object.getOwnPropertyNames(gradus.Tensor.prototype)),
  };
  const modules = Object.fromEntries(
    Object.entries(tables).map(([module, table]) => [
      module,
      entries(module, names.modules[module as keyof typeof names.modules], table, ours),
    ]),
  );
  return { modules, text: document(names.version, modules) };
}
