import type { Backend } from "../../src/backend.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";

/** The backends that the conformance suite knows, by name. */
export const backends: Readonly<Record<string, () => Backend | Promise<Backend>>> = {
  js: jsBackend,
  wasm: wasmBackend,
};
