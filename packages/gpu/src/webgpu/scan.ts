import type { Special } from "@gradus/tensor";
import { DevicePlan } from "./executable.ts";
import type { Gpu } from "./gpu.ts";
import type { Runner } from "./steps.ts";

/** A loop in one submission: its body is recorded once for every step, on carries that take turns in two sets of buffers. */
export function scanRunner(gpu: Gpu, work: Extract<Special, { kind: "scan" }>, sizes: readonly number[]): Runner {
  const { length, reverse, consts, carries, xs, body } = work;
  const plan = new DevicePlan(gpu, body);
  const from = consts + carries;
  const results = from + xs;
  const rowBytes = (b: number): number => (sizes[b] as number) / length;
  const ceil4 = (bytes: number): number => Math.ceil(bytes / 4) * 4;
  return (r, buffers, fail) => {
    const taken: [GPUBuffer, number][] = [];
    const take = (bytes: number): GPUBuffer => {
      const b = gpu.pool.take(bytes, fail);
      taken.push([b, bytes]);
      return b;
    };
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
        plan.record(r, [...buffers.slice(0, consts), ...state, ...slices], [...next, ...rows], fail);
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
      for (const [b, bytes] of taken) gpu.pool.give(b, bytes);
    }
  };
}
