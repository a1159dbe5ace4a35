import {
  type Backend,
  type BufferType,
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
import type { Compiled, Device } from "./device.ts";
import { obstacle } from "./obstacle.ts";
import { printKernel, Unprintable } from "./print.ts";
import { splitFold } from "./split.ts";
import { Value } from "./value.ts";

/** Tells that an operation runs on the CPU, and why. */
export type Tell = (operation: string, reason: string) => void;

/** A kernel that fills buffer `out`; null when there is nothing to fill. */
interface OnGpu {
  readonly kernel: Compiled | null;
  readonly loads: readonly number[];
  readonly out: number;
}
/** Steps on the CPU that fill `outputs`. */
interface OnCpu {
  readonly run: Executable;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}
type Stage = OnGpu | OnCpu;

const nameOf = (work: Kernel | Special): string =>
  work.kind === "loops" || work.kind === "routine" ? work.name : work.kind;

const buffersOf = (s: Stage): readonly number[] => ("run" in s ? [...s.inputs, ...s.outputs] : [...s.loads, s.out]);

/** A plan whose kernels run on the GPU, and whose other steps run on the CPU between them. */
export class Program {
  private readonly device: Device;
  private readonly cpu: () => Backend;
  private readonly plan: Plan;
  /** Types of the plan's buffers, and of those for parts of folds. */
  private readonly types: BufferType[];
  private readonly stages: readonly Stage[];
  /** Buffers that are needed no more after each stage. */
  private readonly dying: readonly (readonly number[])[];

  constructor(plan: Plan, device: Device, cpu: () => Backend, tell: Tell) {
    this.plan = plan;
    this.device = device;
    this.cpu = cpu;
    this.types = [...plan.buffers];
    const kernels = new Map(plan.steps.map((step) => [step, this.kernels(step, tell)]));
    this.stages = segments(plan, (step) => kernels.get(step) === null).flatMap((segment): Stage[] => {
      if (!segment.host) return segment.steps.flatMap((step) => kernels.get(step) as OnGpu[]);
      return [{ run: cpu().compile(planOf(plan, segment)), inputs: segment.reads, outputs: segment.writes }];
    });
    const last = new Map<number, number>();
    this.stages.forEach((s, i) => {
      for (const b of buffersOf(s)) last.set(b, i);
    });
    for (const b of [...plan.inputs, ...plan.outputs]) last.delete(b);
    this.dying = this.stages.map((_, i) => [...last].filter(([, at]) => at === i).map(([b]) => b));
  }

  /** The kernels of one step, or null if it runs on the CPU. */
  private kernels({ work, buffers }: Step, tell: Tell): OnGpu[] | null {
    let reason = obstacle(work, this.device);
    if (reason === null && work.kind === "loops")
      try {
        const out = buffers[work.stores[0]?.buffer as number] as number;
        if (this.types[out]?.size === 0) return [{ kernel: null, loads: [], out }];
        const halves = splitFold(work);
        if (halves === null) return [this.kernel(work, buffers)];
        const parts = this.types.push(halves.parts) - 1;
        const inputs = buffers.filter((b) => b !== out);
        return [this.kernel(halves.first, [...inputs, parts]), this.kernel(halves.second, [...inputs, parts, out])];
      } catch (e) {
        if (!(e instanceof Unprintable)) throw e;
        reason = `there is no ${e.message} on the GPU`;
      }
    tell(nameOf(work), reason as string);
    return null;
  }

  private kernel(kernel: Kernel, buffers: readonly number[]): OnGpu {
    const printed = printKernel(kernel, this.device.language);
    return {
      kernel: this.device.compile(printed, kernel.name),
      loads: printed.loads.map((b) => buffers[b] as number),
      out: buffers[kernel.stores[0]?.buffer as number] as number,
    };
  }

  /** Runs on the values of the plan's inputs, which stay the caller's; gives those of its outputs. */
  async run(inputs: readonly Value[]): Promise<Value[]> {
    const values = new Map(inputs.map((v, i) => [this.plan.inputs[i] as number, v]));
    const get = (b: number): Value => values.get(b) as Value;
    try {
      for (const [i, stage] of this.stages.entries()) {
        const made = "run" in stage ? await this.onCpu(stage, get) : [await this.onGpu(stage, get)];
        const outputs = "run" in stage ? stage.outputs : [stage.out];
        outputs.forEach((b, k) => {
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

  private async onGpu({ kernel, loads, out }: OnGpu, get: (b: number) => Value): Promise<Value> {
    const { dtype, size } = this.types[out] as BufferType;
    if (kernel === null) return Value.of(new dtypes[dtype].array(new ArrayBuffer(0)));
    const textures = [];
    for (const b of loads) textures.push(await get(b).on(this.device));
    return Value.in(await kernel.run(textures), dtype, size);
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
      if ("run" in s) s.run.dispose();
      else s.kernel?.release();
    }
  }
}
