import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as g from "@gradus/tensor";
import { build } from "esbuild";
import { afterAll, describe, expect, test } from "vitest";
import type { webgpu } from "../src/index.ts";
import { newDevice } from "../src/webgpu/device.ts";
import { unavailable } from "./adapter.ts";

/** A program as users bundle it, in a folder of its own. */
interface Bundle {
  readonly g: typeof g;
  readonly webgpu: typeof webgpu;
}

describe.skipIf(unavailable !== null)("what few programs need is loaded when a plan first does", () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

  /** `splitting`: in several files; of those named by `without` none. */
  async function bundled(splitting: boolean, without = /^$/): Promise<Bundle> {
    const folder = await mkdtemp(join(tmpdir(), "gradus-"));
    folders.push(folder);
    await build({
      stdin: {
        contents: 'export * as g from "@gradus/tensor"; export { webgpu } from "@gradus/gpu";',
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      splitting,
      format: "esm",
      minify: true,
      conditions: ["source"],
      external: ["webgpu", "gpu.js", "@zip.js/zip.js"],
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      logLevel: "silent",
    });
    for (const name of await readdir(folder)) if (without.test(name)) await rm(join(folder, name));
    return (await import(pathToFileURL(join(folder, "stdin.mjs")).href)) as Bundle;
  }

  const numbers = [3, 1, 2, 5, 4, 0];

  test.each([
    ["several files", true],
    ["one file", false],
  ])("in a bundle of %s work before and after it keeps its order", async (_, splitting) => {
    const { g, webgpu } = await bundled(splitting);
    const device = await newDevice({});
    const backend = await webgpu({ device });
    await g.setBackend(backend);
    const x = g.tensor(numbers);
    const twice = g.mul(x, 2);
    const sorted = g.sort(twice);
    const sums = g.cumsum(sorted);
    const next = g.add(sums, 1);
    // all asked for before any is there; the operand goes meanwhile
    const given = [next, sums, sorted, twice].map((t) => t.data());
    x.dispose();
    const later = g.tensor([7, 8, 9]);
    const [a, b, c, d] = (await Promise.all(given)).map((data) => [...data]);
    expect(d).toEqual([6, 2, 4, 10, 8, 0]);
    expect(c).toEqual([0, 2, 4, 6, 8, 10]);
    expect(b).toEqual([0, 2, 6, 12, 20, 30]);
    expect(a).toEqual([1, 3, 7, 13, 21, 31]);
    expect([...(await later.data())]).toEqual([7, 8, 9]);
    g.dispose([twice, sorted, sums, next, later]);
    await g.setBackend(g.jsBackend());
    device.destroy();
  });

  test("where its file is missing, what needs it fails, and nothing else", async () => {
    const { g, webgpu } = await bundled(true, /^uncommon/);
    const device = await newDevice({});
    await g.setBackend(await webgpu({ device }));
    const x = g.tensor(numbers);
    const sorted = g.sort(x);
    for (let again = 0; again < 2; again++) {
      const failed = g.add(sorted, again).data();
      await expect(failed).rejects.toThrow(g.BackendError);
      await expect(failed).rejects.toThrow(
        /^webgpu: a part of @gradus\/gpu, .*could not be loaded: .*; serve all files/,
      );
      expect([...(await g.add(x, again).data())]).toEqual(numbers.map((n) => n + again));
    }
    await g.setBackend(g.jsBackend());
    device.destroy();
  });
});
