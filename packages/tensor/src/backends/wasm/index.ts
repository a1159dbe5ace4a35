// Published types name nothing of WebAssembly, so that programs without the browser's types can use them: what does stays in other modules.
import type { Backend } from "../../backend.ts";
import { checkOptions, flag, integer } from "../../check.ts";
import { makeWasmBackend } from "./make.ts";

/** What {@link wasmBackend} may be told. */
export interface WasmOptions {
  /** Threads that compute, 1 to 64; default: the processors that this program may use. One where threads cannot share memory. */
  readonly threads?: number;
  /**
   * Whether the calling thread computes too. If not, workers do all of it and the calling thread stays free until it asks for values; default: it does,
   * except on the main thread of a browser when there are several threads.
   */
  readonly blocking?: boolean;
}

/** The backend of {@link wasmBackend}. */
export interface WasmBackend extends Backend {
  /** Threads that compute. */
  readonly threads: number;
  /** Starts the workers now; they start by themselves when there is enough to do. Settles when they run. */
  start(): Promise<void>;
  /** Ends the workers; what is computed later is computed by the calling thread alone. Values that are pending are rejected: await them first. */
  close(): void;
}

/**
 * The default backend: kernels are generated as WebAssembly when a plan is compiled, with 128-bit vectors, and fused multiply-add where the engine has
 * it. All buffers lie in one linear memory of at most 4 GiB. Large kernels are split among threads; results do not depend on their number.
 *
 * @throws {@link ArgumentError} for a number of threads that is no integer from 1 to 64, or an unknown option
 *
 * ```ts
 * import { setBackend, wasmBackend } from "@gradus/tensor";
 * await setBackend(wasmBackend({ threads: 1 }));
 * ```
 */
export function wasmBackend(options: WasmOptions = {}): WasmBackend {
  checkOptions("wasmBackend", options, { threads: integer("[1, 64]"), blocking: flag });
  return makeWasmBackend(options);
}
