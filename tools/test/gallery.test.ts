import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BackendError, OutOfMemoryError } from "@gradus/tensor";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inWords } from "../../docs/gallery/train/words.ts";
import { browse, missing, type Tab } from "../src/chromium.ts";
import { buildGallery } from "../src/gallery/build.ts";
import { serve } from "../src/gallery/serve.ts";

if (missing !== null) console.warn(`SKIPPED the page that trains: ${missing}`);

const patience = { timeout: 100_000 };
const phase = (page: Page, ...phases: string[]): Promise<unknown> =>
  page.waitForFunction((p) => p.includes(document.body.dataset.phase as string), phases, patience);
const text = async (page: Page, id: string): Promise<string> => (await page.locator(`#${id}`).textContent()) ?? "";
const label = async (page: Page, id: string): Promise<string> =>
  (await page.locator(`#${id}`).getAttribute("aria-label")) ?? "";
/** Waits until so many images were seen. */
const seen = (page: Page, images: number): Promise<unknown> =>
  page.waitForFunction(
    (n) => Number(document.getElementById("seen")?.textContent?.replace(",", "")) >= n,
    images,
    patience,
  );

async function choose(page: Page, backend: string): Promise<void> {
  await page.locator(`input[value="${backend}"]`).check(patience);
  await page.waitForFunction(() => document.body.dataset.phase !== "working", undefined, patience);
}

async function press(page: Page, button: string, ...then: string[]): Promise<void> {
  await page.locator(`#${button}`).click(patience);
  await phase(page, ...then);
}

/** First and last loss of the curve, as it is told to those who do not see it. */
async function losses(page: Page): Promise<[number, number]> {
  const [, first, last] = /Loss: ([\d.]+) at first, ([\d.]+) after/.exec(await label(page, "losses")) ?? [];
  return [Number(first), Number(last)];
}

describe.skipIf(missing !== null)("the page that trains", () => {
  const target = mkdtempSync(join(tmpdir(), "gradus-gallery-"));
  let [isolated, plain] = [] as unknown as [Awaited<ReturnType<typeof serve>>, Awaited<ReturnType<typeof serve>>];
  const tabs: Tab[] = [];

  beforeAll(async () => {
    await buildGallery({ train: 1280, test: 60 }, target);
    isolated = await serve(target);
    plain = await serve(target, { isolated: false });
  });
  afterAll(async () => {
    await Promise.all(tabs.map((tab) => tab.close()));
    isolated?.server.close();
    plain?.server.close();
    rmSync(target, { recursive: true });
  });

  /** The page, ready to start with small batches. */
  async function visit(address: string, prepare?: (page: Page) => Promise<unknown>): Promise<Tab> {
    const tab = await browse(`${address}train/`, { tell: () => undefined, ...(prepare && { prepare }) });
    tabs.push(tab);
    await phase(tab.page, "ready");
    await tab.page.locator("#batch").selectOption("16");
    return tab;
  }

  test.each(["wasm-1", "wasm", "webgpu", "gpujs"])(
    "%s trains: the loss falls, the speed is a number; it pauses, goes on, stops and is reset",
    { timeout: 300_000 },
    async (backend) => {
      const asked: string[] = [];
      const { page, broken, close } = await visit(isolated.address, async (page) => {
        page.on("request", (request) => asked.push(request.url()));
      });
      const story = async (): Promise<void> => {
        await choose(page, backend);
        await press(page, "start", "running");
        await seen(page, 12 * 16);
        await press(page, "start", "paused");
        const [first, then] = await losses(page);
        expect(first).toBeGreaterThan(1.5);
        expect(first).toBeLessThan(3.5);
        expect(then).toBeLessThan(0.9 * first);
        expect(Number((await text(page, "speed")).replace(",", ""))).toBeGreaterThan(0);
        expect(await text(page, "start")).toBe("Continue");

        const before = Number((await text(page, "seen")).replace(",", ""));
        await press(page, "start", "running");
        await seen(page, before + 2 * 16);
        await press(page, "stop", "stopped");
        expect(await page.locator("#batch").isEnabled()).toBe(true);
        await press(page, "reset", "ready");
        expect(await text(page, "seen")).toBe("–");
        expect(await page.locator("#problem").isHidden()).toBe(true);
      };
      await Promise.race([story(), broken]);
      expect(asked.filter((url) => !url.startsWith(isolated.address) && !/^(data|blob):/.test(url))).toEqual([]);
      await close();
    },
  );

  test("weights and optimizer go along from backend to backend", { timeout: 300_000 }, async () => {
    const { page, close } = await visit(isolated.address);
    await choose(page, "wasm");
    await press(page, "start", "running");
    await seen(page, 40 * 16);
    await press(page, "start", "paused");
    const trained = await text(page, "accuracy");
    expect(Number.parseFloat(trained)).toBeGreaterThan(30);
    for (const backend of ["webgpu", "wasm-1"]) {
      await choose(page, backend);
      await press(page, "others", "paused");
      expect(await text(page, "accuracy")).toBe(trained);
    }
    // the choice may change while it runs
    await press(page, "start", "running");
    await choose(page, "webgpu");
    await phase(page, "running");
    const before = Number((await text(page, "seen")).replace(",", ""));
    await seen(page, before + 3 * 16);
    await press(page, "stop", "stopped");
    const [first, last] = await losses(page);
    expect(last).toBeLessThan(first / 2);
    expect(await page.locator("#legend li").allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/WebAssembly/), "WebGPU"]),
    );
    await close();
  });

  test("a device that is lost is said in words, and what was learnt goes on", { timeout: 300_000 }, async () => {
    const { page, close } = await visit(isolated.address, (page) =>
      page.addInitScript(() => {
        const { requestDevice } = GPUAdapter.prototype;
        GPUAdapter.prototype.requestDevice = async function (...args) {
          return ((globalThis as { device?: GPUDevice }).device = await requestDevice.apply(this, args));
        };
      }),
    );
    await press(page, "start", "running");
    await seen(page, 60 * 16);
    await choose(page, "webgpu");
    await phase(page, "running");
    const learnt = await text(page, "accuracy");
    await page.evaluate(() => (globalThis as unknown as { device: GPUDevice }).device.destroy());
    await page.locator("#problem").waitFor({ state: "visible", ...patience });
    await phase(page, "stopped");
    expect(await text(page, "problem")).toMatch(/^WebGPU was lost: .* press Start to go on/);
    await press(page, "start", "running");
    await press(page, "start", "paused");
    expect(Math.abs(Number.parseFloat(await text(page, "accuracy")) - Number.parseFloat(learnt))).toBeLessThan(40);
    expect(Number.parseFloat(await text(page, "accuracy"))).toBeGreaterThan(30);
    expect(await page.locator("#problem").isHidden()).toBe(true);
    await close();
  });

  test("without shared memory and without an adapter the page says so, and trains all the same", {
    timeout: 200_000,
  }, async () => {
    const { page, close } = await visit(plain.address, (page) =>
      page.addInitScript(() => {
        GPU.prototype.requestAdapter = async () => null;
      }),
    );
    await page.locator('input[value="wasm-1"]:enabled').waitFor(patience);
    const about = (name: string): Promise<string | null> =>
      page.locator(`.choice:has([value="${name}"]) .about`).textContent();
    await expect.poll(() => about("webgpu"), patience).toMatch(/^Not here: no adapter/);
    expect(await about("wasm")).toMatch(/^Not here: needs shared memory/);
    expect(await page.locator('input[value="wasm"]').isDisabled()).toBe(true);
    expect(await page.locator('input[value="webgpu"]').isDisabled()).toBe(true);
    await press(page, "start", "running");
    await seen(page, 20 * 16);
    await press(page, "stop", "stopped");
    const [first, last] = await losses(page);
    expect(last).toBeLessThan(first);
    await close();
  });

  test("digits that do not arrive are said in words", { timeout: 100_000 }, async () => {
    const { page, close } = await browse(`${isolated.address}train/`, {
      prepare: (page) => page.route("**/digits.bin", (route) => route.fulfill({ status: 503 })),
    });
    await page.locator("#problem").waitFor({ state: "visible", ...patience });
    expect(await text(page, "problem")).toBe(
      "The digits did not arrive: digits.bin cannot be loaded: the server answers 503",
    );
    await close();
  });
});

test("errors are said in words, each with what to do", () => {
  expect(inWords(new OutOfMemoryError("webgpu: the device is out of memory"), "WebGPU")).toMatch(
    /^WebGPU ran out of memory\. Try fewer images per step/,
  );
  expect(inWords(new BackendError("webgpu: the device was lost: no reason was given"), "WebGPU")).toMatch(
    /^WebGPU was lost/,
  );
  expect(inWords(new BackendError("webgpu: the shader was refused"), "WebGPU")).toMatch(/^WebGPU refused the work/);
  expect(inWords(new Error("?"), "gpu.js")).toMatch(/^Something went wrong on gpu\.js/);
});
