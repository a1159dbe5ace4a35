import { parseArgs } from "node:util";

export interface Settings {
  readonly only: readonly string[] | null;
  readonly subjects: readonly string[] | null;
  readonly threads: number;
  readonly json: string | null;
  readonly quick: boolean;
}

export const usage = `npm run bench -- [--only CASE,…] [--subjects NAME,…] [--threads 1|2] [--json FILE] [--quick]`;

const list = (s: string | undefined): readonly string[] | null => s?.split(",").filter((part) => part !== "") ?? null;

/** Settings from the command line; throws an Error that says what is wrong. */
export function parse(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      subjects: { type: "string" },
      threads: { type: "string", default: "1" },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
    },
  });
  const threads = Number(values.threads);
  if (threads !== 1 && threads !== 2) throw new Error(`--threads: expected 1 or 2, got ${values.threads}`);
  const { only, subjects, json, quick } = values;
  return { only: list(only), subjects: list(subjects), threads, json: json ?? null, quick };
}

/** The named entries in their own order, all when none is named; throws for a name that is not there. */
export function chosen(kind: string, names: readonly string[] | null, all: readonly string[]): readonly string[] {
  const unknown = names?.find((n) => !all.includes(n));
  if (unknown !== undefined) throw new Error(`no ${kind} is called ${unknown}; there are ${all.join(", ")}`);
  return names === null ? all : all.filter((n) => names.includes(n));
}
