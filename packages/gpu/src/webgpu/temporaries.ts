import type { Gpu } from "./gpu.ts";
import type { Fail } from "./memory.ts";

/** Buffers of the pool for as long as commands are recorded that use them: what is recorded later may have the same, as it runs later. */
export function withTemporaries(gpu: Gpu, fail: Fail, work: (take: (bytes: number) => GPUBuffer) => void): void {
  const taken: [GPUBuffer, number][] = [];
  try {
    work((bytes) => {
      const buffer = gpu.pool.take(bytes, fail);
      taken.push([buffer, bytes]);
      return buffer;
    });
  } finally {
    for (const [buffer, bytes] of taken) gpu.pool.give(buffer, bytes);
  }
}

/** A small buffer that holds numbers that shaders read; it goes with the runner that keeps it. */
export function constants({ device }: Gpu, data: Uint32Array | Float32Array): GPUBuffer {
  const buffer = device.createBuffer({ size: data.byteLength, usage: 128, mappedAtCreation: true }); // GPUBufferUsage.STORAGE
  new Uint8Array(buffer.getMappedRange()).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  buffer.unmap();
  return buffer;
}
