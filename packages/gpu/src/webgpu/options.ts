/** Options of {@link webgpu}. */
export interface WebGPUOptions {
  /** Which adapter to prefer where there are several; the system's choice unless given. */
  readonly powerPreference?: "low-power" | "high-performance";
  /** A `GPUDevice` to use instead of a new one, to share it with other code. It is not destroyed with the backend. */
  readonly device?: object;
}

/** Time that the device spent in one kind of kernel. */
export interface KernelTime {
  readonly name: string;
  readonly runs: number;
  readonly milliseconds: number;
}

/** What a profiled piece of work took. */
export interface Profile {
  /** Kernels by time, the longest first; empty where the device has no timestamps. */
  readonly kernels: readonly KernelTime[];
  readonly submissions: number;
  readonly dispatches: number;
}
