import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
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

/** Serves a page that runs a module, bundled with all it imports. */
async function serve(module: string, options: TabOptions): Promise<{ address: string; close(): void }> {
  const { query = "", isolated = true, files, external = [] } = options;
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
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/?${query}`,
    close: () => server.close(),
  };
}

/** Opens a page of headless Chromium that runs a module, bundled with all it imports. */
export async function open(module: string, options: TabOptions = {}): Promise<Tab> {
  const { address, close } = await serve(module, options);
  const tab = await browse(address, options.tell === undefined ? {} : { tell: options.tell });
  return {
    ...tab,
    async close() {
      await tab.close();
      close();
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

/**
 * Runs a module in a tab behind another one, where timers are slowed down and no frames are drawn, and gives the value that it leaves in `globalThis.outcome`.
 * Playwright keeps every page in front, so Chromium is driven by its own protocol here.
 */
export async function visitBehind<T>(module: string, query: string): Promise<T> {
  const { address, close } = await serve(module, { query });
  const folder = mkdtempSync(join(tmpdir(), "gradus-"));
  const given = [...flags, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"];
  const child = spawn(executable, given, { stdio: ["ignore", "ignore", "pipe"] });
  try {
    const socket = new WebSocket(
      await new Promise<string>((done, reject) => {
        let said = "";
        child.once("exit", () => reject(new Error(`chromium ended: ${said}`)));
        child.stderr.on("data", (text) => {
          said += text;
          const found = /ws:\/\/\S+/.exec(said);
          if (found !== null) done(found[0]);
        });
      }),
    );
    await new Promise((done) => socket.addEventListener("open", done));
    const waiting = new Map<number, (answer: { result?: unknown; error?: { message: string } }) => void>();
    socket.addEventListener("message", ({ data }) => {
      const answer = JSON.parse(String(data));
      waiting.get(answer.id)?.(answer);
      waiting.delete(answer.id);
    });
    let calls = 0;
    const call = <R>(method: string, params: object, sessionId?: string): Promise<R> =>
      new Promise((done, reject) => {
        waiting.set(++calls, ({ result, error }) => (error ? reject(new Error(error.message)) : done(result as R)));
        socket.send(JSON.stringify({ id: calls, method, params, sessionId }));
      });
    const targets = await call<{ targetInfos: { type: string; targetId: string }[] }>("Target.getTargets", {});
    const targetId = targets.targetInfos.find((t) => t.type === "page")?.targetId;
    const { sessionId } = await call<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
    const front = await call<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    await call("Target.activateTarget", front);
    await call("Page.navigate", { url: address }, sessionId);
    for (;;) {
      const expression = "JSON.stringify(globalThis.outcome ?? null)";
      const { result } = await call<{ result: { value?: string } }>("Runtime.evaluate", { expression }, sessionId);
      const outcome = JSON.parse(result.value ?? "null");
      if (outcome !== null) return outcome as T;
      await new Promise((done) => setTimeout(done, 100));
    }
  } finally {
    child.kill();
    await new Promise((done) => (child.exitCode === null ? child.once("exit", done) : done(null)));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    close();
  }
}
