import type { Gpu } from "./gpu.ts";

/** A small buffer that holds numbers that shaders read; it goes with the runner that keeps it. */
export function constants({ device }: Gpu, data: Uint32Array | Float32Array): GPUBuffer {
  const buffer = device.createBuffer({ size: data.byteLength, usage: 128, mappedAtCreation: true }); // GPUBufferUsage.STORAGE
  new Uint8Array(buffer.getMappedRange()).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  buffer.unmap();
  return buffer;
}
