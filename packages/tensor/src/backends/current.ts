import type { Backend } from "../backend.ts";
import { ArgumentError } from "../errors.ts";
import { said } from "../said.ts";
import { wasmBackend } from "./wasm/index.ts";

let current: Backend | null = null;

/** The backend that new plans run on; the wasm CPU backend unless another was set. */
export function getBackend(): Backend {
  current ??= wasmBackend();
  return current;
}

/**
 * Sets the backend for all further plans; tensors that live elsewhere are copied when they are first used.
 *
 * @throws {@link ArgumentError} for what is no backend; the one in use then stays
 */
export async function setBackend(backend: Backend | Promise<Backend>): Promise<void> {
  const next: unknown = await backend;
  if (typeof next !== "object" || next === null || typeof (next as Partial<Backend>).compile !== "function")
    throw new ArgumentError(
      `setBackend: backend: expected a backend, got ${said(next)}; make one by wasmBackend() or jsBackend()`,
    );
  current = next as Backend;
}
