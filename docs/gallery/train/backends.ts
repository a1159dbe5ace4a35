import { webgpu } from "@gradus/gpu";
import { gpujs } from "@gradus/gpu/gpujs";
import { type Backend, wasmBackend } from "@gradus/tensor";

/** A backend that is running. */
export interface Running {
  readonly backend: Backend;
  /** Frees all it holds. */
  close(): void;
}

/** A place to compute. */
export interface Choice {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** Why it cannot be used here, or null. */
  missing(): Promise<string | null>;
  /** Starts it; `note` is told what it does otherwise than one might think. */
  open(note: (text: string) => void): Promise<Running>;
}

/** Threads that the second choice has. */
const threads = Math.min(8, Math.max(2, navigator.hardwareConcurrency));

async function wasm(threads: number): Promise<Running> {
  const backend = wasmBackend({ threads });
  await backend.start();
  return { backend, close: () => backend.close() };
}

/** All places, in the order of the page. */
export const choices: readonly Choice[] = [
  {
    name: "wasm-1",
    title: "WebAssembly, 1 thread",
    about: "the CPU, vectorised; in every browser",
    missing: async () => null,
    open: () => wasm(1),
  },
  {
    name: "wasm",
    title: `WebAssembly, ${threads} threads`,
    about: "the CPU, all of it, beside the page",
    missing: async () =>
      crossOriginIsolated ? null : "needs shared memory: the server has to send the COOP and COEP headers",
    open: () => wasm(threads),
  },
  {
    name: "webgpu",
    title: "WebGPU",
    about: "the GPU, by compute shaders",
    missing: async () => (await webgpu.isAvailable()).reason,
    async open() {
      const backend = await webgpu();
      return { backend, close: () => backend.destroy() };
    },
  },
  {
    name: "gpujs",
    title: "gpu.js",
    about: "the GPU, by WebGL 2",
    missing: async () => (await gpujs.isAvailable()).reason,
    async open(warn) {
      const backend = await gpujs({ warn });
      return { backend, close: () => backend.destroy() };
    },
  },
];
