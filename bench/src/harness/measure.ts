import type { Case } from "../cases/case.ts";
import type { GpuWork, Job, Reply, Request } from "./messages.ts";
import { difference, type Sample } from "./sample.ts";
import { type Summary, summary } from "./stats.ts";
import { Worker } from "./worker.ts";

/** How long to measure. */
export interface Effort {
  /** Milliseconds of warm-up per subject. */
  readonly warm: number;
  /** Milliseconds of one turn of a subject. */
  readonly turn: number;
  /** Measured milliseconds per subject that are enough. */
  readonly budget: number;
  /** Fewest runs. */
  readonly least: number;
}

export const thorough: Effort = { warm: 500, turn: 100, budget: 2000, least: 5 };
export const quick: Effort = { warm: 50, turn: 20, budget: 60, least: 3 };

/** Turns after which a subject with many runs has enough, before its budget is spent. */
const TURNS = 10;

/** A run longer than this is too slow for the full number of runs. */
const SLOW = 5000;

export type Outcome =
  | ({ readonly kind: "measured"; readonly runs: number; readonly work?: GpuWork } & Summary)
  | { readonly kind: "unsupported" | "failed" | "mismatch"; readonly reason: string };

/** What measures one subject on one case, apart from the others. */
export interface Measurer {
  readonly job: Job;
  /** Whether it can tell what a run asks of the GPU. */
  readonly counts?: boolean;
  ask(request: Request): Promise<Reply>;
  end(): void;
}

interface Running {
  readonly worker: Measurer;
  readonly samples: readonly Sample[];
  readonly slow: boolean;
  readonly times: number[];
  turns: number;
  failure: string | null;
}

const timesOf = (reply: Reply): readonly number[] | string =>
  reply.kind === "times" ? reply.times : "reason" in reply ? reply.reason : "unexpected answer";

const total = (times: readonly number[]): number => times.reduce((a, b) => a + b, 0);

function enough({ times, turns, slow, failure }: Running, { budget, least }: Effort): boolean {
  if (failure !== null) return true;
  if (times.length < (slow ? 2 : least)) return false;
  return (turns >= TURNS && times.length >= 10) || total(times) >= budget || slow;
}

/** Gradus with one thread, beside the same with several. */
export const ONE_THREAD = "gradus-1";

/** What a line of the table measures. */
export const whoIs = (name: string, threads: number): { readonly subject: string; readonly threads: number } =>
  name === ONE_THREAD ? { subject: "gradus", threads: 1 } : { subject: name, threads };

/** Measures the subjects of a case, each in a process of its own (unless `start` says otherwise), taking turns so that a change of the machine's pace meets all of them. */
export async function measure(
  row: Case,
  subjects: readonly string[],
  threads: number,
  effort: Effort,
  start: (job: Job) => Measurer = (job) => new Worker(job),
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const running = new Map<string, Running>();
  try {
    for (const subject of subjects) {
      const worker = start({ case: row.name, ...whoIs(subject, threads) });
      const reply = await worker.ask({ kind: "prepare", job: worker.job });
      if (reply.kind !== "ready") {
        worker.end();
        outcomes.set(subject, "reason" in reply ? reply : { kind: "failed", reason: "unexpected answer" });
        continue;
      }
      const slow = reply.firstMs > SLOW;
      running.set(subject, { worker, samples: reply.samples, slow, times: [], turns: 0, failure: null });
    }
    const [reference] = running.values();
    for (const [subject, r] of running) {
      const reason = difference((reference as Running).samples, r.samples, row.tolerance ?? 1e-4);
      if (reason === null) continue;
      outcomes.set(subject, {
        kind: "mismatch",
        reason: `not the numbers of ${reference?.worker.job.subject}: ${reason}`,
      });
    }
    for (const r of running.values()) {
      if (r.slow) continue;
      const warmed = timesOf(await r.worker.ask({ kind: "warm", ms: effort.warm }));
      if (typeof warmed === "string") r.failure = warmed;
    }
    while ([...running.values()].some((r) => !enough(r, effort)))
      for (const r of running.values()) {
        if (enough(r, effort)) continue;
        const times = timesOf(await r.worker.ask({ kind: "batch", ms: effort.turn }));
        if (typeof times === "string") r.failure = times;
        else r.times.push(...times);
        r.turns++;
      }
    for (const [subject, { failure, times, worker }] of running) {
      if (outcomes.has(subject)) continue;
      if (failure !== null) {
        outcomes.set(subject, { kind: "failed", reason: failure });
        continue;
      }
      const told = worker.counts ? await worker.ask({ kind: "count" }) : null;
      const work = told?.kind === "work" ? { work: told.work } : {};
      outcomes.set(subject, { kind: "measured", runs: times.length, ...summary(times), ...work });
    }
    return new Map(subjects.map((s) => [s, outcomes.get(s) as Outcome]));
  } finally {
    for (const { worker } of running.values()) worker.end();
  }
}
