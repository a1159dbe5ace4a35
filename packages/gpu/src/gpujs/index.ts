export { type GpujsAvailability, type GpujsBackend, type GpujsOptions, gpujs } from "./backend.ts";
export type { GpujsMode } from "./library.ts";
