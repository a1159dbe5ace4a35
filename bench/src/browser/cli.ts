import { writeFileSync } from "node:fs";
import { missing } from "../../../tools/src/chromium.ts";
import { judged, type Result } from "../bars.ts";
import { cases } from "../cases/index.ts";
import { chosen, parse } from "../harness/args.ts";
import { measure, ONE_THREAD, quick, thorough, whoIs } from "../harness/measure.ts";
import { installPeers } from "../harness/peers.ts";
import { barLines, heading, table } from "../harness/table.ts";
import { bars } from "./bars.ts";
import { subjects } from "./subjects.ts";
import { BrowserTab } from "./tab.ts";

// The benchmark in headless Chromium, where GPUs are SwiftShader's, on the CPU: each subject in a browser of its own.
const usage = "npm run bench:browser -- [--only CASE,…] [--subjects NAME,…] [--threads 1|2] [--json FILE] [--quick]";

async function main(): Promise<void> {
  const settings = parse(process.argv.slice(2));
  const { threads, json } = settings;
  const names = chosen(
    "case",
    settings.only,
    cases.map((c) => c.name),
  );
  const who = chosen(
    "subject",
    settings.subjects,
    subjects.map((s) => s.name),
  );
  if (missing !== null) {
    console.error(`SKIPPED the benchmark in Chromium: ${missing}`);
    return;
  }
  installPeers();
  const all = threads > 1 ? who.flatMap((s) => (s === "gradus" ? [s, ONE_THREAD] : [s])) : who;
  const results: object[] = [];
  let bad = 0;
  console.log(heading);
  for (const row of cases.filter((c) => names.includes(c.name))) {
    const found = await measure(row, all, threads, settings.quick ? quick : thorough, (job) => new BrowserTab(job));
    console.log(table(row, found));
    for (const [subject, o] of found) {
      if (o.kind === "mismatch" || (o.kind === "failed" && subject.startsWith("gradus"))) bad++;
      const id = { name: row.name, in: "chromium", ...whoIs(subject, threads) };
      if (o.kind !== "measured") results.push({ ...id, [o.kind]: o.reason });
      else {
        const { ms, p10, p90, work } = o;
        results.push({
          ...id,
          ms,
          p10,
          p90,
          ...work,
          ...(row.flops === undefined ? {} : { gflops: row.flops / ms / 1e6 }),
        });
      }
    }
  }
  const held = judged(results as Result[], bars);
  if (held.length > 0) console.log(barLines(held));
  if (json !== null) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  if (bad > 0) {
    console.error(`\n${bad} result(s) with wrong numbers or none.`);
    process.exitCode = 1;
  }
}

main().catch((e: unknown) => {
  console.error(`${e instanceof Error ? e.message : e}\n${usage}`);
  process.exitCode = 1;
});
