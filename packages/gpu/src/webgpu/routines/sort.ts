import { dtypes } from "@gradus/tensor";
import { constants } from "../constants.ts";
import { Taken } from "../memory.ts";
import { Shader } from "../recorder.ts";
import type { Runner } from "../steps.ts";
import { passesFor, printPack } from "../wgsl/sort.ts";
import type { Prepare } from "./index.ts";

/**
 * Merge sort: runs are sorted, then merged two by two in passes over the whole. Elements travel as their bits, a word each, beside their positions.
 */
export const sort: Prepare<"sort"> = (gpu, of) => {
  const { dtype, outer, n, descending, values, indices } = of;
  if (dtype === "f64") return null;
  const size = outer * n;
  // a word for each element is more than a shader sees
  if (4 * size > gpu.limits.binding) return null;
  if (size === 0 || !(values || indices)) return () => () => undefined;
  const packed = dtypes[dtype].bytes < 4;
  const passes = passesFor(outer, n, gpu.target.cpu);
  const last = passes.count - 1;
  return () => {
    const steps = Array.from({ length: passes.count }, (_, p) => ({
      shader: new Shader(gpu, passes.print(p, { dtype, descending, indices }, values || p < last)),
      params: constants(gpu, passes.parameters(p)),
    }));
    const pack = values && packed ? new Shader(gpu, printPack(dtype, size)) : null;
    const run: Runner = (r, buffers, fail) => {
      const x = buffers[0] as GPUBuffer;
      const out = values ? (buffers[1] as GPUBuffer) : null;
      const places = indices ? (buffers.at(-1) as GPUBuffer) : null;
      const taken = new Taken(gpu.pool, fail);
      try {
        // Passes write to two buffers in turn, so that the last one writes the result. What is not written anywhere gets none.
        const turns = (result: GPUBuffer | null): ((p: number) => GPUBuffer) => {
          const pair: (GPUBuffer | null)[] = [result, null];
          return (p) => (pair[(last - p) % 2] ??= taken.take(4 * size));
        };
        const [bitsAfter, placesAfter] = [turns(pack === null ? out : null), turns(places)];
        steps.forEach(({ shader, params }, p) => {
          const bits = values || p < last ? bitsAfter(p) : x;
          const to = indices ? placesAfter(p) : x;
          if (p === 0) shader.run(r, [params, x, bits, to]);
          else shader.run(r, [params, bitsAfter(p - 1), indices ? placesAfter(p - 1) : x, bits, to]);
        });
        pack?.run(r, [bitsAfter(last), out as GPUBuffer]);
      } finally {
        taken.give();
      }
    };
    return Object.assign(run, { kernels: passes.count + (pack === null ? 0 : 1) });
  };
};
