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

/** Throws {@link ArgumentError} for what is no backend. */
export function checkBackend(op: string, backend: unknown): asserts backend is Backend {
  if (typeof backend !== "object" || backend === null || typeof (backend as Partial<Backend>).compile !== "function")
    throw new ArgumentError(
      `${op}: backend: expected a backend, got ${said(backend)}; make one by wasmBackend() or jsBackend()`,
    );
}

/**
 * Sets the backend for all further plans. Tensors that were computed elsewhere stay there; copy those that are still needed by `to`. Values given
 * by the host go along.
 *
 * @throws {@link ArgumentError} for what is no backend; the one in use then stays
 */
export async function setBackend(backend: Backend | Promise<Backend>): Promise<void> {
  const next = await backend;
  checkBackend("setBackend", next);
  current = next;
}
