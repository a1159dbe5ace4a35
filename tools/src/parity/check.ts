import type { Table, Written } from "./table.ts";

/** A name of another library and what becomes of it. */
export interface Entry {
  readonly name: string;
  readonly kind: "there" | "absent" | "missing";
  /** Our name, how it is written, or the reason. */
  readonly text: string;
}

/** What the program knows about our side: every export (those of a subpath as `files.readNpy`), and every method of Tensor. */
export interface Ours {
  readonly exported: ReadonlySet<string>;
  readonly methods: ReadonlySet<string>;
}

/** A table contradicts the names, itself, or what is exported. */
export class ParityError extends Error {
  override name = "ParityError";
}

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);
/** `log_ndtr` as `logNdtr`. */
export const camelCase = (name: string): string => name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase());

/** The text of a line that shows how something is written, without the prefix of imports, types and line ends. */
export const codeOf = (f: Written): string =>
  f
    .toString()
    .replace(
      /^(async )?\(([^)]*)\)\s*=>\s*/,
      (_, word = "", args: string) => `${word}(${args.replace(/\s*:\s*[\w.]+|\s{2,}/g, "")}) => `,
    )
    .replace(/\(([a-zA-Z]+)\s{2,}, /g, "($1, ")
    .replace(/\s+/g, " ")
    .replace(/ ([,)])/g, "$1")
    .replace(/,\)/g, ")")
    .replace(/([([]) /g, "$1")
    .replace(/\bg\./g, "");

/** Every export a line uses, as the property of the import `g`. */
const used = (f: Written): string[] => [...f.toString().matchAll(/\bg\.(\w+)(?=\()/g)].map((m) => m[1] as string);

/**
 * What becomes of each of `names`, in their order.
 *
 * @throws {@link ParityError} when a name stands nowhere or twice in the table, a name of the table is none of theirs, or ours does not exist
 */
export function entries(module: string, names: readonly string[], table: Table, ours: Ours): Entry[] {
  const found = new Map<string, Entry>();
  const put = (name: string, kind: Entry["kind"], text: string): void => {
    if (!names.includes(name))
      throw new ParityError(`${module}: ${name} is in the table, but there is no such function`);
    if (found.has(name)) throw new ParityError(`${module}: ${name} is in the table twice`);
    found.set(name, { name, kind, text });
  };
  const exists = (name: string, of: string): void => {
    if (!ours.exported.has(of) && !(of.startsWith("Tensor.") && ours.methods.has(of.slice(7))))
      throw new ParityError(`${module}: ${name} is said to be ${of}, which is neither exported nor a method of Tensor`);
  };
  for (const name of words(table.same)) {
    exists(name, camelCase(name));
    put(name, "there", camelCase(name));
  }
  for (const [name, how] of Object.entries(table.there)) {
    if (typeof how === "string") exists(name, how);
    else for (const of of used(how)) exists(name, of);
    put(name, "there", typeof how === "string" ? how : codeOf(how));
  }
  for (const [reason, list] of Object.entries(table.absent))
    for (const name of words(list)) put(name, "absent", reason);
  for (const name of words(table.missing)) put(name, "missing", "");
  return names.map((name) => {
    const entry = found.get(name);
    if (!entry) throw new ParityError(`${module}: ${name} is not in the table`);
    return entry;
  });
}

/** Counts, without what is left out on purpose. */
export interface Count {
  readonly total: number;
  readonly there: number;
  readonly share: number;
}

export function count(list: readonly Entry[]): Count {
  const total = list.filter((e) => e.kind !== "absent").length;
  const there = list.filter((e) => e.kind === "there").length;
  return { total, there, share: total === 0 ? 1 : Math.round((there / total) * 10000) / 10000 };
}
