import { dtypes, type Kernel, type Plan, type PlanBuffer, type Special, type Step } from "@gradus/tensor";
import type { Gpu } from "./gpu.ts";
import { uncommon } from "./loading.ts";
import { type Fail, Taken } from "./memory.ts";
import type { View } from "./parts/index.ts";
import { fitsWhole } from "./parts/windows.ts";
import { type Recorder, Shader } from "./recorder.ts";
import { type Stages, stagesOf } from "./stages.ts";
import { printable, printKernel } from "./wgsl/kernel.ts";
import type { Program } from "./wgsl/program.ts";
import { looksThrough, printAtomic, printChosen, printLookThrough, printWinners } from "./wgsl/scatter.ts";
import { perWord } from "./wgsl/types.ts";
import { printNarrow, printWiden } from "./wgsl/wide.ts";

/** What has to be waited for before the rest is recorded; all before has been submitted. */
export type Waits = Generator<Promise<void>, void, void>;

/** Records one step on its buffers. */
export interface Runner {
  // biome-ignore lint/suspicious/noConfusingVoidType: most steps have nothing to say
  (r: Recorder, buffers: readonly GPUBuffer[], fail: Fail): Waits | void;
  /** Whether it may have to wait; default false. */
  readonly waits?: boolean;
  /** Kernels that it dispatches, about; default 1. */
  readonly kernels?: number;
  /** Whether it copies to its results, beside what kernels write; default false. */
  readonly copies?: boolean;
  dispose?(): void;
}

export const bytesOf = ({ dtype, size }: Pick<PlanBuffer, "dtype" | "size">): number => size * dtypes[dtype].bytes;

/** Whether the device can do all steps of a plan without the CPU. */
const whole = (gpu: Gpu, plan: Plan): boolean =>
  plan.steps.every(
    (step) =>
      onDevice(gpu, step, plan) && (step.work.kind !== "switch" || step.work.branches.every((b) => whole(gpu, b))),
  );

/** Whether the device can do a step, of a plan that lacks nothing, without the CPU; of branches, some of the work. A loop does not go to and fro. */
export function onDevice(gpu: Gpu, { work, buffers }: Step, plan: Plan): boolean {
  // kernels are cut into parts; of all else shaders see whole buffers
  if (
    work.kind !== "loops" &&
    work.kind !== "scan" &&
    buffers.some((b) => bytesOf(plan.buffers[b] as PlanBuffer) > gpu.limits.binding)
  )
    return false;
  switch (work.kind) {
    case "loops":
      return printable(work);
    case "scatter":
    case "recurrence":
    case "cumulative":
      // packed elements are computed in words
      return work.dtype !== "f64" && 4 * work.outer * work.n * work.inner <= gpu.limits.binding;
    case "scan": {
      const rows = buffers
        .slice(work.consts + work.carries)
        .filter((_, i) => i < work.xs || i >= work.xs + work.carries);
      return (
        whole(gpu, work.body) &&
        // slices are copied in whole words
        rows.every((b) => (bytesOf(plan.buffers[b] as PlanBuffer) / work.length) % 4 === 0)
      );
    }
    case "routine":
      return uncommon().prepared(gpu, work) !== null;
    case "switch":
      return work.branches.some((b) => b.steps.some((step) => onDevice(gpu, step, b)));
    case "while":
      return whole(gpu, work.condition) && whole(gpu, work.body);
  }
}

/** The runner of a step that is `onDevice`. */
export function runnerOf(gpu: Gpu, { work, buffers }: Step, plan: Plan): Runner {
  const sizes = buffers.map((b) => bytesOf(plan.buffers[b] as PlanBuffer));
  switch (work.kind) {
    case "loops":
      return kernelRunner(gpu, work);
    case "scatter":
      return scatterRunner(gpu, work, sizes);
    case "recurrence":
    case "cumulative":
      return uncommon().runningRunner(gpu, work);
    case "scan":
      return uncommon().scanRunner(gpu, work, sizes);
    case "routine":
      return (uncommon().prepared(gpu, work) as () => Runner)();
    case "switch":
      return uncommon().switchRunner(gpu, work);
    case "while":
      return uncommon().whileRunner(gpu, work, sizes);
  }
}

const nothing: Runner = Object.assign(() => undefined, { kernels: 0 });
const copying = (run: Runner): Runner => Object.assign(run, { copies: true });

/** One shader, unless there is nothing to write. */
function plain(gpu: Gpu, sizes: readonly number[], print: () => Program): Runner {
  if (sizes.at(-1) === 0) return nothing;
  const shader = new Shader(gpu, print());
  return (r, buffers) => shader.run(r, buffers);
}

/** A kernel on the buffers of its step, of which it may see only parts; one of them may be the result's own. */
function shaderRunner(
  gpu: Gpu,
  kernel: Kernel,
  views?: readonly (View | null)[],
): (r: Recorder, buffers: readonly GPUBuffer[]) => void {
  const out = kernel.stores[0]?.buffer as number;
  // one shader for every operand in whose memory the result may lie
  const shaders = new Map<number, Shader>();
  const shader = (same: number): Shader => {
    let found = shaders.get(same);
    if (found === undefined) shaders.set(same, (found = new Shader(gpu, printKernel(kernel, same, gpu.target))));
    return found;
  };
  shader(-1);
  return (r, buffers) => shader(buffers.findIndex((b, i) => i !== out && b === buffers[out])).run(r, buffers, views);
}

function stagedRunner(gpu: Gpu, kernel: Kernel, { first, second, partial }: Stages): Runner {
  const [fold, finish] = [shaderRunner(gpu, first), shaderRunner(gpu, second)];
  const out = kernel.stores[0]?.buffer as number;
  const run: Runner = (r, buffers, fail) => {
    const between = gpu.pool.take(bytesOf(partial), fail);
    fold(
      r,
      buffers.map((b, i) => (i === out ? between : b)),
    );
    finish(r, [...buffers, between]);
    gpu.pool.give(between, bytesOf(partial));
  };
  return Object.assign(run, { kernels: 2 });
}

function kernelRunner(gpu: Gpu, kernel: Kernel): Runner {
  if (kernel.buffers[kernel.stores[0]?.buffer as number]?.size === 0) return nothing;
  if (fitsWhole(kernel, gpu.limits)) {
    const stages = stagesOf(kernel, gpu.target);
    return stages === null ? shaderRunner(gpu, kernel) : stagedRunner(gpu, kernel, stages);
  }
  const { parts, temporaries } = uncommon().inParts(kernel, gpu.limits);
  const runs = parts.map((p) => ({ run: shaderRunner(gpu, p.kernel, p.views), of: p.views.map((v) => v?.buffer) }));
  return Object.assign(
    (r: Recorder, buffers: readonly GPUBuffer[], fail: Fail): void => {
      const taken = new Taken(gpu.pool, fail);
      try {
        const all = [...buffers, ...temporaries.map((bytes) => taken.take(bytes))];
        for (const { run, of } of runs)
          run(
            r,
            of.map((b) => all[b ?? -1] as GPUBuffer),
          );
      } finally {
        taken.give();
      }
    },
    { kernels: runs.length },
  );
}

function scatterRunner(gpu: Gpu, work: Extract<Special, { kind: "scatter" }>, sizes: readonly number[]): Runner {
  const [base, names, updates, out] = sizes as [number, number, number, number];
  if (out === 0) return nothing;
  if (names === 0 || updates === 0)
    return copying((r, buffers) =>
      r.copy(buffers[0] as GPUBuffer, 0, buffers[3] as GPUBuffer, 0, Math.ceil(base / 4) * 4),
    );
  if (looksThrough(work)) return plain(gpu, sizes, () => printLookThrough(work));
  if (work.mode === "set") {
    const [winners, chosen] = [new Shader(gpu, printWinners(work)), new Shader(gpu, printChosen(work))];
    const bytes = 4 * (work.batchedIndices ? work.outer : 1) * work.n;
    return (r, buffers, fail) => {
      const counts = gpu.pool.take(bytes, fail);
      r.clear(counts, bytes);
      winners.run(r, [...buffers, counts]);
      chosen.run(r, [...buffers, counts]);
      gpu.pool.give(counts, bytes);
    };
  }
  const shader = new Shader(gpu, printAtomic(work));
  if (perWord(work.dtype) > 1) {
    const size = work.outer * work.n * work.inner;
    const [widen, narrow] = [printWiden, printNarrow].map((print) => new Shader(gpu, print(work.dtype, size))) as [
      Shader,
      Shader,
    ];
    return (r, buffers, fail) => {
      const wide = gpu.pool.take(4 * size, fail);
      widen.run(r, [buffers[0] as GPUBuffer, wide]);
      shader.run(r, [...buffers, wide]);
      narrow.run(r, [wide, buffers[3] as GPUBuffer]);
      gpu.pool.give(wide, 4 * size);
    };
  }
  return copying((r, buffers) => {
    r.copy(buffers[0] as GPUBuffer, 0, buffers[3] as GPUBuffer, 0, base);
    shader.run(r, buffers);
  });
}
