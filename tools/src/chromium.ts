import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const executable = "/usr/bin/chromium";

/** Why there is no browser to visit, or null. */
export const missing: string | null = existsSync(executable)
  ? null
  : `${executable} is not installed (apt-get install chromium)`;

/** No calls home; WebGL2 and WebGPU on the CPU, so that neither needs a GPU. */
const flags = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--ignore-gpu-blocklist",
  "--enable-unsafe-swiftshader",
  "--use-angle=swiftshader",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
];

/**
 * Runs a module, bundled with all it imports, in a page of headless Chromium, and gives the value that it leaves in `globalThis.outcome`. What the page
 * says on its console goes to `tell`. The page is isolated, so that it has SharedArrayBuffer.
 *
 * @param query the page's address after the question mark
 */
export async function visit<T>(module: string, query: string, tell: (line: string) => void): Promise<T> {
  const { outputFiles } = await build({
    entryPoints: [module],
    bundle: true,
    format: "esm",
    conditions: ["source"],
    target: "es2023",
    write: false,
    logLevel: "error",
  });
  const script = outputFiles[0]?.text ?? "";
  const server = createServer((request, response) => {
    const asked = request.url?.startsWith("/bundle.js");
    response.setHeader("cross-origin-opener-policy", "same-origin");
    response.setHeader("cross-origin-embedder-policy", "require-corp");
    response.setHeader("content-type", asked ? "text/javascript" : "text/html; charset=utf-8");
    response.end(asked ? script : '<!doctype html><script type="module" src="/bundle.js"></script>');
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const browser = await chromium.launch({ executablePath: executable, args: flags });
  try {
    const page = await browser.newPage();
    page.on("console", (message) => tell(message.text()));
    const broken = new Promise<never>((_, reject) => {
      page.on("pageerror", reject);
      page.on("crash", () => reject(new Error("the page crashed")));
    });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?${query}`, { waitUntil: "commit" });
    const done = page.waitForFunction("globalThis.outcome !== undefined", undefined, { timeout: 0, polling: 200 });
    await Promise.race([done, broken]);
    return (await page.evaluate("globalThis.outcome")) as T;
  } finally {
    await browser.close();
    server.close();
  }
}
