import type { DType, HostArray } from "./dtype.ts";
import type { Plan } from "./ir/ir.ts";

/** A block of backend memory. Whoever allocates it frees it, once. */
export interface Storage {
  readonly backend: Backend;
  readonly bytes: number;
  freed: boolean;
}

/** A plan made ready to run; buffers are matched by position with the plan's inputs and outputs. */
export interface Executable {
  run(inputs: readonly Storage[], outputs: readonly Storage[]): void;
  dispose(): void;
}

/** Where tensors live and plans run. `run` may be asynchronous inside (GPU); `read` waits for it. */
export interface Backend {
  readonly name: string;
  /** True where arithmetic of f32 may take subnormal numbers for zero, as GPUs do; moving them keeps them. */
  readonly flushesSubnormals?: boolean;
  /** Throws OutOfMemoryError. */
  allocate(bytes: number): Storage;
  free(storage: Storage): void;
  write(storage: Storage, data: HostArray): void;
  /** A copy of the elements. */
  read(storage: Storage, dtype: DType, size: number): Promise<HostArray>;
  /** As `read`; absent where the device cannot answer at once. */
  readSync?(storage: Storage, dtype: DType, size: number): HostArray;
  compile(plan: Plan): Executable;
  /** Bytes and buffers allocated now, and the most bytes so far (arena included). */
  memory(): { liveBytes: number; liveBuffers: number; peakBytes: number };
}
