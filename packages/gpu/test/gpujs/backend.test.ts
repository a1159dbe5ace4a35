import * as g from "@gradus/tensor";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { type GpujsBackend, type GpujsOptions, gpujs } from "../../src/gpujs/index.ts";
import { agreement } from "./agreement.ts";
import { differences } from "./flow.ts";

// In Node gpu.js has its cpu mode only; what WebGL2 adds is tested in chromium.test.ts.
const before = g.getBackend();
const made: GpujsBackend[] = [];
afterEach(async () => {
  await g.setBackend(before);
  for (const b of made.splice(0)) b.destroy();
});
afterAll(() => vi.doUnmock("gpu.js"));

async function use(options: GpujsOptions = {}): Promise<GpujsBackend> {
  const backend = await gpujs({ mode: "cpu", warn: () => undefined, ...options });
  made.push(backend);
  await g.setBackend(backend);
  return backend;
}

test("random programs agree with js", async () => {
  await agreement(await use(), Number(process.env.GRADUS_PROGRAMS ?? 100), Number(process.env.GRADUS_SEED ?? 1) + 5);
});

test("loops, branches, scatters and running folds agree with js, without the CPU", async () => {
  const told: string[] = [];
  expect(await differences(await use({ warn: (m) => told.push(m) }))).toEqual([]);
  expect(told).toEqual([]);
});

test("a loop of which a part needs the CPU runs there, and says why", async () => {
  const told: string[] = [];
  await use({ warn: (m) => told.push(m) });
  const [last] = g.scan((s: g.Tensor) => [g.cumprod(s), null], g.tensor([1, 2, 3]), null, { length: 2 });
  expect(Array.from(await last.data())).toEqual([1, 2, 12]);
  expect(told).toEqual([
    "gpujs: scan runs on the CPU: recurrence in it does: each element waits for the one before it",
  ]);
});

test("what runs on the CPU is told once per operation", async () => {
  const told: string[] = [];
  await use({ warn: (m) => told.push(m) });
  const x = g.tensor([3, 1, 2]);
  for (let i = 0; i < 2; i++) {
    await g.cholesky(g.eye(i + 2)).data();
    await g.add(g.cast(x, "f64"), i).data();
  }
  expect(told).toHaveLength(new Set(told).size);
  expect(told).toContain("gpujs: cholesky runs on the CPU: it is a procedure on whole arrays");
  expect(told.filter((m) => m.endsWith("runs on the CPU: WebGL has no 64-bit numbers"))).toHaveLength(1);
  expect(told).toHaveLength(2);
});

test("live bytes return to the start, whatever is created, computed and disposed of", async () => {
  const backend = await use();
  const step = g.jit((w: g.Tensor, x: g.Tensor) => g.sub(w, g.mul(g.mean(g.matmul(x, w)), x)), { donate: [0] });
  const x = g.tensor(
    Array.from({ length: 16 }, (_, i) => i / 16),
    { shape: [4, 4] },
  );
  let w = g.realize(g.eye(4));
  w = step(w, x);
  await w.data();
  const start = backend.memory();
  for (let i = 0; i < 200; i++) w = step(w, x);
  await w.data();
  expect(backend.memory().liveBytes).toBe(start.liveBytes);
  expect(backend.memory().liveBuffers).toBe(start.liveBuffers);
  expect(backend.memory().peakBytes).toBeGreaterThan(start.liveBytes);
});

test("values are those of the time of the call, whatever happens to arrays and tensors afterwards", async () => {
  await use();
  const numbers = Float32Array.from({ length: 2000 }, (_, i) => i);
  const x = g.tensor(numbers);
  const y = g.realize(g.add(x, 1));
  const promise = y.data();
  x.dispose();
  y.dispose();
  numbers.fill(0);
  expect((await promise)[1999]).toBe(2000);
});

test("dataSync points to data", async () => {
  await use();
  expect(() => g.add(g.tensor([1]), 1).dataSync()).toThrow(
    "dataSync: the gpujs backend answers later; await data() instead",
  );
});

test("a backend that was destroyed says so, in promises, too", async () => {
  const backend = await use();
  const [x, y] = [g.tensor([1, 2]), g.realize(g.add(g.tensor([1, 2]), 1))];
  const promise = g.mul(x, 2).data();
  backend.destroy();
  const message = /^gpujs: the backend was destroyed; make a new backend by gpujs\(\)/;
  await expect(promise).rejects.toThrow(g.BackendError);
  await expect(promise).rejects.toThrow(message);
  expect(() => g.realize(g.add(y, 1))).toThrow(message);
  y.dispose();
  await use();
  expect(Array.from(await g.mul(x, 2).data())).toEqual([2, 4]);
});

test("where there is no WebGL2 the reason is given", async () => {
  await expect(gpujs()).rejects.toThrow(g.BackendError);
  await expect(gpujs()).rejects.toThrow(/^gpujs: no WebGL2: there is no canvas here, as in Node; use wasmBackend\(\)/);
  expect(await gpujs.isAvailable()).toEqual({ available: false, reason: expect.stringMatching(/no WebGL2/) });
  expect(await gpujs.isAvailable({ mode: "cpu" })).toEqual({ available: true, reason: null });
});

test("bad options are named", async () => {
  for (const [options, message] of [
    [{ mode: "webgl3" }, 'gpujs: mode: "webgl3" is unknown; use webgl2, cpu'],
    [{ warn: 3 }, "gpujs: warn: expected a function, got 3"],
    [{ mod: "cpu" }, "gpujs: mod: unknown option; use mode, warn"],
    ["cpu", 'gpujs: options: expected an object, got "cpu"'],
  ] as const) {
    const promise = gpujs(options as GpujsOptions);
    await expect(promise).rejects.toThrow(g.ArgumentError);
    await expect(promise).rejects.toThrow(message);
  }
});

test("a storage of another backend, or one that was freed, is refused", async () => {
  const backend = await use();
  const s = backend.allocate(8);
  backend.free(s);
  for (const wrong of [s, g.jsBackend().allocate(8), (await gpujs({ mode: "cpu" })).allocate(8)]) {
    expect(() => backend.free(wrong)).toThrow("gpujs: the storage was freed or belongs to another backend");
    expect(() => backend.write(wrong, new Float32Array(2))).toThrow(g.BackendError);
  }
});

test("without gpu.js the line that installs it is given", async () => {
  vi.resetModules();
  vi.doMock("gpu.js", () => {
    throw new Error("Cannot find package 'gpu.js'");
  });
  const { gpujs: fresh } = await import("../../src/gpujs/index.ts");
  await expect(fresh({ mode: "cpu" })).rejects.toThrow(
    /^gpujs: the package gpu\.js cannot be loaded \(.+\); npm install gpu\.js$/,
  );
});
