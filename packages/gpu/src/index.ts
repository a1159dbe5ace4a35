export {
  type Availability,
  type KernelTime,
  type Profile,
  type WebGPUBackend,
  type WebGPUOptions,
  webgpu,
} from "./webgpu/index.ts";
