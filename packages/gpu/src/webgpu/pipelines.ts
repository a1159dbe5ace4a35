import { BackendError } from "@gradus/tensor";
import { said } from "./device.ts";
import type { Fail } from "./memory.ts";
import { enabled, gated, type Program } from "./wgsl/program.ts";

const COMPUTE = 4; // GPUShaderStage.COMPUTE

/** A compiled shader. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

type Watch = (error: Promise<Error | null>, fail: Fail) => void;

/** Shaders by their code, compiled once. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #gates: GPUBindGroupLayout;
  readonly #watch: Watch;
  readonly #known = new Map<string, Pipeline>();
  /** The last shader that the device refused: what uses it fails for this reason. */
  refused: Promise<Error | null> = Promise.resolve(null);
  readonly #layouts = new Map<string, { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();

  /** `gates`: the layout of the group that gates are bound in. */
  constructor(device: GPUDevice, gates: GPUBindGroupLayout, watch: Watch) {
    this.#device = device;
    this.#gates = gates;
    this.#watch = watch;
  }

  #layout(written: readonly boolean[], gate: boolean): { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout } {
    const key = `${written} ${gate}`;
    let found = this.#layouts.get(key);
    if (found === undefined) {
      const group = this.#device.createBindGroupLayout({
        entries: written.map((w, binding) => ({
          binding,
          visibility: COMPUTE,
          buffer: { type: w ? "storage" : "read-only-storage" },
        })),
      });
      found = {
        group,
        pipeline: this.#device.createPipelineLayout({ bindGroupLayouts: gate ? [group, this.#gates] : [group] }),
      };
      this.#layouts.set(key, found);
    }
    return found;
  }

  /** `gate`: with a gate, which the kernel asks first. */
  get({ name, code: plain, written }: Program, gate: boolean): Pipeline {
    const code = gate ? gated(plain) : plain;
    let found = this.#known.get(code);
    if (found !== undefined) return found;
    const device = this.#device;
    const layout = this.#layout(written, gate);
    device.pushErrorScope("validation");
    device.pushErrorScope("internal");
    const module = device.createShaderModule({ code: enabled(code), label: name });
    const pipeline = device.createComputePipeline({
      layout: layout.pipeline,
      compute: { module, entryPoint: "main" },
      label: name,
    });
    const outcome = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    found = { pipeline, layout: layout.group };
    this.#known.set(code, found);
    const problem = async (): Promise<Error | null> => {
      const error = (await outcome).find((e) => e !== null);
      if (error === undefined) return null;
      const messages = await module.getCompilationInfo().then(
        (info) => info.messages.filter((m) => m.type === "error").map((m) => `${m.message} (line ${m.lineNum})`),
        () => [],
      );
      return new BackendError(`webgpu: ${name}: the device refused the shader: ${messages[0] ?? said(error)}`);
    };
    const before = this.refused;
    const outcomeOfThis = problem();
    this.refused = outcomeOfThis.then((e) => e ?? before);
    this.#watch(outcomeOfThis, () => this.#known.delete(code));
    return found;
  }
}
