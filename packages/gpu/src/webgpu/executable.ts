import {
  type Backend,
  dtypes,
  type Executable,
  type HostArray,
  OutOfMemoryError,
  type Plan,
  type Storage,
  wasmBackend,
} from "@gradus/tensor";
import { planOf, type Segment, segments } from "../segments.ts";
import { copy, type Gate } from "./gate.ts";
import type { Gpu } from "./gpu.ts";
import { lacks, load } from "./loading.ts";
import { blockOf, type Fail, Taken } from "./memory.ts";
import { Recorder } from "./recorder.ts";
import { grouped } from "./rows.ts";
import { sideRunner, sides } from "./side.ts";
import { bytesOf, onDevice, type Runner, type Waits } from "./steps.ts";

let cpu: Backend | null = null;
/** Where steps run that the GPU cannot. */
const host = (): Backend => (cpu ??= wasmBackend({ threads: 1 }));

/** Buffers that the temporaries of a plan share: for each temporary which one, and the bytes of each. */
function slots(plan: Plan, places: readonly Pick<Place, "used">[]): { of: Map<number, number>; bytes: number[] } {
  const last = new Map<number, number>();
  places.forEach((p, i) => {
    for (const b of p.used) last.set(b, i);
  });
  const of = new Map<number, number>();
  const bytes: number[] = [];
  const free: number[] = [];
  places.forEach(({ used }, i) => {
    for (const b of used) {
      const { role, dtype, size } = plan.buffers[b] as Plan["buffers"][number];
      if (role !== "temporary" || of.has(b)) continue;
      const room = size * dtypes[dtype].bytes;
      // the smallest free one that is large enough, but no giant for a dwarf
      let best = -1;
      free.forEach((s, k) => {
        const has = bytes[s] as number;
        if (has >= room && has <= 2 * room + 1024 && (best < 0 || has < (bytes[free[best] as number] as number)))
          best = k;
      });
      if (best >= 0) of.set(b, free.splice(best, 1)[0] as number);
      else of.set(b, bytes.push(room) - 1);
    }
    for (const b of new Set(used)) if (last.get(b) === i && of.has(b)) free.push(of.get(b) as number);
  });
  return { of, bytes };
}

/** Runs a segment on the CPU: what it reads comes from the device, what it writes goes back. */
class Hop {
  readonly #gpu: Gpu;
  readonly #plan: Plan;
  #executable: Executable | null = null;

  constructor(gpu: Gpu, plan: Plan) {
    this.#gpu = gpu;
    this.#plan = plan;
  }

  async run(inputs: readonly GPUBuffer[], outputs: readonly GPUBuffer[]): Promise<void> {
    const [gpu, plan] = [this.#gpu, this.#plan];
    const type = (b: number): Plan["buffers"][number] => plan.buffers[b] as Plan["buffers"][number];
    const bytes = (b: number): number => type(b).size * dtypes[type(b).dtype].bytes;
    const given = await Promise.all(inputs.map((buffer, i) => gpu.reads.read(buffer, bytes(plan.inputs[i] as number))));
    const backend = host();
    this.#executable ??= backend.compile(plan);
    const made: Storage[] = [];
    const allocate = (b: number): Storage => {
      const s = backend.allocate(bytes(b));
      made.push(s);
      return s;
    };
    try {
      const from = plan.inputs.map((b, i) => {
        const s = allocate(b);
        backend.write(s, new Uint8Array(given[i] as ArrayBuffer));
        return s;
      });
      const to = plan.outputs.map(allocate);
      this.#executable.run(from, to);
      plan.outputs.forEach((b, i) => {
        const { dtype, size } = type(b);
        upload(
          gpu,
          outputs[i] as GPUBuffer,
          (backend.readSync as NonNullable<Backend["readSync"]>)(to[i] as Storage, dtype, size),
        );
      });
    } finally {
      for (const s of made) backend.free(s);
    }
  }

  dispose(): void {
    this.#executable?.dispose();
  }
}

/** Writes elements to a buffer; whole words travel. */
export function upload(gpu: Gpu, buffer: GPUBuffer, data: HostArray): void {
  let bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.length % 4 !== 0) {
    const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
    padded.set(bytes);
    bytes = padded;
  }
  if (bytes.length > 0) gpu.device.queue.writeBuffer(buffer, 0, bytes as Uint8Array<ArrayBuffer>);
}

/** A hop as a step on the buffers that it reads and then those that it writes. */
function hopRunner(gpu: Gpu, plan: Plan): Runner {
  const hop = new Hop(gpu, plan);
  const n = plan.inputs.length;
  return Object.assign(
    function* (r: Recorder, buffers: readonly GPUBuffer[]): Waits {
      r.submit();
      yield hop.run(buffers.slice(0, n), buffers.slice(n));
    },
    { waits: true, kernels: 0, dispose: () => hop.dispose() },
  );
}

/** A step, or a segment on the CPU, and the buffers of the plan that it works on. */
interface Place {
  readonly used: readonly number[];
  readonly run: Runner;
}

function placesOf(gpu: Gpu, plan: Plan): Place[] {
  return segments(plan, (step) => !onDevice(gpu, step, plan)).flatMap((s: Segment): Place[] => {
    const { reads, writes } = s;
    if (s.host) return [{ used: [...reads, ...writes], run: hopRunner(gpu, planOf(plan, s)) }];
    return sides(gpu, grouped(gpu, s.steps, plan), plan).map((items) => sideRunner(gpu, items, plan));
  });
}

/** Runs to its end what has nothing to wait for. */
export function straight(waits: Waits): void {
  if (!waits.next().done) throw new TypeError("webgpu: work that is recorded at once has to wait");
}

/** A plan on the device: buffers in, buffers out. */
export class DevicePlan {
  readonly #gpu: Gpu;
  readonly #plan: Plan;
  readonly #places: readonly Place[];
  readonly #slots: { of: Map<number, number>; bytes: number[] };
  /** Whether it has to wait, for the CPU or for what a branch or a loop depends on. */
  readonly waits: boolean;
  /** Kernels that it dispatches, about. */
  readonly kernels: number;
  /** Whether results are copied, which no gate can stop. */
  readonly #copies: boolean;

  constructor(gpu: Gpu, plan: Plan) {
    this.#gpu = gpu;
    this.#plan = plan;
    this.#places = placesOf(gpu, plan);
    this.#slots = slots(plan, this.#places);
    this.waits = this.#places.some((p) => p.run.waits === true);
    this.kernels = this.#places.reduce((n, p) => n + (p.run.kernels ?? 1), 0);
    this.#copies = this.#places.some((p) => p.run.copies === true);
  }

  /** Takes temporaries, calls `work` with all buffers of the plan, and gives the temporaries back. */
  #buffers(
    inputs: readonly GPUBuffer[],
    outputs: readonly GPUBuffer[],
    fail: Fail,
  ): { all: GPUBuffer[]; give: () => void } {
    const [gpu, plan] = [this.#gpu, this.#plan];
    const taken: GPUBuffer[] = [];
    const give = (): void => {
      taken.forEach((b, i) => {
        gpu.pool.give(b, this.#slots.bytes[i] as number);
      });
    };
    try {
      for (const bytes of this.#slots.bytes) taken.push(gpu.pool.take(bytes, fail));
    } catch (e) {
      give();
      throw e;
    }
    const all = plan.buffers.map((_, b) => taken[this.#slots.of.get(b) ?? -1] as GPUBuffer);
    plan.inputs.forEach((b, i) => {
      all[b] = inputs[i] as GPUBuffer;
    });
    plan.outputs.forEach((b, i) => {
      all[b] = outputs[i] as GPUBuffer;
    });
    return { all, give };
  }

  /** Records all steps; where one has to wait, what was recorded before has been submitted. */
  *record(r: Recorder, inputs: readonly GPUBuffer[], outputs: readonly GPUBuffer[], fail: Fail): Waits {
    const { all, give } = this.#buffers(inputs, outputs, fail);
    try {
      for (const { used, run } of this.#places) {
        const waits = run(
          r,
          used.map((b) => all[b] as GPUBuffer),
          fail,
        );
        if (waits) yield* waits;
      }
    } finally {
      give();
    }
  }

  /** Records all steps so that they leave `outputs` alone where `gate` is closed; only for a plan that does not wait. */
  recordUnder(gate: Gate, r: Recorder, inputs: readonly GPUBuffer[], outputs: readonly GPUBuffer[], fail: Fail): void {
    const outer = r.gate;
    const taken = new Taken(this.#gpu.pool, fail);
    r.gate = gate;
    try {
      if (!this.#copies) {
        straight(this.record(r, inputs, outputs, fail));
        return;
      }
      const bytes = this.#plan.outputs.map((b) => bytesOf(this.#plan.buffers[b] as Plan["buffers"][number]));
      const results = bytes.map((n) => taken.take(n));
      straight(this.record(r, inputs, results, fail));
      results.forEach((from, i) => {
        copy(this.#gpu, r, bytes[i] as number, from, outputs[i] as GPUBuffer);
      });
    } finally {
      r.gate = outer;
      taken.give();
    }
  }

  /** Runs the plan; what fails later is told to `fail`. */
  run(inputs: readonly GPUBuffer[], outputs: readonly GPUBuffer[], fail: Fail): void | Promise<void> {
    const r = new Recorder(this.#gpu);
    const waits = this.record(r, inputs, outputs, fail);
    /** Goes on until something has to be waited for; null at the end. */
    const advance = (): Promise<void> | null => {
      let wait: Promise<void> | null = null;
      this.#gpu.checked(() => {
        const next = waits.next();
        if (next.done) r.submit();
        else wait = next.value;
      }, fail);
      return wait;
    };
    const first = advance();
    if (first !== null) return this.#rest(first, advance, waits);
  }

  async #rest(first: Promise<void>, advance: () => Promise<void> | null, waits: Waits): Promise<void> {
    try {
      for (let wait: Promise<void> | null = first; wait !== null; wait = advance()) await wait;
    } finally {
      waits.return();
    }
  }

  dispose(): void {
    for (const { run } of this.#places) run.dispose?.();
  }
}

/** Throws OutOfMemoryError when a step makes an array that no buffer holds. */
function checkSizes(gpu: Gpu, plan: Plan): void {
  const most = gpu.limits.buffer;
  const given = new Set(plan.inputs);
  for (const { work, buffers } of plan.steps)
    for (const b of buffers) {
      const type = plan.buffers[b] as Plan["buffers"][number];
      if (given.has(b) || bytesOf(type) <= most) continue;
      const name = "name" in work ? work.name : work.kind;
      throw new OutOfMemoryError(
        `webgpu: ${name}: its result, ${type.size} elements of ${type.dtype}, has ${bytesOf(type)} bytes, and this device holds ${most} in one buffer; compute it in parts`,
      );
    }
}

/** A compiled plan of `backend`. One that lacks what is to be loaded is compiled when its turn comes to run, and all after it wait. */
export function executable(gpu: Gpu, backend: Backend, plan: Plan): Executable {
  checkSizes(gpu, plan);
  let compiled = lacks(gpu, plan) ? null : new DevicePlan(gpu, plan);
  return {
    run(inputs, outputs) {
      if (gpu.lost !== null) throw gpu.lost;
      const [from, to] = [inputs, outputs].map((list) => list.map((s) => blockOf(backend, s))) as [
        ReturnType<typeof blockOf>[],
        ReturnType<typeof blockOf>[],
      ];
      const fail = (e: Error): void => {
        for (const b of to) b.failure ??= e;
      };
      const work = (): void | Promise<void> => {
        const failed = from.find((b) => b.failure !== null);
        if (failed !== undefined) return fail(failed.failure as Error);
        gpu.reads.flush();
        compiled ??= new DevicePlan(gpu, plan);
        return compiled.run(
          from.map((b) => b.buffer),
          to.map((b) => b.buffer),
          fail,
        );
      };
      // What fails at once is thrown, unless the work has to wait its turn.
      let now = gpu.order.idle;
      gpu.order.do(() => {
        try {
          const done = compiled === null ? load().then(work) : work();
          now = false;
          return done?.catch(fail);
        } catch (e) {
          if (now) throw e;
          fail(e as Error);
        }
      });
    },
    dispose: () => gpu.order.do(() => compiled?.dispose()),
  };
}
