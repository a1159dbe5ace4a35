import * as g from "@gradus/tensor";
import { afterAll } from "vitest";
import type { WebGPUBackend } from "../src/index.ts";
import { backendOn } from "../src/webgpu/backend.ts";
import { newDevice } from "../src/webgpu/device.ts";
import { Gpu } from "../src/webgpu/gpu.ts";
import type { Target } from "../src/webgpu/wgsl/schedule.ts";
import { unavailable } from "./adapter.ts";

/** Backends that spread kernels for devices of the given kinds, whatever the device is. They, and the backend that was set, are put back after the tests. */
export async function backendsFor(targets: readonly Partial<Target>[]): Promise<WebGPUBackend[]> {
  if (unavailable !== null) return [];
  const before = g.getBackend();
  const backends = await Promise.all(
    targets.map(async (target) => backendOn(new Gpu(await newDevice({}), target), true)),
  );
  afterAll(async () => {
    await g.setBackend(before);
    for (const backend of backends) backend.destroy();
  });
  return backends;
}

/** What `f` gives on a backend. */
export async function on(backend: g.Backend, f: () => readonly g.Tensor[]): Promise<g.HostArray[]> {
  await g.setBackend(backend);
  const out: g.HostArray[] = [];
  for (const t of f()) out.push((await t.data()) as g.HostArray);
  return out;
}
