export { type Availability, type WebGPUBackend, type WebGPUOptions, webgpu } from "./webgpu/index.ts";
