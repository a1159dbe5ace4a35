import type { Backend, Storage } from "../../backend.ts";
import { BackendError, OutOfMemoryError } from "../../errors.ts";
import { MAX_PAGES } from "./assembler.ts";

const PAGE = 65536;
const ALIGN = 64;

/** A block of the one linear memory. */
export class Block implements Storage {
  readonly backend: Backend;
  readonly bytes: number;
  readonly address: number;
  freed = false;
  constructor(backend: Backend, address: number, bytes: number) {
    this.backend = backend;
    this.address = address;
    this.bytes = bytes;
  }
}

/**
 * First-fit allocator over a growing WebAssembly memory; neighbours that are free are one hole. The last bytes are never given away, so that vectors may
 * be read a little beyond the end of a buffer.
 */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Holes by address. */
  #holes: { address: number; bytes: number }[] = [{ address: ALIGN, bytes: 16 * PAGE - 2 * ALIGN }];
  liveBytes = 0;
  liveBuffers = 0;
  peakBytes = 0;
  #u8: Uint8Array;

  /** `shared`: other threads may be given the memory, if the engine can set aside so much of it. */
  constructor(shared = false) {
    const limits = { initial: 16, maximum: MAX_PAGES };
    let memory: WebAssembly.Memory | null = null;
    if (shared)
      try {
        memory = new WebAssembly.Memory({ ...limits, shared });
      } catch {
        // What is not shared is reserved as it grows.
      }
    this.memory = memory ?? new WebAssembly.Memory(limits);
    this.#u8 = new Uint8Array(this.memory.buffer);
  }

  /** True when other threads may be given the memory. */
  get shared(): boolean {
    return !(this.memory.buffer instanceof ArrayBuffer);
  }

  /** The whole memory; taken anew after growth. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#u8.buffer !== this.memory.buffer) this.#u8 = new Uint8Array(this.memory.buffer);
    return this.#u8 as Uint8Array<ArrayBuffer>;
  }

  static #round = (bytes: number): number => Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);

  /** Address of `bytes` free bytes. Throws OutOfMemoryError when 4 GiB do not suffice. */
  take(bytes: number, counted = true): number {
    const size = Heap.#round(bytes);
    let i = this.#holes.findIndex((h) => h.bytes >= size);
    if (i < 0) {
      this.#grow(size);
      i = this.#holes.findIndex((h) => h.bytes >= size);
    }
    const hole = this.#holes[i] as { address: number; bytes: number };
    const { address } = hole;
    if (hole.bytes === size) this.#holes.splice(i, 1);
    else this.#holes[i] = { address: address + size, bytes: hole.bytes - size };
    this.liveBytes += bytes;
    if (counted) this.liveBuffers++;
    this.peakBytes = Math.max(this.peakBytes, this.liveBytes);
    return address;
  }

  /** Address of bytes that are kept for good and count as nobody's. */
  keep(bytes: number): number {
    const address = this.take(bytes, false);
    this.liveBytes -= bytes;
    return address;
  }

  /** Takes back what `take` gave. Throws BackendError when some of it is free already. */
  give(address: number, bytes: number, counted = true): void {
    const size = Heap.#round(bytes);
    let at = this.#holes.findIndex((h) => h.address > address);
    if (at < 0) at = this.#holes.length;
    const [before, after] = [this.#holes[at - 1], this.#holes[at]];
    if ((before?.address ?? 0) + (before?.bytes ?? 0) > address || address + size > (after?.address ?? Infinity))
      throw new BackendError(`wasm: ${bytes} bytes at ${address} are given back that are free already`);
    const merged = { address, bytes: size };
    let [from, count] = [at, 0];
    if (before !== undefined && before.address + before.bytes === address) {
      merged.address = before.address;
      merged.bytes += before.bytes;
      from--;
      count++;
    }
    if (after !== undefined && address + size === after.address) {
      merged.bytes += after.bytes;
      count++;
    }
    this.#holes.splice(from, count, merged);
    this.liveBytes -= bytes;
    if (counted) this.liveBuffers--;
  }

  #grow(size: number): void {
    const old = this.memory.buffer.byteLength;
    const end = this.#holes.at(-1);
    // A hole at the end of the memory counts.
    const missing = size - (end !== undefined && end.address + end.bytes === old - ALIGN ? end.bytes : 0);
    const least = Math.ceil(missing / PAGE);
    let pages = Math.max(least, Math.min(old / PAGE, MAX_PAGES - old / PAGE, 4096));
    try {
      try {
        this.memory.grow(pages);
      } catch {
        // Room to spare is not worth failing for.
        this.memory.grow((pages = least));
      }
    } catch {
      throw new OutOfMemoryError(
        `wasm: cannot allocate ${size} bytes: ${this.liveBytes} are in use of at most 4 GiB; dispose tensors, or use smaller batches`,
      );
    }
    const last = this.#holes.at(-1);
    const free = old - ALIGN;
    if (last !== undefined && last.address + last.bytes === free) last.bytes += pages * PAGE;
    else this.#holes.push({ address: free, bytes: pages * PAGE });
  }
}
