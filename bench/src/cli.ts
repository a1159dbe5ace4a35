import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cases } from "./cases/index.ts";
import { chosen, parse, usage } from "./harness/args.ts";
import { measure, quick, thorough } from "./harness/measure.ts";
import { installPeers } from "./harness/peers.ts";
import { heading, table } from "./harness/table.ts";
import { subjects } from "./subjects/index.ts";

const PEAK = "simd-peak";

/** The probe in a fresh process: ms, quantiles, GFLOP/s. */
function probe(budget: number): Record<string, number> & { gflops: number } {
  const script = fileURLToPath(new URL("./harness/probe.ts", import.meta.url));
  const out = execFileSync(process.execPath, [script, String(budget)], { encoding: "utf8" });
  const { ms, p10, p90, flops } = JSON.parse(out) as Record<string, number>;
  return { ms: ms!, p10: p10!, p90: p90!, gflops: flops! / ms! / 1e6 };
}

async function main(): Promise<void> {
  const settings = parse(process.argv.slice(2));
  const names = chosen("case", settings.only, [...cases.map((c) => c.name), PEAK]);
  const who = chosen("subject", settings.subjects, [...subjects.map((s) => s.name), PEAK]).filter((s) => s !== PEAK);
  const effort = settings.quick ? quick : thorough;
  installPeers();
  const { threads } = settings;
  const results: object[] = [];
  let bad = 0;

  const peak = probe(settings.quick ? 200 : 2000);
  console.log(
    `${PEAK}: ${peak.gflops.toFixed(1)} GFLOP/s in one thread (p90 of the time ${peak.p90!.toFixed(2)} ms, median ${peak.ms!.toFixed(2)} ms)\n`,
  );
  results.push({ name: PEAK, ...peak });

  console.log(heading);
  for (const row of cases.filter((c) => names.includes(c.name))) {
    const outcomes = await measure(row, who, threads, effort);
    console.log(table(row, outcomes));
    for (const [subject, o] of outcomes) {
      const id = { name: row.name, subject, threads };
      if (o.kind === "mismatch" || (o.kind === "failed" && subject === "gradus")) bad++;
      if (o.kind !== "measured") results.push({ ...id, [o.kind]: o.reason });
      else {
        const { ms, p10, p90 } = o;
        results.push({ ...id, ms, p10, p90, ...(row.flops === undefined ? {} : { gflops: row.flops / ms / 1e6 }) });
      }
    }
  }
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
