import { execFileSync, fork } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { firsts } from "./cold-libraries.ts";
import type { Outcome } from "./measure.ts";
import { difference, type Sample } from "./sample.ts";
import { summary } from "./stats.ts";

export const COLD = "cold-start";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const script = fileURLToPath(new URL("./cold-process.ts", import.meta.url));

/** The package as one file, as an application would ship it; returns its URL. */
async function bundle(): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), "gradus-bench-")), "tensor.mjs");
  await build({
    stdin: { contents: 'export * from "@gradus/tensor";', resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    conditions: ["source"],
    outfile,
    logLevel: "error",
  });
  return pathToFileURL(outfile).href;
}

type Answer = { readonly ms: number; readonly samples: readonly Sample[] } | { readonly reason: string };

const once = (subject: string, bundled: string): Promise<Answer> =>
  new Promise((resolve) => {
    const child = fork(script, [subject], {
      execArgv: ["--disable-warning=ExperimentalWarning"],
      serialization: "advanced",
      env: { ...process.env, BENCH_BUNDLE: bundled },
    });
    child.once("message", (answer: Answer) => resolve(answer));
    child.once("exit", (code) => resolve({ reason: `the process ended (${code})` }));
  });

/** Times from import to the first result, each in a fresh process; subjects take turns. */
export async function coldStart(subjects: readonly string[], rounds: number): Promise<Map<string, Outcome>> {
  const named = subjects.flatMap((s) => (s === "gradus" ? ["gradus", "gradus-bundled"] : [s]));
  const outcomes = new Map<string, Outcome>();
  const times = new Map<string, number[]>();
  let bundled = "";
  for (const s of named)
    if (s in firsts) times.set(s, []);
    else outcomes.set(s, { kind: "unsupported", reason: "not written" });
  if (times.has("gradus"))
    try {
      // The published form is JavaScript: it must be that of the sources.
      execFileSync("npm", ["run", "build"], { cwd: root, stdio: "pipe" });
      bundled = await bundle();
    } catch {
      for (const s of ["gradus", "gradus-bundled"]) {
        outcomes.set(s, { kind: "failed", reason: "the build fails: npm run build" });
        times.delete(s);
      }
    }
  let reference: readonly Sample[] | undefined;
  // The first round fills the caches of the file system.
  for (let round = -1; round < rounds; round++)
    for (const [s, list] of times) {
      if (outcomes.has(s)) continue;
      const answer = await once(s, bundled);
      if ("reason" in answer) {
        outcomes.set(s, { kind: "failed", reason: answer.reason });
        continue;
      }
      reference ??= answer.samples;
      const reason = difference(reference, answer.samples, 1e-4);
      if (reason !== null) outcomes.set(s, { kind: "mismatch", reason });
      else if (round >= 0) list.push(answer.ms);
    }
  for (const [s, list] of times)
    if (!outcomes.has(s)) outcomes.set(s, { kind: "measured", runs: list.length, ...summary(list) });
  return new Map(named.map((s) => [s, outcomes.get(s) as Outcome]));
}
