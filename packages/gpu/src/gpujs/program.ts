import {
  type Backend,
  type BufferType,
  type Computation,
  type DType,
  dtypes,
  type Executable,
  type HostArray,
  type Kernel,
  type Plan,
  type Special,
  type Step,
  type Storage,
} from "@gradus/tensor";
import { planOf, segments } from "../segments.ts";
import { type Control, type Controlled, control, readBy } from "./control.ts";
import type { Compiled, Device } from "./device.ts";
import { fourierKernels } from "./fourier.ts";
import { texels } from "./lanes.ts";
import type { Texture } from "./library.ts";
import { obstacle } from "./obstacle.ts";
import { originsKernel, placesKernel, searchKernel, sortedKernel } from "./order.ts";
import { printKernel } from "./print.ts";
import { runningKernels, scatterKernel } from "./special.ts";
import { splitFold } from "./split.ts";
import { drawsFor, tile } from "./tile.ts";
import { Value } from "./value.ts";
import { Unprintable } from "./writer.ts";

/** Tells that an operation runs on the CPU, and why. */
export type Tell = (operation: string, reason: string) => void;

/** A kernel that fills buffers; null when there is nothing to fill. */
interface OnGpu {
  readonly kernel: Compiled | null;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}
/** Steps on the CPU that fill `outputs`. */
interface OnCpu {
  readonly run: Executable;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}
/** Programs that fill `outputs`. */
interface OnPrograms {
  readonly control: Control;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}
type Stage = OnGpu | OnCpu | OnPrograms;

const nameOf = (work: Kernel | Special): string =>
  work.kind === "loops" || work.kind === "routine" ? work.name : work.kind;

/** A plan whose kernels run on the GPU, and whose other steps run on the CPU between them. */
export class Program {
  private readonly device: Device;
  private readonly cpu: () => Backend;
  private readonly plan: Plan;
  /** Types of the plan's buffers, and of those for parts of folds. */
  private readonly types: BufferType[];
  private readonly stages: readonly Stage[];
  /** Whether some of it runs on the CPU. */
  hops = false;
  /** Buffers that are needed no more after each stage. */
  private readonly dying: readonly (readonly number[])[];

  constructor(plan: Plan, device: Device, cpu: () => Backend, tell: Tell) {
    this.plan = plan;
    this.device = device;
    this.cpu = cpu;
    this.types = [...plan.buffers];
    const kernels = new Map(plan.steps.map((step) => [step, this.onDevice(step, tell)]));
    this.stages = segments(plan, (step) => kernels.get(step) === null).flatMap((segment): Stage[] => {
      if (!segment.host) return segment.steps.flatMap((step) => kernels.get(step) as Stage[]);
      this.hops = true;
      return [{ run: cpu().compile(planOf(plan, segment)), inputs: segment.reads, outputs: segment.writes }];
    });
    const last = new Map<number, number>();
    this.stages.forEach((s, i) => {
      for (const b of [...s.inputs, ...s.outputs]) last.set(b, i);
    });
    for (const b of [...plan.inputs, ...plan.outputs]) last.delete(b);
    this.dying = this.stages.map((_, i) => [...last].filter(([, at]) => at === i).map(([b]) => b));
  }

  /** What one step is on the GPU, or null if it runs on the CPU. */
  private onDevice({ work, buffers }: Step, tell: Tell): Stage[] | null {
    let reason = obstacle(work, this.device);
    if (reason === null)
      try {
        if (work.kind === "loops") return this.kernels(work, buffers);
        if (work.kind === "scatter") return this.kernels(scatterKernel(work), buffers);
        if (work.kind === "cumulative") return this.passes(runningKernels(work), buffers);
        if (work.kind === "routine" && work.computes !== undefined) return this.computation(work.computes, buffers);
        if (work.kind === "scan" || work.kind === "switch" || work.kind === "while") {
          const made = this.programs(work, buffers);
          if (typeof made !== "string") return [made];
          reason = made;
        }
      } catch (e) {
        if (!(e instanceof Unprintable)) throw e;
        reason = `there is no ${e.message} on the GPU`;
      }
    tell(nameOf(work), reason as string);
    return null;
  }

  /** A step that runs programs, or why it runs on the CPU. */
  private programs(work: Controlled, buffers: readonly number[]): OnPrograms | string {
    const why: string[] = [];
    const make = (plan: Plan): Program =>
      new Program(plan, this.device, this.cpu, (operation, reason) => why.push(`${operation} in it does: ${reason}`));
    const types = buffers.map((b) => this.types[b] as BufferType);
    const made = control(work, types, make, this.device);
    if (made.programs.some((p) => p.hops)) {
      for (const p of made.programs) p.dispose();
      return why[0] ?? "a part of it does";
    }
    const reads = readBy(work);
    return { control: made, inputs: buffers.slice(0, reads), outputs: buffers.slice(reads) };
  }

  private computation(work: Computation, buffers: readonly number[]): OnGpu[] {
    if (work.kind === "search") return this.kernels(searchKernel(work), buffers);
    const temporary = (dtype: DType): number => this.types.push({ dtype, size: work.outer * work.n }) - 1;
    if (work.kind === "fft") {
      let from = buffers.slice(0, work.real ? 1 : 2);
      const list = fourierKernels(work);
      return list.flatMap((k, i) => {
        const to = i === list.length - 1 ? buffers.slice(work.real ? 1 : 2) : [temporary("f32"), temporary("f32")];
        const stages = this.kernels(k, [...from, ...to]);
        from = to;
        return stages;
      });
    }
    const [x, ...results] = buffers as readonly [number, ...number[]];
    const values = work.values ? (results[0] as number) : null;
    const origins = work.indices ? (results.at(-1) as number) : temporary("i32");
    const places = temporary("i32");
    return [
      ...this.kernels(placesKernel(work), [x, places]),
      ...this.kernels(originsKernel(work), [places, origins]),
      ...(values === null ? [] : this.kernels(sortedKernel(work), [x, origins, values])),
    ];
  }

  /** Kernels each of which reads what the one before it wrote. */
  private passes(list: readonly Kernel[], [from, to]: readonly number[]): OnGpu[] {
    let last = from as number;
    return list.flatMap((k, i) => {
      const next = i === list.length - 1 ? (to as number) : this.types.push(k.buffers[1] as BufferType) - 1;
      const stages = this.kernels(k, [last, next]);
      last = next;
      return stages;
    });
  }

  private kernels(work: Kernel, buffers: readonly number[]): OnGpu[] {
    const outs = work.stores.map((s) => buffers[s.buffer] as number);
    if (this.types[outs[0] as number]?.size === 0) return [{ kernel: null, inputs: [], outputs: outs }];
    // A kernel in JavaScript gives one result.
    if (this.device.language === "js" && outs.length > 1)
      return work.stores.map((s) => this.kernel({ ...work, stores: [s] }, buffers));
    return this.split(work, buffers);
  }

  /** The kernels of a fold, which is cut if it is long. */
  private split(work: Kernel, buffers: readonly number[]): OnGpu[] {
    const halves = splitFold(work);
    if (halves === null) return this.tiled(work, buffers);
    const out = buffers[work.stores[0]?.buffer as number] as number;
    const parts = this.types.push(halves.parts) - 1;
    const inputs = buffers.filter((b) => b !== out);
    return [...this.tiled(halves.first, [...inputs, parts]), ...this.split(halves.second, [...inputs, parts, out])];
  }

  /** A kernel as the GPU runs it: texel by texel, and products in tiles. */
  private tiled(work: Kernel, buffers: readonly number[]): OnGpu[] {
    if (this.device.language === "js") return [this.kernel(work, buffers)];
    const tiled = tile(work, drawsFor(work, this.device.maxDraws, this.device.maxLoads));
    if (tiled === null) return [this.kernel(texels(work), buffers)];
    const all = [...buffers, ...tiled.parts.map((type) => this.types.push(type) - 1)];
    return tiled.kernels.map((k) => this.kernel(k, all));
  }

  private kernel(kernel: Kernel, buffers: readonly number[]): OnGpu {
    const printed = printKernel(kernel, this.device.language);
    const named = (list: readonly number[]): number[] => list.map((b) => buffers[b] as number);
    return {
      kernel: this.device.compile(printed, kernel.name),
      inputs: named(printed.loads),
      outputs: named(printed.outs),
    };
  }

  /** Runs on the values of the plan's inputs, which stay the caller's; gives those of its outputs. */
  async run(inputs: readonly Value[]): Promise<Value[]> {
    const values = new Map(inputs.map((v, i) => [this.plan.inputs[i] as number, v]));
    const get = (b: number): Value => values.get(b) as Value;
    try {
      for (const [i, stage] of this.stages.entries()) {
        const made = await this.stage(stage, get);
        stage.outputs.forEach((b, k) => {
          values.set(b, made[k] as Value);
        });
        for (const b of this.dying[i] as number[]) {
          values.get(b)?.release();
          values.delete(b);
        }
      }
      return this.plan.outputs.map(get);
    } catch (e) {
      const given = new Set(inputs);
      for (const v of values.values()) if (!given.has(v)) v.release();
      throw e;
    }
  }

  private stage(stage: Stage, get: (b: number) => Value): Promise<Value[]> {
    if ("control" in stage) return stage.control.run(stage.inputs.map(get));
    return "run" in stage ? this.onCpu(stage, get) : this.onGpu(stage, get);
  }

  private async onGpu({ kernel, inputs, outputs }: OnGpu, get: (b: number) => Value): Promise<Value[]> {
    const types = outputs.map((b) => this.types[b] as BufferType);
    if (kernel === null) return types.map(({ dtype }) => Value.of(new dtypes[dtype].array(new ArrayBuffer(0))));
    const textures: Texture[] = [];
    for (const b of inputs) textures.push(await get(b).on(this.device));
    const made = await kernel.run(textures);
    return types.map(({ dtype, size }, i) => Value.in(made[i] as Texture, dtype, size));
  }

  private async onCpu({ run, inputs, outputs }: OnCpu, get: (b: number) => Value): Promise<Value[]> {
    const arrays: HostArray[] = [];
    for (const b of inputs) arrays.push(await get(b).array(this.device));
    const cpu = this.cpu();
    const storages: Storage[] = [];
    const allocate = (bytes: number): Storage => {
      const s = cpu.allocate(bytes);
      storages.push(s);
      return s;
    };
    try {
      const from = arrays.map((a) => {
        const s = allocate(a.byteLength);
        cpu.write(s, a);
        return s;
      });
      const types = outputs.map((b) => this.types[b] as BufferType);
      const to = types.map(({ dtype, size }) => allocate(size * dtypes[dtype].bytes));
      run.run(from, to);
      const results: Value[] = [];
      for (const [i, { dtype, size }] of types.entries())
        results.push(Value.of(await cpu.read(to[i] as Storage, dtype, size)));
      return results;
    } finally {
      for (const s of storages) cpu.free(s);
    }
  }

  dispose(): void {
    for (const s of this.stages) {
      if ("control" in s) for (const p of s.control.programs) p.dispose();
      else if ("run" in s) s.run.dispose();
      else s.kernel?.release();
    }
  }
}
