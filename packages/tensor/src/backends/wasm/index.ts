import type { Backend, Executable, Storage } from "../../backend.ts";
import { type DType, dtypes, type HostArray } from "../../dtype.ts";
import { BackendError } from "../../errors.ts";
import type { Kernel, Plan, PlanBuffer, Special, Step } from "../../ir/ir.ts";
import { runSpecial } from "../js/special.ts";
import { Block, Heap } from "./memory.ts";
import { type Call, loopRunner, Modules, type Runner } from "./modules.ts";
import { Products, usesGemm } from "./products.ts";

class Compiler {
  private readonly heap: Heap;
  private readonly modules: Modules;
  private readonly products: Products;
  constructor(heap: Heap) {
    this.heap = heap;
    this.modules = new Modules(heap);
    this.products = new Products(this.modules);
  }

  /** A function that runs `plan` on addresses, in an arena of its own. */
  plan(plan: Plan): (inputs: readonly number[], outputs: readonly number[]) => void {
    const runners = this.steps(plan);
    const { buffers, inputs: given, outputs: results } = plan;
    // Filled anew by each run, so that a run makes no lists: none begins before the last one of this plan has ended.
    const places = buffers.map(() => 0);
    const lists = plan.steps.map((step) => step.buffers.map(() => 0));
    return (inputs, outputs) => {
      const arena = this.heap.take(plan.arenaBytes, false);
      try {
        for (let b = 0; b < places.length; b++) places[b] = arena + (buffers[b] as PlanBuffer).offset;
        for (let i = 0; i < given.length; i++) places[given[i] as number] = inputs[i] as number;
        for (let i = 0; i < results.length; i++) places[results[i] as number] = outputs[i] as number;
        for (let i = 0; i < runners.length; i++) {
          const list = lists[i] as number[];
          const on = (plan.steps[i] as Step).buffers;
          for (let k = 0; k < list.length; k++) list[k] = places[on[k] as number] as number;
          (runners[i] as Runner)(list);
        }
      } finally {
        this.heap.give(arena, plan.arenaBytes, false);
      }
    };
  }

  private steps(plan: Plan): Runner[] {
    const plain = plan.steps.map((s) => s.work).filter((w): w is Kernel => w.kind === "loops" && !usesGemm(w));
    // Compiled together first; the calls below find them in the cache.
    this.modules.compile(plain);
    return plan.steps.map(({ work, buffers }) => {
      if (work.kind !== "loops")
        return this.special(
          work,
          buffers.map((b) => plan.buffers[b] as { dtype: DType; size: number }),
        );
      return usesGemm(work) ? this.products.compile(work) : loopRunner(work, this.modules.compile([work])[0] as Call);
    });
  }

  private special(work: Special, types: readonly { dtype: DType; size: number }[]): Runner {
    if (work.kind === "scan") return this.scan(work, types);
    if (work.kind === "switch") return this.branch(work);
    if (work.kind === "while") return this.repeat(work, types);
    return (addresses) =>
      runSpecial(
        work,
        types.map((t, i) => this.modules.view(addresses[i] as number, t.dtype, t.size)),
      );
  }

  private branch({ inputs, branches }: Extract<Special, { kind: "switch" }>): Runner {
    const runs = branches.map((plan) => this.plan(plan));
    return ([index, ...addresses]) => {
      const at = this.modules.view(index as number, "i32", 1)[0] as number;
      const run = runs[Math.min(Math.max(at, 0), runs.length - 1)] as (typeof runs)[number];
      run(addresses.slice(0, inputs), addresses.slice(inputs));
    };
  }

  private repeat(
    { consts, carries, limit, condition, body }: Extract<Special, { kind: "while" }>,
    types: readonly { dtype: DType; size: number }[],
  ): Runner {
    const [test, step] = [this.plan(condition), this.plan(body)];
    const bytes = types.slice(consts, consts + carries).map((t) => t.size * dtypes[t.dtype].bytes);
    const room = bytes.map((b) => Math.ceil(b / 64) * 64);
    const total = room.reduce((a, b) => a + b, 0);
    const copy = (to: number, source: number, size: number): void => {
      this.heap.bytes.copyWithin(to, source, source + size);
    };
    return (addresses) =>
      this.modules.scratch(2 * total + 64, (more) => {
        const place = (at: number): number[] => room.map((_, i) => at + room.slice(0, i).reduce((a, b) => a + b, 0));
        let [state, next] = [place(more + 64), place(more + 64 + total)];
        const given = addresses.slice(0, consts);
        state.forEach((to, i) => copy(to, addresses[consts + i] as number, bytes[i] as number));
        for (let t = 0; limit === null || t < limit; t++) {
          test([...given, ...state], [more]);
          if (this.heap.bytes[more] === 0) break;
          step([...given, ...state], next);
          [state, next] = [next, state];
        }
        state.forEach((source, i) => copy(addresses[consts + carries + i] as number, source, bytes[i] as number));
      });
  }

  private scan(
    { length, reverse, consts, carries, xs, ys, body }: Extract<Special, { kind: "scan" }>,
    types: readonly { dtype: DType; size: number }[],
  ): Runner {
    const run = this.plan(body);
    const bytes = types.map((t) => t.size * dtypes[t.dtype].bytes);
    const from = consts + carries + xs;
    const carryBytes = bytes.slice(consts, consts + carries);
    const room = carryBytes.map((b) => Math.ceil(b / 64) * 64);
    const total = room.reduce((a, b) => a + b, 0);
    const copy = (to: number, source: number, size: number): void => {
      this.heap.bytes.copyWithin(to, source, source + size);
    };
    return (addresses) =>
      this.modules.scratch(2 * total, (scratch) => {
        const place = (at: number): number[] => room.map((_, i) => at + room.slice(0, i).reduce((a, b) => a + b, 0));
        let [state, next] = [place(scratch), place(scratch + total)];
        state.forEach((to, i) => copy(to, addresses[consts + i] as number, carryBytes[i] as number));
        for (let t = 0; t < length; t++) {
          const at = reverse ? length - 1 - t : t;
          const row = (i: number): number => (addresses[i] as number) + at * ((bytes[i] as number) / length);
          const slices = Array.from({ length: xs }, (_, i) => row(consts + carries + i));
          const rows = Array.from({ length: ys }, (_, i) => row(from + carries + i));
          run([...addresses.slice(0, consts), ...state, ...slices], [...next, ...rows]);
          [state, next] = [next, state];
        }
        state.forEach((source, i) => copy(addresses[from + i] as number, source, carryBytes[i] as number));
      });
  }
}

/**
 * The default backend: kernels are generated as WebAssembly when a plan is compiled, with 128-bit vectors, and fused multiply-add where the engine has
 * it. All buffers lie in one linear memory of at most 4 GiB.
 */
export function wasmBackend(): Backend {
  const heap = new Heap();
  const compiler = new Compiler(heap);
  const block = (s: Storage): Block => {
    if (!(s instanceof Block) || s.freed)
      throw new BackendError("wasm: the storage was freed or belongs to another backend");
    return s;
  };
  const read = (s: Storage, dtype: DType, size: number): HostArray =>
    new dtypes[dtype].array(heap.bytes.buffer, block(s).address, size).slice();
  const backend: Backend = {
    name: "wasm",
    allocate: (bytes) => new Block(backend, heap.take(bytes), bytes),
    free(s) {
      const b = block(s);
      b.freed = true;
      heap.give(b.address, b.bytes);
    },
    write(s, data) {
      heap.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), block(s).address);
    },
    read: async (s, dtype, size) => read(s, dtype, size),
    readSync: read,
    compile(plan): Executable {
      const run = compiler.plan(plan);
      return {
        run: (inputs, outputs) =>
          run(
            inputs.map((s) => block(s).address),
            outputs.map((s) => block(s).address),
          ),
        dispose() {},
      };
    },
    memory: () => ({ liveBytes: heap.liveBytes, liveBuffers: heap.liveBuffers, peakBytes: heap.peakBytes }),
  };
  return backend;
}
