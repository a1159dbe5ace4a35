import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, extname, join } from "node:path";
import { build } from "esbuild";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";

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

/** A page in a browser of its own. */
export interface Tab {
  readonly page: Page;
  /** Rejects when the page throws what nobody catches, or crashes. */
  readonly broken: Promise<never>;
  close(): Promise<void>;
}

/** How a page is opened. */
export interface TabOptions {
  /** The page's address after the question mark. */
  readonly query?: string;
  /** Is given what the page says on its console. */
  readonly tell?: (line: string) => void;
  /** Whether the page has SharedArrayBuffer, and with it threads; default: true. */
  readonly isolated?: boolean;
  /** A folder that is served under `/files/`. */
  readonly files?: string;
  /** Packages that are not bundled, since nothing that runs in the page loads them. */
  readonly external?: readonly string[];
}

const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".wasm": "application/wasm" };

/** Opens a page of headless Chromium that runs a module, bundled with all it imports. */
export async function open(module: string, options: TabOptions = {}): Promise<Tab> {
  const { query = "", tell = () => undefined, isolated = true, files, external = [] } = options;
  const { outputFiles } = await build({
    entryPoints: [module],
    bundle: true,
    format: "esm",
    conditions: ["source"],
    target: "es2023",
    write: false,
    logLevel: "error",
    external: [...external],
  });
  const script = outputFiles[0]?.text ?? "";
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    const found = files !== undefined && path.startsWith("/files/") ? join(files, basename(path)) : null;
    if (path === "/bundle.js") response.setHeader("content-type", "text/javascript").end(script);
    else if (path === "/")
      response
        .setHeader("content-type", "text/html; charset=utf-8")
        .end('<!doctype html><script type="module" src="/bundle.js"></script>');
    else if (found !== null && existsSync(found))
      response.setHeader("content-type", types[extname(found)] ?? "application/octet-stream").end(readFileSync(found));
    else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const tab = await browse(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?${query}`, { tell });
  return {
    ...tab,
    async close() {
      await tab.close();
      server.close();
    },
  };
}

/** Opens an address in headless Chromium. `prepare` gets the page before it loads anything. */
export async function browse(
  address: string,
  {
    tell = () => undefined,
    prepare,
    ...context
  }: {
    readonly tell?: (line: string) => void;
    readonly prepare?: (page: Page) => Promise<unknown>;
  } & BrowserContextOptions = {},
): Promise<Tab> {
  const browser = await chromium.launch({ executablePath: executable, args: flags });
  const page = await (await browser.newContext(context)).newPage();
  page.on("console", (message) => tell(message.text()));
  const broken = new Promise<never>((_, reject) => {
    page.on("pageerror", reject);
    page.on("crash", () => reject(new Error("the page crashed")));
  });
  broken.catch(() => undefined);
  await prepare?.(page);
  await page.goto(address, { waitUntil: "commit" });
  return { page, broken, close: () => browser.close() };
}

/** Runs a module in a page and gives the value that it leaves in `globalThis.outcome`. */
export async function visit<T>(module: string, query: string, tell: (line: string) => void): Promise<T> {
  const { page, broken, close } = await open(module, { query, tell });
  try {
    const done = page.waitForFunction("globalThis.outcome !== undefined", undefined, { timeout: 0, polling: 200 });
    await Promise.race([done, broken]);
    return (await page.evaluate("globalThis.outcome")) as T;
  } finally {
    await close();
  }
}
