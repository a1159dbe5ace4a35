import { webgpu } from "@gradus/gpu";
import { gpujs } from "@gradus/gpu/gpujs";
import type { Backend } from "../../src/backend.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";

/** gpu.js on WebGL2 in browsers, in its cpu mode in Node, which has no WebGL2. */
async function makeGpujs(): Promise<Backend | string> {
  const options = { mode: typeof document === "undefined" ? "cpu" : "webgl2", warn: () => undefined } as const;
  return (await gpujs.isAvailable(options)).reason ?? gpujs(options);
}

/** The backends that the conformance suite knows, by name; or why one cannot be had here. */
export const backends: Readonly<Record<string, () => Backend | string | Promise<Backend | string>>> = {
  js: jsBackend,
  wasm: wasmBackend,
  gpujs: makeGpujs,
  webgpu: async () => (await webgpu.isAvailable()).reason ?? webgpu(),
};
