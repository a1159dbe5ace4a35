import { type DType, dtypes, type HostArray } from "../../dtype.ts";
import type { Kernel } from "../../ir/ir.ts";
import { assemble, Code, type ModuleParts } from "./assembler.ts";
import type { Heap } from "./memory.ts";
import { NestCode } from "./nest.ts";
import { declared, hostFunctions } from "./scalar.ts";
import type { Call } from "./threads/member.ts";
import type { Cut, Entry, Queue } from "./threads/queue.ts";

/** A step: runs on the addresses of its buffers, with `bytes` of scratch memory that nobody else uses meanwhile. */
export interface Runner {
  readonly bytes: number;
  run(addresses: readonly number[], scratch: number): void;
}

/** Kernels compiled so far, by their text: equal kernels of different plans share one function. */
export class Modules {
  readonly heap: Heap;
  readonly queue: Queue;
  readonly #functions = new Map<string, Entry>();
  readonly #tables = new Map<string, number>();
  readonly #environment: Record<string, unknown>;

  constructor(heap: Heap, queue: Queue) {
    this.heap = heap;
    this.queue = queue;
    this.#environment = { memory: heap.memory, ...hostFunctions };
  }

  /** The functions of a module. Those that call the host stay with the calling thread. */
  instantiate(parts: ModuleParts): Entry[] {
    const bytes = assemble(parts, this.heap.shared);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: this.#environment,
    } as WebAssembly.Imports);
    const calls = parts.functions.map((_, i) => exports[`f${i}`] as Call);
    const shared = parts.functions.some((f) => !f.code.callsHost);
    const place = shared ? (this.queue.crew?.publish(bytes, calls) ?? -1) : -1;
    return calls.map((call, index) => ({
      call,
      index,
      bytes: bytes.length,
      place: parts.functions[index]?.code.callsHost ? -1 : place,
    }));
  }

  /** Functions of the given kernels; those not known yet are compiled together in one module. */
  compile(kernels: readonly Kernel[]): Entry[] {
    const keys = kernels.map((k) => JSON.stringify({ ...k, name: "", contraction: undefined }, keepNumbers));
    const fresh = new Map<string, Kernel>();
    keys.forEach((key, i) => {
      if (!this.#functions.has(key)) fresh.set(key, kernels[i] as Kernel);
    });
    if (fresh.size > 0) {
      const functions = [...fresh.values()].map((k) => ({
        parameters: k.buffers.length + 2,
        code: new NestCode(k).code,
      }));
      const entries = this.instantiate({ imports: declared, functions });
      [...fresh.keys()].forEach((key, i) => {
        this.#functions.set(key, entries[i] as Entry);
      });
    }
    return keys.map((key) => this.#functions.get(key) as Entry);
  }

  /** A function that is no loop nest, made once per key. */
  generated(key: string, make: () => { readonly parameters: number; readonly code: Code }): Entry {
    let entry = this.#functions.get(key);
    if (entry === undefined) {
      entry = this.instantiate({ imports: [], functions: [make()] })[0] as Entry;
      this.#functions.set(key, entry);
    }
    return entry;
  }

  /** Address of constant words that are kept for good; equal ones are kept once. */
  table(key: string, words: () => Int32Array): number {
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const values = words();
    const address = this.heap.keep(values.byteLength);
    this.queue.host(() => this.heap.bytes.set(new Uint8Array(values.buffer), address));
    this.#tables.set(key, address);
    return address;
  }

  /** Copies bytes. */
  copy(to: number, from: number, bytes: number): void {
    if (bytes === 0) return;
    const entry = this.generated("copy", () => ({ parameters: 4, code: copy() }));
    this.queue.call(entry, [to, from], 0, bytes);
  }

  view(address: number, dtype: DType, size: number): HostArray {
    return new dtypes[dtype].array(this.heap.bytes.buffer, address, size);
  }
}

/** Parameters: to, from, start, end. */
function copy(): Code {
  const c = new Code(4);
  for (const local of [0, 1, 3]) c.get(local);
  c.copyBytes();
  return c;
}

// JSON has no −0, NaN or infinities.
const keepNumbers = (_: string, x: unknown): unknown =>
  typeof x === "number" && (!Number.isFinite(x) || Object.is(x, -0)) ? `n${Object.is(x, -0) ? "-0" : x}` : x;

export const count = (loops: readonly number[]): number => loops.reduce((a, b) => a * b, 1);

/** Parts of a row that is cut begin at multiples of this, so that only its end is left to single elements. */
const ROW_UNIT = 64;
/** Chunks that a kernel is cut into, per thread. */
export const CHUNKS = 4;
/** Estimated nanoseconds of one instruction on one element. */
const INSTRUCTION = 0.3;

/** How the outermost loop of a kernel is cut for `threads`. */
export function cutOf(kernel: Kernel, threads: number): Cut | null {
  const [outermost, ...rest] = kernel.loops;
  if (outermost === undefined || threads < 2) return null;
  const unit = rest.length === 0 ? ROW_UNIT : 1;
  const each = kernel.outer.length + count(kernel.reduce) * kernel.inner.length;
  return {
    grain: Math.ceil(outermost / (threads * CHUNKS) / unit) * unit,
    cost: count(kernel.loops) * each * INSTRUCTION,
  };
}

/** Runs all of a kernel. */
export function loopRunner(kernel: Kernel, entry: Entry, queue: Queue): Runner {
  if (count(kernel.loops) === 0) return { bytes: 0, run() {} };
  const end = kernel.loops[0] ?? 1;
  const cut = cutOf(kernel, queue.crew?.size ?? 1);
  return { bytes: 0, run: (addresses) => queue.call(entry, addresses, 0, end, cut) };
}
