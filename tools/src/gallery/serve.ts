import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * Serves the files of a folder on a free port of this machine, or on the one given.
 *
 * @param isolated - whether pages get shared memory, and with it threads (the headers COOP and COEP)
 */
export async function serve(
  folder: string,
  { isolated = true, port = 0 } = {},
): Promise<{
  readonly address: string;
  readonly server: Server;
}> {
  const server = createServer(async (request, response) => {
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    try {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      // normalised first, so that no path leads out of the folder
      const path = normalize(decodeURIComponent(pathname)) + (pathname.endsWith("/") ? "index.html" : "");
      const content = await readFile(join(folder, path));
      response.setHeader("content-type", types[extname(path)] ?? "application/octet-stream").end(content);
    } catch {
      response.statusCode = 404;
      response.end("not found");
    }
  });
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", done);
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}
