// Published types name nothing of WebGPU, so that users need not have them: what does stays in other modules.
import { type Backend, check } from "@gradus/tensor";
import { backendOn } from "./backend.ts";
import { findAdapter, newDevice } from "./device.ts";
import { Gpu } from "./gpu.ts";
import type { Profile, WebGPUOptions } from "./options.ts";

export type { KernelTime, Profile, WebGPUOptions } from "./options.ts";

/** A backend on a WebGPU device. */
export interface WebGPUBackend extends Backend {
  /** Frees the device and all its memory. Tensors that live there are lost; the backend cannot be used again. */
  destroy(): void;
  /**
   * Counts submissions and kernels of `work` and, where the device has timestamps, times each kernel; a submission that only reads is not counted.
   * Each kernel then waits for the one before.
   *
   * ```ts
   * const { kernels, submissions } = await backend.profile(() => step(model, batch).data());
   * ```
   */
  profile(work: () => unknown): Promise<Profile>;
}

/** Whether WebGPU can be used here; if not, `reason` says what is missing. */
export interface Availability {
  readonly available: boolean;
  readonly reason: string | null;
}

const optionChecks = { powerPreference: check.oneOf("low-power", "high-performance"), device: check.anything };

async function isAvailable(options: WebGPUOptions = {}): Promise<Availability> {
  check.options("webgpu.isAvailable", options, optionChecks);
  const adapter = await findAdapter(options);
  return typeof adapter === "string" ? { available: false, reason: adapter } : { available: true, reason: null };
}

async function make(options: WebGPUOptions = {}): Promise<WebGPUBackend> {
  check.options("webgpu", options, optionChecks);
  const device = (options.device as GPUDevice | undefined) ?? (await newDevice(options));
  return backendOn(new Gpu(device), options.device === undefined);
}

/**
 * A backend that keeps tensors on the GPU and computes there, by WebGPU: `navigator.gpu` in browsers, the package `webgpu` (Dawn) in Node.
 *
 * Everything runs asynchronously: `await t.data()`; `dataSync()` throws a BackendError. What WGSL cannot express runs on the CPU between two
 * submissions; the README lists it.
 *
 * ```ts
 * if ((await webgpu.isAvailable()).available) await setBackend(webgpu());
 * ```
 *
 * @throws BackendError when there is no adapter or it gives no device; {@link webgpu.isAvailable} tells beforehand
 */
export const webgpu: {
  (options?: WebGPUOptions): Promise<WebGPUBackend>;
  /** Whether there is an adapter, and if not, why. */
  isAvailable(options?: WebGPUOptions): Promise<Availability>;
} = Object.assign(make, { isAvailable });
