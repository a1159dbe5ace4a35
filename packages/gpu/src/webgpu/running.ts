import type { Gpu } from "./gpu.ts";
import { Taken } from "./memory.ts";
import { Shader } from "./recorder.ts";
import type { Runner } from "./steps.ts";
import {
  blocksOf,
  courseOf,
  places,
  printAlong,
  printCarries,
  printColumns,
  printStates,
  type Running,
  stateBytes,
} from "./wgsl/running.ts";
import { perWord, registers } from "./wgsl/types.ts";
import { printNarrow } from "./wgsl/wide.ts";

/** Running folds and recurrences. Packed elements are computed in words of their own. A recurrence of floats that failed in parallel is gone along once more, step by step. */
export function runningRunner(gpu: Gpu, work: Running): Runner {
  const { outer, n, inner, dtype, kind } = work;
  const [columns, size] = [outer * inner, outer * n * inner];
  if (size === 0) return Object.assign(() => undefined, { kernels: 0 });
  const at = places(work);
  const course = courseOf(work, gpu.target);
  const parallel = course.by !== "invocation";
  const blocks = course.by === "blocks" ? blocksOf(work, course) : 0;
  const fails = parallel && kind === "recurrence" && registers[dtype] === "f32";
  const programs =
    course.by === "invocation"
      ? [printColumns(work, false)]
      : course.by === "workgroup"
        ? [printAlong(work, course, false)]
        : [printStates(work, course), printCarries(work, course), printAlong(work, course, true)];
  if (fails) programs.push(printColumns(work, true));
  const shaders = programs.map((p) => new Shader(gpu, p));
  const narrow = perWord(dtype) > 1 ? new Shader(gpu, printNarrow(dtype, size)) : null;
  return Object.assign(
    ((r, buffers, fail) => {
      const taken = new Taken(gpu.pool, fail);
      try {
        const all = [...buffers];
        if (narrow !== null) all[at.wide] = taken.take(4 * size);
        if (blocks > 0)
          for (const b of [at.states, at.carries]) all[b] = taken.take(columns * blocks * stateBytes(work));
        if (fails) {
          all[at.failed] = taken.take(4 * columns);
          r.clear(all[at.failed] as GPUBuffer, 4 * columns);
        }
        for (const shader of shaders) shader.run(r, all);
        narrow?.run(r, [all[at.wide] as GPUBuffer, all[at.out] as GPUBuffer]);
      } finally {
        taken.give();
      }
    }) as Runner,
    { kernels: shaders.length + (narrow === null ? 0 : 1) },
  );
}
