import { type Backend, dtypes, type HostArray, jsBackend, type Kernel } from "@gradus/tensor";
import { runKernel, runSpecial } from "@gradus/tensor/backend";
import type { Limits } from "../../src/webgpu/limits.ts";
import { inParts, type Part } from "../../src/webgpu/parts/index.ts";
import { fits } from "../../src/webgpu/parts/windows.ts";

const bytesOf = ({ buffer, byteOffset, byteLength }: HostArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Runs a part on copies of what it sees of each buffer, and puts back what it wrote. */
function runPart({ kernel, views }: Part, all: readonly Uint8Array[], limits: Limits): void {
  let most = 0;
  const arrays = kernel.buffers.map(({ dtype }, b): HostArray => {
    const view = views[b] ?? null;
    if (view === null) return new Uint8Array(0);
    if (view.offset % limits.alignment !== 0 || view.bytes > limits.binding || view.bytes % 4 !== 0)
      throw new Error(`${kernel.name}: ${view.bytes} bytes from ${view.offset} on are no binding`);
    most++;
    const { bytes } = dtypes[dtype];
    const copy = new Uint8Array(Math.ceil(view.bytes / bytes) * bytes);
    copy.set((all[view.buffer] as Uint8Array).subarray(view.offset, view.offset + view.bytes));
    return new dtypes[dtype].array(copy.buffer);
  });
  // a result in the place of an operand is one binding
  const out = kernel.stores[0]?.buffer as number;
  const written = views[out];
  const inPlace = views.some((v, b) => b !== out && v != null && v.buffer === written?.buffer);
  if (most > limits.operands + Number(inPlace)) throw new Error(`${kernel.name}: binds ${most} buffers`);
  runKernel(kernel, arrays);
  if (written == null) return;
  const to = all[written.buffer] as Uint8Array;
  to.set(
    bytesOf(arrays[out] as HostArray).subarray(0, Math.min(written.bytes, to.length - written.offset)),
    written.offset,
  );
}

/** Runs a kernel in parts that fit a device of such limits. The number of parts. */
export function runInParts(kernel: Kernel, arrays: readonly HostArray[], limits: Limits): number {
  if (kernel.buffers[kernel.stores[0]?.buffer as number]?.size === 0) return 0;
  if (fits(kernel, limits)) {
    runKernel(kernel, arrays);
    return 1;
  }
  const { parts, temporaries } = inParts(kernel, limits);
  const all = [...arrays.map(bytesOf), ...temporaries.map((bytes) => new Uint8Array(bytes).fill(0xa5))];
  for (const part of parts) runPart(part, all, limits);
  return parts.length;
}

/** The js backend, but for kernels that are too large for `limits`: they run in parts. `count` is told how many. */
export function backendInParts(limits: Limits, count: (parts: number) => void): Backend {
  const js = jsBackend();
  js.compile = (plan) => ({
    run(inputs, outputs) {
      const made = (i: number): HostArray => {
        const { dtype, size } = plan.buffers[i] as (typeof plan.buffers)[number];
        const given = [
          [plan.inputs, inputs],
          [plan.outputs, outputs],
        ] as const;
        for (const [list, storages] of given) {
          const at = list.indexOf(i);
          if (at >= 0)
            return new dtypes[dtype].array((storages[at] as unknown as { buffer: ArrayBuffer }).buffer, 0, size);
        }
        return new dtypes[dtype].array(new ArrayBuffer(size * dtypes[dtype].bytes));
      };
      const arrays = plan.buffers.map((_, i) => made(i));
      for (const { work, buffers } of plan.steps) {
        const own = buffers.map((b) => arrays[b] as HostArray);
        if (work.kind === "loops" && work.stores.length === 1 && !work.buffers.some((b) => b.dtype === "f64"))
          count(runInParts(work, own, limits));
        else if (work.kind === "loops") runKernel(work, own);
        else runSpecial(work, own);
      }
    },
    dispose: () => undefined,
  });
  return js;
}
