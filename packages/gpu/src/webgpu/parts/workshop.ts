import type { Kernel } from "@gradus/tensor";
import type { Limits } from "../limits.ts";

/** Where parts of kernels are made. */
export interface Workshop {
  readonly limits: Limits;
  /** Adds a kernel, in as many parts as it takes; `places`: which buffer of the step, or which temporary, each of its buffers is. */
  emit(k: Kernel, places: readonly number[]): void;
  /** A temporary of so many bytes, until it is given back. */
  take(bytes: number): number;
  give(id: number): void;
}
