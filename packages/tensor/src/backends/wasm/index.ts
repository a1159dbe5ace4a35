import type { Backend, Executable, Storage } from "../../backend.ts";
import { type DType, dtypes, type HostArray } from "../../dtype.ts";
import { BackendError } from "../../errors.ts";
import { flattenIndex, loopIndex } from "../../ir/index-expr.ts";
import type { Contraction, Kernel, Plan, Special, Step } from "../../ir/ir.ts";
import { stridesOf } from "../../shape.ts";
import { runSpecial } from "../js/special.ts";
import { assemble } from "./assembler.ts";
import { type Factor, Gemm } from "./gemm.ts";
import { Block, Heap } from "./memory.ts";
import { NestCode } from "./nest.ts";
import { padKernel, patchKernel, sizes, spans, weightKernel } from "./patches.ts";
import { declared, hostFunctions } from "./scalar.ts";

type Call = (...args: number[]) => void;
/** Runs a step on the addresses of its buffers. */
type Runner = (addresses: readonly number[]) => void;

/** Kernels compiled so far, by their text: equal kernels of different plans share one function. */
class Modules {
  private readonly heap: Heap;
  private readonly functions = new Map<string, Call>();
  private readonly environment: Record<string, unknown>;

  constructor(heap: Heap) {
    this.heap = heap;
    this.environment = { memory: heap.memory, ...hostFunctions };
  }

  /** Functions of the given kernels; those not known yet are compiled together in one module. */
  compile(kernels: readonly Kernel[]): Call[] {
    const keys = kernels.map((k) => JSON.stringify({ ...k, name: "", contraction: undefined }, keepNumbers));
    const fresh = new Map<string, Kernel>();
    keys.forEach((key, i) => {
      if (!this.functions.has(key)) fresh.set(key, kernels[i] as Kernel);
    });
    if (fresh.size > 0) {
      const functions = [...fresh.values()].map((k) => ({
        parameters: k.buffers.length + 2,
        code: new NestCode(k).code,
      }));
      const module = new WebAssembly.Module(assemble({ imports: declared, functions }));
      const { exports } = new WebAssembly.Instance(module, { env: this.environment } as WebAssembly.Imports);
      [...fresh.keys()].forEach((key, i) => {
        this.functions.set(key, exports[`f${i}`] as Call);
      });
    }
    return keys.map((key) => this.functions.get(key) as Call);
  }

  /** Runs `use` with `bytes` of scratch memory. */
  scratch(bytes: number, use: (address: number) => void): void {
    const address = this.heap.take(bytes, false);
    try {
      use(address);
    } finally {
      this.heap.give(address, bytes, false);
    }
  }

  zero(address: number, bytes: number): void {
    this.heap.bytes.fill(0, address, address + bytes);
  }

  view(address: number, dtype: DType, size: number): HostArray {
    return new dtypes[dtype].array(this.heap.bytes.buffer, address, size);
  }
}

// JSON has no −0, NaN or infinities.
const keepNumbers = (_: string, x: unknown): unknown =>
  typeof x === "number" && (!Number.isFinite(x) || Object.is(x, -0)) ? `n${Object.is(x, -0) ? "-0" : x}` : x;

const count = (loops: readonly number[]): number => loops.reduce((a, b) => a * b, 1);

function loopRunner(kernel: Kernel, call: Call): Runner {
  if (count(kernel.loops) === 0) return () => {};
  const end = kernel.loops[0] ?? 1;
  return (addresses) => call(...addresses, 0, end);
}

/** `kernel` without its fold: the accumulator is read from one more buffer, which holds the finished product. */
function epilogue(kernel: Kernel): Kernel | null {
  const index = flattenIndex(
    kernel.loops.map((extent, i) => loopIndex(i, extent)),
    kernel.loops,
  );
  const plain = kernel.outer.length === 1 && kernel.outer[0]?.op === "accumulator";
  if (plain) return null;
  const buffer = kernel.buffers.length;
  return {
    ...kernel,
    reduce: [],
    inner: [],
    accumulators: [],
    outer: kernel.outer.map((x) =>
      x.op === "accumulator" ? { op: "load", dtype: "f32", buffer, index, guards: [], fill: 0 } : x,
    ),
    buffers: [...kernel.buffers, { dtype: "f32", size: count(kernel.loops) }],
  };
}

/** True for f32 products large enough to pay for packing. */
function usesGemm(k: Kernel): k is Kernel & { contraction: Contraction } {
  const { contraction: c } = k;
  if (c === undefined || k.accumulators[0]?.dtype !== "f32" || count(k.loops) === 0 || count(k.reduce) === 0)
    return false;
  if (c.kind === "matmul") return c.m * c.n * c.k >= 2048 && c.n >= 4;
  return c.conv.groups === 1 && count(k.loops) * count(k.reduce) >= 4096;
}

class Compiler {
  private readonly heap: Heap;
  private readonly modules: Modules;
  private readonly gemm: Gemm;
  constructor(heap: Heap) {
    this.heap = heap;
    this.modules = new Modules(heap);
    this.gemm = new Gemm(heap.memory);
  }

  /** A function that runs `plan` on addresses, in an arena of its own. */
  plan(plan: Plan): (inputs: readonly number[], outputs: readonly number[]) => void {
    const runners = this.steps(plan);
    return (inputs, outputs) => {
      const arena = this.heap.take(plan.arenaBytes, false);
      try {
        const places = plan.buffers.map((b) => arena + b.offset);
        plan.inputs.forEach((b, i) => {
          places[b] = inputs[i] as number;
        });
        plan.outputs.forEach((b, i) => {
          places[b] = outputs[i] as number;
        });
        for (let i = 0; i < runners.length; i++)
          (runners[i] as Runner)((plan.steps[i] as Step).buffers.map((b) => places[b] as number));
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
      return usesGemm(work) ? this.product(work) : loopRunner(work, this.modules.compile([work])[0] as Call);
    });
  }

  private product(kernel: Kernel & { contraction: Contraction }): Runner {
    const { contraction: c } = kernel;
    const finish = epilogue(kernel);
    const after = finish === null ? null : loopRunner(finish, this.modules.compile([finish])[0] as Call);
    const multiply = c.kind === "matmul" ? this.matmul(c) : this.convolution(c, kernel);
    const bytes = count(kernel.loops) * 4;
    const out = kernel.stores[0]?.buffer as number;
    return (addresses) => {
      if (after === null) {
        const target = addresses[out] as number;
        this.modules.zero(target, bytes);
        multiply(addresses, target);
        return;
      }
      this.modules.scratch(bytes, (target) => {
        this.modules.zero(target, bytes);
        multiply(addresses, target);
        after([...addresses, target]);
      });
    };
  }

  private matmul({
    batch,
    m,
    n,
    k,
    a,
    b,
  }: Extract<Contraction, { kind: "matmul" }>): (addresses: readonly number[], target: number) => void {
    const bytes = this.gemm.scratchBytes(m, n, k);
    const [left, right] = [a.strides.map((s) => s * 4), b.strides.map((s) => s * 4)] as [number[], number[]];
    return (addresses, target) => {
      const p: Factor = {
        address: (addresses[a.buffer] as number) + a.offset * 4,
        batch: left[0] as number,
        line: left[1] as number,
        depth: left[2] as number,
      };
      const q: Factor = {
        address: (addresses[b.buffer] as number) + b.offset * 4,
        batch: right[0] as number,
        line: right[2] as number,
        depth: right[1] as number,
      };
      this.modules.scratch(bytes, (scratch) => this.gemm.run(batch, m, n, k, p, q, target, scratch));
    };
  }

  /** Kernels times patches, a few images at a time so that the patches stay small. */
  private convolution(
    c: Extract<Contraction, { kind: "conv" }>,
    kernel: Kernel,
  ): (addresses: readonly number[], target: number) => void {
    const { m, n, k } = sizes(c);
    const { batch, inChannels } = c.conv;
    const inputSize = (kernel.buffers[c.a.buffer] as { size: number }).size;
    const padding = padKernel(c, inputSize);
    const padded = padding === null ? 0 : inChannels * count(spans(c));
    const source =
      padding === null ? c.a : { buffer: 0, offset: 0, strides: stridesOf([batch, inChannels, ...spans(c)]) };
    const weightSize = (kernel.buffers[c.b.buffer] as { size: number }).size;
    const [patches, weights] = this.modules.compile([
      patchKernel(c, source, padding === null ? inputSize : batch * padded),
      weightKernel(c, weightSize),
    ]) as [Call, Call];
    const pad = padding === null ? null : (this.modules.compile([padding])[0] as Call);
    const image = k * n * 4;
    const group = Math.max(1, Math.min(batch, Math.floor(2 ** 20 / image)));
    const [forPatches, forWeights, forGemm, forPadded] = [
      group * image,
      m * k * 4,
      this.gemm.scratchBytes(m, n, k),
      group * padded * 4,
    ];
    return (addresses, target) => {
      this.modules.scratch(forPatches + forWeights + forGemm + forPadded, (scratch) => {
        const w = scratch + forPatches;
        const room = w + forWeights + forGemm;
        const input = addresses[c.a.buffer] as number;
        weights(addresses[c.b.buffer] as number, w, 0, m);
        for (let from = 0; from < batch; from += group) {
          const images = Math.min(group, batch - from);
          // The loops count images of the whole batch: bases are shifted so that a group starts at the beginning of its scratch memory.
          pad?.(input, room - from * padded * 4, from, from + images);
          patches(pad === null ? input : room - from * padded * 4, scratch - from * image, from, from + images);
          const left: Factor = { address: w, batch: 0, line: k * 4, depth: 4 };
          const right: Factor = { address: scratch, batch: image, line: 4, depth: n * 4 };
          this.gemm.run(images, m, n, k, left, right, target + from * m * n * 4, w + forWeights);
        }
      });
    };
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
