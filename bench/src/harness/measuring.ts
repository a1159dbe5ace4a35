// A process that measures one subject on one case: it prepares, warms up and runs batches when it is asked to.
import { caseNamed } from "../cases/index.ts";
import { subjectNamed } from "../subjects/index.ts";
import type { Reply, Request } from "./messages.ts";
import { sampleOf } from "./sample.ts";
import { type Prepared, Unsupported } from "./work.ts";

let prepared: Prepared | undefined;

/** Runs for about `ms`, at least once. A run that is finished when it returns is not awaited: that would be measured, too. */
async function batch(ms: number): Promise<number[]> {
  const { run } = prepared as Prepared;
  const times: number[] = [];
  const end = performance.now() + ms;
  do {
    const start = performance.now();
    const pending = run();
    if (pending instanceof Promise) await pending;
    times.push(performance.now() - start);
  } while (performance.now() < end);
  return times;
}

async function answer(request: Request): Promise<Reply> {
  if (request.kind !== "prepare") return { kind: "times", times: await batch(request.ms) };
  const { job } = request;
  const row = caseNamed(job.case);
  prepared = await subjectNamed(job.subject).prepare(row, job.threads);
  const start = performance.now();
  const outputs = await prepared.first();
  const firstMs = performance.now() - start;
  const compared = row.compared?.(outputs, row.inputs()) ?? outputs;
  return { kind: "ready", samples: compared.map(sampleOf), firstMs };
}

const reasonOf = (e: unknown): string => (e instanceof Error ? e.message : String(e)).split("\n")[0] as string;

process.on("message", (request: Request) => {
  answer(request).then(
    (reply) => process.send?.(reply),
    (e) => {
      if (process.env.BENCH_DEBUG) console.error(e);
      process.send?.({
        kind: e instanceof Unsupported ? "unsupported" : "failed",
        reason: reasonOf(e),
      } satisfies Reply);
    },
  );
});
process.on("disconnect", () => process.exit());
