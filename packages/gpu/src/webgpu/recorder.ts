import { BackendError, OutOfMemoryError } from "@gradus/tensor";
import type { Gate } from "./gate.ts";
import type { Gpu } from "./gpu.ts";
import { folded } from "./limits.ts";
import type { View } from "./parts/index.ts";
import type { Pipeline } from "./pipelines.ts";
import type { Program } from "./wgsl/program.ts";

/** Commands of one submission. */
export class Recorder {
  readonly #gpu: Gpu;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;

  /** What kernels are recorded under; copies and clearing are not. */
  gate: Gate | null = null;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  dispatch(
    name: string,
    pipeline: GPUComputePipeline,
    group: GPUBindGroup,
    [x, y, z]: readonly [number, number, number],
  ): void {
    this.#encoder ??= this.#gpu.device.createCommandEncoder();
    const times = this.#gpu.profiler?.next(name) ?? null;
    if (times !== null) {
      this.#pass?.end();
      this.#pass = this.#encoder.beginComputePass({ timestampWrites: times });
    }
    this.#pass ??= this.#encoder.beginComputePass();
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, group);
    if (this.gate !== null) this.#pass.setBindGroup(1, this.gate.group);
    this.#pass.dispatchWorkgroups(x, y, z);
  }

  /** Copies bytes; offsets and length are multiples of 4. */
  copy(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, bytes: number): void {
    this.#pass?.end();
    this.#pass = null;
    this.#encoder ??= this.#gpu.device.createCommandEncoder();
    if (bytes > 0) this.#encoder.copyBufferToBuffer(from, fromOffset, to, toOffset, bytes);
  }

  /** Sets the first bytes to zero. */
  clear(buffer: GPUBuffer, bytes: number): void {
    this.#pass?.end();
    this.#pass = null;
    this.#encoder ??= this.#gpu.device.createCommandEncoder();
    this.#encoder.clearBuffer(buffer, 0, Math.ceil(bytes / 4) * 4);
  }

  submit(): void {
    this.#pass?.end();
    if (this.#encoder !== null) {
      this.#gpu.device.queue.submit([this.#encoder.finish()]);
      if (this.#gpu.profiler !== null) this.#gpu.profiler.submissions++;
    }
    this.#encoder = null;
    this.#pass = null;
    this.#gpu.pool.sweep();
  }
}

let numbered = 0;
const numbers = new WeakMap<GPUBuffer, number>();
function numberOf(b: GPUBuffer): number {
  let n = numbers.get(b);
  if (n === undefined) numbers.set(b, (n = ++numbered));
  return n;
}

/** Bind groups of one shader that are kept. */
const MOST_GROUPS = 8;

/** A shader with its compiled form, ready to be bound. */
export class Shader {
  readonly #gpu: Gpu;
  readonly #program: Program;
  readonly #shape: readonly [number, number, number];
  readonly #compiled: [open: Pipeline | null, gated: Pipeline | null] = [null, null];
  readonly #groups = new Map<string, GPUBindGroup>();

  constructor(gpu: Gpu, program: Program) {
    this.#gpu = gpu;
    this.#program = program;
    const { workgroups, name } = program;
    const { workgroups: most } = gpu.limits;
    const groups = workgroups.reduce((a, b) => a * b, 1);
    const shape = Math.max(...workgroups) <= most ? workgroups : folded(groups, most);
    if (shape === null)
      throw new BackendError(
        `webgpu: ${name}: needs ${groups} workgroups, and this device runs ${most ** 3} at once; compute it in parts`,
      );
    this.#shape = shape;
  }

  /** Records a run on the buffers of a step; `views`: what it sees of each, all of it unless given. */
  run(r: Recorder, buffers: readonly GPUBuffer[], views: readonly (View | null)[] = []): void {
    const { bindings } = this.#program;
    const bound = bindings.map((b): GPUBufferBinding => {
      const [buffer, view] = [buffers[b] as GPUBuffer, views[b]];
      return view == null ? { buffer } : { buffer, offset: view.offset, size: view.bytes };
    });
    const compiled = (this.#compiled[r.gate === null ? 0 : 1] ??= this.#gpu.pipelines.get(
      this.#program,
      r.gate !== null,
    ));
    const key = bound.map(({ buffer, offset = 0, size = 0 }) => `${numberOf(buffer)} ${offset} ${size}`).join();
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = this.#gpu.device.createBindGroup({
        layout: compiled.layout,
        entries: bound.map((resource, binding) => ({ binding, resource: this.#visible(resource) })),
      });
      if (this.#groups.size >= MOST_GROUPS) this.#groups.delete(this.#groups.keys().next().value as string);
      this.#groups.set(key, group);
    }
    r.dispatch(this.#program.name, compiled.pipeline, group, this.#shape);
  }

  /** Throws for a buffer that the device does not show to a shader whole. */
  #visible(resource: GPUBufferBinding): GPUBufferBinding {
    const { binding } = this.#gpu.limits;
    const size = resource.size ?? resource.buffer.size;
    if (size > binding)
      throw new OutOfMemoryError(
        `webgpu: ${this.#program.name}: an array has ${size} bytes, of which this device binds ${binding} at once; compute it in parts`,
      );
    return resource;
  }
}
