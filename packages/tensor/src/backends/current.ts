import type { Backend } from "../backend.ts";
import { wasmBackend } from "./wasm/index.ts";

let current: Backend | null = null;

/** The backend that new plans run on; the wasm CPU backend unless another was set. */
export function getBackend(): Backend {
  current ??= wasmBackend();
  return current;
}

/** Sets the backend for all further plans; tensors that live elsewhere are copied when they are first used. */
export async function setBackend(backend: Backend | Promise<Backend>): Promise<void> {
  current = await backend;
}
