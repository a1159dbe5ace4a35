import { type Backend, BackendError, check, type Storage, wasmBackend } from "@gradus/tensor";
import { Order } from "../webgpu/order.ts";
import { Device, makeContext } from "./device.ts";
import { type GpujsMode, loadLibrary } from "./library.ts";
import { Program } from "./program.ts";
import { Value } from "./value.ts";

/** How {@link gpujs} works. */
export interface GpujsOptions {
  /** `"webgl2"` (default), or `"cpu"`: kernels as plain JavaScript, for tests where there is no WebGL2. */
  readonly mode?: GpujsMode;
  /** Is told, once per operation, what runs on the CPU and why. Default: `console.warn`. */
  readonly warn?: (message: string) => void;
}

/** Whether gpu.js can be used here; if not, `reason` says what is missing. */
export interface GpujsAvailability {
  readonly available: boolean;
  readonly reason: string | null;
}

/** A backend on gpu.js. */
export interface GpujsBackend extends Backend {
  /** Frees the WebGL context and all its memory. Tensors that live there are lost; the backend cannot be used again. */
  destroy(): void;
}

class Memory implements Storage {
  readonly backend: Backend;
  readonly bytes: number;
  freed = false;
  /** Set when all that was asked for before has been done. */
  value: Value | null = null;
  error: unknown = null;
  constructor(backend: Backend, bytes: number) {
    this.backend = backend;
    this.bytes = bytes;
  }

  /** The value as it is now. Throws what kept it from being computed. */
  get(): Value {
    if (this.error !== null) throw this.error;
    if (this.value === null) this.value = Value.of(new Uint8Array(this.bytes));
    return this.value;
  }

  set(value: Value | null, error: unknown = null): void {
    this.value?.release();
    this.value = value;
    this.error = error;
  }
}

const checks = { mode: check.oneOf("webgl2", "cpu"), warn: check.callable };

async function isAvailable(options: GpujsOptions = {}): Promise<GpujsAvailability> {
  check.options("gpujs.isAvailable", options, checks);
  try {
    await loadLibrary();
    if (options.mode !== "cpu") makeContext().lose();
    return { available: true, reason: null };
  } catch (e) {
    return { available: false, reason: (e as Error).message };
  }
}

async function make(options: GpujsOptions = {}): Promise<GpujsBackend> {
  check.options("gpujs", options, checks);
  return backendOn(new Device(await loadLibrary(), options.mode ?? "webgl2"), options.warn ?? console.warn);
}

/**
 * A backend that runs kernels by gpu.js, an optional package: on the GPU of machines that have WebGL2 but no WebGPU. Arrays stay in textures between
 * kernels, in loops and branches as well. What WebGL2 cannot do runs on the CPU, after one warning that names the operation: numbers of 64 bits, recurrences,
 * factorisations, and large scatters and sorts. Subnormal numbers may be taken for zero.
 *
 * @throws `BackendError` when gpu.js is not installed, or there is no WebGL2
 *
 * ```ts
 * await setBackend(gpujs());
 * ```
 */
export const gpujs: {
  (options?: GpujsOptions): Promise<GpujsBackend>;
  /** Whether gpu.js is installed and there is WebGL2, and if not, why. */
  isAvailable(options?: GpujsOptions): Promise<GpujsAvailability>;
} = Object.assign(make, { isAvailable });

function backendOn(device: Device, warn: (message: string) => void): GpujsBackend {
  const order = new Order();
  let [liveBytes, liveBuffers, peakBytes] = [0, 0, 0];
  let cpu: Backend | null = null;
  const told = new Set<string>();
  const tell = (operation: string, reason: string): void => {
    if (told.size === told.add(operation).size) return;
    warn(`gpujs: ${operation} runs on the CPU: ${reason}`);
  };
  const memory = (s: Storage): Memory => {
    if (!(s instanceof Memory) || s.backend !== backend || s.freed)
      throw new BackendError("gpujs: the storage was freed or belongs to another backend");
    return s;
  };
  const backend: GpujsBackend = {
    name: "gpujs",
    flushesSubnormals: device.mode === "webgl2",
    allocate(bytes) {
      device.check();
      liveBytes += bytes;
      liveBuffers++;
      peakBytes = Math.max(peakBytes, liveBytes);
      return new Memory(backend, bytes);
    },
    free(s) {
      const m = memory(s);
      m.freed = true;
      liveBytes -= m.bytes;
      liveBuffers--;
      order.do(() => m.set(null));
    },
    write(s, data) {
      const m = memory(s);
      const copy = Value.of(data.slice());
      order.do(() => m.set(copy));
    },
    read(s, _dtype, size) {
      const m = memory(s);
      return new Promise((resolve, reject) => {
        order.do(async () => {
          try {
            resolve((await m.get().array(device)).slice(0, size));
          } catch (e) {
            reject(e);
          }
        });
      });
    },
    compile(plan) {
      const program = new Program(plan, device, () => (cpu ??= wasmBackend({ threads: 1 })), tell);
      return {
        run(inputs, outputs) {
          device.check();
          peakBytes = Math.max(peakBytes, liveBytes + plan.arenaBytes);
          const [from, to] = [inputs.map(memory), outputs.map(memory)];
          order.do(async () => {
            try {
              const values = await program.run(from.map((m) => m.get()));
              to.forEach((m, i) => {
                m.set(values[i] as Value);
              });
            } catch (e) {
              for (const m of to) m.set(null, e);
            }
          });
        },
        dispose: () => order.do(() => program.dispose()),
      };
    },
    memory: () => ({ liveBytes, liveBuffers, peakBytes }),
    destroy: () => device.destroy(),
  };
  return backend;
}
