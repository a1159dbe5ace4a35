import type { Gpu } from "./gpu.ts";
import type { Profile } from "./options.ts";

const QUERY_RESOLVE = 512;
const COPY_SRC = 4;
/** Timestamps of one query set. */
const MOST = 4096;

/** Counts submissions and kernels, and times each kernel by a pass of its own where the device has timestamps. */
export class Profiler {
  readonly #gpu: Gpu;
  readonly #sets: { readonly set: GPUQuerySet; readonly names: string[] }[] = [];
  readonly #timed: boolean;
  submissions = 0;
  dispatches = 0;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    this.#timed = gpu.device.features.has("timestamp-query");
  }

  /** Where the pass of the next kernel writes its times. */
  next(name: string): GPUComputePassTimestampWrites | null {
    this.dispatches++;
    if (!this.#timed) return null;
    let last = this.#sets.at(-1);
    if (last === undefined || 2 * last.names.length === MOST) {
      last = { set: this.#gpu.device.createQuerySet({ type: "timestamp", count: MOST }), names: [] };
      this.#sets.push(last);
    }
    const i = 2 * (last.names.push(name) - 1);
    return { querySet: last.set, beginningOfPassWriteIndex: i, endOfPassWriteIndex: i + 1 };
  }

  async finish(): Promise<Profile> {
    const { device, reads } = this.#gpu;
    const totals = new Map<string, { runs: number; milliseconds: number }>();
    for (const { set, names } of this.#sets) {
      const bytes = 16 * names.length;
      const buffer = device.createBuffer({ size: bytes, usage: QUERY_RESOLVE | COPY_SRC });
      const encoder = device.createCommandEncoder();
      encoder.resolveQuerySet(set, 0, 2 * names.length, buffer, 0);
      device.queue.submit([encoder.finish()]);
      const times = new BigUint64Array(await reads.read(buffer, bytes));
      names.forEach((name, i) => {
        const t = totals.get(name) ?? { runs: 0, milliseconds: 0 };
        t.runs++;
        t.milliseconds += Number((times[2 * i + 1] as bigint) - (times[2 * i] as bigint)) / 1e6;
        totals.set(name, t);
      });
      buffer.destroy();
      set.destroy();
    }
    const kernels = [...totals].map(([name, t]) => ({ name, ...t }));
    kernels.sort((a, b) => b.milliseconds - a.milliseconds);
    return { kernels, submissions: this.submissions, dispatches: this.dispatches };
  }
}
