import { type Backend, BackendError, check, dtypes, type HostArray } from "@gradus/tensor";
import { findAdapter, newDevice } from "./device.ts";
import { executable, upload } from "./executable.ts";
import { Gpu } from "./gpu.ts";
import { Block, blockOf } from "./memory.ts";
import type { Profile, WebGPUOptions } from "./options.ts";
import { Profiler } from "./profiler.ts";

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

/** A backend on what is made of a device; `owned`: the device goes with it. */
export function backendOn(gpu: Gpu, owned: boolean): WebGPUBackend {
  const { pool, order, device } = gpu;
  const alive = (): void => {
    if (gpu.lost !== null) throw gpu.lost;
  };
  const backend: WebGPUBackend = {
    name: "webgpu",
    flushesSubnormals: true,
    allocate(bytes) {
      alive();
      let block: Block | null = null;
      const buffer = pool.take(bytes, (e) => {
        if (block !== null) block.failure ??= e;
      });
      block = new Block(backend, bytes, buffer);
      return block;
    },
    free(s) {
      const block = blockOf(backend, s);
      block.freed = true;
      order.do(() => {
        gpu.reads.flush();
        pool.give(block.buffer, block.bytes);
        pool.sweep();
      });
    },
    write(s, data) {
      alive();
      const block = blockOf(backend, s);
      const elements = order.idle ? data : (data.slice() as HostArray);
      order.do(() => {
        gpu.reads.flush();
        upload(gpu, block.buffer, elements);
      });
    },
    async read(s, dtype, size) {
      const block = blockOf(backend, s);
      const bytes = await new Promise<ArrayBuffer>((resolve, reject) => {
        order.do(() => {
          if (block.failure !== null) reject(block.failure);
          else gpu.reads.read(block.buffer, size * dtypes[dtype].bytes).then(resolve, reject);
        });
      });
      await gpu.settled();
      if (block.failure !== null) throw block.failure;
      return new dtypes[dtype].array(bytes);
    },
    compile(plan) {
      alive();
      return executable(gpu, backend, plan);
    },
    memory: () => ({ liveBytes: pool.liveBytes, liveBuffers: pool.liveBuffers, peakBytes: pool.peakBytes }),
    async profile(work) {
      check.callable("profile", work, "work");
      alive();
      const profiler = new Profiler(gpu);
      gpu.profiler = profiler;
      try {
        await work();
        // what waits its turn belongs to the work
        await new Promise<void>((done) => order.do(done));
      } finally {
        gpu.profiler = null;
      }
      return profiler.finish();
    },
    destroy() {
      if (gpu.lost instanceof BackendError) return;
      gpu.lose("was destroyed by destroy()");
      pool.clear();
      if (owned) device.destroy();
    },
  };
  return backend;
}
