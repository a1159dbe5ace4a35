/** `npm run bench:report -- FILE…`: brings the results of runs of the benchmark into docs/performance.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { judged, type Result } from "./bars.ts";
import { subjects as inBrowser } from "./browser/subjects.ts";
import { subjects } from "./subjects/index.ts";

const page = fileURLToPath(new URL("../../docs/performance.md", import.meta.url));
const three = (x: number): string => (x >= 100 ? x.toFixed(0) : x.toPrecision(3));

/** Lines of a Markdown table whose columns are filled up with blanks. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] as readonly string[]).map((_, i) => Math.max(3, ...rows.map((r) => (r[i] as string).length)));
  const line = (r: readonly string[]): string => `| ${r.map((c, i) => c.padEnd(widths[i] as number)).join(" | ")} |`;
  const [head, ...body] = rows as [readonly string[], ...(readonly string[])[]];
  return [line(head), `| ${widths.map((w) => "-".repeat(w)).join(" | ")} |`, ...body.map(line)].join("\n");
}

const files = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")) as Result[]);
const browser = files.flat().filter((r) => r.in !== undefined);
const runs = files.filter((run) => run.every((r) => r.in === undefined));
const results = runs.flat();
const namesOf = (rs: readonly Result[]): string[] => [
  ...new Set(rs.filter((r) => r.subject !== undefined).map((r) => r.name)),
];
const names = namesOf(results);
const of = (name: string, subject: string, threads: number, from = results): Result | undefined =>
  from.find((r) => r.name === name && r.subject === subject && r.threads === threads && r.ms !== undefined);

const cell = (r: Result | undefined): string =>
  r === undefined ? "" : `${three(r.ms as number)}${r.gflops === undefined ? "" : ` (${r.gflops.toFixed(1)})`}`;
const who = [...subjects.map((s) => s.name), "gradus-bundled"].filter((s) => names.some((n) => of(n, s, 1)));
const one = table([["case", ...who], ...names.map((n) => [n, ...who.map((s) => cell(of(n, s, 1)))])]);
// Ratios are taken within one run.
const both = runs.find((run) => run.some((r) => r.subject === "gradus" && r.threads === 2)) ?? [];
const threads = table([
  ["case", "one thread", "two threads", "times as fast"],
  ...names.flatMap((n) => {
    const [a, b] = [of(n, "gradus", 1, both), of(n, "gradus", 2, both)];
    return a && b ? [[n, cell(a), cell(b), ((a.ms as number) / (b.ms as number)).toFixed(2)]] : [];
  }),
]);
const judgements = runs.flatMap(judged);
const held = table([
  ["bar", "measured", "limit", ""],
  ...judgements
    .filter((x, i) => judgements.findIndex((y) => y.what === x.what) === i)
    .map(({ what, value, limit, met }) => [what, three(value), limit, met ? "met" : "**not met**"]),
]);
const peaks = results.filter((r) => r.name === "simd-peak").map((r) => (r.gflops as number).toFixed(1));
const visitors = inBrowser.map((s) => s.name).filter((s) => namesOf(browser).some((n) => of(n, s, 1, browser)));
const visited = table([
  ["case", ...visitors],
  ...namesOf(browser).map((n) => [n, ...visitors.map((s) => cell(of(n, s, 1, browser)))]),
]);
const inNode = {
  machine: `${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.versions.node}; SIMD peak of one thread ${peaks.join(" and ")} GFLOP/s.`,
  bars: held,
  "one thread": one,
  "two threads": threads,
};
/** What the files tell of. */
const parts: Readonly<Record<string, string>> = {
  ...(results.length > 0 ? inNode : {}),
  ...(browser.length > 0 ? { browser: visited } : {}),
};
let text = readFileSync(page, "utf8");
for (const [name, content] of Object.entries(parts)) {
  const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [text.indexOf(from), text.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`docs/performance.md: no ${from} … ${to}`);
  text = `${text.slice(0, start + from.length)}\n\n${content}\n\n${text.slice(end)}`;
}
writeFileSync(page, text);
