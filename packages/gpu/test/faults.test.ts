import * as g from "@gradus/tensor";
import { afterEach, describe, expect, test } from "vitest";
import { type WebGPUBackend, webgpu } from "../src/index.ts";
import { newDevice } from "../src/webgpu/device.ts";
import { unavailable } from "./adapter.ts";

const initial = g.getBackend();
const numbers = Float32Array.from({ length: 3000 }, (_, i) => i % 7);

/** Makes `backend` the one in use and hands it on. */
async function use(backend: Promise<WebGPUBackend>): Promise<WebGPUBackend> {
  const made = await backend;
  await g.setBackend(made);
  return made;
}

/** A chain of products: enough work to be interrupted. */
function long(x: g.Tensor): g.Tensor {
  let y = g.reshape(g.concat([x, g.zeros([1096])]), [64, 64]);
  for (let i = 0; i < 20; i++) y = g.tanh(g.matmul(y, y));
  return y;
}

describe.skipIf(unavailable !== null)("faults of the device", () => {
  afterEach(() => g.setBackend(initial));

  test("a device destroyed while a plan runs rejects the promise, and a new backend goes on with what the host holds", async () => {
    const x = g.tensor(numbers);
    for (const destroy of ["by the backend", "by its owner"]) {
      const device = await newDevice({});
      const backend = await use(webgpu(destroy === "by its owner" ? { device } : {}));
      const done = long(x).data();
      if (destroy === "by its owner") device.destroy();
      else backend.destroy();
      await expect(done).rejects.toThrow(g.BackendError);
      await expect(done).rejects.toThrow(/^webgpu: the device was destroyed.*; make a new backend by webgpu\(\)$/);
      await expect(g.add(x, 1).data()).rejects.toThrow(g.BackendError);
      const next = await use(webgpu());
      expect((await g.add(x, 1).data())[8]).toBe(2);
      next.destroy();
    }
  });

  test("a tensor that was computed on a lost device says so, and is disposed of all the same", async () => {
    const backend = await use(webgpu());
    const y = g.add(g.tensor(numbers), 1).realize();
    backend.destroy();
    await expect(y.data()).rejects.toThrow(/device was destroyed/);
    const next = await use(webgpu());
    await expect(g.add(y, 1).data()).rejects.toThrow(/the device was destroyed|lies on the webgpu backend/);
    y.dispose();
    next.destroy();
  });

  test("more memory than a buffer may have is an error that names it", async () => {
    const backend = await use(webgpu());
    const huge = g.zeros([2 ** 16, 2 ** 16]);
    await expect(g.add(huge, g.iota([2 ** 16, 1], { dtype: "f32" })).data()).rejects.toThrow(g.OutOfMemoryError);
    expect(backend.memory().liveBytes).toBe(0);
    expect((await g.add(g.tensor([1, 2]), 1).data())[1]).toBe(3);
    backend.destroy();
  });

  test("memory that the device does not have rejects what would have lain in it, and nothing else", async () => {
    const device = await newDevice({});
    const backend = await use(webgpu({ device }));
    const x = g.tensor(numbers);
    expect((await g.add(x, 1).data())[1]).toBe(2);
    // as a device answers that has no room: the buffer is there, but invalid
    const { createBuffer, popErrorScope } = device;
    let full = false;
    device.createBuffer = (descriptor) => {
      full = descriptor.size === 2 ** 20 && (descriptor.usage & 128) !== 0; // STORAGE
      return createBuffer.call(device, descriptor);
    };
    device.popErrorScope = async () => {
      const refused = full;
      full = false;
      const real = await popErrorScope.call(device);
      return refused ? ({ message: "out of memory" } as GPUError) : real;
    };
    const big = g.add(g.zeros([2 ** 18]), g.iota([2 ** 18], { dtype: "f32" }));
    const small = g.add(x, 2);
    const promise = big.data();
    promise.catch(() => undefined);
    expect((await small.data())[1]).toBe(3);
    await expect(promise).rejects.toThrow(g.OutOfMemoryError);
    await expect(g.add(big, 1).data()).rejects.toThrow(g.OutOfMemoryError);
    backend.destroy();
    device.destroy();
  });

  test("a shader that the device refuses rejects the promise with its name and the reason", async () => {
    const device = await newDevice({});
    const { createShaderModule } = device;
    device.createShaderModule = (descriptor) =>
      createShaderModule.call(device, {
        ...descriptor,
        code: descriptor.label === "tanh" ? `${descriptor.code} fn oops( {` : descriptor.code,
      });
    const backend = await use(webgpu({ device }));
    const x = g.tensor(numbers);
    const y = g.tanh(x);
    await expect(y.data()).rejects.toThrow(g.BackendError);
    await expect(y.data()).rejects.toThrow(/^webgpu: tanh: the device refused the shader: .*\(line \d+\)$/);
    await expect(g.add(y, 1).data()).rejects.toThrow(/tanh: the device refused the shader/);
    expect((await g.sin(x).data())[0]).toBe(0);
    device.createShaderModule = createShaderModule;
    expect((await g.tanh(g.mul(x, 1)).data())[0]).toBe(0);
    backend.destroy();
    device.destroy();
  });

  test("200 backends made and destroyed leave no byte", async () => {
    for (let i = 0; i < 200; i++) {
      const backend = await use(webgpu());
      const x = g.tensor(numbers);
      const y = g.add(x, i);
      expect((await y.data())[1]).toBe(1 + i);
      g.dispose([x, y]);
      expect(backend.memory().liveBytes).toBe(0);
      expect(backend.memory().liveBuffers).toBe(0);
      backend.destroy();
    }
  });

  test("1,000 steps on one backend leave no byte", async () => {
    const backend = await use(webgpu());
    const step = g.jit((w: g.Tensor, x: g.Tensor) => g.sub(w, g.mul(g.matmul(x, w), 0.01)), { donate: [0] });
    const given = g.tensor(numbers.slice(0, 1600));
    const x = given.reshape([40, 40]).realize();
    let w = g.ones([40, 40]).realize();
    w = step(w, x);
    await w.data();
    const { liveBytes, liveBuffers } = backend.memory();
    for (let i = 0; i < 1000; i++) w = step(w, x);
    await w.data();
    expect(backend.memory()).toMatchObject({ liveBytes, liveBuffers });
    g.dispose([w, x, given]);
    step.clear();
    backend.destroy();
  });

  test("a buffer that the device had no memory for is not used again", async () => {
    const device = await newDevice({});
    const backend = await use(webgpu({ device }));
    const { createBuffer, popErrorScope } = device;
    let made = 0;
    device.createBuffer = (descriptor) => {
      if (descriptor.size !== 2 ** 20 || (descriptor.usage & 128) === 0) return createBuffer.call(device, descriptor);
      // one without a use is invalid, as is one for which there is no room
      made++;
      return createBuffer.call(device, { ...descriptor, usage: 0 });
    };
    device.popErrorScope = async () => {
      const refused = made === 1 && !told;
      told ||= refused;
      const real = await popErrorScope.call(device);
      return refused ? ({ message: "out of memory" } as GPUError) : real;
    };
    let told = false;
    device.addEventListener("uncapturederror", (e) => e.preventDefault());
    const big = (): g.Tensor => g.iota([2 ** 18], { dtype: "f32" });
    const x = g.tensor(numbers);
    const [first, small] = [big(), g.add(x, 1)];
    first.realize();
    small.realize();
    const [refused, values] = [first.data(), small.data()];
    await expect(refused).rejects.toThrow(g.OutOfMemoryError);
    // what is read with it arrives
    expect((await values)[8]).toBe(2);
    g.dispose([x, small, first]);
    device.createBuffer = createBuffer;
    const second = big();
    expect((await second.data())[2 ** 18 - 1]).toBe(2 ** 18 - 1);
    expect(made).toBe(1);
    expect(backend.memory().liveBytes).toBe(2 ** 20);
    second.dispose();
    expect(backend.memory()).toMatchObject({ liveBytes: 0, liveBuffers: 0 });
    backend.destroy();
    device.destroy();
  });

  test("work that the device refuses rejects the promise with its reason, and the next one runs", async () => {
    const device = await newDevice({});
    const backend = await use(webgpu({ device }));
    const { createCommandEncoder } = device;
    device.createCommandEncoder = (descriptor) => {
      const encoder = createCommandEncoder.call(device, descriptor);
      // an encoder with an error in it
      encoder.popDebugGroup();
      return encoder;
    };
    const y = g.sinh(g.tensor(numbers));
    const promise = y.data();
    await Promise.resolve();
    device.createCommandEncoder = createCommandEncoder;
    await expect(promise).rejects.toThrow(g.BackendError);
    await expect(promise).rejects.toThrow(/^webgpu: the device refused the work: \S/);
    expect((await g.sinh(g.tensor([0, 0])).data())[0]).toBe(0);
    backend.destroy();
    device.destroy();
  });

  test("without an adapter the reason is told, and asked for all the same it is an error", async () => {
    for (const [entry, reason] of [
      [{ requestAdapter: async () => null }, /^no adapter: /],
      [{ requestAdapter: async () => Promise.reject(new Error("blocked by the system")) }, /^blocked by the system$/],
      [undefined, null],
    ] as const) {
      const own = Object.getOwnPropertyDescriptor(globalThis, "navigator");
      Object.defineProperty(globalThis, "navigator", { value: { gpu: entry }, configurable: true });
      try {
        const { available, reason: told } = await webgpu.isAvailable();
        expect(available).toBe(reason === null);
        if (reason === null) continue;
        expect(told).toMatch(reason);
        await expect(webgpu()).rejects.toThrow(g.BackendError);
        await expect(webgpu()).rejects.toThrow(`webgpu: ${told}`);
      } finally {
        if (own === undefined) Reflect.deleteProperty(globalThis, "navigator");
        else Object.defineProperty(globalThis, "navigator", own);
      }
    }
  });

  test("options that are none, and values asked for at once, are errors with a remedy", async () => {
    await expect(webgpu({ power: 1 } as object)).rejects.toThrow(/^webgpu: power: unknown option/);
    await expect(webgpu({ powerPreference: "much" as "low-power" })).rejects.toThrow(g.ArgumentError);
    const backend = await use(webgpu());
    expect(() => g.add(g.tensor([1]), 1).dataSync()).toThrow(/answers later; await data\(\) instead/);
    backend.destroy();
  });
});
