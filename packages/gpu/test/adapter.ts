import { useSoftwareDriver } from "../../../tools/src/driver.ts";
import { webgpu } from "../src/index.ts";

useSoftwareDriver();
const { reason } = await webgpu.isAvailable();

/** Why WebGPU cannot be tested on this machine, or null. */
export const unavailable: string | null =
  reason === null ? null : `${reason} (apt-get install chromium libvulkan1 brings one that needs no GPU)`;
if (unavailable !== null) console.error(`SKIPPED: WebGPU is not tested: ${unavailable}`);
