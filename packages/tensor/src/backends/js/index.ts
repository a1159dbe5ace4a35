import type { Backend, Executable, Storage } from "../../backend.ts";
import { type DType, dtypes, type HostArray } from "../../dtype.ts";
import { BackendError, OutOfMemoryError } from "../../errors.ts";
import type { Plan } from "../../ir/ir.ts";
import { runSpecial } from "./control.ts";
import { runKernel } from "./kernel.ts";

class Memory implements Storage {
  readonly backend: Backend;
  readonly bytes: number;
  readonly buffer: ArrayBuffer;
  freed = false;
  constructor(backend: Backend, bytes: number) {
    this.backend = backend;
    this.bytes = bytes;
    this.buffer = new ArrayBuffer(bytes);
  }
}

/** The elements of a plan buffer. */
export const view = (buffer: ArrayBuffer, offset: number, dtype: DType, size: number): HostArray =>
  new dtypes[dtype].array(buffer, offset, size);

/** Runs the steps of a plan on the arrays given for its inputs and outputs. */
export function runPlan(plan: Plan, inputs: readonly HostArray[], outputs: readonly HostArray[]): void {
  const arena = new ArrayBuffer(plan.arenaBytes);
  const arrays: (HostArray | undefined)[] = plan.buffers.map((b) =>
    b.role === "temporary" ? view(arena, b.offset, b.dtype, b.size) : undefined,
  );
  plan.inputs.forEach((b, i) => {
    arrays[b] = inputs[i];
  });
  plan.outputs.forEach((b, i) => {
    arrays[b] = outputs[i];
  });
  for (const step of plan.steps) {
    const own = step.buffers.map((b) => arrays[b] as HostArray);
    if (step.work.kind === "loops") runKernel(step.work, own);
    else runSpecial(step.work, own);
  }
}

/**
 * The reference backend: interprets kernels one element and one instruction at a time in plain JavaScript. Slow, and the oracle of all others.
 *
 * ```ts
 * await setBackend(jsBackend());
 * ```
 */
export function jsBackend(): Backend {
  let [liveBytes, liveBuffers, peakBytes] = [0, 0, 0];
  const touch = (extra = 0): void => {
    peakBytes = Math.max(peakBytes, liveBytes + extra);
  };
  const memory = (s: Storage): Memory => {
    if (!(s instanceof Memory) || s.freed)
      throw new BackendError("js: the storage was freed or belongs to another backend");
    return s;
  };
  const backend: Backend = {
    name: "js",
    allocate(bytes) {
      let m: Memory;
      try {
        m = new Memory(backend, bytes);
      } catch {
        throw new OutOfMemoryError(`js: cannot allocate ${bytes} bytes (${liveBytes} are in use)`);
      }
      liveBytes += bytes;
      liveBuffers++;
      touch();
      return m;
    },
    free(s) {
      memory(s).freed = true;
      liveBytes -= s.bytes;
      liveBuffers--;
    },
    write(s, data) {
      new Uint8Array(memory(s).buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    },
    read: async (s, dtype, size) => view(memory(s).buffer, 0, dtype, size).slice(),
    readSync: (s, dtype, size) => view(memory(s).buffer, 0, dtype, size).slice(),
    compile(plan): Executable {
      const typed = (list: readonly Storage[], ids: readonly number[]): HostArray[] =>
        list.map((s, i) => {
          const b = plan.buffers[ids[i] as number] as { dtype: DType; size: number };
          return view(memory(s).buffer, 0, b.dtype, b.size);
        });
      return {
        run(inputs, outputs) {
          touch(plan.arenaBytes);
          runPlan(plan, typed(inputs, plan.inputs), typed(outputs, plan.outputs));
        },
        dispose() {},
      };
    },
    memory: () => ({ liveBytes, liveBuffers, peakBytes }),
  };
  return backend;
}
