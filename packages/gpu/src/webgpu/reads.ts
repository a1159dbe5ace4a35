import type { Gpu } from "./gpu.ts";

const MAP_READ = 1;
const COPY_DST = 8;
const READ = 1; // GPUMapMode.READ

interface Request {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  readonly resolve: (bytes: ArrayBuffer) => void;
  readonly reject: (e: Error) => void;
}

/** Bytes that travel together; one array may have more. */
const LARGE = 2 ** 26;

const words = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** Copies of buffers to the host. All that are asked for in one go travel together. */
export class Reads {
  readonly #gpu: Gpu;
  #requests: Request[] = [];
  /** How often memory may have changed. */
  #changes = 0;
  /** A buffer to read through, kept for the next time. */
  #spare: GPUBuffer | null = null;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** The first `bytes` of `buffer` as they are now. */
  read(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    return new Promise((resolve, reject) => {
      if (this.#requests.push({ buffer, bytes, resolve, reject }) === 1) queueMicrotask(() => this.flush());
    });
  }

  /** Sends off what was asked for; whoever changes memory calls it first. */
  flush(): void {
    this.#changes++;
    const requests = this.#requests;
    if (requests.length === 0) return;
    this.#requests = [];
    // one buffer for all, unless that would be too large for one
    const most = Math.max(LARGE, ...requests.map((r) => words(r.bytes)));
    let [batch, bytes] = [[] as Request[], 0];
    for (const r of requests) {
      if (bytes + words(r.bytes) > most) {
        void this.#carry(batch);
        [batch, bytes] = [[], 0];
      }
      batch.push(r);
      bytes += words(r.bytes);
    }
    void this.#carry(batch);
  }

  async #carry(requests: readonly Request[]): Promise<void> {
    const { device } = this.#gpu;
    const changes = this.#changes;
    let problem: Promise<GPUError | null> = Promise.resolve(null);
    let staging: GPUBuffer | null = null;
    try {
      if (this.#gpu.lost !== null) throw this.#gpu.lost;
      const total = Math.max(
        4,
        requests.reduce((sum, r) => sum + words(r.bytes), 0),
      );
      staging = this.#spare;
      this.#spare = null;
      if (staging === null || staging.size < total) {
        staging?.destroy();
        staging = device.createBuffer({ size: Math.max(total, 4096), usage: MAP_READ | COPY_DST });
      }
      device.pushErrorScope("validation");
      const encoder = device.createCommandEncoder();
      let at = 0;
      for (const { buffer, bytes } of requests) {
        if (bytes > 0) encoder.copyBufferToBuffer(buffer, 0, staging, at, words(bytes));
        at += words(bytes);
      }
      device.queue.submit([encoder.finish()]);
      problem = device.popErrorScope();
      await staging.mapAsync(READ, 0, total);
      // copies that were refused leave zeros
      const refused = await problem;
      if (refused !== null) throw refused;
      const all = staging.getMappedRange(0, total);
      at = 0;
      const parts = requests.map(({ bytes }) => {
        const part = all.slice(at, at + bytes);
        at += words(bytes);
        return part;
      });
      staging.unmap();
      // the spare one stays small
      if (this.#spare === null && staging.size <= 2 ** 22) this.#spare = staging;
      else staging.destroy();
      requests.forEach((r, i) => {
        r.resolve(parts[i] as ArrayBuffer);
      });
    } catch (e) {
      staging?.destroy();
      const error = await this.#gpu.broken((await problem.catch(() => null)) ?? e);
      // an array without memory takes those along that are read with it: each by itself, if all is still as it was
      const again = requests.length > 1 && this.#gpu.lost === null && changes === this.#changes;
      for (const r of requests)
        if (again) void this.#carry([r]);
        else r.reject(error);
    }
  }
}
