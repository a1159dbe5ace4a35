import { type Count, count, type Entry } from "./check.ts";

const percent = ({ there, total, share }: Count): string[] => [`${there} of ${total}`, `${(100 * share).toFixed(1)} %`];
const code = (text: string): string => (text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``);

/** One paragraph per kind: names that are the same need no second column. */
function section(module: string, list: readonly Entry[]): string {
  const there = list.filter((e) => e.kind === "there");
  const row = (e: Entry): string[] => [code(e.name), code(e.text).replaceAll("|", "\\|")];
  const missing = list.filter((e) => e.kind === "missing");
  const absent = Map.groupBy(
    list.filter((e) => e.kind === "absent"),
    (e) => e.text,
  );
  return [
    `## ${module}`,
    "",
    tabled([[module, "in Gradus"], ...there.map(row)]),
    "",
    `Missing: ${missing.length === 0 ? "nothing" : missing.map((e) => code(e.name)).join(", ")}.`,
    ...[...absent].map(([reason, names]) => `\nLeft out: ${names.map((e) => code(e.name)).join(", ")}: ${reason}.`),
    "",
  ].join("\n");
}

/** A table whose columns are filled up with blanks, as the formatter lays it out; a cell is at least three wide. */
function tabled(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] as readonly string[]).map((_, i) =>
    Math.max(3, ...rows.map((r) => [...(r[i] as string)].length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((c, i) => c + " ".repeat((widths[i] as number) - [...c].length)).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head as readonly string[]), line(widths.map((w) => "-".repeat(w))), ...body.map(line)].join("\n");
}

/** docs/parity.md. */
export function document(version: string, modules: Readonly<Record<string, readonly Entry[]>>): string {
  const all = Object.values(modules).flat();
  return `# Parity with JAX

Written by \`npm run parity\`; not to be edited by hand. Names are those of JAX ${version}; the tables are in \`tools/src/parity/tables\`. A name counts as there when the
program finds ours among the exports of \`@gradus/tensor\` (\`files.x\` is x of \`@gradus/tensor/files\`), or when the line that shows how it is written passes the type checker. What makes no sense here is left out
of the count, with its reason. Axes, options and dtypes follow Gradus, not JAX, wherever the two differ.

${tabled([["module", "there", "share"], ...[...Object.entries(modules), ["all", all] as const].map(([module, list]) => [module, ...percent(count(list))])])}

${Object.entries(modules)
  .map(([module, list]) => section(module, list))
  .join("\n")}`;
}
