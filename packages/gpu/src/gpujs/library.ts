import { BackendError } from "@gradus/tensor";

/** Where gpu.js runs kernels: on the GPU through WebGL2, or as plain JavaScript, which tests use where there is no WebGL2. */
export type GpujsMode = "webgl2" | "cpu";

// What is used of gpu.js, so that its types are no part of ours.

/** Where gpu.js keeps the result of a kernel: a texture, or an array in its cpu mode. */
export interface Texture {
  toArray?(): unknown;
  delete?(): void;
}
/** A function in the language of the mode. */
export interface Native {
  readonly name: string;
  readonly source: string;
  readonly argumentTypes: Readonly<Record<string, string>>;
  readonly returnType: string;
}
export interface KernelOptions {
  readonly output: readonly number[];
  readonly pipeline: boolean;
  readonly immutable: boolean;
  readonly precision: "single";
  readonly tactic: "precision";
  readonly asyncMode: true;
  readonly dynamicOutput?: boolean;
  readonly dynamicArguments?: boolean;
  /** Four floats to a texel. */
  readonly optimizeFloatMemory?: boolean;
  readonly nativeFunctions?: readonly Native[];
}
/** A kernel; it answers with a promise, as all kernels of gpu.js 3 will. */
export interface GpuKernel {
  (...args: readonly unknown[]): Promise<unknown>;
  setOutput(output: readonly number[]): void;
  /** The kernel behind the function: it owns GL objects. */
  readonly kernel: { buffer?: unknown; destroy(): void };
}
export interface Gpu {
  createKernel(source: string, options: KernelOptions): GpuKernel;
  /** A kernel with more than one result: an object of textures, `result` and what the functions named give. */
  createKernelMap(functions: Readonly<Record<string, string>>, source: string, options: KernelOptions): GpuKernel;
}
export interface Library {
  readonly GPU: new (settings: {
    readonly mode: GpujsMode;
    readonly canvas?: unknown;
    readonly context?: unknown;
  }) => Gpu;
  readonly input: (values: Float32Array, size: readonly number[]) => unknown;
}

/** Loads gpu.js. Throws BackendError when it is not installed. */
export async function loadLibrary(): Promise<Library> {
  let module: Partial<Library> & { readonly default?: Library };
  try {
    module = (await import("gpu.js")) as never;
  } catch (e) {
    throw new BackendError(`gpujs: the package gpu.js cannot be loaded (${firstLine(e)}); npm install gpu.js`);
  }
  return module.GPU === undefined ? (module.default as Library) : (module as Library);
}

/** The first line of what an error says. */
export const firstLine = (e: unknown): string =>
  String(e instanceof Error ? e.message : e)
    .trim()
    .split("\n")[0] as string;
