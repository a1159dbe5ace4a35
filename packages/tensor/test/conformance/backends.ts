import { webgpu } from "@gradus/gpu";
import type { Backend } from "../../src/backend.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";

/** The backends that the conformance suite knows, by name; or why one cannot be had here. */
export const backends: Readonly<Record<string, () => Backend | string | Promise<Backend | string>>> = {
  js: jsBackend,
  wasm: wasmBackend,
  webgpu: async () => (await webgpu.isAvailable()).reason ?? webgpu(),
};
