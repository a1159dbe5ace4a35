import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { judged, type Result } from "./bars.ts";
import type { Case } from "./cases/case.ts";
import { cases } from "./cases/index.ts";
import { chosen, parse, usage } from "./harness/args.ts";
import { COLD, coldStart } from "./harness/cold.ts";
import { measure, ONE_THREAD, type Outcome, quick, thorough, whoIs } from "./harness/measure.ts";
import { installPeers } from "./harness/peers.ts";
import { barLines, heading, table } from "./harness/table.ts";
import { subjects } from "./subjects/index.ts";

const PEAK = "simd-peak";

/** The probe in a fresh process: ms, quantiles, GFLOP/s. */
function probe(budget: number): Record<string, number> & { gflops: number } {
  const script = fileURLToPath(new URL("./harness/probe.ts", import.meta.url));
  const out = execFileSync(process.execPath, [script, String(budget)], { encoding: "utf8" });
  const { ms, p10, p90, flops } = JSON.parse(out) as Record<string, number>;
  return { ms: ms!, p10: p10!, p90: p90!, gflops: flops! / ms! / 1e6 };
}

interface Row {
  readonly row: Pick<Case, "name" | "flops" | "ops">;
  readonly outcomes: (who: readonly string[], threads: number, quickly: boolean) => Promise<Map<string, Outcome>>;
}

/** The named cases, the cold start last. */
const rows = (names: readonly string[]): Row[] => [
  ...cases
    .filter((c) => names.includes(c.name))
    .map(
      (row): Row => ({
        row,
        outcomes: (who, threads, quickly) => measure(row, who, threads, quickly ? quick : thorough),
      }),
    ),
  ...(names.includes(COLD)
    ? [{ row: { name: COLD }, outcomes: (who, _, quickly) => coldStart(who, quickly ? 3 : 20) } satisfies Row]
    : []),
];

async function main(): Promise<void> {
  const settings = parse(process.argv.slice(2));
  const names = chosen("case", settings.only, [...cases.map((c) => c.name), COLD, PEAK]);
  const who = chosen("subject", settings.subjects, [...subjects.map((s) => s.name), PEAK]).filter((s) => s !== PEAK);
  installPeers();
  const { threads } = settings;
  const results: object[] = [];
  let bad = 0;

  const peak = probe(settings.quick ? 200 : 2000);
  console.log(`${PEAK}: ${peak.gflops.toFixed(1)} GFLOP/s in one thread\n\n${heading}`);
  results.push({ name: PEAK, ...peak });

  for (const { row, outcomes } of rows(names)) {
    const all = threads > 1 ? who.flatMap((s) => (s === "gradus" ? [s, ONE_THREAD] : [s])) : who;
    const found = await outcomes(row.name === COLD ? who : all, threads, settings.quick);
    console.log(table(row, found));
    for (const [subject, o] of found) {
      const id = { name: row.name, ...whoIs(subject, threads) };
      if (o.kind === "mismatch" || (o.kind === "failed" && subject.startsWith("gradus"))) bad++;
      if (o.kind !== "measured") {
        results.push({ ...id, [o.kind]: o.reason });
        continue;
      }
      const { ms, p10, p90 } = o;
      results.push({ ...id, ms, p10, p90, ...(row.flops === undefined ? {} : { gflops: row.flops / ms / 1e6 }) });
    }
  }
  const held = judged(results as Result[]);
  if (held.length > 0) console.log(barLines(held));
  if (settings.json !== null) writeFileSync(settings.json, `${JSON.stringify(results, null, 2)}\n`);
  if (bad > 0) {
    console.error(`\n${bad} result(s) with wrong numbers or none.`);
    process.exitCode = 1;
  }
}

main().catch((e: unknown) => {
  console.error(`${e instanceof Error ? e.message : e}\n${usage}`);
  process.exitCode = 1;
});
