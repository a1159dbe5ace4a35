import { type Backend, BackendError, OutOfMemoryError, type Storage } from "@gradus/tensor";
import type { Limits } from "./limits.ts";

/** A tensor's memory. */
export class Block implements Storage {
  readonly backend: Backend;
  readonly bytes: number;
  readonly buffer: GPUBuffer;
  freed = false;
  /** Why its contents are not what they should be. */
  failure: Error | null = null;
  constructor(backend: Backend, bytes: number, buffer: GPUBuffer) {
    this.backend = backend;
    this.bytes = bytes;
    this.buffer = buffer;
  }
}

// https://gpuweb.github.io/gpuweb/#namespacedef-gpubufferusage; the names are not there before a device is
const COPY_SRC = 4;
const COPY_DST = 8;
const UNIFORM = 64; // gates
const STORAGE = 128;

/** Bytes that a buffer of so many has: whole words, and few different sizes, so that buffers are used again. */
export function roomFor(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(bytes)) - 3));
  return Math.ceil(bytes / step) * step;
}

/** Unused buffers are kept up to as many bytes as are in use, and at least so many. */
const KEPT = 64 * 2 ** 20;

/** Told later that memory, or what was to fill it, failed. */
export type Fail = (e: Error) => void;

type Watch = (error: Promise<GPUError | null>, say: (e: GPUError) => Error, fail: Fail) => void;

/** Buffers of one device: made, counted, and kept for reuse. */
export class Pool {
  readonly #device: GPUDevice;
  readonly #limits: Limits;
  readonly #kept = new Map<number, GPUBuffer[]>();
  readonly #doomed: GPUBuffer[] = [];
  /** What the device had no memory for. */
  readonly #invalid = new WeakSet<GPUBuffer>();
  #keptBytes = 0;
  liveBytes = 0;
  liveBuffers = 0;
  peakBytes = 0;
  readonly #watch: Watch;

  /** `watch` waits for the outcome of making a buffer. */
  constructor(device: GPUDevice, limits: Limits, watch: Watch) {
    this.#device = device;
    this.#limits = limits;
    this.#watch = watch;
  }

  take(bytes: number, fail: Fail): GPUBuffer {
    const { buffer: most, binding } = this.#limits;
    if (bytes > most)
      throw new OutOfMemoryError(
        `webgpu: cannot allocate ${bytes} bytes: this device takes at most ${most} in one buffer; use several smaller tensors`,
      );
    // what a shader can see whole stays so
    const size = Math.min(roomFor(bytes), bytes <= binding ? binding : most);
    const buffer = this.#kept.get(size)?.pop() ?? null;
    if (buffer !== null) this.#keptBytes -= size;
    this.liveBytes += bytes;
    this.liveBuffers++;
    this.peakBytes = Math.max(this.peakBytes, this.liveBytes);
    return buffer ?? this.#make(size, fail);
  }

  #make(size: number, fail: Fail): GPUBuffer {
    const device = this.#device;
    const { liveBytes } = this;
    device.pushErrorScope("out-of-memory");
    const buffer = device.createBuffer({ size, usage: STORAGE | UNIFORM | COPY_SRC | COPY_DST });
    const say = (): Error => {
      this.#invalid.add(buffer);
      // room for the next try; among what is kept may be this very buffer
      this.clear();
      return new OutOfMemoryError(
        `webgpu: cannot allocate ${size} bytes (${liveBytes} are in use): the device is out of memory; free tensors, or compute in parts`,
      );
    };
    this.#watch(device.popErrorScope(), say, fail);
    return buffer;
  }

  give(buffer: GPUBuffer, bytes: number): void {
    this.liveBytes -= bytes;
    this.liveBuffers--;
    if (this.#invalid.has(buffer) || this.#keptBytes + buffer.size > Math.max(KEPT, this.liveBytes)) {
      this.#doomed.push(buffer);
      return;
    }
    this.#keptBytes += buffer.size;
    const list = this.#kept.get(buffer.size);
    if (list === undefined) this.#kept.set(buffer.size, [buffer]);
    else list.push(buffer);
  }

  /** Destroys what was given and is not kept; not before the commands that use it have been submitted. */
  sweep(): void {
    for (const b of this.#doomed) b.destroy();
    this.#doomed.length = 0;
  }

  /** Destroys what is kept. */
  clear(): void {
    this.sweep();
    for (const list of this.#kept.values()) for (const b of list) b.destroy();
    this.#kept.clear();
    this.#keptBytes = 0;
  }
}

/** Buffers that work takes for a while and gives back together. */
export class Taken {
  readonly #list: [GPUBuffer, number][] = [];
  readonly #pool: Pool;
  readonly #fail: Fail;
  constructor(pool: Pool, fail: Fail) {
    [this.#pool, this.#fail] = [pool, fail];
  }
  take(bytes: number): GPUBuffer {
    const b = this.#pool.take(bytes, this.#fail);
    this.#list.push([b, bytes]);
    return b;
  }
  give(): void {
    for (const [b, bytes] of this.#list) this.#pool.give(b, bytes);
  }
}

/** `s` as memory of `backend`. Throws BackendError when it is not, or no longer. */
export function blockOf(backend: Backend, s: Storage): Block {
  if (!(s instanceof Block) || s.backend !== backend || s.freed)
    throw new BackendError("webgpu: the storage was freed or belongs to another backend");
  return s;
}
