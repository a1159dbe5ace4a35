/** Options of {@link webgpu}. */
export interface WebGPUOptions {
  /** Which adapter to prefer where there are several; the system's choice unless given. */
  readonly powerPreference?: "low-power" | "high-performance";
  /** A `GPUDevice` to use instead of a new one, to share it with other code. It is not destroyed with the backend. */
  readonly device?: object;
}
