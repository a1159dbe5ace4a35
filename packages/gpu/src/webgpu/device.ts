import { BackendError } from "@gradus/tensor";
import type { WebGPUOptions } from "./options.ts";

type Found = { readonly gpu: GPU } | { readonly reason: string };

declare const process: { readonly versions?: { readonly node?: string } } | undefined;

let node: Promise<Found> | null = null;

/** The entry point of Dawn. It has to outlive all that was made from it. */
async function dawn(): Promise<Found> {
  try {
    // not a literal, so that bundlers for the browser leave it alone
    const name = "webgpu";
    const { create } = (await import(/* @vite-ignore */ name)) as { create(options: readonly string[]): GPU };
    return { gpu: create([]) };
  } catch (e) {
    const missing = (e as { code?: unknown }).code === "ERR_MODULE_NOT_FOUND";
    return {
      reason: missing
        ? "Node has no WebGPU of its own; install it by npm i webgpu"
        : `the package webgpu does not load: ${said(e)}`,
    };
  }
}

/** The first line of an error's message. */
export const said = (e: unknown): string => String((e as Error)?.message ?? e).split("\n")[0] as string;

async function entry(): Promise<Found> {
  const own = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (own !== undefined) return { gpu: own };
  if (typeof process !== "undefined" && process.versions?.node !== undefined) {
    node ??= dawn();
    return node;
  }
  return {
    reason: "this browser has no WebGPU (navigator.gpu is missing); it needs a secure context (https or localhost)",
  };
}

/** An adapter, or why there is none. */
export async function findAdapter(options: WebGPUOptions): Promise<GPUAdapter | string> {
  const found = await entry();
  if ("reason" in found) return found.reason;
  const adapter = await found.gpu
    .requestAdapter(options.powerPreference === undefined ? {} : { powerPreference: options.powerPreference })
    .catch(said);
  return adapter ?? "no adapter: this machine has no GPU that WebGPU can use, or its driver is missing";
}

/** Limits that are taken as high as the adapter has them; all others stay at what every device has. */
const raised = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const;
const wanted = ["timestamp-query", "subgroups", "shader-f16"] as const;

/** A new device with all that the adapter offers and Gradus uses. Throws BackendError. */
export async function newDevice(options: WebGPUOptions): Promise<GPUDevice> {
  const adapter = await findAdapter(options);
  if (typeof adapter === "string") throw new BackendError(`webgpu: ${adapter}`);
  try {
    return await adapter.requestDevice({
      requiredLimits: Object.fromEntries(raised.map((name) => [name, adapter.limits[name]])),
      requiredFeatures: wanted.filter((name) => adapter.features.has(name)) as GPUFeatureName[],
    });
  } catch (e) {
    throw new BackendError(`webgpu: the adapter gives no device: ${said(e)}`);
  }
}
