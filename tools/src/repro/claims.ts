import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../errors.ts";
import type { Example } from "../example.ts";
import { number } from "./output.ts";
import type { Outcome } from "./run.ts";

/** The seeds of `--all`. */
export const SEEDS: readonly number[] = [0, 1, 2];

/** One run of an example. */
export type Run = { readonly seed: number } & Omit<Outcome, "figures">;

/** An example's runs with all seeds. */
export interface Claim extends Pick<Example, "slug" | "title" | "paper" | "claim" | "figure" | "headline"> {
  readonly package: string;
  readonly dataset: string;
  readonly runs: readonly Run[];
}

const OPEN = "<!-- claims: written by npm run repro -- --all -->";
const CLOSE = "<!-- /claims -->";
const CLAIMS = "docs/claims.json";
const README = "README.md";

/** README's text with another table between the markers. Throws {@link UsageError} when they are not there. */
export function withTable(readme: string, table: string): string {
  const [from, to] = [readme.indexOf(OPEN), readme.indexOf(CLOSE)];
  if (from < 0 || to < from) throw new UsageError(`${README} has no place for the table; add ${OPEN} and ${CLOSE}`);
  return `${readme.slice(0, from + OPEN.length)}\n\n${table}\n\n${readme.slice(to)}`;
}

/** README as it is. Throws {@link UsageError} when the table has no place in it. */
export async function readReadme(root: string): Promise<string> {
  const text = await readFile(join(root, README), "utf8").catch(() => "");
  withTable(text, "");
  return text;
}

/** Writes `docs/claims.json` and the table in `README.md`. */
export async function writeClaims(root: string, claims: readonly Claim[]): Promise<void> {
  const readme = await readReadme(root);
  const path = join(root, CLAIMS);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify({ seeds: SEEDS, claims }, null, 2)}\n`);
  await writeFile(join(root, README), withTable(readme, claimsTable(claims)));
}

/** The table: the paper's figure, ours as mean ± standard deviation over the seeds, in how many runs the claim held, mean seconds. */
export function claimsTable(claims: readonly Claim[]): string {
  const head = ["example", "claim", "paper", "ours", "holds", "seconds"];
  const rows = claims.map((c) => [
    `[\`${c.slug}\`](packages/${c.package}/examples/${c.slug}.ts)`,
    c.claim,
    c.figure ?? "–",
    `${ours(c)} (${c.dataset})`,
    `${c.runs.filter(({ holds }) => holds).length} of ${c.runs.length} seeds`,
    number(Math.round(mean(c.runs.map(({ seconds }) => seconds)))),
  ]);
  return aligned([head, ...rows.map((cells) => cells.map(cell))]);
}

/** A Markdown table, laid out as the formatter of the repository does; the first row is its head. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((cells) => [...(cells[i] as string)].length)));
  const padded = (text: string, i: number): string => text + " ".repeat((widths[i] as number) - [...text].length);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const [head, ...body] = rows.map((cells) => line(cells.map(padded)));
  return [head, line(widths.map((width) => "-".repeat(width))), ...body].join("\n");
}

function ours({ headline, runs }: Claim): string {
  const names = headline ?? Object.keys(runs[0]?.metrics ?? {}).slice(0, 1);
  return names
    .map((name) => {
      const values = runs.map(({ metrics }) => metrics[name] as number);
      return `${name} ${number(mean(values))} ± ${number(deviation(values), 2)}`;
    })
    .join(", ");
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replace(/\s+/g, " ");
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: readonly number[]): number => {
  const m = mean(values);
  return Math.sqrt(values.reduce((a, v) => a + (v - m) ** 2, 0) / Math.max(1, values.length - 1));
};
