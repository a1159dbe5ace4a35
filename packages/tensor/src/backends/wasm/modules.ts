import { type DType, dtypes, type HostArray } from "../../dtype.ts";
import type { Kernel } from "../../ir/ir.ts";
import { assemble, type Code } from "./assembler.ts";
import type { Heap } from "./memory.ts";
import { NestCode } from "./nest.ts";
import { declared, hostFunctions } from "./scalar.ts";

export type Call = (...args: number[]) => void;
/** Runs a step on the addresses of its buffers. */
export type Runner = (addresses: readonly number[]) => void;

/** Kernels compiled so far, by their text: equal kernels of different plans share one function. */
export class Modules {
  readonly heap: Heap;
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

  /** A function that is no loop nest, made once per key. */
  generated(key: string, make: () => { readonly parameters: number; readonly code: Code }): Call {
    let call = this.functions.get(key);
    if (call === undefined) {
      const module = new WebAssembly.Module(assemble({ imports: [], functions: [make()] }));
      const { exports } = new WebAssembly.Instance(module, { env: this.environment } as WebAssembly.Imports);
      this.functions.set(key, (call = exports.f0 as Call));
    }
    return call;
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

export const count = (loops: readonly number[]): number => loops.reduce((a, b) => a * b, 1);

/** Runs all of a kernel. */
export function loopRunner(kernel: Kernel, call: Call): Runner {
  if (count(kernel.loops) === 0) return () => {};
  const end = kernel.loops[0] ?? 1;
  return (addresses) => call(...addresses, 0, end);
}
