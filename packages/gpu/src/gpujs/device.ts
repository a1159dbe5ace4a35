import { BackendError, OutOfMemoryError } from "@gradus/tensor";
import type { Language } from "./helpers/index.ts";
import { layout } from "./layout.ts";
import {
  firstLine,
  type Gpu,
  type GpujsMode,
  type GpuKernel,
  type KernelOptions,
  type Library,
  type Texture,
} from "./library.ts";
import type { Printed } from "./print.ts";

const common = { precision: "single", tactic: "precision", asyncMode: true } as const;
const natives = (
  name: string,
  source: string,
  takes: string,
  gives: string,
): Pick<KernelOptions, "nativeFunctions"> => ({
  nativeFunctions: [{ name, source, argumentTypes: { [takes]: "Integer" }, returnType: gives }],
});
const copies = { ...common, dynamicOutput: true, dynamicArguments: true } as const;
/** From an array, in a texture of gpu.js's own shape, to one of ours. */
const upload: KernelOptions = {
  ...copies,
  output: [1, 1],
  pipeline: true,
  immutable: true,
  ...natives(
    "copy_f",
    "vec4 copy_f(int t) { int w = textureSize(user_a, 0).x; return texelFetch(user_a, ivec2(t % w, t / w), 0); }",
    "t",
    "Array(4)",
  ),
};
/** From a texture to an array: gpu.js packs four floats to a texel. */
const download: KernelOptions = {
  ...copies,
  output: [1],
  pipeline: false,
  immutable: false,
  optimizeFloatMemory: true,
  ...natives(
    "copy_f",
    "float copy_f(int t) { int w = textureSize(user_a, 0).x; int i = t >> 2; return texelFetch(user_a, ivec2(i % w, i / w), 0)[t & 3]; }",
    "t",
    "Number",
  ),
};

/** A kernel that gpu.js has compiled or will compile at its first run. */
export interface Compiled {
  run(textures: readonly Texture[]): Promise<Texture[]>;
  /** Gives the kernel back; the last of its users frees it. */
  release(): void;
}

/** A canvas and its context. */
interface Context {
  readonly canvas: EventTarget;
  readonly gl: WebGL2RenderingContext;
  /** Gives the context back: browsers allow a few at a time. */
  lose(): void;
}

/** A canvas with a WebGL2 context that computes in floats. Throws BackendError with the reason when there is none. */
export function makeContext(): Context {
  const none = (reason: string): BackendError =>
    new BackendError(`gpujs: no WebGL2: ${reason}; use wasmBackend(), or gpujs({ mode: "cpu" }) for tests`);
  const canvas =
    typeof OffscreenCanvas !== "undefined"
      ? new OffscreenCanvas(1, 1)
      : typeof document !== "undefined"
        ? document.createElement("canvas")
        : null;
  if (canvas === null) throw none("there is no canvas here, as in Node");
  const gl = canvas.getContext("webgl2", { alpha: false, depth: false, antialias: false }) as WebGL2RenderingContext;
  if (gl === null) throw none("the browser gives no context, as without a GPU or when it is blocked");
  if (gl.getExtension("EXT_color_buffer_float") === null) throw none("textures of floats cannot be drawn to");
  return { canvas, gl, lose: () => gl.getExtension("WEBGL_lose_context")?.loseContext() };
}

/** gpu.js on one context: moves arrays to textures and back, compiles kernels and runs them. */
export class Device {
  readonly mode: GpujsMode;
  /** Most floats of one texture. */
  readonly maxFloats: number;
  /** Most buffers that one kernel reads. */
  readonly maxLoads: number;
  /** Most textures that one kernel draws to. */
  readonly maxDraws: number;
  private readonly gpu: Gpu;
  private readonly input: Library["input"];
  private readonly context: Context | null;
  private readonly gl: WebGL2RenderingContext | null;
  private readonly upload: GpuKernel;
  private readonly download: GpuKernel;
  private readonly kernels = new Map<string, { readonly kernel: GpuKernel; users: number }>();
  /** Ends all that is waited for. */
  private readonly waiting = new Set<(e: Error) => void>();
  private vertices: unknown;
  private gone: string | null = null;

  constructor({ GPU, input }: Library, mode: GpujsMode) {
    this.mode = mode;
    this.input = input;
    const context = mode === "webgl2" ? makeContext() : null;
    this.context = context;
    this.gl = context?.gl ?? null;
    this.gpu = new GPU(context === null ? { mode } : { mode, canvas: context.canvas, context: context.gl });
    this.upload = this.gpu.createKernel(
      "function(a) { return copy_f(this.thread.x + this.thread.y * this.output.x); }",
      upload,
    );
    this.download = this.gpu.createKernel("function(a) { return copy_f(this.thread.x); }", download);
    // A texture may be twice as high as the square root of its size.
    const side = this.gl === null ? Infinity : (this.gl.getParameter(this.gl.MAX_TEXTURE_SIZE) as number);
    this.maxFloats = Math.min(side * side, 2 ** 30);
    // One unit is for the result; and gpu.js makes textures in the last of the 16 units that every WebGL2 has.
    const units = this.gl === null ? Infinity : (this.gl.getParameter(this.gl.MAX_TEXTURE_IMAGE_UNITS) as number);
    this.maxLoads = units > 16 ? units - 2 : 15;
    this.maxDraws = this.gl === null ? 1 : (this.gl.getParameter(this.gl.MAX_DRAW_BUFFERS) as number);
    context?.canvas.addEventListener("webglcontextlost", () => {
      this.gone ??= "the WebGL context was lost";
      for (const reject of this.waiting) reject(this.failure());
    });
  }

  /** What kernels are printed in. */
  get language(): Language {
    return this.gl === null ? "js" : "glsl";
  }

  private failure(): BackendError {
    return new BackendError(`gpujs: ${this.gone}; make a new backend by gpujs(), and its tensors anew`);
  }

  /** Throws BackendError once the context is lost. */
  check(): void {
    if (this.gl?.isContextLost()) this.gone ??= "the WebGL context was lost";
    if (this.gone !== null) throw this.failure();
  }

  /** Waits for what gpu.js does in the name of `what`; a context that is lost meanwhile ends the wait. */
  private async wait<T>(what: string, job: () => Promise<unknown>): Promise<T> {
    this.check();
    let end: (e: Error) => void = () => undefined;
    try {
      const value = await new Promise<unknown>((resolve, reject) => {
        this.waiting.add((end = reject));
        job().then(resolve, reject);
      });
      this.check();
      return value as T;
    } catch (e) {
      if (e instanceof BackendError) throw e;
      throw new BackendError(`gpujs: ${what}: gpu.js fails: ${firstLine(e)}`);
    } finally {
      this.waiting.delete(end);
    }
  }

  async toTexture(values: Float32Array): Promise<Texture> {
    if (this.gl === null) return values as Texture;
    return this.wait("copy to a texture", () => {
      this.upload.setOutput(layout(values.length));
      return this.upload(this.input(values, [values.length]));
    });
  }

  /** The first `size` floats of a texture. Throws OutOfMemoryError when the GPU had no room since it was last asked. */
  async toArray(texture: Texture, size: number): Promise<Float32Array> {
    const { gl } = this;
    if (gl === null) return texture as Float32Array;
    const values = await this.wait<Float32Array>("copy from a texture", () => {
      this.download.setOutput([size]);
      return this.download(texture);
    });
    if (gl.getError() === gl.OUT_OF_MEMORY)
      throw new OutOfMemoryError("gpujs: the GPU has no room left; dispose tensors, or use smaller batches");
    return values;
  }

  /** Compiles a printed kernel; equal ones are shared. */
  compile({ source, native, floats, outs }: Printed, name: string): Compiled {
    const key = `${floats} ${outs.length} ${native}`;
    let entry = this.kernels.get(key);
    if (entry === undefined) {
      const size = floats.at(-1) as number;
      const options: KernelOptions = {
        ...common,
        output: this.gl === null ? [size] : layout(size),
        pipeline: true,
        immutable: true,
        ...(this.gl === null
          ? natives("body_f", native, "t", "Number")
          : natives("body_f", native, "which", "Array(4)")),
      };
      const more = outs.slice(1).map((_, i) => [`r${i + 1}`, `function r${i + 1}(a) { return body_f(${i + 1}); }`]);
      const kernel =
        more.length === 0
          ? this.gpu.createKernel(source, options)
          : this.gpu.createKernelMap(Object.fromEntries(more), source, options);
      this.kernels.set(key, (entry = { kernel, users: 0 }));
    }
    const { kernel } = entry;
    entry.users++;
    return {
      run: async (textures) => {
        // All kernels draw the same square, from the same buffer of vertices.
        if (this.vertices !== undefined) kernel.kernel.buffer ??= this.vertices;
        const made = await this.wait<Texture>(name, () => kernel(...textures));
        this.vertices ??= kernel.kernel.buffer;
        if (outs.length === 1) return [made];
        const { result, ...others } = made as unknown as Record<string, Texture>;
        return [result as Texture, ...outs.slice(1).map((_, i) => others[`r${i + 1}`] as Texture)];
      },
      release: () => {
        if (--entry.users > 0) return;
        this.kernels.delete(key);
        if (kernel.kernel.buffer === this.vertices) kernel.kernel.buffer = undefined;
        kernel.kernel.destroy();
      },
    };
  }

  /** Frees all that the context holds. */
  destroy(): void {
    if (this.gone !== null) return;
    this.gone = "the backend was destroyed";
    this.context?.lose();
  }
}
