import type { Special } from "@gradus/tensor";
import { DevicePlan, straight } from "./executable.ts";
import type { Gpu } from "./gpu.ts";
import { type Fail, Taken } from "./memory.ts";
import type { Recorder } from "./recorder.ts";
import type { Runner, Waits } from "./steps.ts";

/** A loop whose body is recorded once for every step, on carries that take turns in two sets of buffers: one submission, unless the body has to wait. */
export function scanRunner(gpu: Gpu, work: Extract<Special, { kind: "scan" }>, sizes: readonly number[]): Runner {
  const { length, reverse, consts, carries, xs, body } = work;
  const plan = new DevicePlan(gpu, body);
  const from = consts + carries;
  const results = from + xs;
  const rowBytes = (b: number): number => (sizes[b] as number) / length;
  const ceil4 = (bytes: number): number => Math.ceil(bytes / 4) * 4;
  const run = function* (r: Recorder, buffers: readonly GPUBuffer[], fail: Fail): Waits {
    const taken = new Taken(gpu.pool, fail);
    const take = (bytes: number): GPUBuffer => taken.take(bytes);
    try {
      const carryBytes = sizes.slice(consts, from);
      let [state, next] = [carryBytes.map(take), carryBytes.map(take)];
      const slices = sizes.slice(from, results).map((_, i) => take(rowBytes(from + i)));
      const rows = sizes.slice(results + carries).map((_, i) => take(rowBytes(results + carries + i)));
      state.forEach((to, i) => {
        r.copy(buffers[consts + i] as GPUBuffer, 0, to, 0, ceil4(carryBytes[i] as number));
      });
      for (let t = 0; t < length; t++) {
        const at = reverse ? length - 1 - t : t;
        slices.forEach((to, i) => {
          const bytes = rowBytes(from + i);
          r.copy(buffers[from + i] as GPUBuffer, at * bytes, to, 0, bytes);
        });
        yield* plan.record(r, [...buffers.slice(0, consts), ...state, ...slices], [...next, ...rows], fail);
        rows.forEach((row, i) => {
          const bytes = rowBytes(results + carries + i);
          r.copy(row, 0, buffers[results + carries + i] as GPUBuffer, at * bytes, bytes);
        });
        [state, next] = [next, state];
      }
      state.forEach((source, i) => {
        r.copy(source, 0, buffers[results + i] as GPUBuffer, 0, ceil4(carryBytes[i] as number));
      });
    } finally {
      taken.give();
    }
  };
  return Object.assign(
    plan.waits ? run : (r: Recorder, buffers: readonly GPUBuffer[], fail: Fail) => straight(run(r, buffers, fail)),
    { waits: plan.waits, copies: true, kernels: length * plan.kernels, dispose: () => plan.dispose() },
  );
}
