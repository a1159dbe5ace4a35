import { caseNamed } from "../cases/index.ts";
import type { Subject } from "../subjects/subject.ts";
import type { GpuWork, Reply, Request } from "./messages.ts";
import { sampleOf } from "./sample.ts";
import { type Prepared, Unsupported } from "./work.ts";

const reasonOf = (e: unknown): string => (e instanceof Error ? e.message : String(e)).split("\n")[0] as string;

/**
 * Answers what is asked about one subject on one case: it prepares, warms up and runs batches.
 *
 * @param broken is told of errors
 * @param grain milliseconds that the clock tells well; default: any
 * @param counted counts what a run asks of the GPU, where that can be seen
 */
export function answers(
  subjectNamed: (name: string) => Subject,
  broken: (e: unknown) => void,
  grain = 0,
  counted?: (run: () => Promise<unknown>) => Promise<GpuWork>,
): (request: Request) => Promise<Reply> {
  let prepared: Prepared | undefined;
  /** Runs between two looks at the clock. */
  let count = 1;

  /** Times `count` runs in a row. A run that is finished when it returns is not awaited: that would be measured, too. */
  async function timed({ run }: Prepared, count: number): Promise<number> {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const pending = run();
      if (pending instanceof Promise) await pending;
    }
    return performance.now() - start;
  }

  /** Runs for about `ms`, at least once; of short runs, so many in a row that the clock can tell. */
  async function batch(ms: number): Promise<number[]> {
    const subject = prepared as Prepared;
    const times: number[] = [];
    const end = performance.now() + ms;
    do {
      const time = await timed(subject, count);
      if (time >= grain) times.push(time / count);
      else count *= 2;
    } while (performance.now() < end || times.length === 0);
    return times;
  }

  async function answer(request: Request): Promise<Reply> {
    if (request.kind === "count") {
      if (counted === undefined) throw new Unsupported("nothing counts kernels here");
      return { kind: "work", work: await counted(() => timed(prepared as Prepared, 1)) };
    }
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

  return async (request) => {
    try {
      return await answer(request);
    } catch (e) {
      broken(e);
      return { kind: e instanceof Unsupported ? "unsupported" : "failed", reason: reasonOf(e) };
    }
  };
}
