import { BackendError, check, dtypes, type HostArray } from "@gradus/tensor";
import { executable, upload } from "./executable.ts";
import type { Gpu } from "./gpu.ts";
import type { WebGPUBackend } from "./index.ts";
import { Block, blockOf } from "./memory.ts";
import { Profiler } from "./profiler.ts";

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
      }).catch(async (e) => {
        // an array without memory cannot be read either
        await gpu.settled();
        throw block.failure ?? e;
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
