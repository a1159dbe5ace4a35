import type { Executable, Storage } from "../../backend.ts";
import { type DType, dtypes, type HostArray } from "../../dtype.ts";
import { BackendError } from "../../errors.ts";
import { Compiler } from "./compiler.ts";
import type { WasmBackend, WasmOptions } from "./index.ts";
import { Block, Heap } from "./memory.ts";
import { Modules } from "./modules.ts";
import { hostFunctions } from "./scalar.ts";
import { Crew, canShare, maySleep, processors } from "./threads/crew.ts";
import { LEAST_COST, Queue } from "./threads/queue.ts";

const MOST_THREADS = 64;

/** What tests look at and change beside the options. */
export interface Inside {
  /** Estimated nanoseconds of work from which it is split. */
  readonly least?: number;
  /** Told of the crew that was made. */
  readonly made?: (crew: Crew | null) => void;
}

/** As {@link wasmBackend}, with what tests need. */
export function makeWasmBackend({ threads, blocking }: WasmOptions = {}, { least, made }: Inside = {}): WasmBackend {
  const shares = canShare();
  const wanted = shares ? Math.min(threads ?? processors(), MOST_THREADS) : 1;
  const beside = shares && !(blocking ?? (wanted === 1 || maySleep()));
  const heap = new Heap(wanted > 1 || beside);
  const crew = heap.shared ? new Crew(heap.memory, wanted, beside, Object.keys(hostFunctions)) : null;
  made?.(crew);
  const queue = new Queue(crew, least ?? LEAST_COST);
  const compiler = new Compiler(new Modules(heap, queue));
  if (beside) void crew?.start(false);
  const block = (s: Storage): Block => {
    if (!(s instanceof Block) || s.freed)
      throw new BackendError("wasm: the storage was freed or belongs to another backend");
    return s;
  };
  const read = (address: number, dtype: DType, size: number): HostArray =>
    new dtypes[dtype].array(heap.bytes.buffer, address, size).slice();
  const backend: WasmBackend = {
    name: "wasm",
    threads: crew?.size ?? 1,
    start: async () => crew?.start(true),
    close: () => crew?.close(),
    allocate: (bytes) => new Block(backend, heap.take(bytes), bytes),
    free(s) {
      const b = block(s);
      b.freed = true;
      // What still reads it was asked for before whatever may be given the place next.
      heap.give(b.address, b.bytes);
    },
    write(s, data) {
      const { address } = block(s);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      const own = queue.pending ? bytes.slice() : bytes;
      queue.host(() => heap.bytes.set(own, address));
    },
    read(s, dtype, size) {
      const { address } = block(s);
      return queue.read(() => read(address, dtype, size));
    },
    readSync(s, dtype, size) {
      const { address } = block(s);
      return queue.readNow(() => read(address, dtype, size));
    },
    compile(plan): Executable {
      const made = compiler.plan(plan);
      return {
        run(inputs, outputs) {
          const room = heap.take(made.bytes, false);
          try {
            made.run(
              inputs.map((s) => block(s).address),
              outputs.map((s) => block(s).address),
              room,
            );
          } finally {
            heap.give(room, made.bytes, false);
          }
        },
        dispose() {},
      };
    },
    memory: () => ({ liveBytes: heap.liveBytes, liveBuffers: heap.liveBuffers, peakBytes: heap.peakBytes }),
  };
  return backend;
}
