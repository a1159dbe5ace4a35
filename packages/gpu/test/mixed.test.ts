import * as g from "@gradus/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { gpujs } from "../src/gpujs/index.ts";
import { webgpu } from "../src/index.ts";
import { unavailable } from "./adapter.ts";

describe.skipIf(unavailable !== null)("programs on several backends", () => {
  const before = g.getBackend();
  afterAll(() => g.setBackend(before));

  test("a tensor of another backend is an error that names to(), which copies it there and back", async () => {
    const [gpu, other, wasm] = [await webgpu(), await webgpu(), g.wasmBackend({ threads: 1 })];
    await g.setBackend(wasm);
    const onWasm = g.mul(g.tensor([1, 2, 3]), 2).realize();
    await g.setBackend(gpu);
    await expect(g.add(onWasm, 1).data()).rejects.toThrow(
      /^data: .* lies on the wasm backend, and plans run on webgpu; copy it by await to\(x, getBackend\(\)\)$/,
    );
    const onGpu = await g.to(onWasm, gpu);
    const sum = g.add(onGpu, 1).realize();
    expect([...(await sum.data())]).toEqual([3, 5, 7]);
    // two devices are two backends
    await g.setBackend(other);
    await expect(g.add(sum, 1).data()).rejects.toThrow(/lies on the webgpu backend.*copy it by await to/);
    await g.setBackend(wasm);
    expect(() => g.add(sum, 1).dataSync()).toThrow(
      /lies on the webgpu backend, and plans run on wasm; copy it by await to/,
    );
    expect([...g.add(await g.to(sum, wasm), onWasm).dataSync()]).toEqual([5, 9, 13]);
    g.dispose([onWasm, onGpu, sum]);
    gpu.destroy();
    other.destroy();
  });

  test("the same key gives the same bits on all of them", async () => {
    const draw = (): g.Tensor[] => {
      const [a, b] = g.split(g.key(42)) as unknown as [g.Tensor, g.Tensor];
      return [g.randint(a, [33, 7], -1000, 1000), g.uniform(b, [501]), g.bernoulli(a, 0.3, [77]), g.permutation(b, 40)];
    };
    await g.setBackend(g.jsBackend());
    const expected = await Promise.all(draw().map((t) => t.data()));
    const [gpu, gl] = [await webgpu(), await gpujs({ mode: "cpu", warn: () => undefined })];
    for (const backend of [g.wasmBackend({ threads: 1 }), gpu, gl]) {
      await g.setBackend(backend);
      const actual = await Promise.all(draw().map((t) => t.data()));
      expect({ [backend.name]: actual.map((x) => [...x]) }).toEqual({ [backend.name]: expected.map((x) => [...x]) });
    }
    gpu.destroy();
    gl.destroy();
  });
});
