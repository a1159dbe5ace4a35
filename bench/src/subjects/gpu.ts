import { createRequire } from "node:module";
import type { Inputs } from "../harness/inputs.ts";
import { Unsupported, type Work } from "../harness/work.ts";
import { type Subject, wayOf } from "./subject.ts";

/** What is used of gpu.js: a function of the output's indices made into a kernel. */
export interface GpuLib {
  createKernel(
    f: (this: GpuThread, ...args: never[]) => number,
    options: object,
  ): (...args: unknown[]) => Float32Array[];
}
export interface GpuThread {
  readonly thread: { readonly x: number; readonly y: number };
  readonly constants: { readonly depth: number };
}
export type GpuImplementation = (gpu: GpuLib, inputs: Inputs) => Work<Float32Array[]>;

export const gpuJs: Subject = {
  name: "gpu.js",
  async prepare(row, threads) {
    const way = wayOf("gpu.js", row, row.gpu);
    if (threads > 1) throw new Unsupported("one thread only");
    const { GPU } = createRequire(import.meta.url)("gpu.js") as { GPU: new (options: object) => GpuLib };
    const { run } = way(new GPU({ mode: "cpu" }), row.inputs());
    return {
      run,
      first: () => run().map((rows) => rows.flatMap((row) => [...row])),
    };
  },
};
