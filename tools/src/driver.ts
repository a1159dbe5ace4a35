import { existsSync } from "node:fs";

const driver = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Lets Dawn use the Vulkan driver of Debian's Chromium, which computes on the CPU, unless another was chosen. */
export function useSoftwareDriver(): void {
  if (existsSync(driver)) process.env.VK_ICD_FILENAMES ??= driver;
}
